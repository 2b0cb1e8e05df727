"""The web process: one event loop, one uvicorn, everything the builder of ``app`` returns."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import resource
import signal
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvicorn
import uvloop

from gateway.app import Web, build_web
from gateway.cli.parent import EXIT_CONFIGURATION
from gateway.kernel.errors import WeccError
from gateway.platform import telemetry
from gateway.platform.http.door import Door, Guests, Reception
from gateway.platform.http.peer import Peers
from gateway.platform.http.protocol import CappedHttpProtocol
from gateway.platform.http.socket_protocol import CappedSocketProtocol
from gateway.settings import Settings

SOCKET_QUEUE_FRAMES = 8
EXIT_OUTDATED = 75
log = logging.getLogger("wecc.web")


def web(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM; returns the exit code."""
    settings = msgspec.json.decode(arguments.settings.read_bytes(), type=Settings)
    telemetry.configure_logging(settings.log_level)
    _raise_descriptor_limit()
    sockets = [socket.socket(fileno=int(number)) for number in arguments.fds.split(",")]
    media = [Path(path) for path in arguments.sockets.split(",") if path]
    try:
        code: int = uvloop.run(_serve(settings, sockets, media, demo=arguments.demo))
        return code
    except WeccError as error:
        print(f"wecc: {error.message}", file=sys.stderr)
        return EXIT_CONFIGURATION if error.code == "unsafe_configuration" else 1
    except KeyboardInterrupt:
        return 0


async def _serve(
    settings: Settings, sockets: list[socket.socket], media: list[Path], *, demo: bool
) -> int:
    started_s = time.monotonic()
    port = int(sockets[0].getsockname()[1])
    application = await build_web(settings, port=port, media_sockets=media, demo=demo)
    try:
        await application.start()
        guests = Guests(
            settings.limits.connections_per_address, Peers(settings.server.trusted_proxies)
        )
        server = _Server(_config(settings, application), application, guests)
        for line in await application.banner(time.monotonic() - started_s):
            print(line, flush=True)
        leaving = asyncio.create_task(server.leave_when_outdated())
        await server.serve(sockets=sockets)
        leaving.cancel()
    finally:
        await application.stop()
    return EXIT_OUTDATED if application.outdated.is_set() else 0


class _Server(uvicorn.Server):
    """uvicorn behind our own doors, which tells browsers to come back before it closes sockets."""

    def __init__(self, config: uvicorn.Config, application: Web, guests: Guests) -> None:
        super().__init__(config)
        self._application, self._guests = application, guests
        self._doors: list[Door] = []

    async def leave_when_outdated(self) -> None:
        """End when another gateway has taken over; the parent starts the next process."""
        await self._application.outdated.wait()
        log.warning("another gateway has taken over; ending")
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal and return, so that everything behind can be let go in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open a door for each listening socket instead of asyncio's servers."""
        config = self.config

        def make_protocol() -> CappedHttpProtocol:
            return CappedHttpProtocol(config, self.server_state, self.lifespan.state)

        await self.lifespan.startup()
        reception = Reception(make_protocol, self._guests, config.ssl)
        self._doors = [Door(listener, reception) for listener in sockets or []]
        self.servers = []
        for door in self._doors:
            door.open()
        self.started = True

    async def shutdown(
        self,
        sockets: list[socket.socket] | None = None,  # noqa: ARG002 - the parent's
    ) -> None:
        for door in self._doors:
            door.close()
        with contextlib.suppress(Exception):
            await self._application.say_goodbye()
        for door in self._doors:
            await door.wait_closed()
        # the listening sockets belong to the parent: they stay open for the next web process
        await super().shutdown(sockets=None)


def _config(settings: Settings, application: Web) -> uvicorn.Config:
    server, limits = settings.server, settings.limits
    return uvicorn.Config(
        application.asgi,
        interface="asgi3",
        loop="none",
        http=CappedHttpProtocol,
        ws=CappedSocketProtocol,
        ws_max_size=limits.frame_bytes,
        ws_max_queue=SOCKET_QUEUE_FRAMES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=server.max_connections,
        timeout_graceful_shutdown=server.shutdown_s,
        timeout_keep_alive=75,
        backlog=2_048,
        ssl_certfile=server.tls_cert or None,
        ssl_keyfile=server.tls_key or None,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )


def _raise_descriptor_limit() -> None:
    """Take all the file descriptors this account may have: one per socket is needed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
