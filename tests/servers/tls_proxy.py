"""A small TLS proxy as operators put before the gateway: TLS outside, HTTP/1.1 inside.

It appends the address it sees to ``X-Forwarded-For``, says ``https`` in ``X-Forwarded-Proto``, and
passes the rest on as it came, one request per connection; a WebSocket becomes a pipe. It does not
clean requests up: what a client sends, the gateway gets.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading

_HEAD_BYTES = 64 << 10


class TlsProxy:
    """Runs in a thread of its own until ``close``."""

    def __init__(self, upstream_port: int, context: ssl.SSLContext) -> None:
        self._upstream_port, self._context = upstream_port, context
        self._loop = asyncio.new_event_loop()
        self._pipes: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self.port = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> TlsProxy:
        """Listen on a free port of 127.0.0.1; returns itself."""
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def close(self) -> None:
        """Stop and let every connection go."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context, limit=_HEAD_BYTES)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        rest = asyncio.all_tasks(self._loop)
        for task in rest:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0.1))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(
                OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
            ):
                await self._pass_on(reader, writer)
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        peer = writer.get_extra_info("peername")[0]
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        out = asyncio.create_task(_copy(reader, inner_writer))
        try:
            inner_writer.write(_forwarded(head, peer))
            await _copy(inner_reader, writer)
        finally:
            out.cancel()
            inner_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()


def _forwarded(head: bytes, peer: str) -> bytes:
    """Append what a proxy says; one request per connection, so that none hides behind another."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    earlier = [line for line in lines if line.lower().startswith(b"x-forwarded-for:")]
    kept = [line for line in lines if line not in earlier]
    is_socket = any(line.lower().startswith(b"upgrade:") for line in lines)
    if not is_socket:
        kept = [line for line in kept if not line.lower().startswith(b"connection:")]
        kept.append(b"Connection: close")
    hops = [line.partition(b":")[2].strip() for line in earlier] + [peer.encode()]
    kept.append(b"X-Forwarded-For: " + b", ".join(hops))
    kept.append(b"X-Forwarded-Proto: https")
    return b"\r\n".join([first, *kept, b"", b""])
