"""The whole product under test: ``wecc run`` in a data folder of its own, driven from outside."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

READY_LIMIT_S = 120.0
PORTS = (23_000, 32_000)
PORTS_TRIED = 5
PASSWORD = "correct-" + os.urandom(6).hex()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on.

    It lies below those that the system gives to outgoing connections (from 32768 on), so that it
    is still free when the product comes back to it after a restart.
    """
    while True:
        port = random.randrange(*PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


class Product:
    """A started gateway; addresses are reached by ``Host``, so no name service is needed."""

    def __init__(self, data_dir: Path, *arguments: str, **environment: str) -> None:
        self.data_dir = data_dir
        self.arguments = arguments
        self.environment = environment
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self.port = 0
        self.tls: ssl.SSLContext | None = None
        self._reader: threading.Thread | None = None
        self._clients: list[httpx.Client] = []

    def start(self) -> Product:
        """Start and wait until it says that it is ready, each time at the same port."""
        is_first = not self.port
        self.port = self.port or free_port()
        for _ in range(PORTS_TRIED if is_first else 1):
            self._spawn()
            if self._is_up():
                return self
            self.port = free_port()
        raise AssertionError(f"it ended: {self.lines} {self.errors()[-3000:]}")

    def _is_up(self) -> bool:
        """Wait for the ready line; false when another program took the port meanwhile."""
        try:
            found = self.wait_for_line(r"agent desk\s+https?://[^:]+:(\d+)")
        except AssertionError:
            assert self.process is not None
            if self.process.poll() is None or f"port {self.port}" not in self.errors():
                raise
            return False
        self.port = int(found.group(1))  # a proxy's, where one stands before it
        return True

    def _spawn(self) -> None:
        self.lines = []
        log = (self.data_dir.parent / "stderr.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gateway.cli",
                "run",
                "--data",
                str(self.data_dir),
                "--port",
                str(self.port),
                *self.arguments,
            ],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        log.close()
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip())

    def wait_for_line(self, pattern: str, limit_s: float = READY_LIMIT_S) -> re.Match[str]:
        """Wait until a line of output matches."""
        deadline_s = time.monotonic() + limit_s
        while time.monotonic() < deadline_s:
            for line in list(self.lines):
                match = re.search(pattern, line)
                if match:
                    return match
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(f"it ended: {self.lines} {self.errors()[-3000:]}")
            time.sleep(0.02)
        raise AssertionError(f"{pattern!r} never came: {self.lines} {self.errors()[-3000:]}")

    def errors(self) -> str:
        """What was logged so far."""
        path = self.data_dir.parent / "stderr.log"
        return path.read_text() if path.exists() else ""

    def stop(self) -> int:
        """Press Ctrl-C and wait; returns the exit code."""
        assert self.process is not None
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        code = self.process.returncode
        if self._reader is not None:
            self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def crash(self) -> None:
        """Kill the parent and every child at once, as a power cut would."""
        assert self.process is not None
        for pid in (self.process.pid, *descendants(self.process.pid)):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        if self._reader is not None:
            self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()

    # ---- processes -------------------------------------------------------------------------

    def processes(self) -> dict[str, list[int]]:
        """The living children by kind: ``web``, ``media``, ``analysis``, ``other``."""
        assert self.process is not None
        found: dict[str, list[int]] = {"web": [], "media": [], "analysis": [], "other": []}
        for pid in descendants(self.process.pid):
            command = command_line(pid)
            kind = "other"
            for name, mark in (
                ("web", "gateway.cli web"),
                ("media", "media.worker"),
                ("analysis", "nlp.worker"),
            ):
                if mark in command:
                    kind = name
            found[kind].append(pid)
        return found

    def kill(self, kind: str, place: int = 0, number: int = signal.SIGKILL) -> int:
        """Kill one child of a kind; returns its pid."""
        pid = self.processes()[kind][place]
        os.kill(pid, number)
        return pid

    # ---- HTTP ------------------------------------------------------------------------------

    @property
    def scheme(self) -> str:
        """What addresses begin with: ``https`` where ``tls`` says whom to trust."""
        return "http" if self.tls is None else "https"

    def url(self, origin: str) -> str:
        """The address of an origin as a browser knows it."""
        return f"{self.scheme}://{origin}.localhost:{self.port}"

    def http(self, origin: str = "desk", **headers: str) -> httpx.Client:
        """A client that talks to one origin over 127.0.0.1."""
        client = httpx.Client(
            base_url=f"{self.scheme}://127.0.0.1:{self.port}",
            headers={"Host": f"{origin}.localhost:{self.port}", **headers},
            timeout=60,
            verify=self.tls or False,
        )
        self._clients.append(client)
        return client

    def wait_ready(self, limit_s: float = 60) -> None:
        """Wait until the readiness check answers (after a restart of the web process)."""
        deadline_s = time.monotonic() + limit_s
        while time.monotonic() < deadline_s:
            with contextlib.suppress(httpx.HTTPError), self.http() as client:
                if client.get("/readyz").status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError("it did not become ready again")

    def set_up(self, name: str = "Harbour") -> Staff:
        """Use the set-up link of a fresh start; returns the administrator."""
        token = self.wait_for_line(r"/set-up[?#]token=(\S+)").group(1)
        client = self.http(Origin=self.url("desk"))
        answer = client.post(
            "/api/v1/set-up",
            json={
                "token": token,
                "tenant_name": name,
                "name": "Admin",
                "email": "admin@example.com",
                "password": PASSWORD,
            },
        )
        assert answer.status_code in (200, 201), answer.text
        return Staff(self, client, answer.json())

    def sign_in(self, email: str, password: str = PASSWORD) -> Staff:
        """Sign a person in with their password."""
        client = self.http(Origin=self.url("desk"))
        answer = client.post("/api/v1/sign-in", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return Staff(self, client, answer.json())


class Staff:
    """A signed-in person: REST with cookie and CSRF token."""

    def __init__(self, product: Product, client: httpx.Client, me: dict[str, Any]) -> None:
        self.product, self.client, self.me = product, client, me
        client.headers["X-WECC-CSRF"] = me["csrf"]

    @property
    def cookie(self) -> str:
        """The Cookie header of this login."""
        return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())

    def call(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        """Call the desk's API; asserts success (or ``status``) and returns the JSON."""
        answer = self.client.request(method, f"/api/v1{path}", json=body)
        if status is None:
            assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        else:
            assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return json.loads(answer.text) if answer.text else None

    def add_agent(self, name: str, email: str, role: str = "agent") -> Staff:
        """Invite a person and accept the invitation as they would."""
        invitation = self.call("POST", "/invitations", {"email": email, "name": name, "role": role})
        token = invitation["link"].rsplit("/", 1)[1]
        client = self.product.http(Origin=self.product.url("desk"))
        answer = client.post("/api/v1/sign-in/link", json={"token": token, "password": PASSWORD})
        assert answer.is_success, answer.text
        return Staff(self.product, client, answer.json())

    def add_site(self, origin: str, **fields: Any) -> dict[str, Any]:
        """Add a web site that may embed the widget."""
        body = {"name": "Shop", "origins": [origin], "languages": ["en", "zh"], **fields}
        site: dict[str, Any] = self.call("POST", "/sites", body)
        return site


def descendants(pid: int) -> list[int]:
    """All living descendants of a process."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for known in found:
        found.extend(parents.get(known, []))
    return found[1:]


def command_line(pid: int) -> str:
    """The command line of a process, or nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@contextlib.contextmanager
def product(data_dir: Path, *arguments: str, **environment: str) -> Iterator[Product]:
    """Run the product for the length of the block."""
    running = Product(data_dir, *arguments, **environment)
    try:
        yield running.start()
    finally:
        if running.process is not None:
            running.stop()


def eventually(check: Callable[[], bool], limit_s: float = 30, what: str = "it") -> None:
    """Wait until ``check`` holds."""
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s:
        if check():
            return
        time.sleep(0.03)
    raise AssertionError(f"{what} did not happen within {limit_s} s")
