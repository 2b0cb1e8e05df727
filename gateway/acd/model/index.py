"""Everything derived from the state so that a choice costs microseconds; rebuilt at will."""

from __future__ import annotations

from gateway.acd.model import ranking
from gateway.acd.model.agent import Agent, limits_of, open_kinds
from gateway.acd.model.backlog import Backlog
from gateway.acd.model.configuration import KIND_NUMBER, KINDS
from gateway.acd.model.idle import Idle, Seat
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.matrix import Matrix, Requirement
from gateway.acd.model.order import NEVER, Key, key_for
from gateway.acd.model.policy import allowed
from gateway.acd.model.roll import Roll
from gateway.acd.model.state import State
from gateway.acd.model.timers import Timers

_SPARE_NUMBERS = 4_096
_MOVED = 256


def _status(agent: Agent) -> str:
    return "away" if agent.away_until_ms is not None else agent.state


class Index:
    """Who may get what, in which order."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.matrix = Matrix()
        self.roll = Roll()
        self.backlog = Backlog(self.matrix)
        self.idle = tuple(Idle() for _ in KINDS)
        self.seats: dict[str, Seat] = {}
        self._moved: dict[str, Seat] = {}
        self._ready: dict[int, int] = {}
        self._ready_for: dict[tuple[int, ...], int] = {}
        self.statuses = {"offline": 0, "not_ready": 0, "away": 0, "ready": 0}
        self.work_of: dict[str, dict[str, None]] = {}
        self.of_conversation: dict[str, tuple[str, ...]] = {}
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
                self.seats[item.agent_id].work[item.id] = None
        for offer in state.offers.values():
            self.seats[offer.agent_id].work[offer.interaction_id] = None
        if state.policy.labels:
            for seat in self.seats.values():
                self.relabel(state, seat)
                self.move(seat)
        self.timers.load(state)

    def is_worn(self) -> bool:
        """Tell whether so many numbers are out of use that a rebuild pays."""
        self.matrix.has_grown = False
        numbers = len(self.matrix.requirements) + len(self.matrix.groups)
        if numbers < _SPARE_NUMBERS:
            return False
        return numbers > 2 * (len(self.backlog.placed) + len(self.seats)) + _SPARE_NUMBERS

    # ---- agents

    def seat(self, state: State, agent: Agent) -> None:
        """Give an agent a seat for the present profile."""
        old = self.seats.get(agent.id)
        profile = state.profile(agent.id)
        allows = allowed(profile, state.policy)
        work = self.work_of.setdefault(agent.id, {})
        seat = Seat(agent, self.matrix.group(profile), limits_of(profile), allows, work)
        seat.status = _status(agent)
        self.statuses[seat.status] += 1
        self.roll.move(seat.base, seat.limits, "", seat.status)
        if old is not None:
            self.roll.move(old.base, old.limits, old.status, "")
            self.statuses[old.status] -= 1
            for kind in old.open:
                self.idle[kind].count -= 1
            self._count_ready(old, is_ready=False)
            self._moved.pop(agent.id, None)
            for kind in old.stands:
                self.idle[kind].remove(old)
        self.seats[agent.id] = seat
        self.relabel(state, seat)
        self.refresh(agent)

    def refresh(self, agent: Agent) -> None:
        """An agent's state changed."""
        seat = self.seats[agent.id]
        status = _status(agent)
        if status != seat.status:
            self.statuses[seat.status] -= 1
            self.statuses[status] += 1
            self.roll.move(seat.base, seat.limits, seat.status, status)
            seat.status = status
        self._count_ready(seat, is_ready=agent.state == "ready")
        self.move(seat)

    def _count_ready(self, seat: Seat, *, is_ready: bool) -> None:
        if seat.is_ready == is_ready:
            return
        seat.is_ready = is_ready
        count = self._ready.get(seat.base, 0) + (1 if is_ready else -1)
        if count:
            self._ready[seat.base] = count
        else:
            del self._ready[seat.base]
        self._ready_for.clear()

    def has_free(self, requirement: Requirement) -> bool:
        """Tell whether a ready agent who fits has room for anything."""
        self.settle()
        groups = self.matrix.groups_for(requirement)
        return any(idle.mask & groups for idle in self.idle)

    def ready_for(self, *requirements: Requirement) -> int:
        """Return how many ready agents fit one of them; cheap while nobody's state changes."""
        key = tuple(requirement.number for requirement in requirements)
        found = self._ready_for.get(key)
        if found is None:
            groups = 0
            for requirement in requirements:
                groups |= self.matrix.groups_for(requirement)
            found = sum(count for group, count in self._ready.items() if groups >> group & 1)
            self._ready_for[key] = found
        return found

    def on_duty_for(self, *requirements: Requirement) -> bool:
        """Tell whether anybody on duty fits one of them, for any kind of work."""
        masks = [self.matrix.groups_for(requirement) for requirement in requirements]
        return any(there & groups for there in self.roll.duty for groups in masks)

    def relabel(self, state: State, seat: Seat) -> None:
        """Close the queues whose label's limit the agent's work has reached, open the others."""
        labels = state.policy.labels
        if not labels:
            return
        held = [state.interactions[key] for key in seat.work]
        closed: set[str] = set()
        for label in labels:
            if sum(item.weight for item in held if item.queue_id in label.queue_ids) >= label.limit:
                closed.update(label.queue_ids)
        if closed == seat.closed:
            return
        for kind in seat.stands:
            self.idle[kind].remove(seat)
        seat.stands = ()
        seat.closed = frozenset(closed)
        profile = self.matrix.groups[seat.base].profile
        seat.group = self.matrix.group(profile, seat.closed)

    def move(self, seat: Seat) -> None:
        """An agent's load or rank changed.

        Where the seat stands in the lines is brought up to date when somebody looks at them:
        who is filled again in the same breath never moves.
        """
        agent, before = seat.agent, seat.open
        now_open = open_kinds(agent, seat.limits, seat.allows)
        if now_open is not before:
            idle = self.idle
            for kind in before:
                idle[kind].count -= 1
            for kind in now_open:
                idle[kind].count += 1
            seat.open = now_open
        moved, agent_id = self._moved, agent.id
        moved.pop(agent_id, None)
        if now_open or seat.stands:
            moved[agent_id] = seat
            if len(moved) > _MOVED:
                self.settle()

    def settle(self) -> None:
        """Bring the lines up to date."""
        for seat in self._moved.values():
            for kind in seat.stands:
                self.idle[kind].remove(seat)
            seat.stands = seat.open
            seat.level = seat.agent.total
            seat.rank = seat.agent.rank
            for kind in seat.stands:
                self.idle[kind].add(seat)
        self._moved.clear()

    # ---- interactions

    def know(self, interaction: Interaction) -> None:
        """Find the interaction by its conversation."""
        of = self.of_conversation
        key = interaction.conversation_id
        of[key] = (*of[key], interaction.id) if key in of else (interaction.id,)

    def unknow(self, interaction: Interaction) -> None:
        """The interaction is over."""
        key = interaction.conversation_id
        rest = self.of_conversation.pop(key)
        if len(rest) > 1:
            self.of_conversation[key] = tuple(one for one in rest if one != interaction.id)

    # ---- choices

    def agents_for(self, interaction: Interaction, limit: int) -> list[Seat]:
        """Return up to ``limit`` agents for a waiting interaction, the best first."""
        kind = KIND_NUMBER[interaction.kind]
        if interaction.direct_agent_id is not None:
            seat = self.seats.get(interaction.direct_agent_id)
            if seat is None or kind not in seat.open or interaction.queue_id in seat.closed:
                return []
            return [seat]
        idle = self.idle[kind]
        if not idle.count or self.backlog.is_manual(interaction):
            return []
        requirement = self.backlog.placed[interaction.id]
        if self._moved:
            self.settle()
        groups = self.matrix.groups_for(requirement)
        if requirement.is_plain:
            return idle.first(groups, interaction.excluded, limit)
        return ranking.first(self.state, idle, requirement, groups, interaction.excluded, limit)

    def work_for(self, seat: Seat) -> Interaction | None:
        """Return the waiting interaction an agent should get now."""
        backlog = self.backlog
        best = backlog.head_for(seat.group, seat.open)
        for kind in seat.open:
            if backlog.held[kind]:
                best = self._better_held(seat, kind, best)
        if seat.agent.id in backlog.direct:
            best = self._better_direct(seat, best)
        return None if best is NEVER else backlog.waiting[best]

    def _better_held(self, seat: Seat, kind: int, best: Key) -> Key:
        for key in self.backlog.held[kind]:
            if key > best:
                break
            item = self.backlog.waiting[key]
            if seat.agent.id not in item.excluded and self.backlog.may(seat.group, item.id):
                return key
        return best

    def _better_direct(self, seat: Seat, best: Key) -> Key:
        for key in self.backlog.direct[seat.agent.id]:
            if key > best:
                break
            item = self.backlog.waiting[key]
            if KIND_NUMBER[item.kind] in seat.open and item.queue_id not in seat.closed:
                return key
        return best

    def place(self, interaction: Interaction) -> int:
        """Return the place of a waiting interaction in its queue, from 1."""
        line = self.backlog.lines[interaction.queue_id]
        return 1 + line.order.rank(key_for(interaction.score, interaction.number))
