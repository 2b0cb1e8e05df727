"""Tells the parent process when a media worker hangs, without ever waiting for it."""

from __future__ import annotations

import socket
from pathlib import Path

from gateway.voice.media import frames

PING_EVERY_S = 0.5
HANG_LIMIT_S = 2.5
START_LIMIT_S = 30.0


class Watchdog:
    """One worker's pings. Call ``hangs`` a few times a second, ``forget`` when it was restarted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sock: socket.socket | None = None
        self._started_s: float | None = None
        self._asked_s: float | None = None
        self._answered_s = 0.0

    def forget(self) -> None:
        """The process is gone or was replaced."""
        self._drop()
        self._started_s = None

    def hangs(self, now_s: float) -> bool:
        """Tell whether the worker has not answered for ``HANG_LIMIT_S``: kill it and start anew."""
        if self._started_s is None:
            self._started_s = now_s
        if self._sock is None and not self._connect(now_s):
            return now_s - self._started_s > START_LIMIT_S
        self._read(now_s)
        if self._sock is None:
            return False
        if self._asked_s is None and now_s - self._answered_s >= PING_EVERY_S:
            self._ask(now_s)
        return self._asked_s is not None and now_s - self._asked_s > HANG_LIMIT_S

    def _connect(self, now_s: float) -> bool:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            sock.connect(str(self._path))
        except OSError:
            sock.close()
            return False
        self._sock, self._answered_s = sock, now_s - PING_EVERY_S
        return True

    def _ask(self, now_s: float) -> None:
        assert self._sock is not None
        try:
            self._sock.send(frames.packed(frames.Ping(n=1)))
        except OSError:
            self._drop()
            return
        self._asked_s = now_s

    def _read(self, now_s: float) -> None:
        assert self._sock is not None
        try:
            data = self._sock.recv(4_096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._asked_s, self._answered_s = None, now_s
        else:
            self._drop()

    def _drop(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock = self._asked_s = None
