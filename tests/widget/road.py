"""The road between browser and gateway: a TCP forwarder that can be cut or made selective."""

from __future__ import annotations

import asyncio
import contextlib


class Road:
    """Forwards connections to one port; ``cut`` drops all, ``closed`` refuses new ones.

    ``swallow`` lets nothing through any more, without a word to anybody: what was on the way
    arrives late, after ``deliver``, or never. ``hold_after`` does so once some bytes have passed.

    A request line that holds one of ``refused`` is dropped as well, which is how a network
    without WebSockets looks to a browser.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.closed = False
        self.refused: tuple[bytes, ...] = ()
        self.seen: list[str] = []
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._allowance_bytes = float("inf")
        self._flows = asyncio.Event()
        self._flows.set()

    async def open(self) -> Road:
        """Listen on a free port of the loopback address."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self) -> None:
        """Stop listening and drop everything."""
        self.deliver()
        self.cut()
        if self._server is not None:
            self._server.close()

    def cut(self) -> None:
        """Drop every connection without a word."""
        for writer in list(self._writers):
            writer.transport.abort()

    def swallow(self) -> None:
        """Let nothing through: no data, no answer, no end of a connection."""
        self._flows.clear()

    def hold_after(self, size_bytes: int) -> None:
        """Let about so much through to the gateway, and nothing after it."""
        self._allowance_bytes = size_bytes

    def deliver(self) -> None:
        """Let through again, first what was held up."""
        self._allowance_bytes = float("inf")
        self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self._flows.wait()
            head = b"" if self.closed else await reader.readuntil(b"\r\n")
            self.seen.append(head.decode("latin-1").partition(" HTTP")[0])
            if head and not any(mark in head for mark in self.refused):
                await self._forward(head, reader, writer)
        writer.transport.abort()
        self._writers.discard(writer)

    async def _forward(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target_port)
        self._writers.add(to_server)
        to_server.write(head)
        both = {
            asyncio.create_task(self._copy(reader, to_server, counts=True)),
            asyncio.create_task(self._copy(from_server, writer)),
        }
        _, rest = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        to_server.transport.abort()
        self._writers.discard(to_server)

    async def _copy(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, counts: bool = False
    ) -> None:
        while data := await source.read(65_536):
            if counts:
                self._allowance_bytes -= len(data)
                if self._allowance_bytes < 0:
                    self.swallow()
            await self._flows.wait()
            target.write(data)
            await target.drain()
        await self._flows.wait()
