"""Answers why work waited, and why an offer went where it went, by replaying the journal.

The replay begins at the nearest snapshot and runs in a child process with limits. It reads what
the engine decided; nothing is decided again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from gateway.acd.model.exclusion import Exclusion
from gateway.acd.model.story import AgentStory, Story
from gateway.acd.model.telling import Answer, Question
from gateway.acd.service.book import Book
from gateway.acd.service.partition import Partition
from gateway.acd.service.partitions import Partitions
from gateway.acd.store import interactions, interventions, replay
from gateway.acd.wire.explanation import (
    AgentExplanationView,
    ExplanationView,
    OfferExplanation,
    TurnView,
    WaitedView,
)
from gateway.engagement.service import conversations
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.platform.database.port import Tx
from gateway.platform.isolation import Isolation, IsolationError, Limits
from gateway.tenancy.authorization import Relation, authorize

_FUNCTION = "gateway.acd.model.telling:tell_bytes"
_ROWS_AT_ONCE = 20_000
_MOST_ROWS = 300_000
_EARLIER_MS = 60_000
"""The journal's time follows the clock slowly: look a little further back."""
_WAITING_AT_MOST = 8
_RETRY_S = 5
_SHOWN = 200
_NEAR_MS = 10_000
_LIMITS = Limits(memory_bytes=1_073_741_824, cpu_s=60, wall_ms=90_000, output_bytes=16_777_216)
_OPERATIONS = {"moved": "interaction.move", "prioritized": "interaction.prioritize"}
Row = Mapping[str, Any]


class Explanations:
    """One replay at a time; a few may wait for their turn, others are told to come again."""

    def __init__(self, partitions: Partitions, isolation: Isolation | None) -> None:
        self._partitions = partitions
        self._isolation = isolation
        self._turn = asyncio.Semaphore(1)
        self._asked = 0

    async def of_conversation(self, actor: Actor, conversation_id: str) -> list[WaitedView]:
        """Return what a conversation put into queues, oldest first. For leads."""
        authorize(actor, "explanation.list", Relation.TENANT)
        partition = await self._partitions.get(actor.tenant_id)

        def work(tx: Tx) -> Sequence[Row]:
            if conversation_id not in conversations.present(tx, [conversation_id]):
                raise not_found("conversation")
            return interactions.of_conversation(tx, conversation_id)

        return [
            WaitedView(
                interaction_id=row["id"],
                kind=row["kind"],
                queue_name=partition.book.queue_name(row["queue_id"]),
                enqueued_at_ms=row["enqueued_at_ms"],
            )
            for row in await self._partitions.database.read(actor.tenant_id, work)
        ]

    async def explain(self, actor: Actor, interaction_id: str) -> ExplanationView:
        """Tell why an interaction waited. Agents learn why it came to them, and no other names."""
        partition, row = await self._row(actor, interaction_id)
        story = await self._tell(partition, row, None)
        by_hand = await self._partitions.database.read(
            actor.tenant_id, lambda tx: interventions.newest(tx, interaction_id, _SHOWN)
        )
        view = _view(story, by_hand, partition.book)
        return _for_agent(view, actor.id) if actor.role == "agent" else view

    async def explain_agent(
        self, actor: Actor, interaction_id: str, agent_id: str
    ) -> AgentExplanationView:
        """Tell what kept one agent from an interaction, over its wait and at each offer."""
        partition, row = await self._row(actor, interaction_id)
        if actor.role == "agent" and agent_id != actor.id:
            raise not_found("agent")
        if agent_id not in partition.book.people:
            raise not_found("agent")
        story = await self._tell(partition, row, agent_id)
        told = story.agent if story.agent is not None else AgentStory(agent_id=agent_id)
        facts: dict[str, Any] = msgspec.to_builtins(told)
        book = partition.book
        if actor.role == "agent":
            mine = {offer.offer_id for offer in story.offers if offer.agent_id == actor.id}
            facts["offers"] = [one for one in facts["offers"] if one["offer_id"] in mine]
        return msgspec.convert(
            {
                **facts,
                "interaction_id": interaction_id,
                "agent_name": book.agent_name(agent_id),
                "until_ms": story.until_ms,
                "skills": _named(book.skills, _skill_ids(told)),
            },
            AgentExplanationView,
        )

    async def _row(self, actor: Actor, interaction_id: str) -> tuple[Partition, Row]:
        """Find the work, and whether this person may ask about it."""
        partition = await self._partitions.get(actor.tenant_id)
        row = await self._partitions.database.read(
            actor.tenant_id, lambda tx: interactions.find(tx, interaction_id)
        )
        offers = partition.engine.state.offers.values()
        rings = any(
            offer.agent_id == actor.id and offer.interaction_id == interaction_id
            for offer in offers
        )
        is_theirs = rings or (row is not None and row["agent_id"] == actor.id)
        relation = Relation.PARTICIPANT if is_theirs else Relation.TENANT
        authorize(actor, "explanation.read", relation)
        if row is None:
            raise not_found("interaction")
        return partition, row

    async def _tell(self, partition: Partition, row: Row, agent_id: str | None) -> Story:
        if self._isolation is None:
            raise WeccError("not_ready", "Explanations are not possible in this process.")
        if self._asked >= _WAITING_AT_MOST:
            raise WeccError(
                "rate_limited", "Others are being explained; ask again.", retry_after_s=_RETRY_S
            )
        self._asked += 1
        try:
            async with self._turn:
                return await self._replay(partition, self._isolation, row, agent_id)
        finally:
            self._asked -= 1

    async def _replay(
        self, partition: Partition, isolation: Isolation, row: Row, agent_id: str | None
    ) -> Story:
        question = Question(
            interaction_id=row["id"],
            agent_id=agent_id,
            snapshot=None,
            pieces=[],
            now_ms=partition.now_ms(),
        )
        await self._read(partition.tenant_id, row, question)
        payload = await asyncio.to_thread(msgspec.msgpack.encode, question)
        try:
            answer = await isolation.call(_FUNCTION, payload, _LIMITS)
        except IsolationError as error:
            if error.reason == "timeout":
                raise _too_much() from error
            raise WeccError("internal", "The wait could not be told; nothing is lost.") from error
        story = msgspec.msgpack.decode(answer, type=Answer).story
        if story is None:
            raise _forgotten()
        return story

    async def _read(self, tenant_id: str, row: Row, question: Question) -> None:
        """Read snapshot and entries piece by piece, so that others get the database between."""
        database = self._partitions.database
        from_ms = min(row["created_at_ms"], row["enqueued_at_ms"]) - _EARLIER_MS
        span = await database.read(
            tenant_id, lambda tx: replay.span(tx, from_ms, row["ended_at_ms"])
        )
        if span is None:
            raise _forgotten()
        if span.last - span.after > _MOST_ROWS:
            raise _too_much()
        question.snapshot = span.snapshot
        for start in range(span.after, span.last, _ROWS_AT_ONCE):
            end = min(start + _ROWS_AT_ONCE, span.last)

            def work(tx: Tx, start: int = start, end: int = end) -> bytes:
                return replay.piece(tx, start, end)

            question.pieces.append(await database.read(tenant_id, work))


