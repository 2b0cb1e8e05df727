"""A WebSocket client without manners: it sends what it likes and reads when it likes."""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from types import TracebackType
from typing import Any, Self

from tests.attack.ground import Ground, Tenant

CONT, TEXT, BINARY, CLOSE, PING = 0, 1, 2, 8, 9


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """One client frame (RFC 6455 section 5.2), masked with zeros."""
    head = bytes([opcode | (0x80 if fin else 0)])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 1 << 16:
        head += struct.pack("!BH", 0x80 | 126, len(payload))
    else:
        head += struct.pack("!BQ", 0x80 | 127, len(payload))
    return head + b"\0\0\0\0" + payload


class Raw:
    """One TCP connection to the visitors' socket."""

    def __init__(
        self, two: Ground, tenant: Tenant, *, source: str = "127.0.0.1", buffer_bytes: int = 0
    ) -> None:
        self._two, self._tenant = two, tenant
        self._buffer = b""
        self.socket = socket.socket()
        if buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self.socket.bind((source, 0))
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", two.product.port))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.socket.close()

    def head(self, *, origin: str | None = None, host: str = "", path: str = "") -> bytes:
        """The request that asks for the upgrade."""
        host = host or f"widget.localhost:{self._two.product.port}"
        path = path or f"/v1/socket?site={self._tenant.site['key']}"
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        if origin is not None:
            lines.append(f"Origin: {origin}")
        return "\r\n".join([*lines, "", ""]).encode()

    def upgrade(self, **how: Any) -> int:
        """Ask for the upgrade; returns the status."""
        self.socket.sendall(self.head(**{"origin": self._tenant.origin, **how}))
        while b"\r\n\r\n" not in self._buffer:
            data = self.socket.recv(4096)
            if not data:
                return 0
            self._buffer += data
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return int(head.split()[1])

    def send(self, message: dict[str, Any]) -> None:
        """Send one frame of ours."""
        self.socket.sendall(frame(TEXT, json.dumps(message).encode()))

    def hello(self, **more: Any) -> dict[str, Any]:
        """Connect and say hello."""
        assert self.upgrade() == 101
        self.send({"type": "hello", "v": 1, "site": self._tenant.site["key"], **more})
        while True:
            message = self.read()
            assert message is not None
            if message["type"] == "welcome":
                return message

    def read(self) -> dict[str, Any] | None:
        """Return the next text frame, or None when the server closed; skips pongs."""
        while True:
            head = self._exactly(2)
            if head is None:
                return None
            size = head[1] & 127
            if size > 125:
                wide = self._exactly(2 if size == 126 else 8)
                size = int.from_bytes(wide or b"", "big")
            payload = self._exactly(size)
            if payload is None:
                return None
            if head[0] & 15 == TEXT:
                found: dict[str, Any] = json.loads(payload)
                return found
            if head[0] & 15 == CLOSE:
                self.close_code = int.from_bytes(payload[:2], "big")

    close_code = 0

    def _exactly(self, size: int) -> bytes | None:
        while len(self._buffer) < size:
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionError:
                return None
            if not data:
                return None
            self._buffer += data
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def is_cut(self, limit_s: float) -> bool:
        """Tell whether the server gives the connection up in time; reads nothing."""
        poll = select.poll()
        poll.register(self.socket, select.POLLHUP | select.POLLERR)
        deadline_s = time.monotonic() + limit_s
        while time.monotonic() < deadline_s:
            if poll.poll(100):
                return True
        return False
