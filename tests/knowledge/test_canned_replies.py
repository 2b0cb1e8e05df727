"""Canned replies."""

from __future__ import annotations

import pytest

from gateway.kernel.errors import WeccError
from gateway.knowledge.wire import CannedReplyBody
from tests.tenancy.house import House


def body(
    shortcut: str = "hello", text: str = "Hello {name}", language: str = ""
) -> CannedReplyBody:
    return CannedReplyBody(shortcut=shortcut, title="Greeting", text=text, language=language)


async def test_replies_are_made_changed_and_removed(home: House) -> None:
    admin = await home.tenant()
    reply = await home.knowledge.create(admin, body())
    changed = await home.knowledge.change(admin, reply.id, body(text="Hi {name}"))
    assert (changed.id, changed.text) == (reply.id, "Hi {name}")
    assert await home.knowledge.list(admin) == [changed]
    await home.knowledge.remove(admin, reply.id)
    assert await home.knowledge.list(admin) == []
    with pytest.raises(WeccError) as caught:
        await home.knowledge.change(admin, reply.id, body())
    assert caught.value.code == "not_found"


async def test_a_shortcut_is_taken_once_per_language(home: House) -> None:
    admin = await home.tenant()
    first = await home.knowledge.create(admin, body())
    second = await home.knowledge.create(admin, body(language="zh"))
    assert await home.knowledge.change(admin, first.id, body()) == first
    for attempt in (
        home.knowledge.create(admin, body()),
        home.knowledge.change(admin, second.id, body()),
    ):
        with pytest.raises(WeccError) as caught:
            await attempt
        assert (caught.value.code, caught.value.field) == ("already_exists", "shortcut")
    other = await home.tenant("Other")
    assert (await home.knowledge.create(other, body())).shortcut == "hello"


async def test_agents_read_and_supervisors_write(home: House) -> None:
    admin = await home.tenant()
    agent = (await home.person(admin, "agent", "a")).login.actor
    lead = (await home.person(admin, "supervisor", "s")).login.actor
    reply = await home.knowledge.create(lead, body())
    assert await home.knowledge.list(agent) == [reply]
    with pytest.raises(WeccError) as caught:
        await home.knowledge.remove(agent, reply.id)
    assert caught.value.code == "forbidden"


@pytest.mark.parametrize("text", [" ", "\u200b\n", "\u2066\u2069"])
async def test_a_reply_says_something(home: House, text: str) -> None:
    with pytest.raises(WeccError) as caught:
        await home.knowledge.create(await home.tenant(), body(text=text))
    assert caught.value.code == "bad_text"
