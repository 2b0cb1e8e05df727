"""The rules of routing written down naively: slow, obvious, and independent of every index."""

from __future__ import annotations

from gateway.acd.model import entries as e
from gateway.acd.model import state as states
from gateway.acd.model.agent import Agent
from gateway.acd.model.configuration import DEFAULT_CAPACITY, KINDS, QueueRule, required
from gateway.acd.model.engine import Engine
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.state import State


def limit(state: State, agent: Agent, kind: str) -> int:
    profile = state.profiles.get(agent.id)
    given = profile.capacity if profile else {}
    return given.get(kind, DEFAULT_CAPACITY[kind])


def is_qualified(state: State, agent: Agent, item: Interaction) -> bool:
    """Served queue and every needed level; work directed to an agent needs only that agent."""
    if item.direct_agent_id is not None:
        return item.direct_agent_id == agent.id
    profile = state.profiles.get(agent.id)
    if profile and profile.queue_ids is not None and item.queue_id not in profile.queue_ids:
        return False
    skills = profile.skills if profile else {}
    queue = state.queues[item.queue_id]
    step = queue.steps[min(item.step, len(queue.steps) - 1)]
    if not step.drops_own and any(
        skill not in skills or skills[skill] < level for skill, level in item.skills.items()
    ):
        return False
    return any(
        all(low <= skills.get(skill, -1) <= high for skill, low, high in alternative)
        for alternative in step.needs
    )


def has_room(state: State, agent: Agent, kind: str) -> bool:
    """Ready, connected, nothing else declared, below capacity, and nothing in hand forbids it."""
    load = dict(zip(KINDS, agent.load, strict=True))
    if agent.state != "ready" or agent.away_until_ms is not None or agent.next_state is not None:
        return False
    for held in KINDS:
        if load[held] and held != kind and kind not in may_interrupt(state, agent, held):
            return False
    return load[kind] < limit(state, agent, kind)


def is_labelled_full(state: State, agent: Agent, queue_id: str) -> bool:
    """Tell whether a label over this queue has reached its limit, counted from scratch."""
    held = [item for item in state.interactions.values() if item.agent_id == agent.id]
    held += [
        state.interactions[offer.interaction_id]
        for offer in state.offers.values()
        if offer.agent_id == agent.id
    ]
    return any(
        sum(item.weight for item in held if item.queue_id in label.queue_ids) >= label.limit
        for label in state.policy.labels
        if queue_id in label.queue_ids
    )


def may_interrupt(state: State, agent: Agent, held: str) -> tuple[str, ...]:
    """What may be offered during ``held``: the profile says it, else the tenant, else habit."""
    profile = state.profiles.get(agent.id)
    for given in (profile.interrupted_by if profile else {}, state.policy.interrupted_by):
        if held in given:
            return given[held]
    return () if held == "call" else KINDS


def may_get(state: State, agent: Agent, item: Interaction) -> bool:
    is_passed_over = item.direct_agent_id is None and agent.id in item.excluded
    if item.direct_agent_id is None and state.queues[item.queue_id].order == "manual":
        return False
    return (
        item.state == "waiting"
        and has_room(state, agent, item.kind)
        and not is_labelled_full(state, agent, item.queue_id)
        and is_qualified(state, agent, item)
        and not is_passed_over
    )


def agents_for(state: State, item: Interaction) -> list[str]:
    """Everybody who may get it: the preferred first, then by the queue's order of agents, then
    least loaded, then longest idle.
    """
    able = [agent for agent in state.agents.values() if may_get(state, agent, item)]
    queue = state.queues[item.queue_id]
    step = queue.steps[min(item.step, len(queue.steps) - 1)]
    preferred = step.preferred if item.direct_agent_id is None else None

    def place(agent: Agent) -> tuple[object, ...]:
        skills = state.profile(agent.id).skills
        likes = preferred is None or any(is_met(skills, one) for one in preferred)
        ranks = order_of(state, queue, agent, item) if item.direct_agent_id is None else ()
        if queue.fairness_window_s and item.direct_agent_id is None:
            since_ms = state.at_ms - 1000 * queue.fairness_window_s
            got = [at_ms for at_ms in agent.got.get(queue.queue_id, []) if at_ms > since_ms]
            ranks = (len(got), *ranks)
        return (not likes, ranks, sum(agent.load), agent.rank)

    return [agent.id for agent in sorted(able, key=place)]


