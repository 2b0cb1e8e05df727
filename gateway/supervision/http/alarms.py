"""Alarms and their rules over REST."""

from __future__ import annotations

from starlette.responses import Response

from gateway.platform.http.route import Call, Route
from gateway.supervision.http.files import CSV_TYPE, FILE_ROWS, FORMAT, view_file, wants_csv
from gateway.supervision.model.intervals import zone
from gateway.supervision.service import SupervisionService
from gateway.supervision.wire import AlarmRuleBody, AlarmRuleView, AlarmsPage, AlarmView

_ALARMS = {
    "queue_id": "Only of this queue.",
    "cursor": "`next_cursor` of the page before.",
    "format": f"{FORMAT} The file has the newest 10,000.",
    "tz": "IANA time zone of the file's times (default `UTC`).",
}


class AlarmRoutes:
    """Handlers of alarms and their rules."""

    def __init__(self, supervision: SupervisionService) -> None:
        self._alarms = supervision.alarms

    async def page(self, call: Call) -> AlarmsPage | Response:
        """Alarms that are on and were, the newest first; they are kept for 400 days."""
        queue_id, cursor = call.query.get("queue_id") or None, call.query.get("cursor", "")
        if not wants_csv(call):
            return await self._alarms.page(call.user, queue_id, cursor)
        where = zone(call.query.get("tz", "UTC"))
        page = await self._alarms.page(call.user, queue_id, cursor, FILE_ROWS)
        return view_file("alarms", AlarmView, page.items, where)

    async def open_now(self, call: Call) -> list[AlarmView]:
        """The alarms that are on, the oldest first."""
        return await self._alarms.open_now(call.user)

    async def rules(self, call: Call) -> list[AlarmRuleView]:
        """What is worth an alarm, queue by queue."""
        return await self._alarms.rules(call.user)

    async def set_rule(self, call: Call) -> AlarmRuleView:
        """Set what is worth an alarm in a queue; it judges at once what waits."""
        return await self._alarms.set_rule(call.user, call.path["id"], call.body)


def alarm_routes(supervision: SupervisionService) -> list[Route]:
    """Return the rows of alarms."""
    on, api = AlarmRoutes(supervision), "/api/v1"
    alarms, rules = list[AlarmView], list[AlarmRuleView]
    rule_op = "alarm_rule.change"
    shape = AlarmRuleBody, AlarmRuleView
    return [
        Route(
            "GET",
            f"{api}/live/alarms",
            "alarm.read",
            on.page,
            response=AlarmsPage,
            query=_ALARMS,
            produces={200: [CSV_TYPE]},
        ),
        Route("GET", f"{api}/live/alarms/on", "alarm.read", on.open_now, response=alarms),
        Route("GET", f"{api}/alarm-rules", "alarm_rule.read", on.rules, response=rules),
        Route("PUT", f"{api}/queues/{{id}}/alarm-rule", rule_op, on.set_rule, *shape),
    ]
