"""What waits, found from four sides: by requirement, by queue, passed-over, and directed."""

from __future__ import annotations

from bisect import bisect_left, insort
from heapq import heapify, heappop, heappush

from gateway.acd.model.configuration import KIND_NUMBER, KINDS, QueueRule
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matrix import Matrix, Requirement, skill_key
from gateway.acd.model.order import Key, Order, key_for

Head = tuple[Key, int]


def key_of(interaction: Interaction) -> Key:
    """Return the interaction's place in every order."""
    return key_for(interaction.score, interaction.number)


class Line:
    """One queue's waiting work: ranks, counts per kind, and whose clock began first."""

    __slots__ = ("_oldest", "counts", "order")

    def __init__(self) -> None:
        self.order = Order()
        self.counts = [0] * len(KINDS)
        self._oldest: list[tuple[int, str]] = []

    def add(self, interaction: Interaction) -> None:
        """Count one more."""
        self.order.add(key_of(interaction))
        self.counts[KIND_NUMBER[interaction.kind]] += 1
        heappush(self._oldest, (interaction.enqueued_at_ms, interaction.id))

    def remove(self, interaction: Interaction, placed: dict[str, Requirement]) -> None:
        """Count one less; ``placed`` says what still waits when the heap is cleaned."""
        self.order.remove(key_of(interaction))
        self.counts[KIND_NUMBER[interaction.kind]] -= 1
        if len(self._oldest) > 2 * self.order.count + 64:
            here = set(self._oldest)
            self._oldest = [
                item for item in here if item[1] in placed and item[1] != interaction.id
            ]
            heapify(self._oldest)

    def oldest_ms(self, waits: dict[str, Requirement], queue_id: str) -> int | None:
        """Return when the longest wait began."""
        while self._oldest:
            at_ms, interaction_id = self._oldest[0]
            place = waits.get(interaction_id)
            if place is not None and place.queue_id == queue_id:
                return at_ms
            heappop(self._oldest)
        return None


class Backlog:
    """All waiting interactions of one partition."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._heads: list[list[Head]] = [[] for _ in KINDS]
        self.held: list[list[Key]] = [[] for _ in KINDS]
        self.direct: dict[str, list[Key]] = {}
        self.placed: dict[str, Requirement] = {}
        self.waiting: dict[Key, Interaction] = {}
        self.lines: dict[str, Line] = {}

    def requirement(self, interaction: Interaction, queue: QueueRule | None) -> Requirement:
        """Return what an interaction needs."""
        own = skill_key(interaction.skills)
        key = (KIND_NUMBER[interaction.kind], interaction.queue_id, own)
        return self._matrix.requirement(key, queue)

    def join(self, interaction: Interaction, queue: QueueRule | None) -> None:
        """Let an interaction wait, where its fields say."""
        requirement = self.requirement(interaction, queue)
        key = key_of(interaction)
        self.placed[interaction.id] = requirement
        self.waiting[key] = interaction
        line = self.lines.get(interaction.queue_id)
        if line is None:
            line = self.lines[interaction.queue_id] = Line()
        line.add(interaction)
        if interaction.direct_agent_id is not None:
            insort(self.direct.setdefault(interaction.direct_agent_id, []), key)
        elif interaction.excluded:
            insort(self.held[requirement.kind], key)
        else:
            self._change(requirement, key, add=True)

    def leave(self, interaction: Interaction) -> None:
        """Take an interaction out, with its fields still as they were at ``join``."""
        requirement = self.placed.pop(interaction.id)
        key = key_of(interaction)
        del self.waiting[key]
        self.lines[interaction.queue_id].remove(interaction, self.placed)
        if interaction.direct_agent_id is not None:
            keys = self.direct[interaction.direct_agent_id]
            keys.remove(key)
            if not keys:
                del self.direct[interaction.direct_agent_id]
        elif interaction.excluded:
            self.held[requirement.kind].remove(key)
        else:
            self._change(requirement, key, add=False)

    def _change(self, requirement: Requirement, key: Key, *, add: bool) -> None:
        order = requirement.order
        if add:
            order.add(key)
        else:
            order.remove(key)
        if order.first is not requirement.head:
            self._set_head(requirement, order.first)

    def _set_head(self, requirement: Requirement, head: Key | None) -> None:
        heads = self._heads[requirement.kind]
        if requirement.head is not None:
            del heads[bisect_left(heads, (requirement.head, requirement.number))]
        if head is not None:
            insort(heads, (head, requirement.number))
        requirement.head = head

    def requeue(self, queue_id: str, queue: QueueRule | None) -> None:
        """A queue's needs changed: match its work anew."""
        for requirement in self._matrix.of_queue(queue_id):
            self._set_head(requirement, None)
            self._matrix.renumber(requirement, queue)
            self._set_head(requirement, requirement.order.first)

    def head_for(self, group: int, kind: int) -> Key | None:
        """Return the first waiting key a profile group can do, of those nobody passed over.

        Walks the heads of all requirements in order when many fit, or the fitting ones when
        few do.
        """
        heads = self._heads[kind]
        if not heads:
            return None
        known = self._matrix.complete(group)
        fitting = known.fitting[kind]
        if len(fitting) ** 2 <= 4 * len(heads):
            found = [item.head for item in fitting if item.head is not None]
            return min(found) if found else None
        mask = known.mask
        for head in heads:
            if mask >> head[1] & 1:
                return head[0]
        return None

    def may(self, group: int, interaction_id: str) -> bool:
        """Tell whether a profile group fits a waiting interaction."""
        number = self.placed[interaction_id].number
        return bool(self._matrix.complete(group).mask >> number & 1)
