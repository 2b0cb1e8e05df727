"""Keys kept sorted in blocks: add, remove and rank of any key in O(log n) for our sizes.

A key is one integer, score above arrival number: comparing it touches a single object, which
counts when a hundred thousand of them wait.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

Key = int
_BLOCK = 2_000
_FRONT = 24
_NUMBER_BITS = 40
_NUMBER_MASK = (1 << _NUMBER_BITS) - 1
NEVER: Key = 1 << 200
"""Behind every real key: what an empty order has as its head."""


def key_for(score: int, number: int) -> Key:
    """Return the place in every order: by score, then by arrival."""
    return (score << _NUMBER_BITS) + number


def score_of(key: Key) -> int:
    """Return the score, or time, a key was made of."""
    return key >> _NUMBER_BITS


def number_of(key: Key) -> int:
    """Return the arrival number a key was made of."""
    return key & _NUMBER_MASK


def _last(block: list[Key]) -> Key:
    return block[-1]


def _find(block: list[Key], key: Key) -> int:
    """Return the place of a key, looking in front first: most who leave were next."""
    if key <= block[0]:
        return 0
    if len(block) > _FRONT and key <= block[_FRONT]:
        return bisect_left(block, key, 1, _FRONT)
    return bisect_left(block, key, 1)


class Order:
    """A sorted set of keys."""

    __slots__ = ("_blocks", "count")

    def __init__(self) -> None:
        self._blocks: list[list[Key]] = []
        self.count = 0

    @property
    def first(self) -> Key:
        """The lowest key, or ``NEVER``."""
        return self._blocks[0][0] if self._blocks else NEVER

    def add(self, key: Key) -> None:
        """Insert a key that is not there yet."""
        self.count += 1
        blocks = self._blocks
        if not blocks:
            blocks.append([key])
            return
        if key > blocks[-1][-1]:
            at = len(blocks) - 1
            blocks[at].append(key)
        else:
            at = bisect_left(blocks, key, key=_last) if len(blocks) > 1 else 0
            insort(blocks[at], key)
        block = blocks[at]
        if len(block) > _BLOCK:
            half = _BLOCK // 2
            blocks[at : at + 1] = [block[:half], block[half:]]

    def remove(self, key: Key) -> None:
        """Take out a key that is there."""
        blocks = self._blocks
        at = 0 if key <= blocks[0][-1] else bisect_left(blocks, key, key=_last)
        block = blocks[at]
        place = _find(block, key)
        if block[place] != key:
            raise KeyError(key)
        del block[place]
        self.count -= 1
        if not block:
            del blocks[at]

    def rank(self, key: Key) -> int:
        """How many keys are lower."""
        blocks = self._blocks
        if not blocks:
            return 0
        at = 0 if key <= blocks[0][-1] else bisect_left(blocks, key, key=_last)
        if at == len(blocks):
            return self.count
        before = sum(map(len, blocks[:at])) if at else 0
        return before + _find(blocks[at], key)

    def __iter__(self) -> Iterator[Key]:
        for block in self._blocks:
            yield from block
