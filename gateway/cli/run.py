"""``wecc run``: check the settings, make the sockets, start the siblings."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import sys
import tempfile
from pathlib import Path

import msgspec

from gateway import __version__
from gateway.cli.parent import Child, Parent, listen
from gateway.cli.runfile import RunFile, held, remove_run_file, write_run_file
from gateway.kernel.errors import WeccError
from gateway.settings import PORT_ORDER, Settings, addresses, check_safe, is_loopback
from gateway.voice.media.engine import worker_argv
from gateway.voice.media.watchdog import Watchdog

MEDIA_WORKERS = 2  # one serves, one stands by warm
SPARE_PORTS = 20
MIN_FREE_BYTES = 200 << 20


def run(settings: Settings, *, demo: bool, fixed_port: int | None) -> int:
    """Run the gateway until it is told to stop; returns the exit code.

    Raises ``unsafe_configuration`` when it may not or cannot start, saying what to do.
    """
    check_safe(settings)
    _check_certificate(settings)
    data_dir = _data_dir(settings)
    with held(data_dir):
        return _run(settings, data_dir, demo=demo, fixed_port=fixed_port)


def _run(settings: Settings, data_dir: Path, *, demo: bool, fixed_port: int | None) -> int:
    listeners = _listeners(settings, fixed_port)
    port = int(listeners[0].getsockname()[1])
    _say(f"OpenWECC {__version__} is starting")
    if fixed_port is None and port != settings.server.port:
        _say(f"port {settings.server.port} is taken by another program; using {port}")
    run_dir = Path(tempfile.mkdtemp(prefix="wecc-"))
    known = addresses(settings, port)
    write_run_file(
        data_dir, RunFile(os.getpid(), port, known.widget, known.shop if demo else "", known.desk)
    )
    try:
        return Parent(_children(settings, data_dir, run_dir, listeners, demo=demo), _say).run()
    finally:
        remove_run_file(data_dir)
        shutil.rmtree(run_dir, ignore_errors=True)


def _check_certificate(settings: Settings) -> None:
    """Refuse a certificate or key that cannot be used, before anything starts."""
    cert, key = settings.server.tls_cert, settings.server.tls_key
    if not cert:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", "") or getattr(error, "strerror", "") or error
        raise WeccError(
            "unsafe_configuration",
            f"The TLS certificate {cert} and key {key} cannot be used ({reason}). Both must be"
            " PEM files that belong together; the key must have no password.",
        ) from None


def _data_dir(settings: Settings) -> Path:
    """Make the data directory, private to this account, and look at the space it has."""
    path = Path(settings.store.data_dir).absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        free_bytes = shutil.disk_usage(path).free
    except OSError as error:
        raise WeccError(
            "unsafe_configuration", f"The data directory {path} cannot be used: {error.strerror}."
        ) from None
    if not os.access(path, os.W_OK):
        raise WeccError("unsafe_configuration", f"The data directory {path} is not writable.")
    if free_bytes < MIN_FREE_BYTES:
        raise WeccError(
            "unsafe_configuration",
            f"Only {free_bytes >> 20} MB are free where {path} lies; at least"
            f" {MIN_FREE_BYTES >> 20} MB are needed. Free some space or choose --data.",
        )
    return path


def _listeners(settings: Settings, fixed_port: int | None) -> list[socket.socket]:
    """Return one listening socket, or one for each origin where ports tell them apart."""
    server = settings.server
    spare = SPARE_PORTS if fixed_port is None and server.port else 0
    first = listen(server.listen, server.port, spare)
    if server.origins == "names" or not is_loopback(server.listen):
        return [first]
    port = int(first.getsockname()[1])
    return [first, *(listen(server.listen, port + place) for place in range(1, len(PORT_ORDER)))]


def _children(
    settings: Settings,
    data_dir: Path,
    run_dir: Path,
    listeners: list[socket.socket],
    *,
    demo: bool,
) -> list[Child]:
    media = settings.media
    sockets = [run_dir / f"media-{number}.sock" for number in range(MEDIA_WORKERS)]
    children = []
    if media.enabled:
        for number, path in enumerate(sockets):
            argv = worker_argv(
                path,
                media.address or "127.0.0.1",
                port_range(media.udp_ports),
                media.bind or None,
                settings.log_level,
            )
            children.append(Child(f"media worker {number + 1}", argv, watch=Watchdog(path)))
    fds = tuple(listener.fileno() for listener in listeners)
    resolved = msgspec.structs.replace(
        settings, store=msgspec.structs.replace(settings.store, data_dir=str(data_dir))
    )
    argv = [
        sys.executable,
        "-m",
        "gateway.cli",
        "web",
        "--settings",
        str(_hand_over(run_dir, resolved)),
        "--fds",
        ",".join(map(str, fds)),
        "--sockets",
        ",".join(map(str, sockets)) if media.enabled else "",
    ]
    children.append(Child("web", [*argv, "--demo"] if demo else argv, fds))
    return children


def _hand_over(run_dir: Path, settings: Settings) -> Path:
    """Write the settings for the web process: they may hold passwords, so never in its argv."""
    path = run_dir / "settings.json"
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(settings))
    return path


def port_range(text: str) -> tuple[int, int]:
    """Return ``LOW-HIGH`` as two numbers; raises ``unsafe_configuration`` if it is no range."""
    low, high = (int(part) for part in text.split("-"))
    if not 1024 <= low < high <= 65_535:
        raise WeccError("unsafe_configuration", f"media.udp_ports {text} is not a usable range.")
    return low, high


def _say(line: str) -> None:
    print(line, flush=True)
