"""How ``wecc run`` starts, and when it refuses to: in plain words, with exit code 78."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.kernel.clock import SystemClock
from tests.live.command import argv, wecc
from tests.live.product import Product, product

pytestmark = pytest.mark.fault
CONFIGURATION = 78
NAMES = ("desk.localhost", "widget.localhost", "files.localhost", "mirror.localhost")


def certificate(folder: Path, name: str = "own") -> tuple[Path, Path]:
    """Make a self-signed certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk.localhost")])
    now = datetime.datetime.fromtimestamp(SystemClock().now_ms() / 1000, datetime.UTC)
    hosts: list[x509.GeneralName] = [x509.DNSName(host) for host in NAMES]
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    names = x509.SubjectAlternativeName([*hosts, here])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / f"{name}.pem", folder / f"{name}-key.pem"
    cert_path.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_path, key_path


Case = Callable[[Path], tuple[list[str], dict[str, str]]]


def plain_http(_: Path) -> tuple[list[str], dict[str, str]]:
    return ["--listen", "0.0.0.0"], {}


def cert_without_key(folder: Path) -> tuple[list[str], dict[str, str]]:
    return ["--tls-cert", str(certificate(folder)[0])], {}


def absent_cert(folder: Path) -> tuple[list[str], dict[str, str]]:
    absent = str(folder / "absent.pem")
    return ["--tls-cert", absent, "--tls-key", absent], {}


def garbage_cert(folder: Path) -> tuple[list[str], dict[str, str]]:
    (folder / "garbage.pem").write_bytes(b"no certificate")
    return ["--tls-cert", str(folder / "garbage.pem"), "--tls-key", str(folder / "garbage.pem")], {}


def foreign_key(folder: Path) -> tuple[list[str], dict[str, str]]:
    cert, _ = certificate(folder)
    _, key = certificate(folder, "other")
    return ["--tls-cert", str(cert), "--tls-key", str(key)], {}


def calls_without_address(folder: Path) -> tuple[list[str], dict[str, str]]:
    cert, key = certificate(folder)
    given = ["--listen", "0.0.0.0", "--tls-cert", str(cert), "--tls-key", str(key)]
    for name in ("desk", "widget", "files"):
        given += [f"--{name}-url", f"https://{name}.example.com"]
    return given, {}


def garbage_config(folder: Path) -> tuple[list[str], dict[str, str]]:
    (folder / "wecc.toml").write_bytes(b"\xff\xfe\x00[[[ no TOML")
    return ["--config", str(folder / "wecc.toml")], {}


def absent_config(folder: Path) -> tuple[list[str], dict[str, str]]:
    return ["--config", str(folder / "absent.toml")], {}


def unknown_setting(folder: Path) -> tuple[list[str], dict[str, str]]:
    (folder / "wecc.toml").write_text("[server]\nlisten_on = 1\n")
    return ["--config", str(folder / "wecc.toml")], {}


def bad_environment(_: Path) -> tuple[list[str], dict[str, str]]:
    return [], {"WECC_SERVER__SHUTDOWN_S": "soon"}


def unknown_environment(_: Path) -> tuple[list[str], dict[str, str]]:
    return [], {"WECC_SERVER__LISTEN_ON": "1"}


def section_as_value(_: Path) -> tuple[list[str], dict[str, str]]:
    return [], {"WECC_MEDIA": "off", "WECC_MEDIA__ENABLED": "false"}


def bad_udp_ports(_: Path) -> tuple[list[str], dict[str, str]]:
    return ["--udp-ports", "9-80000"], {}


def data_is_a_file(folder: Path) -> tuple[list[str], dict[str, str]]:
    (folder / "file").write_text("")
    return ["--data", str(folder / "file")], {}


def data_below_a_file(folder: Path) -> tuple[list[str], dict[str, str]]:
    (folder / "file").write_text("")
    return ["--data", str(folder / "file" / "data")], {}


REFUSED: dict[Case, str] = {
    plain_http: "Plain HTTP is only served on loopback",
    cert_without_key: "set both",
    absent_cert: "cannot be read",
    garbage_cert: "cannot be used",
    foreign_key: "cannot be used",
    calls_without_address: "--media-address",
    garbage_config: "wecc.toml",
    absent_config: "absent.toml",
    unknown_setting: "listen_on",
    bad_environment: "shutdown_s",
    unknown_environment: "listen_on",
    section_as_value: "media",
    bad_udp_ports: "media.udp_ports",
    data_is_a_file: "cannot be used",
    data_below_a_file: "cannot be used",
}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.__name__)
def test_unsafe_start_is_refused(case: Case, tmp_path: Path) -> None:
    given, environment = case(tmp_path)
    data = [] if "--data" in given else ["--data", str(tmp_path / "data")]
    ended = wecc("run", "--port", "0", *data, *given, limit_s=120, **environment)
    is_refused(ended, REFUSED[case])
    assert not (tmp_path / "data" / "run.json").exists()


