"""Tells the parent process when a media worker hangs, without ever waiting for it."""

from __future__ import annotations

import socket
from pathlib import Path

from gateway.voice.media import frames

PING_EVERY_S = 0.5
HANG_LIMIT_S = 2.5
START_LIMIT_S = 30.0
STEP_LIMIT_S = 0.5
"""No more than this counts between two looks: the parent may have slept, and the worker too."""


class Watchdog:
    """One worker's pings. Call ``hangs`` a few times a second, ``forget`` when it was restarted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sock: socket.socket | None = None
        self._looked_s: float | None = None
        self._absent_s = 0.0
        self._silent_s = 0.0
        self._asked = False
        self._rested_s = 0.0

    def forget(self) -> None:
        """The process is gone or was replaced."""
        self._drop()
        self._absent_s = 0.0

    def hangs(self, now_s: float) -> bool:
        """Tell whether the worker has not answered for ``HANG_LIMIT_S``: kill it and start anew."""
        step_s = min(now_s - (self._looked_s or now_s), STEP_LIMIT_S)
        self._looked_s = now_s
        if self._sock is None and not self._connect():
            self._absent_s += step_s
            return self._absent_s > START_LIMIT_S
        self._absent_s = 0.0
        self._read()
        if self._asked:
            self._silent_s += step_s
            return self._silent_s > HANG_LIMIT_S
        self._rested_s += step_s
        if self._sock is not None and self._rested_s >= PING_EVERY_S:
            self._ask()
        return False

    def _connect(self) -> bool:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            sock.connect(str(self._path))
        except OSError:
            sock.close()
            return False
        self._sock, self._rested_s = sock, PING_EVERY_S
        return True

    def _ask(self) -> None:
        assert self._sock is not None
        try:
            self._sock.send(frames.packed(frames.Ping(n=1)))
        except OSError:
            self._drop()
            return
        self._asked, self._silent_s = True, 0.0

    def _read(self) -> None:
        assert self._sock is not None
        try:
            data = self._sock.recv(4_096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._asked, self._rested_s = False, 0.0
        else:
            self._drop()

    def _drop(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock, self._asked = None, False