def is_met(skills: dict[str, int], alternative: tuple[tuple[str, int, int], ...]) -> bool:
    return all(low <= skills.get(skill, -1) <= high for skill, low, high in alternative)


def order_of(state: State, queue: QueueRule, agent: Agent, item: Interaction) -> tuple[object, ...]:
    """What comes before load and idle time in this queue's order of agents; less is earlier."""
    profile, kind = state.profile(agent.id), item.kind
    if queue.order == "least_loaded":
        return (agent.load[KINDS.index(kind)] * 1_000_000 // limit(state, agent, kind),)
    if queue.order == "round_robin":
        return (agent.id <= state.turns.get(queue.queue_id, ""), agent.id)
    if queue.order == "weighted":
        return (agent.share_used + 1_000_000 // profile.weight,)
    if queue.order == "best_skill":
        return (-best_skill(queue, profile.skills, item),)
    return ()


def best_skill(queue: QueueRule, skills: dict[str, int], item: Interaction) -> int:
    step = queue.steps[min(item.step, len(queue.steps) - 1)]
    found = 0
    for needs in (required(queue, item.skills, item.step), step.preferred or ()):
        sums = [0]
        for alternative in needs:
            if is_met(skills, alternative):
                sums.append(sum(skills.get(skill, 0) for skill, _, _ in alternative))
        found += max(sums)
    return found


def work_for(state: State, agent: Agent) -> str | None:
    """The lowest score the agent may get; ties by arrival."""
    able = [item for item in state.interactions.values() if may_get(state, agent, item)]
    best = min(able, key=lambda item: (item.score, item.number), default=None)
    return best.id if best else None


def check_choice(state: State, entry: e.Entry) -> None:
    """Raise unless an entry about to be applied is what the naive rules choose."""
    if isinstance(entry, e.Taken):
        agent, item = state.agents[entry.agent_id], state.interactions[entry.interaction_id]
        assert agent.load[KINDS.index(item.kind)] < limit(state, agent, item.kind), "I3"
        assert agent.state != "offline"
    if not isinstance(entry, e.Offered):
        return
    agent, item = state.agents[entry.agent_id], state.interactions[entry.interaction_id]
    assert entry.offer_id not in state.offers
    is_full = agent.load[KINDS.index(item.kind)] >= limit(state, agent, item.kind)
    is_over = is_full or is_labelled_full(state, agent, item.queue_id)
    assert is_over == entry.over_capacity, "I3: above capacity only when a lead said so"
    assert not is_over or (entry.found_by == "hand" and entry.by), "I3"
    if entry.found_by == "hand":
        return
    assert may_get(state, agent, item), "I4: ready, connected, skilled, not passed over"
    if entry.found_by == "work":
        best = agents_for(state, item)
        assert best[:6] == [entry.agent_id, *entry.runners_up], "the least loaded, longest idle"
        check_not_overtaken(state, agent, item)
    else:
        assert work_for(state, agent) == item.id, "the lowest score"


def check_not_overtaken(state: State, agent: Agent, item: Interaction) -> None:
    """Raise when the agent could have got what has the better place."""
    best = state.interactions[work_for(state, agent) or item.id]
    assert (best.score, best.number) >= (item.score, item.number), "I5: it was overtaken"


def check_due(state: State, now_ms: int) -> None:
    """Raise when something was due and nothing came of it."""
    due: list[int | None] = [offer.expires_at_ms for offer in state.offers.values()]
    for agent in state.agents.values():
        due += [agent.away_until_ms, None if agent.is_overdue else agent.until_ms]
    for item in state.interactions.values():
        due += [item.wrap_up_until_ms, item.reply_due_ms, item.reply_warn_ms]
        if item.state == "waiting":
            due += [item.direct_until_ms, item.step_until_ms, item.overflow_at_ms]
            due += item.excluded.values()
    left = [at_ms for at_ms in due if at_ms is not None and at_ms <= now_ms]
    assert not left, "I7: what is due happens"


def check(engine: Engine) -> None:
    """Raise when an invariant of the queue does not hold."""
    state = engine.state
    loads = {agent_id: [0, 0, 0] for agent_id in state.agents}
    holds = dict.fromkeys(state.agents, 0)
    offered: set[str] = set()
    for offer in state.offers.values():
        item = state.interactions[offer.interaction_id]
        assert item.state == "offered", "I1: an offer belongs to offered work"
        assert item.offer_id == offer.id
        assert item.id not in offered, "I2: one live offer per interaction"
        offered.add(item.id)
        loads[offer.agent_id][KINDS.index(item.kind)] += 1
        holds[offer.agent_id] += 1
    for item in state.interactions.values():
        assert item.state in ("waiting", "offered", "active", "wrap_up"), "I1: one live state"
        assert (item.state == "offered") == (item.id in offered)
        assert (item.agent_id is not None) == (item.state in ("active", "wrap_up"))
        assert (item.id in engine.index.backlog.placed) == (item.state == "waiting")
        if item.state == "active":
            assert state.agents[str(item.agent_id)].state != "offline", "I9: nobody has it"
        if item.agent_id is not None:
            is_light = item.wrap_up == "optional" if item.state == "wrap_up" else not item.weight
            assert is_light == (not item.weight), "only optional wrap-up and quiet chats are free"
            assert item.weight or item.state == "wrap_up" or item.kind == "chat"
            loads[item.agent_id][KINDS.index(item.kind)] += item.weight
            holds[item.agent_id] += item.state != "wrap_up" or item.wrap_up != "optional"
        if item.reply_due_ms is not None:
            assert (item.kind, item.state) == ("chat", "active"), "only who has a chat replies"
    slots = dict.fromkeys(state.agents, 0)
    for slot in state.slots.values():
        loads[slot.agent_id][KINDS.index(slot.kind)] += 1
        slots[slot.agent_id] += 1
    for agent in state.agents.values():
        assert agent.load == loads[agent.id], "I11: load equals a recount"
        assert agent.slots == slots[agent.id], "I11: slots equal a recount"
        is_waited_for = holds[agent.id] or slots[agent.id]
        assert agent.next_state is None or is_waited_for, "a declared state waits for work only"
    check_work_conserving(engine)
    check_counts(engine)


def check_work_conserving(engine: Engine) -> None:
    """Nobody who could take waiting work is left without it, and no head blocks what is behind."""
    state = engine.state
    for agent in state.agents.values():
        assert work_for(state, agent) is None, "I5: an agent is free while matching work waits"


def check_counts(engine: Engine) -> None:
    state, lines = engine.state, engine.index.backlog.lines
    for queue_id, line in lines.items():
        here = [
            item
            for item in state.interactions.values()
            if item.state == "waiting" and item.queue_id == queue_id
        ]
        assert line.order.count == len(here), "I11: a queue's length equals a recount"
        counts = [sum(item.kind == kind for item in here) for kind in KINDS]
        assert line.counts == counts
        oldest = min((item.enqueued_at_ms for item in here), default=None)
        assert line.oldest_ms() == oldest
        for place, item in enumerate(sorted(here, key=lambda item: (item.score, item.number))):
            assert engine.index.place(item) == place + 1


def check_rebuilt(engine: Engine) -> None:
    """An index built from the state alone makes the same choices."""
    other = Engine(states.load(states.dump(engine.state)))
    assert states.dump(other.state) == states.dump(engine.state)
    assert other.next_due_ms() == engine.next_due_ms()
    engine.index.settle()
    other.index.settle()
    for kind in range(3):
        mine, theirs = engine.index.idle[kind], other.index.idle[kind]
        everyone = (1 << 64) - 1
        order = [seat.agent.id for seat in mine.first(everyone, {}, 1000)]
        assert order == [seat.agent.id for seat in theirs.first(everyone, {}, 1000)]
    for seat in other.index.seats.values():
        assert other.index.work_for(seat) is None
