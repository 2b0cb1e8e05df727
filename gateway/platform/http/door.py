"""Accepts connections, counts them per network address, and bounds the TLS handshake.

uvicorn counts a connection when its first bytes are understood, and waits a minute for a TLS
handshake; so one address could hold thousands of connections that say nothing. Here each is
counted from the moment it is accepted until it ends or becomes a socket of the product, which
has a cap of its own. A proxy the operator named stands for many people and is not counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from gateway.platform.http.peer import Peers, address_bucket
from gateway.platform.http.protocol import CappedHttpProtocol

HANDSHAKE_S = 10.0
SHUTDOWN_S = 5.0
ACCEPTED_AT_ONCE = 64
PAUSE_S = 1.0
_FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_REFUSAL = (
    b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\nretry-after: 5\r\n"
    b"connection: close\r\n\r\n"
)
log = logging.getLogger("wecc.http")


class Guests:
    """How many connections of each network address are open."""

    def __init__(self, limit: int, peers: Peers) -> None:
        self._limit, self._peers = limit, peers
        self._open: dict[str, int] = {}
        self.refused = 0

    def __len__(self) -> int:
        return sum(self._open.values())

    def enter(self, client: tuple[str, int]) -> Callable[[], None] | None:
        """Count one in; returns what counts it out, once. None when the address has enough."""
        if self._peers.is_trusted({"client": client}):
            return lambda: None
        bucket = address_bucket(client[0])
        count = self._open.get(bucket, 0)
        if count >= self._limit:
            self.refused += 1
            return None
        self._open[bucket] = count + 1
        is_in = True

        def leave() -> None:
            nonlocal is_in
            if not is_in:
                return
            is_in = False
            left = self._open[bucket] - 1
            if left:
                self._open[bucket] = left
            else:
                del self._open[bucket]

        return leave


@dataclass(frozen=True, slots=True)
class Reception:
    """What every door of a process shares."""

    make_protocol: Callable[[], CappedHttpProtocol]
    guests: Guests
    context: ssl.SSLContext | None = None


class Door:
    """One listening socket; closing the door leaves the socket open for the next process."""

    def __init__(self, listener: socket.socket, reception: Reception) -> None:
        self._listener, self._reception = listener, reception
        self._loop = asyncio.get_running_loop()
        self._entering: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._is_closed = False

    def open(self) -> None:
        """Begin to accept."""
        self._pause = None
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)

    def close(self) -> None:
        """Stop accepting; handshakes under way end."""
        self._is_closed = True
        self._loop.remove_reader(self._listener)
        if self._pause is not None:
            self._pause.cancel()
        for task in self._entering:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until nobody stands in the door."""
        if self._entering:
            await asyncio.wait(set(self._entering))

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                channel, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                log.error("no file descriptors are left for connections")
                self._loop.remove_reader(self._listener)
                self._pause = self._loop.call_later(PAUSE_S, self.open)
                return
            self._receive(channel, (str(address[0]), int(address[1])))

    def _receive(self, channel: socket.socket, client: tuple[str, int]) -> None:
        leave = self._reception.guests.enter(client)
        if leave is None:
            self._refuse(channel)
            return
        channel.setblocking(False)
        task = self._loop.create_task(self._enter(channel, leave))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    def _refuse(self, channel: socket.socket) -> None:
        with contextlib.suppress(OSError), channel:
            if self._reception.context is None:
                channel.setblocking(False)
                channel.send(_REFUSAL)
                channel.shutdown(socket.SHUT_WR)

    async def _enter(self, channel: socket.socket, leave: Callable[[], None]) -> None:
        context = self._reception.context
        limits = (
            {}
            if context is None
            else {"ssl_handshake_timeout": HANDSHAKE_S, "ssl_shutdown_timeout": SHUTDOWN_S}
        )

        def make() -> CappedHttpProtocol:
            protocol = self._reception.make_protocol()
            protocol.leave = leave
            return protocol

        try:
            await self._loop.connect_accepted_socket(make, channel, ssl=context, **limits)
        except (OSError, asyncio.CancelledError):  # a broken or slow handshake, or the end of us
            leave()
            channel.close()
