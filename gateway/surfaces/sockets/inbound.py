"""A message from the widget, in the form in which every channel's messages enter."""

from __future__ import annotations

from collections.abc import Mapping

from channels.contract import File, Identity, Inbound, Text
from gateway.kernel.actor import Actor
from gateway.kernel.clock import Clock


def web_message(
    actor: Actor,
    message_id: str,
    conversation_id: str,
    part: Text | File,
    clock: Clock,
    form: Mapping[str, str] | None = None,
) -> Inbound:
    """Return what a visitor wrote or sent, with the form they filled in when they began."""
    return Inbound(
        channel="web",
        account=actor.site_id,
        external_id=message_id,
        conversation_key=conversation_id,
        sender=Identity(scheme="visitor", value=actor.id, display=actor.name),
        parts=[part],
        occurred_at_ms=clock.now_ms(),
        context=form or {},
    )
