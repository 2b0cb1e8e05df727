"""JSON in and out of the REST API (RFC 8259), with hostile documents refused at the door.

msgspec decodes; before it a strict pass refuses what msgspec would let through or choke on:
duplicate names, NaN, U+0000, lone surrogates, and nesting deeper than ``MAX_DEPTH``.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from gateway.kernel.errors import WeccError

MAX_DEPTH = 32
_AT = re.compile(r" - at `\$\.?([^`]*)`$")
_FIELD = re.compile(r"[A-Za-z0-9_.\[\]]{1,80}")
_UNKNOWN = re.compile(r"^Object contains unknown field `([^`]*)`")
_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """Return ``value`` as JSON bytes."""
    return _encoder.encode(value)


def decode(raw: bytes, kind: Any) -> Any:
    """Return ``raw`` as a ``kind``; raises ``bad_request`` or ``bad_value`` naming the field."""
    _refuse_hostile(raw)
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise _explain(str(error)) from None
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise WeccError("bad_request", "The body is not valid JSON.") from error


def _refuse_hostile(raw: bytes) -> None:
    try:
        value = json.loads(raw, object_pairs_hook=_unique, parse_constant=_no_constant)
    except WeccError:
        raise
    except (ValueError, RecursionError):
        raise WeccError("bad_request", "The body is not valid JSON.") from None
    _refuse_deep_or_unstorable(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WeccError("bad_request", "A name appears twice in one JSON object.")
    return found


def _no_constant(name: str) -> Any:
    raise WeccError("bad_request", f"{name.lstrip('-')} is not a JSON number.")


def _refuse_deep_or_unstorable(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _refuse_text(item)
            elif isinstance(item, dict):
                below.extend(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return
        level = below
    raise WeccError("bad_request", f"The JSON is nested deeper than {MAX_DEPTH} levels.")


def _refuse_text(text: str) -> None:
    if "\0" in text:
        raise WeccError("bad_text", "Text must not hold the character U+0000.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise WeccError("bad_text", "Text holds half of a surrogate pair.") from None


def _explain(message: str) -> WeccError:
    """Turn msgspec's message into ours; it may quote the sender's value, ours never does."""
    unknown = _UNKNOWN.match(message)
    where = _AT.search(message)
    field = where.group(1) if where else ""
    if unknown is not None:
        name = unknown.group(1)
        field = f"{field}.{name}".lstrip(".")
        text = "This field is not known here."
    elif message.startswith(("Invalid enum value", "Invalid value")):
        text = "The value is not one of those allowed."
    else:
        text = _AT.sub("", message).rstrip(".") + "."
    return WeccError("bad_value", text, field=field if _FIELD.fullmatch(field) else None)
