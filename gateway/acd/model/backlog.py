"""What waits, found from four sides: by requirement, by queue, passed-over, and directed."""

from __future__ import annotations

from bisect import bisect_left, insort
from heapq import heapify, heappop, heappush

from gateway.acd.model.configuration import KIND_NUMBER, KINDS, QueueRule
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matrix import Matrix, Requirement, skill_key
from gateway.acd.model.order import NEVER, Key, Order, key_for, number_of, score_of


class Line:
    """One queue's waiting work: ranks, counts per kind, and whose clock began first."""

    __slots__ = ("_here", "_oldest", "counts", "order")

    def __init__(self) -> None:
        self.order = Order()
        self.counts = [0] * len(KINDS)
        self._here: set[int] = set()
        self._oldest: list[int] = []

    def add(self, interaction: Interaction, kind: int, key: Key) -> None:
        """Count one more."""
        self.order.add(key)
        self.counts[kind] += 1
        number = interaction.number
        self._here.add(number)
        heappush(self._oldest, key_for(interaction.enqueued_at_ms, number))

    def remove(self, interaction: Interaction, kind: int, key: Key) -> None:
        """Count one less."""
        self.order.remove(key)
        self.counts[kind] -= 1
        self._here.remove(interaction.number)
        if len(self._oldest) > 2 * self.order.count + 64:
            here = self._here
            self._oldest = [age for age in set(self._oldest) if number_of(age) in here]
            heapify(self._oldest)

    def oldest_ms(self) -> int | None:
        """Return when the longest wait began."""
        while self._oldest:
            age = self._oldest[0]
            if number_of(age) in self._here:
                return score_of(age)
            heappop(self._oldest)
        return None


class Heads:
    """The first waiting key of every requirement of one kind, in order, with its number."""

    __slots__ = ("_keys", "_numbers")

    def __init__(self) -> None:
        self._keys: list[Key] = []
        self._numbers: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def put(self, key: Key, number: int) -> None:
        """Add a head."""
        insort(self._keys, key)
        self._numbers[key] = number

    def drop(self, key: Key) -> None:
        """Take a head out."""
        del self._keys[bisect_left(self._keys, key)]
        del self._numbers[key]

    def first(self, mask: int) -> Key:
        """Return the lowest head whose number is in the mask, or ``NEVER``."""
        numbers = self._numbers
        for key in self._keys:
            if mask >> numbers[key] & 1:
                return key
        return NEVER


class Backlog:
    """All waiting interactions of one partition."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._heads = [Heads() for _ in KINDS]
        self.held: list[list[Key]] = [[] for _ in KINDS]
        self.direct: dict[str, list[Key]] = {}
        self._by_hand: set[Key] = set()
        self.placed: dict[str, Requirement] = {}
        self.waiting: dict[Key, Interaction] = {}
        self.lines: dict[str, Line] = {}

    def requirement(self, interaction: Interaction, queue: QueueRule | None) -> Requirement:
        """Return what an interaction needs."""
        own = skill_key(interaction.skills)
        key = (KIND_NUMBER[interaction.kind], interaction.queue_id, own, interaction.step)
        return self._matrix.requirement(key, queue)

    def join(self, interaction: Interaction, queue: QueueRule | None) -> None:
        """Let an interaction wait, where its fields say."""
        requirement = self.requirement(interaction, queue)
        key = key_for(interaction.score, interaction.number)
        self.placed[interaction.id] = requirement
        self.waiting[key] = interaction
        line = self.lines.get(interaction.queue_id)
        if line is None:
            line = self.lines[interaction.queue_id] = Line()
        line.add(interaction, requirement.kind, key)
        if interaction.direct_agent_id is not None:
            insort(self.direct.setdefault(interaction.direct_agent_id, []), key)
        elif requirement.is_manual:
            self._by_hand.add(key)
        elif interaction.excluded:
            insort(self.held[requirement.kind], key)
        else:
            requirement.order.add(key)
            if key < requirement.head:
                self._set_head(requirement, key)

    def leave(self, interaction: Interaction) -> None:
        """Take an interaction out, with its fields still as they were at ``join``."""
        requirement = self.placed.pop(interaction.id)
        key = key_for(interaction.score, interaction.number)
        del self.waiting[key]
        self.lines[interaction.queue_id].remove(interaction, requirement.kind, key)
        if interaction.direct_agent_id is not None:
            keys = self.direct[interaction.direct_agent_id]
            keys.remove(key)
            if not keys:
                del self.direct[interaction.direct_agent_id]
        elif key in self._by_hand:
            self._by_hand.remove(key)
        elif interaction.excluded:
            self.held[requirement.kind].remove(key)
        else:
            requirement.order.remove(key)
            if key == requirement.head:
                self._set_head(requirement, requirement.order.first)

    def _set_head(self, requirement: Requirement, head: Key) -> None:
        heads = self._heads[requirement.kind]
        if requirement.head != NEVER:
            heads.drop(requirement.head)
        if head != NEVER:
            heads.put(head, requirement.number)
        requirement.head = self._matrix.heads[requirement.number] = head

    def is_manual(self, interaction: Interaction) -> bool:
        """Tell whether waiting work is only taken by hand."""
        return key_for(interaction.score, interaction.number) in self._by_hand

    def waiting_in(self, queue_id: str) -> list[Interaction]:
        """Return what waits in a queue, in order."""
        line = self.lines.get(queue_id)
        return [] if line is None else [self.waiting[key] for key in line.order]

    def requeue(self, queue_id: str, queue: QueueRule | None) -> None:
        """A queue's needs changed: match its work anew."""
        is_manual = queue is not None and queue.order == "manual"
        before = self._matrix.of_queue(queue_id)
        is_same = all(requirement.is_manual == is_manual for requirement in before)
        items = [] if is_same else self.waiting_in(queue_id)
        for item in items:
            self.leave(item)
        self._renumber(queue_id, queue)
        for item in items:
            self.join(item, queue)

    def _renumber(self, queue_id: str, queue: QueueRule | None) -> None:
        for requirement in self._matrix.of_queue(queue_id):
            self._set_head(requirement, NEVER)
            self._matrix.renumber(requirement, queue)
            self._set_head(requirement, requirement.order.first)

    def head_for(self, group: int, kinds: tuple[int, ...]) -> Key:
        """Return the first waiting key a profile group can do, of those nobody passed over.

        Walks the heads of all requirements in order when many fit, or looks at the fitting
        ones when few do; ``NEVER`` when there is nothing.
        """
        known = self._matrix.complete(group)
        best = NEVER
        for kind in kinds:
            heads = self._heads[kind]
            gather = known.gather[kind]
            if gather is not None and len(heads) > known.pays_from[kind]:
                head = min(gather(self._matrix.heads))
            else:
                head = heads.first(known.mask)
            if head < best:
                best = head
        return best

    def may(self, group: int, interaction_id: str) -> bool:
        """Tell whether a profile group fits a waiting interaction."""
        number = self.placed[interaction_id].number
        return bool(self._matrix.complete(group).mask >> number & 1)
