"""Everything derived from the state so that a choice costs microseconds; rebuilt at will."""

from __future__ import annotations

from gateway.acd.model.agent import Agent, limits_of, open_kinds
from gateway.acd.model.backlog import Backlog, key_of
from gateway.acd.model.configuration import KIND_NUMBER, KINDS
from gateway.acd.model.idle import Idle, Seat
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matrix import Matrix
from gateway.acd.model.order import Key
from gateway.acd.model.state import State
from gateway.acd.model.timers import Timers

_SPARE_NUMBERS = 4_096


def _status(agent: Agent) -> str:
    return "away" if agent.away_until_ms is not None else agent.state


class Index:
    """Who may get what, in which order."""

    def __init__(self, state: State) -> None:
        self.matrix = Matrix()
        self.backlog = Backlog(self.matrix)
        self.idle = tuple(Idle() for _ in KINDS)
        self.seats: dict[str, Seat] = {}
        self.statuses = {"offline": 0, "not_ready": 0, "away": 0, "ready": 0}
        self.work_of: dict[str, dict[str, None]] = {}
        self.of_conversation: dict[str, dict[str, None]] = {}
        self.timers = Timers()
        self._fill(state)

    def _fill(self, state: State) -> None:
        for agent in sorted(state.agents.values(), key=lambda agent: agent.rank):
            self.seat(state, agent)
        for item in sorted(state.interactions.values(), key=lambda item: item.number):
            self.know(item)
            if item.state == "waiting":
                self.backlog.join(item, state.queues.get(item.queue_id))
            elif item.agent_id is not None:
                self.hold(item.agent_id, item.id)
        for offer in state.offers.values():
            self.hold(offer.agent_id, offer.interaction_id)
        self.timers.load(state)

    @property
    def is_worn(self) -> bool:
        """Tell whether so many numbers are out of use that a rebuild pays."""
        numbers = len(self.matrix.requirements) + len(self.matrix.groups)
        if numbers < _SPARE_NUMBERS:
            return False
        return numbers > 2 * (len(self.backlog.placed) + len(self.seats)) + _SPARE_NUMBERS

    # ---- agents

    def seat(self, state: State, agent: Agent) -> None:
        """Give an agent a seat for the present profile."""
        old = self.seats.get(agent.id)
        if old is not None:
            self._stand_up(old)
            self.statuses[old.status] -= 1
        profile = state.profile(agent.id)
        seat = Seat(agent, self.matrix.group(profile), limits_of(profile))
        seat.status = _status(agent)
        self.statuses[seat.status] += 1
        self.seats[agent.id] = seat
        self._sit_down(seat)

    def refresh(self, agent: Agent) -> None:
        """An agent's state, load or rank changed."""
        seat = self.seats[agent.id]
        self._stand_up(seat)
        status = _status(agent)
        if status != seat.status:
            self.statuses[seat.status] -= 1
            self.statuses[status] += 1
            seat.status = status
        self._sit_down(seat)

    def _stand_up(self, seat: Seat) -> None:
        for kind in seat.open:
            self.idle[kind].remove(seat)

    def _sit_down(self, seat: Seat) -> None:
        agent = seat.agent
        seat.open = open_kinds(agent, seat.limits)
        if seat.open:
            seat.level = agent.total
            seat.rank = agent.rank
            for kind in seat.open:
                self.idle[kind].add(seat)

    def hold(self, agent_id: str, interaction_id: str) -> None:
        """The agent's capacity is used by this interaction."""
        self.work_of.setdefault(agent_id, {})[interaction_id] = None

    def let_go(self, agent_id: str, interaction_id: str) -> None:
        """The agent's capacity is free of this interaction."""
        work = self.work_of[agent_id]
        del work[interaction_id]
        if not work:
            del self.work_of[agent_id]

    # ---- interactions

    def know(self, interaction: Interaction) -> None:
        """Find the interaction by its conversation."""
        of = self.of_conversation.setdefault(interaction.conversation_id, {})
        of[interaction.id] = None

    def unknow(self, interaction: Interaction) -> None:
        """The interaction is over."""
        of = self.of_conversation[interaction.conversation_id]
        del of[interaction.id]
        if not of:
            del self.of_conversation[interaction.conversation_id]

    # ---- choices

    def agents_for(self, interaction: Interaction, limit: int) -> list[Seat]:
        """Return up to ``limit`` agents for a waiting interaction, the best first."""
        kind = KIND_NUMBER[interaction.kind]
        if interaction.direct_agent_id is not None:
            seat = self.seats.get(interaction.direct_agent_id)
            return [seat] if seat is not None and kind in seat.open else []
        idle = self.idle[kind]
        if not idle.count:
            return []
        groups = self.matrix.groups_for(self.backlog.placed[interaction.id])
        return idle.first(groups, interaction.excluded, limit)

    def work_for(self, agent: Agent) -> Interaction | None:
        """Return the waiting interaction an agent should get now."""
        seat = self.seats[agent.id]
        best: Key | None = None
        for kind in seat.open:
            head = self.backlog.head_for(seat.group, kind)
            if head is not None and (best is None or head < best):
                best = head
            if self.backlog.held[kind]:
                best = self._better_held(seat, kind, best)
        if agent.id in self.backlog.direct:
            best = self._better_direct(seat, best)
        return None if best is None else self.backlog.waiting[best]

    def _better_held(self, seat: Seat, kind: int, best: Key | None) -> Key | None:
        for key in self.backlog.held[kind]:
            if best is not None and key > best:
                break
            item = self.backlog.waiting[key]
            if seat.agent.id not in item.excluded and self.backlog.may(seat.group, item.id):
                return key
        return best

    def _better_direct(self, seat: Seat, best: Key | None) -> Key | None:
        for key in self.backlog.direct[seat.agent.id]:
            if best is not None and key > best:
                break
            if KIND_NUMBER[self.backlog.waiting[key].kind] in seat.open:
                return key
        return best

    def place(self, interaction: Interaction) -> int:
        """Return the place of a waiting interaction in its queue, from 1."""
        line = self.backlog.lines[interaction.queue_id]
        return 1 + line.order.rank(key_of(interaction))
