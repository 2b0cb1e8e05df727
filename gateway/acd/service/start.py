"""What a new tenant gets, so that the first chat needs no set-up."""

from __future__ import annotations

from gateway.acd.service.queue_rules import checked
from gateway.acd.store import configuration
from gateway.acd.store.queues import publish
from gateway.acd.wire import DispositionBody, HoursBody, OpenWindow
from gateway.acd.wire.queues import QueueBody
from gateway.acd.wire.steering import NotReadyReasonBody
from gateway.kernel.actor import system
from gateway.kernel.ids import new_id
from gateway.platform.database.port import Tx

_DISPOSITIONS = (
    ("Resolved", "resolved"),
    ("Follow-up needed", "follow_up"),
    ("No reply", "no_reply"),
    ("Spam", "spam"),
)


_REASONS = (
    ("Break", "break"),
    ("Meal", "meal"),
    ("Meeting", "meeting"),
    ("Training", "training"),
    ("Paperwork", "admin"),
)


def defaults(tx: Tx) -> str:
    """Write the first queue, hours, dispositions and reasons in the tenant's own commit.

    Returns the queue's id. Does nothing when the tenant has a queue.
    """
    queues = configuration.all_of(tx, "queue")
    if queues:
        return str(queues[0]["id"])
    always = [OpenWindow(weekday=day, from_minute=0, to_minute=1_440) for day in range(7)]
    hours_id = new_id("ho", tx.now_ms)
    hours = HoursBody(name="Always open", time_zone="UTC", windows=always)
    configuration.insert(tx, "hours", hours_id, hours)
    ids = []
    for name, code in _DISPOSITIONS:
        ids.append(new_id("di", tx.now_ms))
        configuration.insert(tx, "disposition", ids[-1], DispositionBody(name=name, code=code))
    for name, code in _REASONS:
        reason = NotReadyReasonBody(name=name, code=code)
        configuration.insert(tx, "not_ready_reason", new_id("re", tx.now_ms), reason)
    queue_id = new_id("qu", tx.now_ms)
    queue = QueueBody(name="General", hours_id=hours_id, disposition_ids=ids)
    publish(tx, queue_id, checked(queue, {}), system(tx.tenant_id))
    return queue_id
