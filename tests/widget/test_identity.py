"""A site that signs who its visitors are, with the key it made in the desk."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid

import pytest
from playwright.async_api import expect

from tests.live.product import Product, Staff
from tests.live.sockets import Frame
from tests.widget.shop import Desk, PageServer, Shop, Widget

pytestmark = [pytest.mark.browser, pytest.mark.server]

ERRORS = "window.refused = []; wecc.on('error', problem => refused.push(problem.code));"


@pytest.fixture
def secret(house: tuple[Product, Staff, Staff], pages: PageServer, shop: Shop) -> str:
    """The identity key of the site that the page embeds."""
    shop.site = house[1].add_site(pages.origin, languages=["en"], title={"en": "Help"})
    shop.page()
    answer = house[1].call("POST", f"/sites/{shop.site['id']}/identity-key")
    return str(answer["secret"])


def sign(secret: str, site: Frame, subject: str, **more: object) -> str:
    """What the site's server does: a JSON Web Token with HS256 (RFC 7519)."""
    expires_s = int(time.time()) + 120  # noqa: TID251 - the product runs on the host's clock
    claims = {"sub": subject, "aud": site["key"], "exp": expires_s, "jti": uuid.uuid4().hex}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "typ": "JWT"}, claims | more)
    ]
    digest = hmac.new(secret.encode(), b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(digest).rstrip(b"=")]).decode()


async def known(widget: Widget) -> list[str]:
    """First lines of the conversations this visitor may look back at."""
    await widget.menu("Earlier conversations")
    await expect(widget.root.locator("h2")).to_have_text("Earlier conversations")
    shown = widget.root.locator(".list, p.home")
    await expect(shown).to_be_visible()
    found = await widget.root.locator(".list button").all_inner_texts()
    await widget.root.get_by_role("button", name="Back").click()
    return found


async def test_a_signed_visitor_is_known_to_the_agent(shop: Shop, desk: Desk, secret: str) -> None:
    widget = await shop.visit(await shop.context())
    jwt = sign(secret, shop.site, "customer-1", name="Kim Example", email="kim@example.com")
    await widget.page.evaluate("jwt => wecc.setUser(jwt)", jwt)
    await widget.open()
    await expect(widget.root.locator(".strip")).to_have_count(0)
    await widget.start("I am signed in")
    offer = await desk.accept()
    desk.taken.append(offer["interaction"]["id"])
    contact = offer["conversation"]["contact"]
    assert (contact["name"], contact["email"]) == ("Kim Example", "kim@example.com")
    assert contact["verified"] is True


async def test_who_signs_in_during_a_chat_becomes_known(
    shop: Shop, desk: Desk, secret: str
) -> None:
    widget = await shop.visit(await shop.context())
    await widget.start("just looking")
    offer = await desk.accept()
    desk.taken.append(offer["interaction"]["id"])
    conversation = offer["conversation"]
    assert conversation["contact"]["verified"] is False
    jwt = sign(secret, shop.site, "customer-2", name="Lin Example")
    await widget.page.evaluate("jwt => wecc.setUser(async () => jwt)", jwt)
    changed = await desk.wait(
        lambda f: (
            f["type"] == "conversation.changed"
            and f["conversation"]["id"] == conversation["id"]
            and f["conversation"]["contact"]["verified"]
        )
    )
    assert changed["conversation"]["contact"]["name"] == "Lin Example"
    await desk.post(conversation["id"], "Good day, Lin")
    await expect(widget.text("Good day, Lin")).to_be_visible()
    assert await widget.texts() == ["just looking", "Good day, Lin"]


async def test_history_comes_only_with_the_signature(shop: Shop, desk: Desk, secret: str) -> None:
    first = await shop.visit(await shop.context())
    await first.page.evaluate("jwt => wecc.setUser(jwt)", sign(secret, shop.site, "customer-3"))
    await first.open()
    await expect(first.root.locator(".strip")).to_have_count(0)
    await first.start("from my desk at home")
    await desk.take()

    second = await shop.visit(await shop.context())
    await second.page.evaluate(ERRORS)
    await second.open()
    await expect(second.root.locator(".strip")).to_have_count(0)
    assert await known(second) == []
    stranger = sign(secret[:-1] + ("a" if secret[-1] != "a" else "b"), shop.site, "customer-3")
    await second.page.evaluate("jwt => wecc.setUser(jwt)", stranger)
    await second.page.wait_for_function("refused.length === 1")
    assert await known(second) == []

    right = sign(secret, shop.site, "customer-3")
    await second.page.evaluate("jwt => wecc.setUser(jwt)", right)
    await expect(second.text("from my desk at home")).to_be_visible()
    await second.say("and now from the road")
    await expect(first.text("and now from the road")).to_be_visible()

    thief = await shop.visit(await shop.context())
    await thief.page.evaluate(ERRORS)
    await thief.page.evaluate("jwt => wecc.setUser(jwt)", right)
    await thief.open()
    await thief.page.wait_for_function("refused.length === 1")
    assert await thief.page.evaluate("refused") == ["bad_identity"]
    assert await known(thief) == []
