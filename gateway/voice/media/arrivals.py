"""When a browser's packets came, told back to it ten times a second, so that it finds out by
itself how much its network carries (draft-holmer-rmcat-transport-wide-cc-extensions-01).
"""

from __future__ import annotations

import struct

ROUND_MAX = 512
"""Packets told in one report; what is beyond counts as not seen."""
_TICK_S = 0.000_25
_REFERENCE_TICKS = 256
"""The reference time counts 64 ms, the differences a quarter of a millisecond."""
_ABSENT, _SMALL, _LARGE = 0, 1, 2
_RUN_MAX = 0x1FFF


class Arrivals:
    """What came on one transport since the last report."""

    __slots__ = ("_came", "_count", "_next", "_sequence")

    def __init__(self) -> None:
        self._came: dict[int, float] = {}
        self._sequence = -1
        self._next = -1
        self._count = 0

    def add(self, sequence: int, at_s: float) -> None:
        """Note a packet by its transport-wide number."""
        if self._sequence < 0:
            self._sequence = self._next = sequence
        step = (sequence - self._sequence) & 0xFFFF
        full = self._sequence + (step if step < 0x8000 else step - 0x10000)
        self._sequence = max(self._sequence, full)
        if full >= self._next and len(self._came) < ROUND_MAX:
            self._came.setdefault(full, at_s)

    def report(self) -> bytes:
        """Return the body of a report, or nothing when nothing came."""
        if not self._came:
            return b""
        last = max(self._came)
        base = max(self._next, last - ROUND_MAX + 1)
        numbers = range(base, last + 1)
        self._next = numbers.stop
        came, self._came = self._came, {}
        first_s = next(came[number] for number in numbers if number in came)
        reference = int(first_s / _TICK_S) // _REFERENCE_TICKS
        states, deltas = _deltas(numbers, came, reference * _REFERENCE_TICKS)
        head = struct.pack(
            "!HHI", base & 0xFFFF, len(states), (reference & 0xFFFFFF) << 8 | self._count
        )
        self._count = (self._count + 1) & 0xFF
        return head + _chunks(states) + deltas


def _deltas(numbers: range, came: dict[int, float], reference: int) -> tuple[list[int], bytes]:
    """Return the state of every packet, and the differences of those that came."""
    states: list[int] = []
    deltas = bytearray()
    last = reference
    for number in numbers:
        at_s = came.get(number)
        if at_s is None:
            states.append(_ABSENT)
            continue
        ticks = round(at_s / _TICK_S)
        step = ticks - last
        last = ticks
        if 0 <= step < 256:
            states.append(_SMALL)
            deltas.append(step)
        else:
            states.append(_LARGE)
            deltas += struct.pack("!h", max(-0x8000, min(0x7FFF, step)))
    return states, bytes(deltas)


def _chunks(states: list[int]) -> bytes:
    """Return the states, as runs where they are equal and seven at a time where not."""
    chunks = bytearray()
    place = 0
    while place < len(states):
        run = 1
        while place + run < len(states) and states[place + run] == states[place]:
            run += 1
        if run >= 7 or place + run == len(states):
            run = min(run, _RUN_MAX)
            chunks += struct.pack("!H", states[place] << 13 | run)
            place += run
            continue
        vector = 0xC000
        for index, state in enumerate(states[place : place + 7]):
            vector |= state << (12 - 2 * index)
        chunks += struct.pack("!H", vector)
        place += 7
    return bytes(chunks)
