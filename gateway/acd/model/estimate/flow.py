"""One stream of work through slots: who waits, who is served, and at which rates."""

from __future__ import annotations

from collections import OrderedDict

from gateway.acd.model.estimate.rates import MEMORY, Rate

_TELLING_MS = 10_000
"""Who came just now, or was served at once, tells nothing of how long others will wait."""
_BELIEF = 20.0
"""Starts' worth of belief that the eligible slots work for this flow alone."""


class Flow:
    """One class of work, or all of one queue and kind (its ``pool``, which lends its rates).

    ``service`` counts closed interactions per slot time held (from the offer to the end of
    wrap-up), ``leaving`` abandonments per time waited, ``pace`` starts out of a backlog per
    start that the eligible slots could have made meanwhile: 1 where they serve nothing else.
    """

    __slots__ = (
        "answer_ms",
        "answers",
        "at_ms",
        "held",
        "last_wait_ms",
        "leaving",
        "pace",
        "pool",
        "service",
        "slots",
        "waiting",
    )

    def __init__(self, at_ms: int, pool: Flow | None) -> None:
        self.at_ms = at_ms
        self.pool = pool
        self.waiting: OrderedDict[str, int] = OrderedDict()
        self.held = 0
        self.slots = 0
        self.service, self.leaving, self.pace = Rate(), Rate(), Rate()
        self.answers = 0
        self.answer_ms = 0.0
        self.last_wait_ms: int | None = None

    # ---- what is known

    @property
    def service_rate(self) -> float | None:
        """Return closed interactions per slot and millisecond; None while unknown."""
        if self.service.is_known:
            return self.service.value
        return None if self.pool is None else self.pool.service_rate

    @property
    def leaving_rate(self) -> float:
        """Return abandonments per millisecond waited; 0 until somebody gave up."""
        if self.pool is None or self.leaving.is_known:
            return self.leaving.value
        return self.pool.leaving.value

    @property
    def share(self) -> float:
        """How much of the eligible slots works for this flow while it has a backlog."""
        made = (self.pace.events + _BELIEF) / (self.pace.exposure + _BELIEF)
        return max(0.02, min(4.0, made))

    @property
    def certainty(self) -> tuple[float, float]:
        """Return how many events speak for the service rate and for the share."""
        service = self.service
        if not service.is_known and self.pool is not None:
            service = self.pool.service
        return service.events, self.pace.events + _BELIEF

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing of it is here."""
        return not self.waiting and not self.held

    # ---- what happens

    def advance(self, now_ms: int) -> None:
        """Let time pass for everyone here."""
        passed = now_ms - self.at_ms
        if passed <= 0:
            return
        self.at_ms = now_ms
        if self.held:
            self.service.spend(self.held * passed)
        if self.waiting:
            self.leaving.spend(len(self.waiting) * passed)
            if self.slots:
                rate = self.service_rate
                if rate is not None:
                    self.pace.spend(self.slots * rate * passed)

    def join(self, interaction_id: str, since_ms: int) -> None:
        """Somebody begins to wait, or waits again."""
        self.waiting[interaction_id] = since_ms

    def start(self, interaction_id: str, now_ms: int) -> None:
        """A slot is taken for somebody who waited, or who did not have to."""
        since_ms = self.waiting.pop(interaction_id, None)
        self.held += 1
        if since_ms is not None and since_ms < now_ms:
            if now_ms - since_ms >= _TELLING_MS:
                self.last_wait_ms = now_ms - since_ms
            self.leaving.end(counts=False)
            if self.slots and self.service_rate is not None:
                self.pace.end(counts=True)

    def give_up(self, interaction_id: str) -> None:
        """Somebody who waited is gone."""
        if self.waiting.pop(interaction_id, None) is not None:
            self.leaving.end(counts=True)

    def finish(self, *, served: bool, takes: bool = True) -> None:
        """Work leaves its slot, if it ``takes`` one; ``served`` unless it waits anew."""
        if takes:
            self.held = max(0, self.held - 1)
        if served:
            self.service.end(counts=True)
        else:
            self.pace.events = max(0.0, self.pace.events - 1.0)

    def answered(self, after_ms: int) -> None:
        """An offer was accepted this long after it began to ring."""
        self.answers = min(self.answers + 1, MEMORY)
        self.answer_ms += (after_ms - self.answer_ms) / self.answers

    def head_wait_ms(self, interaction_id: str, now_ms: int) -> int | None:
        """Return how long the first in line has waited, else how long the last served did."""
        if self.waiting:
            first = next(iter(self.waiting))
            waited_ms = now_ms - self.waiting[first]
            if first != interaction_id and waited_ms >= _TELLING_MS:
                return waited_ms
        return self.last_wait_ms
