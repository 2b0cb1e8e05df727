"""The desk's two cookies: the login, and the mark of a browser that has signed in before.

Under TLS both carry the ``__Host-`` prefix (RFC 6265bis section 4.1.3.2): Secure, this host
only, the whole path.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.tenancy.model import LOGIN_ABSOLUTE_MS
from gateway.tenancy.service import SignedIn

_DEVICE_S = 365 * 24 * 3600


def login_cookie(is_tls: bool) -> str:
    """Return the name of the login cookie."""
    return "__Host-wecc" if is_tls else "wecc"


def device_cookie(is_tls: bool) -> str:
    """Return the name of the cookie that marks a known browser."""
    return f"{login_cookie(is_tls)}-device"


def login_token(connection: HTTPConnection, is_tls: bool) -> str | None:
    """Return the login token a browser sent."""
    return connection.cookies.get(login_cookie(is_tls))


def set_login(response: Response, signed_in: SignedIn, is_tls: bool) -> None:
    """Give the browser its login and its mark."""
    pairs = [
        (login_cookie(is_tls), signed_in.token, LOGIN_ABSOLUTE_MS // 1000),
        (device_cookie(is_tls), signed_in.device, _DEVICE_S),
    ]
    for name, value, max_age_s in pairs:
        response.set_cookie(
            name,
            value,
            max_age=max_age_s,
            path="/",
            secure=is_tls,
            httponly=True,
            samesite="strict",
        )


def clear_login(response: Response, is_tls: bool) -> None:
    """Take the login away; the mark stays."""
    response.delete_cookie(
        login_cookie(is_tls), path="/", secure=is_tls, httponly=True, samesite="strict"
    )
