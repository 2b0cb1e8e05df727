"""Time for timers: it never goes back and does not jump when the host's clock is set."""

from __future__ import annotations

from gateway.kernel.clock import Clock

_SLEW = 20


class SteadyTime:
    """Milliseconds since 1970 that advance with the monotonic clock.

    When the host's clock was set, the difference is made up slowly, by at most a twentieth of
    the time that passes, so that an hour's step expires no offer.
    """

    def __init__(self, clock: Clock, not_before_ms: int) -> None:
        self._clock = clock
        self._ticks_ms = clock.monotonic_ms()
        self._now_ms = max(clock.now_ms(), not_before_ms)
        self._rest_ms = 0

    def now_ms(self) -> int:
        """Return the present time."""
        ticks_ms = self._clock.monotonic_ms()
        passed_ms = ticks_ms - self._ticks_ms
        self._ticks_ms = ticks_ms
        steady_ms = self._now_ms + passed_ms
        # Who asks every few milliseconds must get there too: what is left over counts next time.
        slew_ms, self._rest_ms = divmod(self._rest_ms + passed_ms, _SLEW)
        behind_ms = self._clock.now_ms() - steady_ms
        self._now_ms = steady_ms + max(-slew_ms, min(slew_ms, behind_ms))
        return self._now_ms
