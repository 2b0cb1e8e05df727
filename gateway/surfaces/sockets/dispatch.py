"""From bytes to the right command, and from any fault to a coded error frame.

What a client sent wrong is answered; what we did wrong is logged under a reference, and the
socket goes on. Nothing a person wrote gets into an answer or a log.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from gateway.engagement.wire import ReceiptSet, TypingSet
from gateway.kernel.errors import WeccError
from gateway.kernel.wire import ClientFrame
from gateway.surfaces import wire
from gateway.surfaces.sockets.connection import Connection

log = logging.getLogger("wecc.sockets")

Command = Callable[[Any, Any], Awaitable[None]]
"""(side, frame): what one type of frame does."""
_TOO_LONG = re.compile(r"Expected `str` of length <= (\d+)")
_PLACE = re.compile(r" - at `?(\$[\w.\[\]]{0,80})`?$")


_BY_ITSELF = (wire.AgentHello, wire.VisitorHello, wire.Ping, ReceiptSet)
"""What a browser sends without anybody there."""


class _Ref(msgspec.Struct):
    """The one field that can be read from a frame that is otherwise wrong."""

    ref: str | None = None


_ref = msgspec.json.Decoder(_Ref)


def ref_of(raw: bytes | str) -> str | None:
    """Return the ``ref`` of a frame that could not be decoded, if there is a usable one."""
    try:
        ref = _ref.decode(raw).ref
    except (msgspec.DecodeError, RecursionError):
        return None
    return ref if ref is not None and 0 < len(ref) <= 64 else None


def explain(error: Exception) -> WeccError:
    """Say where a frame is wrong without repeating what was in it."""
    if isinstance(error, msgspec.ValidationError):
        place = _PLACE.search(str(error))
        where = place.group(1) if place else "$"
        long = _TOO_LONG.match(str(error))
        if long is not None:
            name = where.removeprefix("$.")
            text = f"`{name}` is over {long.group(1)} characters; shorten it."
            return WeccError("bad_text", text)
        return WeccError("bad_frame", f"The frame does not match its type at {where}.")
    return WeccError("bad_frame", "The frame is not valid JSON of a known shape.")


def passing(decode: Callable[[bytes | str], ClientFrame], raw: bytes) -> TypingSet | None:
    """Return a frame that is only passed on; None for any other and for what is no frame."""
    try:
        frame = decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return frame if isinstance(frame, TypingSet) else None


class Side(Protocol):
    """The gateway's half of one connection."""

    connection: Connection


class Dispatcher:
    """Decodes frames of one audience and calls the command of their type; shared by all."""

    def __init__(
        self, decode: Callable[[bytes | str], ClientFrame], commands: Mapping[type, Command]
    ) -> None:
        self._decode, self._commands = decode, commands

    async def __call__(self, side: Side, raw: bytes | str) -> None:
        """Handle one frame; never raises."""
        connection = side.connection
        try:
            frame = self._decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            connection.refuse(ref_of(raw), explain(error))
            return
        if not isinstance(frame, _BY_ITSELF):
            connection.was_used = True
        try:
            await self._commands[type(frame)](side, frame)
        except WeccError as error:
            connection.refuse(frame.ref, error)
            if error.code == "blocked":
                connection.end("blocked", again=False)
        except Exception:
            reference = secrets.token_hex(6)
            log.exception("a command failed", extra={"reference": reference})
            message = f"A fault on our side, logged as {reference}; try again."
            connection.refuse(frame.ref, WeccError("internal", message))
