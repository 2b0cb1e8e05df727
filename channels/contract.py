"""What a channel adapter and the gateway promise each other (API version 1).

An adapter turns what arrives on a medium into ``Inbound`` events and ``Outbound`` messages into
what the medium understands. It never sees the database, the queue or another adapter. Required:
``Channel``. Everything else is an optional Protocol that the gateway asks for with
``isinstance``. The web chat of the gateway itself enters with the same ``Inbound``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

API_VERSION = "1"

Verified = Literal["none", "channel", "crypto"]
SendState = Literal["sent", "accepted", "unknown", "retry", "reject"]
Scope = Literal["message", "conversation", "account"]


class ChannelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who an adapter is. ``settings`` is a msgspec struct; ``secrets`` names its secret fields."""

    id: str
    name: str
    api_version: str = API_VERSION
    mode: Literal["stream", "webhook", "poll"]
    settings: type[msgspec.Struct]
    secrets: frozenset[str] = frozenset()


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """An address on the medium. ``verified``: by nobody, by the channel, or cryptographically."""

    scheme: str
    value: str
    display: str = ""
    verified: Verified = "none"


class Text(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """Plain text, already normalised to NFC; redaction happens in the gateway."""

    text: str


class File(msgspec.Struct, frozen=True, kw_only=True, tag="file"):
    """A file, fetched later by ``fetch_ref``; ``media_type`` is only what the sender claims."""

    fetch_ref: str
    name: str
    media_type: str
    size_bytes: int


class Unsupported(msgspec.Struct, frozen=True, kw_only=True, tag="unsupported"):
    """Something the adapter cannot carry; ``description`` is shown so that nothing is dropped."""

    description: str


Part = Text | File | Unsupported


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """A message that arrived.

    ``external_id`` is stable on the medium and unique per account: delivering the same one
    again is a no-op. ``conversation_key`` is the unit of threading and of ordering.
    ``occurred_at_ms`` is the medium's time; the gateway orders by its own sequence.
    """

    channel: str
    account: str
    external_id: str
    conversation_key: str
    sender: Identity
    parts: Sequence[Part]
    occurred_at_ms: int
    language: str = ""
    is_echo: bool = False
    is_automated: bool = False
    is_history: bool = False
    context: Mapping[str, str] = msgspec.field(default_factory=dict)


class Outbound(msgspec.Struct, frozen=True, kw_only=True):
    """A message to deliver before ``deadline_ms``; ``idempotency_key`` is stable over retries."""

    idempotency_key: str
    conversation_key: str
    to: Identity
    parts: Sequence[Part]
    deadline_ms: int


class SendResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an ``Outbound``; only this decides between permanent and temporary."""

    state: SendState
    external_ids: Sequence[str] = ()
    retry_after_ms: int | None = None
    code: str = ""
    human: str = ""
    scope: Scope = "message"


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How an account is doing; ``reason`` is shown to an administrator."""

    state: Literal["ok", "degraded", "down"]
    reason: str = ""
    since_ms: int = 0


class Context(Protocol):
    """What the gateway lends an adapter. There is no database in it, on purpose."""

    async def emit(self, event: Inbound) -> None:
        """Hand over an event; returns only when it is on disk, so the medium can be acked."""
        ...

    async def checkpoint(self) -> str | None:
        """Return the last saved cursor of this account."""
        ...

    async def save_checkpoint(self, cursor: str) -> None:
        """Save the cursor; call it after ``emit`` returned for everything before it."""
        ...

    async def isolate(self, function: str, payload: bytes, limits: Mapping[str, Any]) -> bytes:
        """Run ``module:function`` of the adapter in a child process with memory and time limits."""
        ...


@runtime_checkable
class Channel(Protocol):
    """The required part of an adapter; one instance per account."""

    info: ChannelInfo

    async def start(self, context: Context) -> None:
        """Connect. Raising here reports the account as down and retries with back-off."""
        ...

    async def run(self) -> None:
        """Stream or poll until cancelled; raising means a supervised restart."""
        ...

    async def send(self, message: Outbound) -> SendResult:
        """Deliver one message. Called for one conversation at a time, in order."""
        ...

    async def health(self) -> Health:
        """Report the state from memory; no I/O."""
        ...

    async def stop(self, drain_ms: int) -> None:
        """Finish what is under way within ``drain_ms``, then let go."""
        ...


@runtime_checkable
class WebhookChannel(Protocol):
    """An adapter that is called by its platform over HTTP."""

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """Check the platform's signature on the raw bytes; without a secret: refuse."""
        ...

    def parse(self, raw: bytes) -> Sequence[Inbound]:
        """Turn a verified body into events. Pure: no I/O, no clock."""
        ...


@runtime_checkable
class TypingAware(Protocol):
    """The medium can show that somebody is typing."""

    async def typing(self, conversation_key: str, on: bool) -> None:
        """Tell the contact; dropped without an error when the medium is busy."""
        ...


@runtime_checkable
class ReceiptAware(Protocol):
    """The medium can show that something was read."""

    async def read(self, conversation_key: str, external_id: str) -> None:
        """Mark the message, and all before it, as read on the medium."""
        ...


@runtime_checkable
class Reconciling(Protocol):
    """The medium can tell afterwards whether a message went out (after ``unknown``)."""

    async def find_sent(self, idempotency_key: str, window_ms: int) -> Sequence[str]:
        """Return the foreign ids of what was sent under this key in the last ``window_ms``."""
        ...
