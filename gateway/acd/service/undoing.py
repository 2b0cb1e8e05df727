"""Taking back what a lead did, as long as nothing has come after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.acd.model import commands as c
from gateway.acd.service.partition import Partition
from gateway.acd.service.presence import reason_of
from gateway.kernel.errors import WeccError

Row = Mapping[str, Any]


def way_back(partition: Partition, row: Row, by: str) -> c.Command | None:
    """Return what takes an intervention back; None when that is not possible any more."""
    make = _WAYS.get(row["operation"])
    if make is None or row["undoes"] or row["undone_by"]:
        return None
    return make(partition, row, by)


def _moved(partition: Partition, row: Row, by: str) -> c.Command | None:
    item = partition.engine.state.interactions.get(row["object_id"])
    details = row["details"]
    if item is None or item.state not in ("waiting", "offered"):
        return None
    is_there = item.queue_id == details["to_queue_id"]
    if not is_there or details["from_queue_id"] not in partition.book.queues:
        return None
    return c.Move(interaction_id=item.id, to_queue_id=details["from_queue_id"], by=by)


def _prioritized(partition: Partition, row: Row, by: str) -> c.Command | None:
    item = partition.engine.state.interactions.get(row["object_id"])
    details = row["details"]
    if item is None or item.state not in ("waiting", "offered"):
        return None
    if item.priority != int(details["to_priority"]):
        return None
    return c.Prioritize(interaction_id=item.id, priority=int(details["from_priority"]), by=by)


def _assigned(partition: Partition, row: Row, _by: str) -> c.Command | None:
    state = partition.engine.state
    item = state.interactions.get(row["object_id"])
    offer = state.offers.get(item.offer_id or "") if item is not None else None
    if item is None or offer is None or item.state != "offered":
        return None
    if offer.agent_id != row["details"]["agent_id"] or offer.offered_at_ms > row["at_ms"]:
        return None  # routing has offered it since, by itself
    return c.Recall(interaction_id=item.id, agent_id=offer.agent_id)


def _set_agent(partition: Partition, row: Row, by: str) -> c.Command | None:
    agent = partition.engine.state.agents.get(row["object_id"])
    details = row["details"]
    now = (agent.state, agent.reason, agent.set_by) if agent is not None else None
    if agent is None or now != (details["state"], details["reason"], row["actor_id"]):
        return None
    if agent.since_ms > row["at_ms"]:
        return None  # the same state, but of a later time
    reason = details["from_reason"] if details["from_reason"] in partition.book.reasons else ""
    code, max_s = reason_of(partition, details["from_state"], reason)
    is_ready = details["from_state"] == "ready"
    return c.SetState(agent_id=agent.id, ready=is_ready, reason=code, max_s=max_s, by=by)


_WAYS: dict[str, Callable[[Partition, Row, str], c.Command | None]] = {
    "interaction.move": _moved,
    "interaction.prioritize": _prioritized,
    "interaction.assign": _assigned,
    "agent.set": _set_agent,
}


def too_late() -> WeccError:
    """The error of what cannot be taken back."""
    return WeccError("conflict", "It cannot be undone any more: something has come after it.")


def turned(details: Mapping[str, str]) -> dict[str, str]:
    """Return the details of the way back: from and to change places."""
    found = dict(details)
    for name in ("queue_id", "priority"):
        if f"from_{name}" in details:
            found[f"from_{name}"] = details[f"to_{name}"]
            found[f"to_{name}"] = details[f"from_{name}"]
    if "from_state" in details:
        found["state"], found["reason"] = details["from_state"], details["from_reason"]
        found["from_state"], found["from_reason"] = details["state"], details["reason"]
    return found
