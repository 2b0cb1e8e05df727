"""A request that was begun but not answered is never done twice (A-099)."""

from __future__ import annotations

import asyncio

import pytest

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.platform.database.rider import riding
from gateway.platform.http.once import KEPT_MS, KeyUse
from gateway.tenancy.store import answers as store
from gateway.tenancy.wire import ApiKeyBody
from tests.tenancy.house import House

USE = "a" * 64


def use_of(admin: Actor, fingerprint: str = "f") -> KeyUse:
    """A use of the key of these tests."""
    return KeyUse(admin.tenant_id, USE, fingerprint)


async def make_key(home: House, admin: Actor) -> None:
    """Create something, as a handler does."""
    await home.tenancy.api_keys.create(admin, ApiKeyBody(name="bot", role="agent"))


async def test_the_mark_lies_in_the_commit_that_creates(home: House) -> None:
    """As after a crash between the commit and the answer: known as begun, not to be repeated."""
    admin, answers = await home.tenant(), home.tenancy.answers
    use = use_of(admin)
    with riding(admin.tenant_id, lambda tx: answers.mark(use, tx)):
        await make_key(home, admin)
    kept = await answers.find(use)
    assert kept is not None
    assert (kept.fingerprint, kept.answer) == ("f", None)
    with (
        riding(admin.tenant_id, lambda tx: answers.mark(use, tx)),
        pytest.raises(WeccError, match="conflict"),
    ):
        await make_key(home, admin)
    assert len(await home.tenancy.api_keys.list(admin)) == 1, "undone with its mark"


async def test_what_is_refused_leaves_no_mark(home: House) -> None:
    admin, answers = await home.tenant(), home.tenancy.answers
    agent = Actor("user", "us_none", admin.tenant_id, "agent", "A")
    with (
        riding(admin.tenant_id, lambda tx: answers.mark(use_of(admin), tx)),
        pytest.raises(WeccError, match="forbidden"),
    ):
        await make_key(home, agent)
    assert await answers.find(use_of(admin)) is None


async def test_only_the_first_write_of_the_same_task_and_tenant_is_joined(home: House) -> None:
    admin, other = await home.tenant(), await home.tenant("Other")
    joined: list[str] = []

    with riding(admin.tenant_id, lambda tx: joined.append(tx.tenant_id)):
        await home.database.write(other.tenant_id, lambda _: None)
        await asyncio.create_task(home.database.write(admin.tenant_id, lambda _: None))
        assert joined == []
        for _ in range(2):
            await home.database.write(admin.tenant_id, lambda _: None)
    await home.database.write(admin.tenant_id, lambda _: None)
    assert joined == [admin.tenant_id]


async def test_answers_are_forgotten_in_time(home: House) -> None:
    admin, answers = await home.tenant(), home.tenancy.answers
    await answers.keep(use_of(admin), b"{}")
    kept = await answers.find(use_of(admin))
    assert kept is not None
    assert kept.answer == b"{}"
    home.clock.advance(KEPT_MS - 1)
    assert await answers.find(use_of(admin)) is not None
    home.clock.advance(1)
    assert await answers.find(use_of(admin)) is None
    await home.database.write(
        admin.tenant_id, lambda tx: answers.mark(use_of(admin, "another"), tx)
    )
    home.clock.advance(KEPT_MS)
    await home.tenancy.tenants.sweep(admin.tenant_id)
    left = await home.database.read(admin.tenant_id, lambda tx: tx.all(store.answers.select()))
    assert left == []
