"""The moves that journal entries are made of: holding, freeing, waiting, closing."""

from __future__ import annotations

from gateway.acd.model.agent import Agent
from gateway.acd.model.configuration import KIND_NUMBER, QueueRule
from gateway.acd.model.entries import Accepted, Taken
from gateway.acd.model.idle import Seat
from gateway.acd.model.index import Index
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.state import State

# Reading a field of a ``Struct`` costs next to nothing, writing one does: what is nearly always
# right already is looked at before it is written.


def occupy(state: State, index: Index, agent_id: str, item: Interaction) -> None:
    """The agent holds one more interaction."""
    seat = index.seats[agent_id]
    seat.agent.load[KIND_NUMBER[item.kind]] += 1
    seat.work[item.id] = None
    if item.weight != 1:
        item.weight = 1
    to_back(state, index, seat)


def free(
    state: State, index: Index, agent_id: str, item: Interaction, *, front_at_ms: int | None = None
) -> None:
    """The agent holds one less; a withdrawn offer gives the place in the idle order back."""
    seat = index.seats[agent_id]
    seat.agent.load[KIND_NUMBER[item.kind]] -= item.weight
    del seat.work[item.id]
    if item.weight != 1:
        item.weight = 1
    owe_no_reply(item)
    if front_at_ms is None:
        to_back(state, index, seat)
        return
    seat.agent.rank = state.front_rank
    state.front_rank -= 1
    if state.policy.labels:
        index.relabel(state, seat)
    index.move(seat)


def weigh(state: State, index: Index, item: Interaction, weight: int) -> None:
    """Work in an agent's hands takes more or less of the capacity from now on."""
    seat = index.seats[str(item.agent_id)]
    seat.agent.load[KIND_NUMBER[item.kind]] += weight - item.weight
    item.weight = weight
    to_back(state, index, seat)


def to_back(state: State, index: Index, seat: Seat) -> None:
    """The agent is the last in the idle order of their load."""
    agent = seat.agent
    agent.rank = state.next_rank
    agent.idle_since_ms = state.at_ms
    state.next_rank += 1
    if state.policy.labels:
        index.relabel(state, seat)
    index.move(seat)


def wait(state: State, index: Index, item: Interaction) -> None:
    """The interaction waits, at its old place."""
    item.state = "waiting"
    item.epoch += 1
    item.agent_id = item.offer_id = None
    queue = state.queues.get(item.queue_id)
    index.backlog.join(item, queue)
    time_waiting(state, index, item, queue)
    for agent_id, until_ms in item.excluded.items():
        index.timers.add(until_ms, "readmit", item.id, agent_id)
    if item.direct_until_ms is not None:
        index.timers.add(item.direct_until_ms, "direct", item.id)


def activate(state: State, index: Index, item: Interaction, entry: Accepted | Taken) -> None:
    """The interaction is in the agent's hands."""
    item.state = "active"
    item.epoch += 1
    pause(item, entry.at_ms)
    item.agent_id = entry.agent_id
    item.accepted_at_ms = entry.at_ms
    open_to_all(item)
    if item.excluded:
        item.excluded = {}
    item.heard_ms = entry.at_ms
    if item.is_replied:
        item.is_replied = False
    if state.policy.quiet_chat_s:
        watch_silence(state, index, item)
    agent = index.seats[entry.agent_id].agent
    if agent.strikes:
        agent.strikes = 0
    queue = state.queues.get(item.queue_id)
    if queue is not None and queue.fairness_window_s:
        count_got(state, agent, queue)
    if entry.reply_due_ms is not None:
        item.reply_due_ms, item.reply_warn_ms = entry.reply_due_ms, entry.reply_warn_ms
        index.timers.add(entry.reply_due_ms, "reply", item.id)
    if entry.reply_warn_ms is not None:
        index.timers.add(entry.reply_warn_ms, "reply_warn", item.id)


def open_to_all(item: Interaction) -> None:
    """It does not wait for one agent any more."""
    if item.direct_agent_id is not None:
        item.direct_agent_id = item.direct_until_ms = None
    if item.is_sticky:
        item.is_sticky = False


def owe_no_reply(item: Interaction) -> None:
    """Nobody has to reply until some time any more."""
    if item.reply_due_ms is not None:
        item.reply_due_ms = None
    if item.reply_warn_ms is not None:
        item.reply_warn_ms = None