def is_refused(ended: subprocess.CompletedProcess[str], reason: str) -> None:
    """One plain line that names the reason, and the code that tells supervisors to stop."""
    assert ended.returncode == CONFIGURATION, ended.stderr
    lines = ended.stderr.splitlines()
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("wecc: ")
    assert reason in lines[0]


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder on a file system nobody may write to."""
    place = Path(tempfile.mkdtemp())
    command = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(place)]
    is_mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    if not is_mounted and os.geteuid() == 0:
        place.rmdir()
        pytest.skip("nothing is read-only to root, and it may mount nothing here")
    place.chmod(0o500) if not is_mounted else None
    yield place
    if is_mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)
    shutil.rmtree(place, ignore_errors=True)


def test_data_folder_that_cannot_be_written(read_only: Path) -> None:
    ended = wecc("run", "--port", "0", "--data", read_only, limit_s=120)
    is_refused(ended, "not writable")
    is_refused(
        wecc("run", "--port", "0", "--data", read_only / "new", limit_s=120), "cannot be used"
    )


def test_a_second_gateway_and_a_taken_port(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with product(tmp_path / "data") as running:
        ended = wecc("run", "--port", "0", "--data", tmp_path / "data", limit_s=120)
        is_refused(ended, "already")
        is_refused(wecc("demo", "clear", "--data", tmp_path / "data"), "already")
        port = str(running.port)
        ended = wecc("run", "--port", port, "--data", tmp_path / "other", limit_s=120)
        is_refused(ended, f"port {port}")
        _moves_to_the_next_port(tmp_path / "third", running.port)


def _moves_to_the_next_port(data_dir: Path, taken: int) -> None:
    """Without ``--port`` the next free port is taken, and said so."""
    process = subprocess.Popen(
        argv("run", "--data", data_dir),
        env={**os.environ, "WECC_SERVER__PORT": str(taken)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "agent desk" in line:
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    found = re.search(r"agent desk\s+http://desk.localhost:(\d+)", lines[-1])
    assert found is not None, lines
    assert taken < int(found.group(1)) <= taken + 20
    assert any(f"port {taken} is taken" in line for line in lines), lines


def test_a_number_left_by_a_killed_gateway_stops_nobody(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    running = Product(data_dir).start()
    running.crash()
    left = (data_dir / "run.json").read_text()
    pid = str(running.process.pid) if running.process is not None else ""
    # the number now belongs to another program, as it does in a container started again
    (data_dir / "run.json").write_text(left.replace(pid, str(os.getpid())))
    with product(data_dir) as again:
        assert again.http().get("/readyz").status_code == 200


def test_tls(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    process = subprocess.Popen(
        argv(
            *("run", "--data", tmp_path / "data", "--port", "0", "--listen", "127.0.0.1"),
            *("--tls-cert", cert, "--tls-key", key),
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        banner = ""
        while "Ctrl-C" not in banner:
            banner += process.stdout.readline()
            assert process.poll() is None, banner
        port = int(re.search(r"https://desk.localhost:(\d+)", banner).group(1))  # type: ignore[union-attr]
        token = re.search(r"/set-up[?#]token=(\S+)", banner).group(1)  # type: ignore[union-attr]
        context = ssl.create_default_context(cafile=str(cert))
        _speaks_tls(port, context, token)
        _refuses_plain(port)
        made = wecc("sign-in-link", "--data", tmp_path / "data", "admin@example.com")
        assert made.stdout.startswith(f"https://desk.localhost:{port}/"), made
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0


def _speaks_tls(port: int, context: ssl.SSLContext, token: str) -> None:
    """https with HSTS, the cookie bound to this host, wss for sockets."""
    origin = f"https://desk.localhost:{port}"
    headers = {"Host": f"desk.localhost:{port}", "Origin": origin}
    base_url = f"https://127.0.0.1:{port}"
    with httpx.Client(verify=context, base_url=base_url, headers=headers) as client:
        body = {
            "token": token,
            "tenant_name": "Harbour",
            "name": "Admin",
            "email": "admin@example.com",
            "password": "correct-" + os.urandom(6).hex(),
        }
        answer = client.post(
            "/api/v1/set-up", json=body, extensions={"sni_hostname": "desk.localhost"}
        )
        assert answer.is_success, answer.text
        assert "max-age=" in answer.headers["strict-transport-security"]
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-")
        for part in ("Secure", "HttpOnly", "Path=/"):
            assert part.casefold() in cookie.casefold(), cookie
        value = cookie.split(";")[0]
    request = (
        f"GET /api/v1/socket HTTP/1.1\r\nHost: desk.localhost:{port}\r\nOrigin: {origin}\r\n"
        f"Cookie: {value}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname="desk.localhost") as wrapped,
    ):
        wrapped.sendall(request.encode())
        assert wrapped.recv(200).startswith(b"HTTP/1.1 101")


def _refuses_plain(port: int) -> None:
    """Nothing is told to who speaks no TLS."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: desk.localhost\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert not plain.recv(100).startswith(b"HTTP/")
