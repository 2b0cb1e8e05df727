"""Reports and the live board over REST."""

from __future__ import annotations

from starlette.responses import Response

from gateway.kernel.errors import WeccError
from gateway.platform.http.route import Call, Route
from gateway.supervision.http.alarms import alarm_routes
from gateway.supervision.http.files import FORMAT, csv_file, wants_csv
from gateway.supervision.model.ask import Ask
from gateway.supervision.model.dictionary import METRICS
from gateway.supervision.model.intervals import iso, zone
from gateway.supervision.service import SupervisionService
from gateway.supervision.wire import BoardView, MetricView, ReportView, StaysPage

_ASK = {
    "by": "What a row is about: `queue` (default), `agent` or `kind`.",
    "from": "Local date or time, like `2026-03-29` or `2026-03-29T08:30`, or milliseconds since"
    " 1970; a multiple of five minutes. Without it, today begins.",
    "to": "The same, not included. Without it, today ends.",
    "tz": "IANA time zone of days and times (default `UTC`).",
    "queue_id": "Only this queue.",
    "agent_id": "Only this agent.",
    "kind": "Only `chat`, `call` or `message`.",
    "robots": "`true` counts robot customers too; they are left out otherwise.",
}
_INTERVALS = {
    **_ASK,
    "interval": "`5`, `15`, `30` (default), `60` minutes or `day`.",
    "format": FORMAT,
}
_STAYS = {
    **_ASK,
    "figure": "The name of the figure whose waits are listed (default `offered`).",
    "cursor": "`next_cursor` of the page before.",
}
_BOARD = {"tz": _ASK["tz"], "robots": _ASK["robots"]}


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
        report = await self._reports.intervals(call.user, _ask(call))
        return _spreadsheet(report) if is_file else report

    async def stays(self, call: Call) -> StaysPage:
        """The waits that a figure counts, each with its conversation, oldest first."""
        figure, cursor = call.query.get("figure", "offered"), call.query.get("cursor", "")
        return await self._reports.stays(call.user, _ask(call), figure, cursor)

    async def board(self, call: Call) -> BoardView:
        """Today's figures per queue, service targets, and who waits too long."""
        tz = call.query.get("tz", "UTC")
        return await self._reports.board(call.user, tz, robots=_has_robots(call))


def _ask(call: Call) -> Ask:
    query = call.query
    return Ask(
        by=query.get("by", "queue"),
        interval=query.get("interval", "30"),
        tz=query.get("tz", "UTC"),
        from_time=query.get("from", ""),
        to_time=query.get("to", ""),
        queue_id=query.get("queue_id") or None,
        agent_id=query.get("agent_id") or None,
        kind=query.get("kind") or None,
        robots=_has_robots(call),
    )


def _has_robots(call: Call) -> bool:
    asked = call.query.get("robots", "false")
    if asked not in ("true", "false"):
        raise WeccError("bad_value", "This is true or false.", field="robots")
    return asked == "true"


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
            produces={200: ["text/csv"]},
        ),
        Route(
            "GET",
            f"{api}/reports/interactions",
            "report.read",
            on.stays,
            response=StaysPage,
            query=_STAYS,
        ),
        Route("GET", f"{api}/live/board", "live.read", on.board, response=BoardView, query=_BOARD),
    ]
