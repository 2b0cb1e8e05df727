"""Lost packets of video: what we ask a browser for again, and what we keep to send it again."""

from __future__ import annotations

KEPT = 512
"""Packets kept per outgoing stream: two seconds at 2.5 Mbit/s."""
GAP_MAX = 200
"""A longer gap is not repaired but bridged by a key frame."""
WAIT_MAX_S = 1.0
ASKED_MAX = 8
AGAIN_LEAST_S = 0.03
ROUND_MAX = 64
"""Packets asked for at once."""

_HALF = 0x8000


class Gaps:
    """Packets that have not come of one source, and when they were asked for."""

    __slots__ = ("_highest", "_missing")

    def __init__(self) -> None:
        self._highest = -1
        self._missing: dict[int, tuple[float, float, int]] = {}
        """Sequence to (missed since, last asked, times asked)."""

    def restart(self, sequence: int) -> None:
        """Begin with a new source."""
        self._highest = sequence
        self._missing.clear()

    def arrived(self, sequence: int, now_s: float) -> bool:
        """Note a packet; False when so much is missing that only a key frame helps."""
        step = (sequence - self._highest) & 0xFFFF
        if step == 1:
            self._highest = sequence
            return True
        if step >= _HALF or step == 0:
            self._missing.pop(sequence, None)
            return True
        first, self._highest = self._highest + 1, sequence
        if step > GAP_MAX or len(self._missing) > GAP_MAX:
            self._missing.clear()
            return False
        for number in range(first, first + step - 1):
            self._missing[number & 0xFFFF] = (now_s, 0.0, 0)
        return True

    def due(self, now_s: float, rtt_ms: float | None) -> list[int]:
        """Return what must be asked for now; what waits too long is given up."""
        if not self._missing:
            return []
        again_s = max(AGAIN_LEAST_S, (rtt_ms or 50.0) * 1.2 / 1000)
        due: list[int] = []
        for sequence, (since_s, asked_s, times) in list(self._missing.items()):
            if now_s - since_s > WAIT_MAX_S or times >= ASKED_MAX:
                del self._missing[sequence]
            elif now_s - asked_s >= again_s and len(due) < ROUND_MAX:
                self._missing[sequence] = (since_s, now_s, times + 1)
                due.append(sequence)
        return due


class Kept:
    """The last packets of an outgoing stream, as they were encrypted.

    The same bytes are sent again: encrypting a number twice would spend the same key stream on
    two different packets.
    """

    __slots__ = ("_packets", "_sent_s")

    def __init__(self) -> None:
        self._packets: list[tuple[int, bytes] | None] = [None] * KEPT
        self._sent_s = [0.0] * KEPT

    def keep(self, sequence: int, packet: bytes) -> None:
        """Keep a packet in place of the one ``KEPT`` before it."""
        place = sequence % KEPT
        self._packets[place] = (sequence, packet)
        self._sent_s[place] = 0.0

    def again(self, sequence: int, now_s: float) -> bytes | None:
        """Return a packet to send again, unless it was sent again just now."""
        place = sequence % KEPT
        kept = self._packets[place]
        if kept is None or kept[0] != sequence or now_s - self._sent_s[place] < AGAIN_LEAST_S:
            return None
        self._sent_s[place] = now_s
        return kept[1]