def _forgotten() -> WeccError:
    return WeccError(
        "gone",
        "The routing journal of that time is not kept any more: `routing.journal_days` says how"
        " long it is.",
    )


def _too_much() -> WeccError:
    return WeccError(
        "too_large", "So much happened since the last snapshot that this wait cannot be told."
    )


# ---- views -----------------------------------------------------------------------------------


def _view(story: Story, by_hand: Sequence[Row], book: Book) -> ExplanationView:
    facts: dict[str, Any] = msgspec.to_builtins(story)
    del facts["agent"]
    people = {one for one in _people(story) if one}
    view = msgspec.convert(
        {
            **facts,
            "agents": {key: book.agent_name(key) for key in sorted(people)},
            "queues": {key: book.queue_name(key) for key in sorted(_queues(story))},
            "skills": _named(book.skills, _skill_ids(story)),
        },
        ExplanationView,
    )
    for turn in view.turns:
        if turn.by and turn.what in _OPERATIONS:
            turn.why = _why(by_hand, _OPERATIONS[turn.what], turn.by, turn.at_ms)
    for offer in view.offers:
        if offer.by:
            offer.why = _why(by_hand, "interaction.assign", offer.by, offer.at_ms)
    return view


def _why(by_hand: Sequence[Row], operation: str, by: str, at_ms: int) -> str:
    """Return the reason a lead gave for what they did at about that time."""
    meant = [row for row in by_hand if (row["operation"], row["actor_id"]) == (operation, by)]
    nearest = min(meant, key=lambda row: abs(row["at_ms"] - at_ms), default=None)
    if nearest is None or abs(nearest["at_ms"] - at_ms) > _NEAR_MS:
        return ""
    return str(nearest["why"])


def _people(story: Story) -> Iterable[str | None]:
    yield from (one.agent_id for one in story.stretches)
    for turn in story.turns:
        yield from (turn.by, turn.agent_id)
    for offer in story.offers:
        yield from (offer.by, offer.agent_id)
        yield from (one.agent_id for one in offer.runners_up)
        yield from (one.agent_id for one in offer.others)


def _queues(story: Story) -> set[str]:
    found = {one.queue_id for one in story.stretches}
    found |= {key for turn in story.turns for key in (turn.queue_id, turn.to_queue_id) if key}
    return found


def _skill_ids(told: Story | AgentStory) -> set[str]:
    exclusions: list[Exclusion | None]
    if isinstance(told, AgentStory):
        exclusions = [one.exclusion for one in told.stretches]
        exclusions += [one.exclusion for one in told.offers]
    else:
        exclusions = [one for offer in told.offers for one in offer.others]
    return {lack.skill_id for one in exclusions if one is not None for lack in one.lacks}


def _named(names: Mapping[str, str], ids: set[str]) -> dict[str, str]:
    return {key: names[key] for key in sorted(ids) if key in names}


def _for_agent(view: ExplanationView, me: str) -> ExplanationView:
    """Leave only what is about this agent: no names of others, no offers of others."""

    def mine(agent_id: str | None) -> str | None:
        return agent_id if agent_id == me else None

    for stretch in view.stretches:
        stretch.agent_id = mine(stretch.agent_id)
    view.turns = [_own_turn(turn, me) for turn in view.turns]
    view.offers = [_own_offer(offer, me) for offer in view.offers if offer.agent_id == me]
    view.agents = {key: name for key, name in view.agents.items() if key == me}
    view.skills = {}
    return view


def _own_turn(turn: TurnView, me: str) -> TurnView:
    if turn.agent_id != me:
        turn.agent_id = None
    if turn.by != me:
        turn.by = turn.why = ""
    return turn


def _own_offer(offer: OfferExplanation, me: str) -> OfferExplanation:
    offer.runners_up, offer.others = [], []
    if offer.by != me:
        offer.by = offer.why = ""
    return offer