def count_got(state: State, agent: Agent, queue: QueueRule) -> None:
    """Remember that the agent got work of a queue that shares out evenly over a window."""
    since_ms = state.at_ms - 1000 * queue.fairness_window_s
    recent = [at_ms for at_ms in agent.got.get(queue.queue_id, ()) if at_ms > since_ms]
    agent.got[queue.queue_id] = [*recent, state.at_ms]


def watch_silence(state: State, index: Index, item: Interaction) -> None:
    """Look again when the contact of a chat may have been silent for long."""
    quiet_ms = state.policy.quiet_ms
    if quiet_ms and item.kind == "chat":
        index.timers.add(item.heard_ms + quiet_ms, "quiet", item.id)


def close(state: State, index: Index, item: Interaction) -> None:
    """The interaction is over and leaves."""
    item.state = "closed"
    item.epoch += 1
    if item.wrap_up_until_ms is not None:
        item.wrap_up_until_ms = None
    if item.agent_id is not None:
        free(state, index, item.agent_id, item)
    index.unknow(item)
    state.forget(item)


# ---- a queue's clocks ------------------------------------------------------------------------


def begin_waiting(state: State, index: Index, item: Interaction) -> None:
    """The interaction begins to wait in its queue, where its fields say."""
    queue = state.queues.get(item.queue_id)
    enter_queue(state, item, queue)
    index.backlog.join(item, queue)
    time_waiting(state, index, item, queue)


def enter_queue(state: State, item: Interaction, queue: QueueRule | None) -> None:
    """It stands at the first step, with a new limit."""
    if item.step or item.step_until_ms is not None or item.step_left_ms is not None:
        item.step, item.step_until_ms, item.step_left_ms = 0, None, None
    item.queued_at_ms = state.at_ms
    limit_ms = overflow_after(item, queue, state.at_ms)
    if item.overflow_at_ms is not limit_ms:
        item.overflow_at_ms = limit_ms


def start_step(state: State, item: Interaction, number: int) -> None:
    """The next step begins when the one before was due, also if that was noticed late."""
    queue = state.queues[item.queue_id]
    late_ms = state.at_ms - item.step_until_ms if item.step_until_ms is not None else 0
    item.step, item.step_until_ms = number, None
    item.step_left_ms = 1000 * (queue.step(number).after_s or 0) - max(0, late_ms)


def overflow_after(item: Interaction, queue: QueueRule | None, past_ms: int) -> int | None:
    """Return the first limit of waiting in this queue that lies after ``past_ms``."""
    if queue is None or not queue.overflow:
        return None
    waits = [rule.limit for rule in queue.overflow if rule.when == "wait"]
    limits = [item.queued_at_ms + 1000 * limit for limit in waits]
    return min((limit for limit in limits if limit > past_ms), default=None)


def time_waiting(state: State, index: Index, item: Interaction, queue: QueueRule | None) -> None:
    """Let the clocks of waiting work run: of its step, unless it waits for one agent, and of
    the overflow.
    """
    if item.overflow_at_ms is not None:
        index.timers.add(item.overflow_at_ms, "overflow", item.id)
    last = len(queue.steps) - 1 if queue is not None else 0
    if queue is None or item.step >= last or item.direct_agent_id is not None:
        if item.step_until_ms is not None or item.step_left_ms is not None:
            item.step_until_ms = item.step_left_ms = None
        return
    if item.step_until_ms is None:
        after_s = queue.step(item.step).after_s or 0
        left_ms = 1000 * after_s if item.step_left_ms is None else item.step_left_ms
        item.step_until_ms, item.step_left_ms = state.at_ms + left_ms, None
    index.timers.add(item.step_until_ms, "step", item.id)


def pause(item: Interaction, at_ms: int) -> None:
    """Stop the clock of the step while an offer is out, or an agent has the work."""
    if item.step_until_ms is not None:
        item.step_left_ms = max(0, item.step_until_ms - at_ms)
        item.step_until_ms = None


def retime(state: State, index: Index, item: Interaction, queue: QueueRule) -> None:
    """The queue's rules changed: a running step keeps its time, the limit follows the rules."""
    if item.state in ("waiting", "offered"):
        item.overflow_at_ms = overflow_after(item, queue, item.queued_at_ms)
    if item.state == "waiting":
        time_waiting(state, index, item, queue)
