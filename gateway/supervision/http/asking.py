"""A question for figures, out of a query."""

from __future__ import annotations

from gateway.kernel.errors import WeccError
from gateway.platform.http.route import Call
from gateway.supervision.model.ask import Ask

ASK = {
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


def ask_of(call: Call) -> Ask:
    """Return what is asked."""
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
        robots=has_robots(call),
    )


def has_robots(call: Call) -> bool:
    """Tell whether simulated persons count."""
    asked = call.query.get("robots", "false")
    if asked not in ("true", "false"):
        raise WeccError("bad_value", "This is true or false.", field="robots")
    return asked == "true"
