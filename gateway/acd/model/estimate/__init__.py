"""How long somebody who waits will wait, as a range learned from the journal's own entries.

``Estimates`` is a fold like the engine: entries in, no clock, no I/O, a constant amount of work
per entry and per question. The rates come from events per exposure, so unfinished work counts;
the wait behind ``ahead`` others is the Markovian queue-length estimate with abandonment (QLa of
Ibrahim and Whitt); what was told is checked against what came and corrects the next range. Where
the service rate is unknown the head of the line serves, and where nothing is known, None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal

import msgspec

from gateway.acd.model import entries as e
from gateway.acd.model.estimate.calibration import Calibration, band_of
from gateway.acd.model.estimate.flow import Flow
from gateway.acd.model.estimate.quantiles import Z50, Z90, gamma_quantile, place_moments
from gateway.acd.model.estimate.staffing import ClassKey, Staffing
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.state import State

__all__ = ["ClassKey", "Estimates", "Flow", "Range", "class_of"]

Basis = Literal["queue_length", "head_of_line"]
_FLOWS = 4_096


class Range(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The wait from now on: its mean, and the ends of the range that is told."""

    mean_ms: float
    p50_ms: int
    p90_ms: int
    basis: Basis

    def rounded(self) -> tuple[int, int]:
        """Return the ends as people are told them: the lower rounded down, the upper up."""
        return _round(self.p50_ms, up=False), _round(self.p90_ms, up=True)


