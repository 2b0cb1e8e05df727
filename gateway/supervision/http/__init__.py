"""Reports and the live board over REST."""

from __future__ import annotations

from starlette.responses import Response

from gateway.platform.http.route import Call, Route
from gateway.supervision.http.alarms import alarm_routes
from gateway.supervision.http.asking import ASK, ask_of, has_robots
from gateway.supervision.http.files import (
    CSV_TYPE,
    FILE_ROWS,
    FORMAT,
    csv_file,
    view_file,
    wants_csv,
)
from gateway.supervision.http.states import state_routes
from gateway.supervision.model.dictionary import METRICS
from gateway.supervision.model.intervals import iso, zone
from gateway.supervision.service import SupervisionService
from gateway.supervision.wire import BoardView, MetricView, ReportView, StaysPage, StayView

_INTERVALS = {
    **ASK,
    "interval": "`5`, `15`, `30` (default), `60` minutes, `day`, `week` or `month`.",
    "format": FORMAT,
}
_STAYS = {
    **ASK,
    "figure": "The name of the figure whose waits are listed (default `offered`).",
    "cursor": "`next_cursor` of the page before.",
    "format": f"{FORMAT} The file has up to 10,000 waits.",
}
_BOARD = {"tz": ASK["tz"], "robots": ASK["robots"]}


class ReportRoutes:
    """Handlers of figures."""

    def __init__(self, supervision: SupervisionService) -> None:
        self._reports = supervision.reports

    async def metrics(self, _call: Call) -> list[MetricView]:
        """The dictionary of figures: what each one means and how it is computed."""
        return [
            MetricView(
                name=each.name,
                unit=each.unit,
                counts=each.of,
                formula=each.formula,
                meaning=each.meaning,
            )
            for each in METRICS
        ]

    async def intervals(self, call: Call) -> ReportView | Response:
        """Figures per interval. Agents get their own only.

        CSV is UTF-8 with a byte order mark, so that spreadsheets read every script; a name that
        a spreadsheet would compute gets an apostrophe in front.
        """
        is_file = wants_csv(call)
        report = await self._reports.intervals(call.user, ask_of(call))
        return _spreadsheet(report) if is_file else report

    async def stays(self, call: Call) -> StaysPage | Response:
        """The waits that a figure counts, each with its conversation, oldest first."""
        figure, cursor = call.query.get("figure", "offered"), call.query.get("cursor", "")
        ask = ask_of(call)
        if not wants_csv(call):
            return await self._reports.stays(call.user, ask, figure, cursor)
        page = await self._reports.stays(call.user, ask, figure, cursor, FILE_ROWS)
        return view_file(f"waits-{figure}", StayView, page.items, zone(ask.tz))

    async def board(self, call: Call) -> BoardView:
        """Today's figures per queue, service targets, and who waits too long."""
        tz = call.query.get("tz", "UTC")
        return await self._reports.board(call.user, tz, robots=has_robots(call))


def _spreadsheet(report: ReportView) -> Response:
    names = [each.name for each in METRICS]
    where = zone(report.tz)
    heads = ["start", "end", report.by, "name", *names]
    rows = [
        [
            iso(row.start_ms, where),
            iso(row.end_ms, where),
            row.id,
            row.name,
            *(row.figures[name] for name in names),
        ]
        for row in report.rows
    ]
    day = iso(report.from_ms, where)[:10]
    return csv_file(f"{report.by}-{report.interval}-{day}", heads, rows)


def routes(supervision: SupervisionService) -> list[Route]:
    """Return the rows of this room."""
    on, api = ReportRoutes(supervision), "/api/v1"
    return [
        *alarm_routes(supervision),
        *state_routes(supervision),
        Route(
            "GET", f"{api}/reports/metrics", "metric.read", on.metrics, response=list[MetricView]
        ),
        Route(
            "GET",
            f"{api}/reports/intervals",
            "report.read",
            on.intervals,
            response=ReportView,
            query=_INTERVALS,
            produces={200: [CSV_TYPE]},
        ),
        Route(
            "GET",
            f"{api}/reports/interactions",
            "report.read",
            on.stays,
            response=StaysPage,
            query=_STAYS,
            produces={200: [CSV_TYPE]},
        ),
        Route("GET", f"{api}/live/board", "live.read", on.board, response=BoardView, query=_BOARD),
    ]
