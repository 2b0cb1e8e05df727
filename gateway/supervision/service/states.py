"""Online hours and states of agents: how long, why, and who set them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from gateway.acd.service.book import People
from gateway.kernel.actor import Actor
from gateway.kernel.clock import Clock
from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Database, Tx
from gateway.supervision.model.ask import Ask, Cell, cell_of
from gateway.supervision.model.times import Span
from gateway.supervision.service.reports import allowed, counted_to
from gateway.supervision.store import spans
from gateway.supervision.wire import SpansPage, SpanView, StatesView, StateTotal

PAGE = 200


class States:
    """Answers out of the states that were counted."""

    def __init__(self, database: Database, clock: Clock, people: People) -> None:
        self._database, self._clock, self._people = database, clock, people

    def _cell(self, actor: Actor, ask: Ask) -> Cell:
        ask = msgspec.structs.replace(allowed(actor, ask), interval="month")
        return cell_of(ask, self._clock.now_ms())[1]

    def _names(self, tx: Tx) -> dict[str, str]:
        return {person.id: person.name for person in self._people(tx)}

    async def totals(self, actor: Actor, ask: Ask) -> StatesView:
        """Return how long each agent was in each state, per reason."""
        cell, now_ms = self._cell(actor, ask), self._clock.now_ms()

        def work(tx: Tx) -> StatesView:
            until_ms, names = counted_to(tx, now_ms), self._names(tx)
            rows = spans.totals(tx, cell.agent_id, (cell.from_ms, cell.to_ms), until_ms)
            return StatesView(
                tz=ask.tz,
                from_ms=cell.from_ms,
                to_ms=cell.to_ms,
                counted_to_ms=until_ms,
                totals=[
                    StateTotal(
                        agent_id=row["agent_id"],
                        agent_name=names.get(row["agent_id"], ""),
                        state=row["state"],
                        reason=row["reason"],
                        lasted_ms=row["lasted_ms"],
                        times=row["times"],
                    )
                    for row in rows
                ],
            )

        return await self._database.read(actor.tenant_id, work)

    async def changes(self, actor: Actor, ask: Ask, cursor: str, limit: int = PAGE) -> SpansPage:
        """Return every state, the oldest first: why, how long, and who set it."""
        cell, after = self._cell(actor, ask), _read_cursor(cursor)

        def work(tx: Tx) -> SpansPage:
            names = self._names(tx)
            range_ms = (cell.from_ms, cell.to_ms)
            found = spans.changes(tx, cell.agent_id, range_ms, after, limit + 1)
            last = found[limit - 1] if len(found) > limit else None
            return SpansPage(
                items=[_view(span, names) for span in found[:limit]],
                next_cursor=f"{last.began_ms}~{last.number}~{last.agent_id}" if last else None,
            )

        return await self._database.read(actor.tenant_id, work)


def _view(span: Span, names: Mapping[str, str]) -> SpanView:
    return SpanView(
        agent_id=span.agent_id,
        agent_name=names.get(span.agent_id, ""),
        state=span.state,  # type: ignore[arg-type]
        reason=span.reason,
        began_at_ms=span.began_ms,
        ended_at_ms=span.ended_ms or None,
        set_by_id=span.by_id or None,
        set_by_name=names.get(span.by_id, ""),
    )


def _read_cursor(text: str) -> spans.After:
    if not text:
        return 0, 0, ""
    at, _, rest = text.partition("~")
    number, _, agent_id = rest.partition("~")
    numbers = (at, number)
    if not all(each.isascii() and each.isdigit() and len(each) <= 15 for each in numbers):
        raise WeccError("bad_value", "Go on with the `next_cursor` given.", field="cursor")
    return int(at), int(number), agent_id[:64]
