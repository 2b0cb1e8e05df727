"""One listener, several origins: the ``Host`` header picks the application.

Hosts are matched exactly against the configured addresses; anything else is misdirected. The
machine's own address serves health and metrics, and sends people who typed it to the desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.settings import Addresses


def host_of(address: str) -> str:
    """Return the ``Host`` header browsers send for an address."""
    return urlsplit(address).netloc.lower()


def table(
    addresses: Addresses, apps: Mapping[str, ASGIApp], local: Mapping[str, ASGIApp]
) -> dict[str, ASGIApp]:
    """Map each origin's host to its application; ``local`` hosts are added as they are."""
    hosts = dict(local)
    for name, app in apps.items():
        hosts[host_of(getattr(addresses, name))] = app
    return hosts


class HostRouter:
    """The outermost application."""

    def __init__(self, hosts: Mapping[str, ASGIApp]) -> None:
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        values = [value for name, value in scope["headers"] if name == b"host"]
        host = values[0].decode("latin-1").lower() if len(values) == 1 else ""
        app = self._hosts.get(host)
        if app is not None:
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "misdirected"})
        else:
            await _misdirected(send)


async def _misdirected(send: Send) -> None:
    body = b"This host name is not served here.\n"
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": body})
