"""A PostgreSQL server of one's own: a fresh directory, a free loopback port, gone afterwards.

For benches and tests. PostgreSQL refuses to run as root, so root starts it as the system account
``postgres`` (or ``nobody``); everyone else starts it as themselves.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

_DEBIAN = Path("/usr/lib/postgresql")
_START_S = 30.0


def find_binaries() -> Path | None:
    """The directory of ``initdb``, ``postgres`` and ``psql``; None where there is none."""
    on_path = shutil.which("postgres")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(_DEBIAN.glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


class PostgresqlServer:
    """One running server with an owner role and an application role per database."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._account = _account()
        self._password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self.directory = Path(tempfile.mkdtemp(prefix="wecc-postgresql-"))
        self.port = 0
        self._databases = 0

    def start(self) -> PostgresqlServer:
        """Create the data directory once, then run the server; returns itself."""
        if not (self.directory / "data").exists():
            self._initialise()
        for _ in range(3):
            if self._run():
                return self
        log = (self.directory / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"PostgreSQL did not start:\n{log}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Shut down: SIGINT disconnects everyone cleanly, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def remove(self) -> None:
        """Stop without ceremony and delete everything."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)

    def create_database(self) -> tuple[str, str]:
        """Make a fresh database with two roles; return the owner's and the application's URL."""
        self._databases += 1
        name = f"wecc_{self._databases}"
        owner, app = f"{name}_owner", f"{name}_app"
        for role in (owner, app):
            self.psql(f"CREATE ROLE {role} LOGIN PASSWORD '{self._password}'")
        self.psql(f"CREATE DATABASE {name} OWNER {owner}")
        place = f"{self._password}@127.0.0.1:{self.port}/{name}"
        return f"postgresql://{owner}:{place}", f"postgresql://{app}:{place}"

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Run SQL as the server's superuser; return the unaligned output."""
        options = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql)
        return self.tool("psql", database, *options)

    def tool(self, program: str, database: str, *options: str) -> str:
        """Run one of PostgreSQL's own tools on a database as the superuser; return its output."""
        place = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "wecc_super", "-d", database)
        done = subprocess.run(
            [str(self._binaries / program), *place, *options],
            env={**os.environ, "PGPASSWORD": self._password},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def _initialise(self) -> None:
        password_file = self.directory / "password"
        password_file.write_text(self._password)
        if self._account is not None:
            os.chown(self.directory, self._account.pw_uid, self._account.pw_gid)
            os.chown(password_file, self._account.pw_uid, self._account.pw_gid)
        self._spawn(
            "initdb", "-D", str(self.directory / "data"), "-U", "wecc_super", "-E", "UTF8",
            "--locale=C", "-A", "scram-sha-256", f"--pwfile={password_file}", "--no-sync",
        ).wait(timeout=60)  # fmt: skip
        password_file.unlink()

    def _run(self) -> bool:
        self.port = self.port or _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
            "max_connections": "60",
            "fsync": "on",
        }
        arguments = [part for item in settings.items() for part in ("-c", "=".join(item))]
        self._process = self._spawn("postgres", "-D", str(self.directory / "data"), *arguments)
        deadline = time.monotonic() + _START_S
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                self.psql("SELECT 1")
            except RuntimeError:
                time.sleep(0.05)
            else:
                return True
        self.stop()
        self.port = 0
        return False

    def _spawn(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [str(self._binaries / program), *arguments]
        setpriv = shutil.which("setpriv")
        if setpriv:  # so that the server dies with us, however we die
            identity = []
            if self._account is not None:
                identity = [
                    f"--reuid={self._account.pw_uid}", f"--regid={self._account.pw_gid}",
                    "--clear-groups",
                ]  # fmt: skip
            command = [setpriv, *identity, "--pdeathsig", "QUIT", *command]
        account = None if setpriv or self._account is None else self._account
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("root cannot run PostgreSQL and there is no account to run it as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
