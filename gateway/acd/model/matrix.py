"""Who can do what: requirements x skill profiles, as two families of big-integer bit masks.

Every distinct requirement (kind, queue, own skills, step) gets a number, every distinct profile
(queues, skills) gets one; a mask tells in one AND which of thousands go together. Masks are
completed only when they are asked for, so a new profile or requirement costs nothing at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter

from gateway.acd.model.configuration import KINDS, Profile, QueueRule, is_skilled, required
from gateway.acd.model.order import NEVER, Key, Order

Gather = Callable[[Sequence[Key]], tuple[Key, ...]]
SkillKey = tuple[tuple[str, int], ...]
RequirementKey = tuple[int, str, SkillKey, int]
ProfileKey = tuple[tuple[str, ...] | None, SkillKey, tuple[str, ...]]


def skill_key(skills: dict[str, int]) -> SkillKey:
    """Return the same key for the same skills."""
    if len(skills) > 1:
        return tuple(sorted(skills.items()))
    return tuple(skills.items())


class Requirement:
    """Work that needs the same: one order of waiting interactions, one mask of profiles."""

    __slots__ = (
        "head", "is_manual", "is_plain", "kind", "known", "liked", "mask", "needed", "number",
        "order", "own", "preferred", "queue", "queue_id", "step",
    )  # fmt: skip

    def __init__(self, key: RequirementKey, number: int, queue: QueueRule | None) -> None:
        self.kind, self.queue_id, own, self.step = key
        self.own = dict(own)
        self.number = number
        self.order = Order()
        self.head = NEVER
        self.read(queue)

    def read(self, queue: QueueRule | None) -> None:
        """Take what is needed, and preferred, from the queue as it is now."""
        self.queue = queue
        self.needed = required(queue, self.own, self.step)
        self.preferred = queue.step(self.step).preferred if queue is not None else None
        order = queue.order if queue is not None else "longest_idle"
        self.is_manual = order == "manual"
        is_even = queue is not None and queue.fairness_window_s > 0
        self.is_plain = self.preferred is None and order == "longest_idle" and not is_even
        self.mask = self.liked = self.known = 0

    def fits(self, profile: Profile) -> bool:
        """Tell whether agents of this profile may do such work."""
        return profile.serves(self.queue_id) and is_skilled(profile.skills, self.needed)

    def likes(self, profile: Profile) -> bool:
        """Tell whether agents of this profile come before the others who fit."""
        return self.preferred is None or is_skilled(profile.skills, self.preferred)


class ProfileGroup:
    """Agents who can do the same: the requirements that fit, as a mask of their numbers.

    Where few fit, ``gather[kind]`` picks their heads out of all heads in one call; that pays
    while more than ``pays_from[kind]`` requirements of the kind have waiting work.
    """

    __slots__ = ("closed", "counts", "gather", "known", "mask", "pays_from", "profile")

    def __init__(self, profile: Profile, closed: frozenset[str]) -> None:
        self.profile = profile
        self.closed = closed
        self.mask = 0
        self.counts = [0 for _ in KINDS]
        self.gather: list[Gather | None] = [None for _ in KINDS]
        self.pays_from = [0 for _ in KINDS]
        self.known = 0

    def fits(self, item: Requirement) -> bool:
        """Tell whether agents of this group may do such work; not in queues that are closed."""
        return item.queue_id not in self.closed and item.fits(self.profile)

    def learn(self, requirements: Sequence[Requirement | None]) -> None:
        """Get to know the requirements numbered since the last time."""
        changed = set()
        for item in requirements[self.known :]:
            if item is not None and self.fits(item):
                self.mask |= 1 << item.number
                self.counts[item.kind] += 1
                changed.add(item.kind)
        self.known = len(requirements)
        for kind in changed:
            self._prepare(kind, requirements)

    def drop(self, gone: Requirement, requirements: Sequence[Requirement | None]) -> None:
        """Forget a requirement whose number is not used any more."""
        if self.mask >> gone.number & 1:
            self.mask ^= 1 << gone.number
            self.counts[gone.kind] -= 1
            self._prepare(gone.kind, requirements)

    def _prepare(self, kind: int, requirements: Sequence[Requirement | None]) -> None:
        count = self.counts[kind]
        self.pays_from[kind] = count * count // 4
        if not count or self.pays_from[kind] > len(requirements):
            self.gather[kind] = None
            return
        numbers, rest = [], self.mask
        while rest:
            low = rest & -rest
            rest ^= low
            item = requirements[low.bit_length() - 1]
            if item is not None and item.kind == kind:
                numbers.append(item.number)
        # Of a single number itemgetter returns the item alone: asking twice keeps it a tuple.
        self.gather[kind] = itemgetter(*(numbers * 2 if count == 1 else numbers))


class Matrix:
    """The numbers of requirements and profiles, and the masks between them."""

    def __init__(self) -> None:
        self.requirements: list[Requirement | None] = []
        self.heads: list[Key] = []
        self.groups: list[ProfileGroup] = []
        self.has_grown = False
        self._requirement_keys: dict[RequirementKey, Requirement] = {}
        self._group_keys: dict[ProfileKey, int] = {}

    def requirement(self, key: RequirementKey, queue: QueueRule | None) -> Requirement:
        """Return the requirement of this key; a new one is numbered."""
        found = self._requirement_keys.get(key)
        if found is None:
            found = Requirement(key, len(self.requirements), queue)
            self.requirements.append(found)
            self.heads.append(NEVER)
            self.has_grown = True
            self._requirement_keys[key] = found
        return found

    def of_queue(self, queue_id: str) -> list[Requirement]:
        """Requirements of one queue."""
        return [item for item in self._requirement_keys.values() if item.queue_id == queue_id]

    def renumber(self, requirement: Requirement, queue: QueueRule | None) -> None:
        """Give a requirement whose queue changed a new number, so that no old bit counts."""
        self.requirements[requirement.number] = None
        for group in self.groups:
            group.drop(requirement, self.requirements)
        requirement.number = len(self.requirements)
        requirement.read(queue)
        self.requirements.append(requirement)
        self.heads.append(NEVER)
        self.has_grown = True

    def group(self, profile: Profile, closed: frozenset[str] = frozenset()) -> int:
        """Return the number of this profile's group, less the queues ``closed`` to it now."""
        queues = None if profile.queue_ids is None else tuple(sorted(profile.queue_ids))
        key = (queues, skill_key(profile.skills), tuple(sorted(closed)))
        number = self._group_keys.get(key)
        if number is None:
            number = self._group_keys[key] = len(self.groups)
            self.groups.append(ProfileGroup(profile, closed))
            self.has_grown = True
        return number

    def groups_for(self, requirement: Requirement) -> int:
        """Return the mask of profile groups that fit."""
        if requirement.known < len(self.groups):
            for number in range(requirement.known, len(self.groups)):
                group = self.groups[number]
                if group.fits(requirement):
                    requirement.mask |= 1 << number
                    requirement.liked |= requirement.likes(group.profile) << number
            requirement.known = len(self.groups)
        return requirement.mask

    def complete(self, number: int) -> ProfileGroup:
        """Return a profile group that knows every requirement."""
        group = self.groups[number]
        if group.known < len(self.requirements):
            group.learn(self.requirements)
        return group
