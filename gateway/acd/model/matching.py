"""The core of every decision: emit entries, and match work with agents."""

from __future__ import annotations

from gateway.acd.model import entries as e
from gateway.acd.model.agent import Agent
from gateway.acd.model.agent import State as AgentState
from gateway.acd.model.changes import apply
from gateway.acd.model.explanation import RUNNERS_UP, Found, left_out
from gateway.acd.model.idle import Seat
from gateway.acd.model.index import Index
from gateway.acd.model.interaction import Interaction
from gateway.acd.model.state import State


class Matching:
    """The state, its index, and the choice of who gets what."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state if state is not None else State()
        self.index = Index(self.state)
        self.touched: dict[str, Interaction] = {}
        self.out: list[e.Entry] = []
        self.now_ms = 0

    def emit(self, entry: e.Entry) -> Interaction | None:
        """Write an entry and let it change the state; return the interaction it changed."""
        self.out.append(entry)
        item = apply(self.state, self.index, entry)
        if item is not None:
            self.touched[item.id] = item
        return item

    def match(self, item: Interaction) -> None:
        """Look for an agent for waiting work."""
        seats = self.index.agents_for(item, RUNNERS_UP + 1)
        if seats:
            self.offer(item, seats, "work")

    def fill(self, agent: Agent) -> None:
        """Look for work for an agent until there is none or no capacity.

        The state that the agent declared ahead begins first, when nothing is in hand any more.
        """
        if agent.next_state is not None and self.is_empty_handed(agent):
            self.enter(agent.id, agent.next_state, agent.next_reason, agent.next_max_s)
        seat = self.index.seats[agent.id]
        while seat.open and (item := self.index.work_for(seat)) is not None:
            self.offer(item, [seat], "agent")

    def fill_up_to(self, agent: Agent, item: Interaction) -> None:
        """Give an agent what has a better place than work that was taken back from them.

        Whoever takes it back looks for an agent for it afterwards: so it overtakes nobody.
        """
        seat = self.index.seats[agent.id]
        while seat.open and (best := self.index.work_for(seat)) is not None and best is not item:
            self.offer(best, [seat], "agent")

    def is_empty_handed(self, agent: Agent) -> bool:
        """Tell whether no offer, work, wrap-up that takes capacity, or slot is the agent's."""
        if agent.slots:
            return False
        held = (self.state.interactions[key] for key in self.index.seats[agent.id].work)
        return all(item.wrap_up == "optional" for item in held)

    def enter(
        self, agent_id: str, state: AgentState, reason: str = "", max_s: int = 0, by: str = ""
    ) -> None:
        """Change an agent's state; after ``max_s`` seconds, unless 0, it is overdue."""
        until_ms = self.now_ms + 1000 * max_s if max_s else None
        self.emit(
            e.AgentSet(
                at_ms=self.now_ms,
                agent_id=agent_id,
                state=state,
                reason=reason,
                until_ms=until_ms,
                by=by,
            )
        )

    def sweep(self) -> None:
        """Match everything that waits, in order: the rules changed."""
        for _, item in sorted(self.index.backlog.waiting.items()):
            self.match(item)

    def match_all(self, items: list[Interaction]) -> None:
        """Match those that wait, in their order."""
        for item in sorted(items, key=lambda item: (item.score, item.number)):
            if item.state == "waiting":
                self.match(item)

    def offer(
        self,
        item: Interaction,
        seats: list[Seat],
        found_by: Found,
        *,
        by: str = "",
        over_capacity: bool = False,
    ) -> None:
        """Propose work to the first seat; the others are told as runners-up."""
        state = self.state
        queue = state.queues[item.queue_id]
        self.emit(
            e.Offered(
                at_ms=self.now_ms,
                offer_id=f"of_{state.next_offer:010d}",
                interaction_id=item.id,
                agent_id=seats[0].agent.id,
                expires_at_ms=self.now_ms + queue.timeout_ms(item.kind),
                place=self.index.place(item),
                found_by=found_by,
                runners_up=[seat.agent.id for seat in seats[1:]] if len(seats) > 1 else [],
                left_out=left_out(self.index, item, found_by),
                by=by,
                over_capacity=over_capacity,
            )
        )
