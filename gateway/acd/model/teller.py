"""Tells the story of one piece of work from the journal; see ``story``."""

from __future__ import annotations

from gateway.acd.model import entries as e
from gateway.acd.model.configuration import KIND_NUMBER
from gateway.acd.model.engine import Engine
from gateway.acd.model.exclusion import Exclusion, exclusion
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matrix import Requirement
from gateway.acd.model.state import State
from gateway.acd.model.story import (
    AgentAtOffer,
    AgentStory,
    AgentStretch,
    Cause,
    Point,
    Standing,
    Story,
    Stretch,
    ToldOffer,
)
from gateway.acd.model.turns import turn_of

_MOST = 300
_OTHERS = 40
_EVERYBODY = 100_000


class Teller:
    """Folds entries in their order; ``story`` is ready after ``finish``."""

    def __init__(
        self, state: State | None, interaction_id: str, agent_id: str | None = None
    ) -> None:
        self.engine = Engine(state)
        self.story = Story(interaction_id=interaction_id)
        if agent_id is not None:
            self.story.agent = AgentStory(agent_id=agent_id)
        self._item: Interaction | None = None
        self._point: tuple[int, int, int] | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more can be told."""
        return self.story.over_at_ms is not None

    def fold(self, entry: e.Entry) -> None:
        """Look at one entry, let it change the state, and look at what has changed."""
        engine, story = self.engine, self.story
        is_mine = getattr(entry, "interaction_id", None) == story.interaction_id
        if not is_mine and self._item is None:
            engine.apply(entry)
            return
        if is_mine:
            self._before(entry)
        turn = turn_of(engine, self._item, entry) if is_mine or self._item is not None else None
        if turn is not None and len(story.turns) < _MOST:
            story.turns.append(turn)
        engine.apply(entry)
        if is_mine:
            is_over = isinstance(entry, e.Ended)
            found = engine.state.interactions.get(story.interaction_id)
            self._item = None if is_over else found
            if turn is not None and turn.what == "relaxed" and self._item is not None:
                turn.ready_after = _ready(engine, self._item)
            self._after(entry)
        item = self._item
        if item is not None and (is_mine or item.state in ("waiting", "offered")):
            self._look(item, entry.at_ms)

    def finish(self, now_ms: int) -> Story:
        """Close the story at the present; what goes on stays open."""
        story = self.story
        story.until_ms = max(now_ms, self.engine.state.at_ms)
        if story.over_at_ms is not None:
            story.until_ms = story.over_at_ms
        story.stretches = _lasting(story.stretches)
        if story.agent is not None:
            story.agent.stretches = _lasting_of(story.agent.stretches)
        story.waited_ms = sum(
            (one.to_ms if one.to_ms is not None else story.until_ms) - one.from_ms
            for one in story.stretches
            if one.cause != "in_hand"
        )
        return story

    # ---- around an entry about the work itself

    def _before(self, entry: e.Entry) -> None:
        story = self.story
        if isinstance(entry, e.Enqueued):
            story.kind, story.queued_at_ms = entry.interaction_kind, entry.at_ms
        elif isinstance(entry, e.Offered) and self._item is not None:
            if len(story.offers) < _MOST:
                story.offers.append(_told(self.engine, self._item, entry))
            if story.agent is not None and len(story.agent.offers) < _MOST:
                told = _asked(self.engine, self._item, entry, story.agent.agent_id)
                story.agent.offers.append(told)
        elif isinstance(entry, e.OfferEnded):
            self._end_offer(entry.offer_id, entry.outcome, entry.at_ms)
        elif isinstance(entry, e.Accepted):
            self._end_offer(entry.offer_id, "accepted", entry.at_ms)

    def _after(self, entry: e.Entry) -> None:
        story = self.story
        if isinstance(entry, e.Accepted | e.Taken) and story.answered_at_ms is None:
            story.answered_at_ms = entry.at_ms
        if self._item is None:
            story.over_at_ms = entry.at_ms
            _close(story.stretches, entry.at_ms)
            if story.agent is not None:
                _close(story.agent.stretches, entry.at_ms)
            for offer in story.offers:
                if offer.outcome == "ringing":
                    offer.outcome, offer.ended_ms = "gone", entry.at_ms

    def _end_offer(self, offer_id: str, outcome: str, at_ms: int) -> None:
        for offer in reversed(self.story.offers):
            if offer.offer_id == offer_id:
                offer.outcome, offer.ended_ms = outcome, at_ms  # type: ignore[assignment]
                return

    # ---- after every entry

    def _look(self, item: Interaction, at_ms: int) -> None:
        cause, agent_id = situation(self.engine, item)
        place = self.engine.index.place(item) if item.state == "waiting" else 0
        self._add_stretch(item, cause, agent_id, place, at_ms)
        self._add_point(item, place, at_ms)
        if self.story.agent is not None:
            self._ask(self.story.agent, item, at_ms)

    def _add_stretch(
        self, item: Interaction, cause: Cause, agent_id: str | None, place: int, at_ms: int
    ) -> None:
        stretches = self.story.stretches
        last = stretches[-1] if stretches else None
        key = (cause, item.queue_id, item.step, agent_id)
        if last is not None and key == (last.cause, last.queue_id, last.step, last.agent_id):
            if place:
                last.places = [last.places[0] if last.places else place, place]
            return
        _close(stretches, at_ms)
        if len(stretches) >= _MOST:
            self.story.stretches = stretches = _lasting(stretches)
        if len(stretches) >= _MOST:
            self.story.is_cut = True
            stretches[-1].to_ms = None
            return
        closed = self.engine.state.closed.get(item.queue_id, "") if cause == "closed" else ""
        stretches.append(
            Stretch(
                cause=cause,
                from_ms=at_ms,
                to_ms=None,
                queue_id=item.queue_id,
                step=item.step,
                agent_id=agent_id,
                detail=closed,
                places=[place, place] if place else [],
            )
        )

    def _add_point(self, item: Interaction, place: int, at_ms: int) -> None:
        if item.state not in ("waiting", "offered"):
            place = 0
        of = self.engine.index.backlog.lines[item.queue_id].order.count if place else 0
        if item.state == "offered" or (place, of, item.step) == self._point:
            return
        self._point = (place, of, item.step)
        points = self.story.points
        if points and points[-1].at_ms == at_ms:
            points.pop()
        points.append(Point(at_ms=at_ms, place=place, of=of, step=item.step))
        if len(points) > 2 * _MOST:
            del points[1:-1:2]

    def _ask(self, agent: AgentStory, item: Interaction, at_ms: int) -> None:
        if item.state not in ("waiting", "offered"):
            _close(agent.stretches, at_ms)
            return
        found: Exclusion | None = None
        if item.state == "offered":
            holder = self.engine.state.offers[str(item.offer_id)].agent_id
            verdict = "rang_here" if holder == agent.agent_id else "rang_elsewhere"
        else:
            found = exclusion(self.engine.state, self.engine.index, item, agent.agent_id)
            verdict = "kept" if found.reasons else "free"
        last = agent.stretches[-1] if agent.stretches else None
        if last is not None and last.to_ms is None and _same(last, verdict, found):
            return
        _close(agent.stretches, at_ms)
        if len(agent.stretches) >= _MOST:
            agent.stretches = _lasting_of(agent.stretches)
        if len(agent.stretches) < _MOST:
            agent.stretches.append(
                AgentStretch(
                    from_ms=at_ms,
                    to_ms=None,
                    verdict=verdict,  # type: ignore[arg-type]
                    exclusion=found,
                )
            )


def situation(engine: Engine, item: Interaction) -> tuple[Cause, str | None]:
    """Say what the work waits for now, and the agent it is about, if one."""
    if item.state == "offered":
        return "ringing", engine.state.offers[str(item.offer_id)].agent_id
    if item.state != "waiting":
        return "in_hand", item.agent_id
    if item.direct_agent_id is not None:
        return "for_one_agent", item.direct_agent_id
    if engine.index.backlog.is_manual(item):
        return "by_hand", None
    return _missing(engine, item), None


def _missing(engine: Engine, item: Interaction) -> Cause:
    """Say how far the nearest of the people who could do it are from doing it."""
    index, kind = engine.index, KIND_NUMBER[item.kind]
    groups = index.matrix.groups_for(_requirement(engine, item))
    is_closed = item.queue_id in engine.state.closed
    if not groups & index.roll.duty[kind]:
        if is_closed:
            return "closed"
        return "nobody_suited_on_duty" if index.roll.duty[kind] else "nobody_on_duty"
    if not groups & index.roll.ready[kind]:
        if is_closed:
            return "closed"
        return "nobody_suited_ready" if index.roll.ready[kind] else "nobody_ready"
    if item.excluded and any(
        kind in index.seats[key].open and groups >> index.seats[key].group & 1
        for key in item.excluded
        if key in index.seats
    ):
        return "passed_over"
    if index.place(item) > 1:
        return "others_ahead"
    return "all_busy"


def _requirement(engine: Engine, item: Interaction) -> Requirement:
    return engine.index.backlog.requirement(item, engine.state.queues.get(item.queue_id))


def _ready(engine: Engine, item: Interaction) -> int:
    return engine.index.ready_for(_requirement(engine, item))


# ---- offers ----------------------------------------------------------------------------------


def _told(engine: Engine, item: Interaction, entry: e.Offered) -> ToldOffer:
    """Build the full list of an offer from the state just before it."""
    state, named = engine.state, {entry.agent_id, *entry.runners_up}
    counts: dict[str, int] = {}
    kept, behind = [], 0
    for agent_id in state.agents:
        if agent_id in named:
            continue
        found = exclusion(state, engine.index, item, agent_id)
        if found.reasons:
            counts[found.reasons[0]] = counts.get(found.reasons[0], 0) + 1
            kept.append(found)
        else:
            behind += 1
    kept.sort(key=lambda one: (len(one.reasons), one.agent_id))
    queue = state.queues.get(item.queue_id)
    return ToldOffer(
        offer_id=entry.offer_id,
        at_ms=entry.at_ms,
        agent_id=entry.agent_id,
        found_by=entry.found_by,
        by=entry.by,
        place=entry.place,
        order=queue.order if queue is not None else "longest_idle",
        over_capacity=entry.over_capacity,
        chosen=_standing(engine, item, entry.agent_id),
        runners_up=[_standing(engine, item, agent_id) for agent_id in entry.runners_up],
        behind=behind,
        counts=counts,
        others=kept[:_OTHERS],
    )


def _standing(engine: Engine, item: Interaction, agent_id: str) -> Standing:
    agent = engine.state.agents[agent_id]
    needed = _requirement(engine, item)
    return Standing(
        agent_id=agent_id,
        held=agent.total,
        idle_since_ms=agent.idle_since_ms,
        is_preferred=needed.preferred is not None and needed.likes(engine.state.profile(agent_id)),
    )


def _asked(engine: Engine, item: Interaction, entry: e.Offered, agent_id: str) -> AgentAtOffer:
    order = [seat.agent.id for seat in engine.index.agents_for(item, _EVERYBODY)]
    found = exclusion(engine.state, engine.index, item, agent_id)
    return AgentAtOffer(
        offer_id=entry.offer_id,
        at_ms=entry.at_ms,
        rank=order.index(agent_id) + 1 if agent_id in order else None,
        exclusion=found if found.reasons else None,
    )


# ---- stretches -------------------------------------------------------------------------------


def _close(stretches: list[Stretch] | list[AgentStretch], at_ms: int) -> None:
    if stretches and stretches[-1].to_ms is None:
        stretches[-1].to_ms = at_ms


def _lasting(stretches: list[Stretch]) -> list[Stretch]:
    """Leave out what lasted no time, the steps within one decision, and join what that parted."""
    found: list[Stretch] = []
    for one in stretches:
        if one.to_ms == one.from_ms:
            continue
        last = found[-1] if found else None
        if last is not None and last.to_ms == one.from_ms and _key(last) == _key(one):
            last.to_ms = one.to_ms
            last.places = [*last.places[:1], *one.places[-1:]]
        else:
            found.append(one)
    return found


def _key(one: Stretch) -> tuple[object, ...]:
    return one.cause, one.queue_id, one.step, one.agent_id


def _lasting_of(stretches: list[AgentStretch]) -> list[AgentStretch]:
    found: list[AgentStretch] = []
    for one in stretches:
        if one.to_ms == one.from_ms:
            continue
        last = found[-1] if found else None
        if (
            last is not None
            and last.to_ms == one.from_ms
            and _same(last, one.verdict, one.exclusion)
        ):
            last.to_ms = one.to_ms
        else:
            found.append(one)
    return found


def _same(last: AgentStretch, verdict: str, found: Exclusion | None) -> bool:
    before = last.exclusion.reasons if last.exclusion is not None else None
    return last.verdict == verdict and before == (found.reasons if found is not None else None)
