"""The demo shop: a page on an origin of its own that embeds the widget like any customer's site.

It runs under one of the strict policies that the widget supports: scripts by nonce with
``strict-dynamic``, no inline style without nonce, connections to the widget's origin only.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_PAGE = Path(__file__).parent / "page" / "index.html"
PATHS = ("/", "/delivery", "/returns", "/lamp/{name}")


def policy(nonce: str, widget_url: str) -> str:
    """Return the shop's Content-Security-Policy (W3C CSP3)."""
    socket_url = urlsplit(widget_url)._replace(
        scheme="wss" if widget_url.startswith("https") else "ws"
    )
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic'",
            f"style-src 'nonce-{nonce}'",
            f"connect-src {widget_url} {socket_url.geturl()}",
            "img-src 'self' data: http: https:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def application(widget_url: str, site_key: str) -> Starlette:
    """Return the shop as an ASGI application."""
    text = _PAGE.read_text(encoding="utf-8")
    text = text.replace("__WIDGET_URL__", widget_url).replace("__SITE_KEY__", site_key)

    async def shop(_request: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        return Response(
            text.replace("__WECC_NONCE__", nonce),
            media_type="text/html",
            headers={
                "Content-Security-Policy": policy(nonce, widget_url),
                "Cache-Control": "no-store",
            },
        )

    return Starlette(routes=[Route(path, shop) for path in PATHS])