def _round(wait_ms: int, *, up: bool) -> int:
    step = 15_000 if wait_ms < 120_000 else 30_000 if wait_ms < 600_000 else 60_000
    return -(-wait_ms // step) * step if up else wait_ms // step * step


class _Item:
    """Work that is not over, and what its contact was told."""

    __slots__ = ("is_direct", "is_held", "is_quiet", "key", "offered_at_ms", "since_ms", "told")

    def __init__(self, key: ClassKey, since_ms: int) -> None:
        self.key = key
        self.since_ms = since_ms
        self.offered_at_ms = since_ms
        self.is_held = self.is_direct = self.is_quiet = False
        self.told: list[tuple[int, int, int, int]] = []


def class_of(item: Interaction) -> ClassKey:
    """Return the class of live work."""
    return item.queue_id, item.kind, tuple(sorted(item.skills.items()))


class Estimates:
    """Everything learned about the waits of one partition."""

    def __init__(self, state: State | None = None) -> None:
        self.flows: dict[ClassKey, Flow] = {}
        self.pools: dict[tuple[str, str], Flow] = {}
        self.calibrations: dict[tuple[str, str, int], Calibration] = {}
        self._items: dict[str, _Item] = {}
        self.staffing = Staffing(state if state is not None else State())
        if state is not None:
            self.begin(state)

    def begin(self, state: State) -> None:
        """Go on from a state, keeping the rates: who waits and who is there is as it says."""
        self.staffing = Staffing(state)
        self._items.clear()
        for flow in [*self.flows.values(), *self.pools.values()]:
            flow.at_ms, flow.held = max(flow.at_ms, state.at_ms), 0
            flow.waiting.clear()
        for live in sorted(state.interactions.values(), key=lambda item: item.number):
            item = self._items[live.id] = _Item(class_of(live), live.enqueued_at_ms)
            item.is_direct = live.direct_agent_id is not None
            item.is_held = live.state != "waiting"
            item.is_quiet = item.is_held and not live.weight
            for flow in self._flows(item.key, state.at_ms):
                if item.is_held:
                    flow.held += live.weight
                else:
                    flow.join(live.id, live.enqueued_at_ms)

    def fold_all(self, entries: Iterable[e.Entry]) -> None:
        """Learn from entries in order."""
        for entry in entries:
            self.fold(entry)

    # ---- learning

    def fold(self, entry: e.Entry) -> None:
        """Learn from one entry."""
        learn = self._LEARN.get(type(entry))
        if learn is None:
            self.staffing.fold(entry)
        else:
            learn(self, entry)

    def _enqueued(self, entry: e.Enqueued) -> None:
        skills = tuple(sorted(entry.skills.items())) if entry.skills else ()
        key = (entry.queue_id, str(entry.interaction_kind), skills)
        item = self._items[entry.interaction_id] = _Item(key, entry.at_ms)
        item.is_direct = entry.direct_agent_id is not None
        for flow in self._flows(key, entry.at_ms):
            flow.join(entry.interaction_id, entry.at_ms)

    def _started(self, entry: e.Offered | e.Taken) -> None:
        item = self._items.get(entry.interaction_id)
        if item is None or item.is_held:
            return
        item.is_held, item.offered_at_ms = True, entry.at_ms
        for flow in self._flows(item.key, entry.at_ms):
            flow.start(entry.interaction_id, entry.at_ms)
        if isinstance(entry, e.Taken):
            self._answered(entry.interaction_id, entry.at_ms)

    def _answered(self, interaction_id: str, at_ms: int) -> None:
        item = self._items.get(interaction_id)
        if item is None:
            return
        for flow in self._flows(item.key, at_ms):
            flow.answered(at_ms - item.offered_at_ms)
        for band, told_at_ms, p50_ms, p90_ms in item.told:
            self._calibration(item.key, band).check(at_ms - told_at_ms, p50_ms, p90_ms)
        item.told = []

    def _again(self, entry: e.OfferEnded | e.Released | e.Transferred) -> None:
        """The work leaves its agent and waits once more, perhaps elsewhere."""
        item = self._items.get(entry.interaction_id)
        if item is None or not item.is_held:
            return
        is_moved = isinstance(entry, e.Transferred)
        for flow in self._flows(item.key, entry.at_ms):
            flow.finish(served=is_moved, takes=not item.is_quiet)
        item.is_held = item.is_quiet = False
        if isinstance(entry, e.Transferred):
            item.key = (entry.queue_id, item.key[1], item.key[2])
            item.is_direct = entry.to_agent_id is not None
            item.since_ms = entry.at_ms
            item.told = []
        for flow in self._flows(item.key, entry.at_ms):
            flow.join(entry.interaction_id, item.since_ms)

    def _moved(self, entry: e.Moved) -> None:
        """Somebody who waits does so in another queue from now on."""
        self._goes_to(entry.interaction_id, entry.queue_id, entry.at_ms)

    def _goes_to(self, interaction_id: str, queue_id: str, at_ms: int) -> None:
        item = self._items.get(interaction_id)
        if item is None or item.is_held:
            return
        for flow in self._flows(item.key, at_ms):
            flow.waiting.pop(interaction_id, None)
        item.key = (queue_id, item.key[1], item.key[2])
        item.is_direct = False
        item.told = []
        for flow in self._flows(item.key, at_ms):
            flow.join(interaction_id, item.since_ms)

    def _overflowed(self, entry: e.Overflowed) -> None:
        """It waits in another queue, or a message was left: nobody knows how long was too long."""
        if entry.to_queue_id is not None:
            self._goes_to(entry.interaction_id, entry.to_queue_id, entry.at_ms)
            return
        item = self._items.pop(entry.interaction_id, None)
        if item is not None:
            for flow in self._flows(item.key, entry.at_ms):
                flow.waiting.pop(entry.interaction_id, None)

    def _gave_up(self, entry: e.Abandoned) -> None:
        item = self._items.pop(entry.interaction_id, None)
        if item is None:
            return
        for flow in self._flows(item.key, entry.at_ms):
            flow.give_up(entry.interaction_id)
        for band, told_at_ms, p50_ms, p90_ms in item.told:
            self._calibration(item.key, band).gave_up(entry.at_ms - told_at_ms, p50_ms, p90_ms)

    def _accepted(self, entry: e.Accepted) -> None:
        self._answered(entry.interaction_id, entry.at_ms)

    def _opened(self, entry: e.Opened) -> None:
        item = self._items.get(entry.interaction_id)
        if item is not None:
            item.is_direct = False

    def _closed(self, entry: e.Ended | e.Wrapped) -> None:
        """The slot is free: at the end, or after a wrap-up that takes capacity."""
        if isinstance(entry, e.Ended) and entry.wrap_up in ("timed", "forced"):
            return
        item = self._items.pop(entry.interaction_id, None)
        if item is not None and item.is_held:
            for flow in self._flows(item.key, entry.at_ms):
                flow.finish(served=True, takes=not item.is_quiet)

    def _quieted(self, entry: e.Quieted) -> None:
        self._weigh(entry, is_quiet=not entry.counts)

    def _heard(self, entry: e.Heard) -> None:
        self._weigh(entry, is_quiet=False)

    def _weigh(self, entry: e.Quieted | e.Heard, *, is_quiet: bool) -> None:
        """A quiet chat takes no capacity until its contact writes again."""
        item = self._items.get(entry.interaction_id)
        if item is None or not item.is_held or item.is_quiet == is_quiet:
            return
        item.is_quiet = is_quiet
        for flow in self._flows(item.key, entry.at_ms):
            flow.held = max(0, flow.held + (-1 if is_quiet else 1))

    def _flows(self, key: ClassKey, now_ms: int) -> tuple[Flow, Flow]:
        """Return the class and its pool, with time passed up to now."""
        flow = self.flows.get(key)
        if flow is None:
            flow = self._new(key, now_ms)
        pool = flow.pool
        assert pool is not None
        flow.advance(now_ms)
        pool.advance(now_ms)
        flow.slots = self.staffing.slots(key, now_ms)
        return flow, pool

    def _new(self, key: ClassKey, now_ms: int) -> Flow:
        if len(self.flows) >= _FLOWS:
            self.flows = {old: flow for old, flow in self.flows.items() if not flow.is_idle}
        pool = self.pools.get(key[:2])
        if pool is None:
            pool = self.pools[key[:2]] = Flow(now_ms, None)
        flow = self.flows[key] = Flow(now_ms, pool)
        return flow

    def _calibration(self, key: ClassKey, band: int) -> Calibration:
        found = self.calibrations.get((key[0], key[1], band))
        if found is None:
            found = self.calibrations[key[0], key[1], band] = Calibration()
        return found

    # ---- asking

    def estimate(
        self, key: ClassKey, ahead: int, now_ms: int, interaction_id: str = ""
    ) -> Range | None:
        """Return the wait behind ``ahead`` others of the class, or None when it is unknown."""
        flow = self.flows.get(key)
        slots = self.staffing.slots(key, now_ms)
        if flow is None or not slots:
            return None
        mean, variance, basis = self._moments(flow, slots, ahead, now_ms, interaction_id)
        if basis is None:
            return None
        found = self.calibrations.get((key[0], key[1], band_of(ahead)))
        half = found.half.factor if found is not None else 1.0
        most = found.most.factor if found is not None else 1.0
        p50 = half * gamma_quantile(mean, variance, Z50)
        p90 = max(p50, most * gamma_quantile(mean, variance, Z90))
        return Range(mean_ms=mean, p50_ms=round(p50), p90_ms=round(p90), basis=basis)

    def _moments(
        self, flow: Flow, slots: int, ahead: int, now_ms: int, interaction_id: str
    ) -> tuple[float, float, Basis | None]:
        rate = flow.service_rate
        if rate is not None:
            mean, variance = place_moments(ahead, slots * rate * flow.share, flow.leaving_rate)
            served, started = flow.certainty
            variance += mean * mean * (1.0 / served + 1.0 / started)
            return mean + flow.answer_ms, variance + flow.answer_ms**2, "queue_length"
        head_ms = flow.head_wait_ms(interaction_id, now_ms)
        if head_ms is None:
            return 0.0, 0.0, None
        return float(head_ms), float(head_ms) ** 2, "head_of_line"

    def tell(self, interaction_id: str, ahead: int, now_ms: int) -> Range | None:
        """Return what to tell somebody who waits, and remember it as a promise to be checked."""
        item = self._items.get(interaction_id)
        if item is None or item.is_held or item.is_direct:
            return None
        found = self.estimate(item.key, ahead, now_ms, interaction_id)
        if found is not None:
            band = band_of(ahead)
            if all(told[0] != band for told in item.told):
                item.told.append((band, now_ms, found.p50_ms, found.p90_ms))
        return found

    _LEARN: ClassVar[dict[type[e.Entry], Callable[[Any, Any], None]]] = {
        e.Enqueued: _enqueued,
        e.Offered: _started,
        e.Taken: _started,
        e.Accepted: _accepted,
        e.OfferEnded: _again,
        e.Released: _again,
        e.Transferred: _again,
        e.Opened: _opened,
        e.Moved: _moved,
        e.Overflowed: _overflowed,
        e.Abandoned: _gave_up,
        e.Ended: _closed,
        e.Quieted: _quieted,
        e.Heard: _heard,
        e.Wrapped: _closed,
    }
