"""The server alone: uvicorn and Starlette with our transport settings and an idle socket.

``python -m gateway.bench.bare`` prints its port; the sockets bench compares against it.
"""

from __future__ import annotations

import contextlib
import socket

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket


async def _idle(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.receive_text()


def main() -> None:
    """Serve until interrupted."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4_096)
    print(f"port {listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        Starlette(routes=[WebSocketRoute("/", _idle)]),
        loop="none",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="off",
        log_config=None,
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main()
