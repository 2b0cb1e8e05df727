"""A floor for benches: the ACD over a real SQLite store, with agents and conversations.

Everything is the product's own: service, partition, engine, journal, store and bus. Left out are
sockets and what a chat writes into its conversation when it is answered and ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from gateway.acd.service import AcdService, Enqueue
from gateway.acd.service.queue_rules import checked
from gateway.acd.store import configuration
from gateway.acd.store.queues import publish
from gateway.acd.wire import AgentProfileBody, InteractionView, OfferNew
from gateway.acd.wire.queues import KindKey, QueueBody, WrapUpTime
from gateway.engagement.store.tables import conversations
from gateway.kernel.actor import Actor, system
from gateway.kernel.clock import SystemClock
from gateway.platform.bus import LocalBus, agent_topic
from gateway.platform.database.port import Tx
from gateway.platform.database.sqlite import SqliteDatabase
from gateway.tenancy.wire import UserView

TENANT_ID = "tn_bench"
QUEUE_ID = "qu_bench"
Rings = Callable[[str, str, str], None]
"""Called with (offer, interaction, agent) when an offer is visible."""
_AT_ONCE = 1_000


def agent_id(number: int) -> str:
    """Return the id of an agent."""
    return f"us_bench{number:06d}"


def conversation_id(number: int) -> str:
    """Return the id of a conversation."""
    return f"cv_bench{number:06d}"


class Handler:
    """Handles chats without writing anything; offers do not concern it, as in the product."""

    hears_offers = False

    async def offered(self, interaction: InteractionView, agent: Actor) -> None:
        """Nothing to do."""

    async def accepting(
        self, interaction: InteractionView, agent: Actor, sdp_offer: str | None
    ) -> str | None:
        del interaction, agent, sdp_offer  # nothing is prepared
        return None

    async def accept_failed(self, interaction: InteractionView, agent: Actor) -> None:
        """Nothing was prepared."""

    async def accepted(self, interaction: InteractionView, agent: Actor) -> None:
        """Nothing to do."""

    async def released(
        self, tenant_id: str, interaction: InteractionView, agent_id: str, cause: str
    ) -> None:
        """Nothing to do."""

    async def overflowed(self, tenant_id: str, interaction: InteractionView, reason: str) -> None:
        """Nothing overflows here."""

    async def closed(self, tenant_id: str, interaction: InteractionView, cause: str) -> None:
        """Nothing to do."""


class Floor:
    """One tenant with one queue whose agents each take one chat at a time, without wrap-up."""

    def __init__(self, folder: Path, agents: int, talks: int, rings: Rings) -> None:
        self.agents, self._talks, self._rings = agents, talks, rings
        self._clock = SystemClock()
        self._bus = LocalBus()
        self.database = SqliteDatabase(folder / "wecc.db", self._clock)
        self.acd = AcdService(
            database=self.database,
            bus=self._bus,
            clock=self._clock,
            people=self.people,
            audit=_unaudited,
        )
        self.acd.register_handler("chat", Handler())
        self.actors = {
            agent_id(number): Actor(
                kind="user",
                id=agent_id(number),
                tenant_id=TENANT_ID,
                role="agent",
                name=f"Agent {number}",
            )
            for number in range(agents)
        }

    async def furnish(self) -> None:
        """Write the world; nobody routes yet."""
        await self.database.open()
        await self.database.write(TENANT_ID, self._furnish)

    async def open(self) -> None:
        """Write the world, take the tenant over, and let everybody come in."""
        await self.furnish()
        await self.acd.start([TENANT_ID])
        for actor in self.actors.values():
            self._bus.subscribe(agent_topic(TENANT_ID, actor.id), self._hear(actor.id))

    async def come_in(self, first: int, last: int) -> None:
        """Let agents ``first`` to ``last`` connect and be ready."""
        for number in range(first, last):
            actor = self.actors[agent_id(number)]
            await self.acd.connected(actor, f"so_{number}")
            await self.acd.set_state(actor, "ready", None)

    async def close(self) -> None:
        """Stop; everything is on disk."""
        await self.acd.stop()
        await self.database.close()

    async def arrive(self, interaction_id: str, talk: int) -> None:
        """Let a chat begin to wait; returns when that is durable."""
        order = Enqueue(
            interaction_id=interaction_id,
            kind="chat",
            conversation_id=conversation_id(talk % self._talks),
            queue_id=QUEUE_ID,
            created_at_ms=self._clock.now_ms(),
        )
        await self.acd.enqueue(TENANT_ID, order)

    def _hear(self, agent: str) -> Callable[[object], None]:
        def deliver(frame: object) -> None:
            if type(frame) is OfferNew:
                self._rings(frame.offer.id, frame.offer.interaction.id, agent)

        return deliver

    def people(self, _tx: Tx) -> Sequence[UserView]:
        return [
            UserView(
                id=actor.id,
                email=f"{actor.id}@example.org",
                name=actor.name,
                role="agent",
                active=True,
                created_at_ms=0,
                last_sign_in_at_ms=None,
            )
            for actor in self.actors.values()
        ]

    def _furnish(self, tx: Tx) -> None:
        wrap_up: dict[KindKey, WrapUpTime] = {"chat": WrapUpTime(mode="none", seconds=0)}
        queue = checked(QueueBody(name="General", wrap_up=wrap_up), {})
        publish(tx, QUEUE_ID, queue, system(tx.tenant_id))
        profile = AgentProfileBody(queue_ids=[QUEUE_ID], capacity={"chat": 1})
        for actor in self.actors:
            configuration.put_profile(tx, actor, profile)
        rows = [_conversation(number, tx) for number in range(self._talks)]
        for start in range(0, len(rows), _AT_ONCE):
            tx.execute(sa.insert(conversations), rows[start : start + _AT_ONCE])


def _unaudited(
    tx: Tx,
    actor: Actor,
    operation: str,
    object_id: str,
    details: Mapping[str, str] | None = None,
) -> None:
    del tx, actor, operation, object_id, details  # nobody changes anything here


def _conversation(number: int, tx: Tx) -> dict[str, object]:
    texts = ("department", "page_url", "page_title", "page_referrer", "user_agent", "agent_name")
    zeros = dict.fromkeys(("last_seq", "public_seq", "epoch"), 0)
    nothing = dict.fromkeys(("queue_id", "agent_id", "closed_at_ms", "rating"))
    times = {"created_at_ms": tx.now_ms, "active_at_ms": tx.now_ms, "rated_at_ms": None}
    return {
        **dict.fromkeys((*texts, "rating_comment"), ""),
        **zeros,
        **nothing,
        **times,
        "tenant_id": tx.tenant_id,
        "id": conversation_id(number),
        "contact_id": f"ct_bench{number:06d}",
        "visitor_id": f"vi_bench{number:06d}",
        "site_id": "si_bench",
        "channel": "web",
        "mode": "chat",
        "state": "open",
        "language": "en",
        "form": {},
        "context": {},
        "is_robot": False,
    }
