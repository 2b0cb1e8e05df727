"""How long an answer takes gives nobody away (A-009, A-091)."""

from __future__ import annotations

import ast
import re
import statistics
import time

import pytest

from gateway.kernel.errors import WeccError
from gateway.tenancy.passwords import Passwords
from gateway.tenancy.wire import UserPatch
from tests.house.sources import ROOT
from tests.tenancy.house import House

WRONG = "wrong horse battery"
SECRET = re.compile(r"(^|_)(token|secret|csrf|proof|mac|signature|digest|password)$")


async def refused(home: House, email: str) -> None:
    """Sign in wrongly."""
    with pytest.raises(WeccError) as error:
        await home.tenancy.logins.sign_in(email, WRONG)
    assert error.value.code == "bad_credentials"


async def people(home: House) -> dict[str, str]:
    """An address for everybody a stranger may try: known, gone, never active, unknown."""
    admin = await home.tenant()
    gone = await home.person(admin, "agent", "gone")
    await home.tenancy.users.change(admin, gone.login.actor.id, UserPatch(active=False))
    await home.tenancy.users.create(admin, "linked@shop.example", "No password", "agent")
    return {
        "known": "admin@shop.example",
        "gone": "gone@shop.example",
        "without a password": "linked@shop.example",
        "unknown": "nobody@shop.example",
        "no address at all": "nobody",
    }


async def test_every_wrong_sign_in_costs_one_password_check(home: House) -> None:
    for who, email in (await people(home)).items():
        before = home.passwords.evaluated
        await refused(home, email)
        assert home.passwords.evaluated == before + 1, who


async def test_known_and_unknown_cost_the_same_work() -> None:
    """Processor time, not the clock, in turns: other programs do not count. The bound is wide;
    leaving the check out would be a factor of a hundred.
    """
    passwords = Passwords(time_cost=2, memory_kib=8_192)
    known = await passwords.hash("correct horse battery")
    spent: dict[str | None, list[float]] = {known: [], None: []}
    for _ in range(31):
        for encoded, found in spent.items():
            began_s = time.process_time()
            assert not await passwords.check(WRONG, encoded)
            found.append(time.process_time() - began_s)
    low, high = sorted(statistics.median(found) for found in spent.values())
    assert low > high / 2, (low, high)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _compared_plainly(tree: ast.Module) -> list[int]:
    """Lines where something that is named like a secret is compared with ``==`` or ``!=``."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        and any(SECRET.search(_name(side)) for side in (node.left, *node.comparators))
        and not any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators))
    ]


def test_secrets_are_compared_in_constant_time() -> None:
    found = {}
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        lines = _compared_plainly(ast.parse(path.read_text("utf-8")))
        if lines:
            found[str(path.relative_to(ROOT))] = lines
    assert found == {}, "use tenancy.model.is_same or hmac.compare_digest"
    assert _compared_plainly(ast.parse("token == given")) == [1], "the rule itself works"
