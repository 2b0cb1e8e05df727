"""Signed visitor identities: JSON Web Tokens (RFC 7519) with exactly one algorithm, HS256.

The token's header decides nothing: it must say ``{"alg": "HS256"}`` (and may say
``"typ": "JWT"``); a key id, an embedded key or a key address is refused, because the site's key
is the only key there is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any

from gateway.kernel.errors import WeccError

MAX_LIFE_S = 600
_CLOCK_LEEWAY_S = 5
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
_MAX_CHARS = 4_096


@dataclass(frozen=True, slots=True)
class Identity:
    """What a site vouches for. ``subject`` is the site's own id of the person."""

    subject: str
    jti: str
    expires_at_ms: int
    name: str
    email: str


def verify(token: str, secret: bytes, audience: str, now_ms: int) -> Identity:
    """Return the identity a site signed, or raise ``bad_identity`` with the reason."""
    segments = token.split(".")
    if len(token) > _MAX_CHARS or len(segments) != 3:
        raise _refused("it is no signed JSON Web Token")
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise _refused("it is no signed JSON Web Token")
    _check_header(_object(segments[0]))
    signed = f"{segments[0]}.{segments[1]}".encode()
    expected = hmac.new(secret, signed, hashlib.sha256).digest()
    if not hmac.compare_digest(expected, _bytes(segments[2])):
        raise _refused("the signature does not match the site's identity key")
    return _identity(_object(segments[1]), audience, now_ms)


def _check_header(header: dict[str, Any]) -> None:
    if header.get("alg") != "HS256" or header.get("typ", "JWT") != "JWT":
        raise _refused("the algorithm must be HS256")
    if set(header) - {"alg", "typ"}:
        raise _refused("the header may hold alg and typ only")


def _identity(claims: dict[str, Any], audience: str, now_ms: int) -> Identity:
    now_s = now_ms // 1000
    expires_s = _number(claims, "exp")
    if claims.get("aud") != audience:
        raise _refused("aud must be the key of the site")
    if expires_s <= now_s:
        raise _refused("it has expired")
    if expires_s > now_s + MAX_LIFE_S:
        raise _refused("exp may be at most 10 minutes ahead")
    if "nbf" in claims and _number(claims, "nbf") > now_s + _CLOCK_LEEWAY_S:
        raise _refused("it is not valid yet")
    return Identity(
        subject=_text(claims, "sub", 1, 255),
        jti=_text(claims, "jti", 8, 128),
        expires_at_ms=expires_s * 1000,
        name=_text(claims, "name", 0, 120),
        email=_text(claims, "email", 0, 254),
    )


def _number(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:
        raise _refused(f"{name} must be a whole number of seconds")
    return value


def _text(claims: dict[str, Any], name: str, shortest: int, longest: int) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str) or not shortest <= len(value) <= longest:
        raise _refused(f"{name} must be text of {shortest} to {longest} characters")
    if not value.isprintable():
        raise _refused(f"{name} holds unprintable characters")
    return value


def _object(segment: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes(segment))
    except (ValueError, RecursionError):
        raise _refused("it is no signed JSON Web Token") from None
    if not isinstance(value, dict):
        raise _refused("it is no signed JSON Web Token")
    return value


def _bytes(segment: str) -> bytes:
    try:
        return base64.b64decode(segment + "=" * (-len(segment) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refused("it is no signed JSON Web Token") from None


def _refused(reason: str) -> WeccError:
    return WeccError("bad_identity", f"The signed identity was refused: {reason}.")
