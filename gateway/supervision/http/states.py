"""Online hours and states of agents over REST."""

from __future__ import annotations

from starlette.responses import Response

from gateway.platform.http.route import Call, Route
from gateway.supervision.http.asking import ASK, ask_of
from gateway.supervision.http.files import CSV_TYPE, FILE_ROWS, FORMAT, view_file, wants_csv
from gateway.supervision.model.intervals import zone
from gateway.supervision.service import SupervisionService
from gateway.supervision.wire import SpansPage, SpanView, StatesView, StateTotal

_RANGE = {name: ASK[name] for name in ("from", "to", "tz", "agent_id")}
_TOTALS = {**_RANGE, "format": FORMAT}
_CHANGES = {
    **_RANGE,
    "cursor": "`next_cursor` of the page before.",
    "format": f"{FORMAT} The file has up to 10,000 states.",
}


class StateRoutes:
    """Handlers of agents' states."""

    def __init__(self, supervision: SupervisionService) -> None:
        self._states = supervision.states

    async def totals(self, call: Call) -> StatesView | Response:
        """Online hours: how long each agent was in each state, per reason; agents see their own."""
        is_file, ask = wants_csv(call), ask_of(call)
        found = await self._states.totals(call.user, ask)
        return view_file("states", StateTotal, found.totals, zone(ask.tz)) if is_file else found

    async def changes(self, call: Call) -> SpansPage | Response:
        """Every state of agents, the oldest first: why, how long, and who set it."""
        ask, cursor = ask_of(call), call.query.get("cursor", "")
        if not wants_csv(call):
            return await self._states.changes(call.user, ask, cursor)
        page = await self._states.changes(call.user, ask, cursor, FILE_ROWS)
        return view_file("state-changes", SpanView, page.items, zone(ask.tz))


def state_routes(supervision: SupervisionService) -> list[Route]:
    """Return the rows of agents' states."""
    on, path = StateRoutes(supervision), "/api/v1/reports"
    csv = {200: [CSV_TYPE]}
    return [
        Route(
            "GET",
            f"{path}/states",
            "report.read",
            on.totals,
            response=StatesView,
            query=_TOTALS,
            produces=csv,
        ),
        Route(
            "GET",
            f"{path}/state-changes",
            "report.read",
            on.changes,
            response=SpansPage,
            query=_CHANGES,
            produces=csv,
        ),
    ]
