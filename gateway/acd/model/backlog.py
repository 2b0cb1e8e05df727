"""What waits, found from four sides: by requirement, by queue, passed-over, and directed."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence

from gateway.acd.model.configuration import (
    AGEING_MS_PER_PRIORITY,
    KIND_NUMBER,
    KINDS,
    QueueRule,
)
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matrix import Matrix, Requirement, skill_key
from gateway.acd.model.order import NEVER, Key, Order, key_for, score_of


class Line:
    """One queue's waiting work: ranks, counts per kind, and whose clock began first.

    ``_lowest`` is no higher than any priority here.
    """

    __slots__ = ("_lowest", "_waiting", "counts", "order")

    def __init__(self, waiting: Mapping[Key, Interaction]) -> None:
        self.order = Order()
        self.counts = [0] * len(KINDS)
        self._waiting = waiting
        self._lowest = 0

    def add(self, priority: int, kind: int, key: Key) -> None:
        """Count one more."""
        order = self.order
        if priority < self._lowest or not order.count:
            self._lowest = priority
        order.add(key)
        self.counts[kind] += 1

    def remove(self, kind: int, key: Key) -> None:
        """Count one less."""
        self.order.remove(key)
        self.counts[kind] -= 1

    def oldest_ms(self) -> int | None:
        """Return when the longest wait began.

        Looks from the front for as long as an earlier beginning can still come: a place is
        earlier than the clock by the priority alone.
        """
        oldest_ms = None
        least_ms = AGEING_MS_PER_PRIORITY * self._lowest
        for key in self.order:
            if oldest_ms is not None and score_of(key) + least_ms >= oldest_ms:
                break
            began_ms = self._waiting[key].enqueued_at_ms
            if oldest_ms is None or began_ms < oldest_ms:
                oldest_ms = began_ms
        return oldest_ms


class Heads:
    """The first waiting key of every requirement of one kind, in order, with its number.

    Most look a few heads up by number and never walk the order, so it is brought up to date
    only when somebody does.
    """

    __slots__ = ("_changed", "_heads", "_keys", "_numbers", "_sorted", "count")

    def __init__(self, heads: Sequence[Key]) -> None:
        self._heads = heads
        self._keys: list[Key] = []
        self._numbers: dict[Key, int] = {}
        self._sorted: dict[int, Key] = {}
        self._changed: set[int] = set()
        self.count = 0

    def change(self, number: int, by: int) -> None:
        """The head of a requirement is another one, or there is one more or less."""
        self._changed.add(number)
        self.count += by

    def _settle(self) -> None:
        # All old ones first: what was one number's head may be another's now.
        for number in self._changed:
            old = self._sorted.pop(number, None)
            if old is not None:
                del self._keys[bisect_left(self._keys, old)]
                del self._numbers[old]
        for number in self._changed:
            new = self._heads[number]
            if new is not NEVER:
                insort(self._keys, new)
                self._numbers[new], self._sorted[number] = number, new
        self._changed.clear()

    def first(self, mask: int) -> Key:
        """Return the lowest head whose number is in the mask, or ``NEVER``."""
        if self._changed:
            self._settle()
        numbers = self._numbers
        for key in self._keys:
            if mask >> numbers[key] & 1:
                return key
        return NEVER


class Backlog:
    """All waiting interactions of one partition."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._heads = [Heads(matrix.heads) for _ in KINDS]
        self.held: list[list[Key]] = [[] for _ in KINDS]
        self.direct: dict[str, list[Key]] = {}
        self._by_hand: set[Key] = set()
        self.placed: dict[str, Requirement] = {}
        self.waiting: dict[Key, Interaction] = {}
        self.lines: dict[str, Line] = {}

    def requirement(self, interaction: Interaction, queue: QueueRule | None) -> Requirement:
        """Return what an interaction needs."""
        return self._matrix.requirement(
            (
                KIND_NUMBER[interaction.kind],
                interaction.queue_id,
                skill_key(interaction.skills),
                interaction.step,
            ),
            queue,
        )

    def join(self, interaction: Interaction, queue: QueueRule | None) -> None:
        """Let an interaction wait, where its fields say."""
        requirement = self.requirement(interaction, queue)
        key = key_for(interaction.score, interaction.number)
        self.placed[interaction.id] = requirement
        self.waiting[key] = interaction
        line = self.lines.get(interaction.queue_id)
        if line is None:
            line = self.lines[interaction.queue_id] = Line(self.waiting)
        line.add(interaction.priority, requirement.kind, key)
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
        self.lines[interaction.queue_id].remove(requirement.kind, key)
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
        number = requirement.number
        more = (head is not NEVER) - (requirement.head is not NEVER)
        self._heads[requirement.kind].change(number, more)
        requirement.head = self._matrix.heads[number] = head

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
            if gather is not None and heads.count > known.pays_from[kind]:
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
