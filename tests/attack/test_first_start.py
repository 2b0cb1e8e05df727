"""Before anybody has set the gateway up there is nothing to take: P8, A-178."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.routes import name_of, path_of, routes
from tests.live.product import PASSWORD, Product, product

OPEN = ("set_up", "health", "metrics")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product nobody has set up."""
    folder: Path = tmp_path_factory.mktemp("fresh")
    (folder / "data").mkdir()
    with product(folder / "data", "--no-calls") as started:
        yield started


@pytest.fixture
def hang_up() -> None:
    """Nothing of the two tenants is used here."""


def test_everything_but_set_up_waits(fresh: Product) -> None:
    for row in routes():
        if row.operation in OPEN or row.operation in ("channel.use", "file.read"):
            continue
        answer = fresh.http(row.origin).request(row.method, path_of(row))
        assert answer.status_code == 503, name_of(row)
        assert int(answer.headers["retry-after"]) > 0
    assert fresh.http().get("/healthz").status_code == 200


def test_no_account_exists_and_the_token_is_guessed_by_nobody(fresh: Product) -> None:
    body = {"tenant_name": "Evil", "name": "E", "email": "e@evil.example", "password": PASSWORD}
    client = fresh.http(Origin=fresh.url("desk"))
    for email in ("admin", "admin@localhost", "root@localhost", "demo@demo.example"):
        for password in ("admin", "password", "changeme", ""):
            answer = client.post("/api/v1/sign-in", json={"email": email, "password": password})
            assert answer.status_code in (400, 503)
    wrong = [client.post("/api/v1/set-up", json={**body, "token": "x" * 43}) for _ in range(4)]
    assert {answer.status_code for answer in wrong} == {401}


def test_it_listens_on_this_machine_only(fresh: Product) -> None:
    """Every listening TCP socket of the product is bound to loopback."""
    listening = [
        line.split()[1].split(":")
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    ours = [address for address, port in listening if int(port, 16) == fresh.port]
    assert ours == ["0100007F"]
    six = Path("/proc/net/tcp6").read_text()
    assert not re.search(rf":{fresh.port:04X} 0+:0000 0A", six)


def test_the_printed_token_works_once(fresh: Product) -> None:
    token = fresh.wait_for_line(r"/set-up[?#]token=(\S+)").group(1)
    admin = fresh.set_up()
    assert admin.me["user"]["role"] == "admin"
    again = {
        "token": token,
        "tenant_name": "Second",
        "name": "S",
        "email": "s@second.example",
        "password": PASSWORD,
    }
    answer = fresh.http(Origin=fresh.url("desk")).post("/api/v1/set-up", json=again)
    assert answer.status_code in (401, 410)
    assert token not in fresh.errors()
