"""What people write stays text: no vector runs in the desk, the widget or a saved transcript."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from playwright.async_api import Page, expect

from gateway.demo.robots import site_key_of
from tests.browser.floor import Floor, until
from tests.live.sockets import Visitor

pytestmark = pytest.mark.browser

RUN = "window.__ran=1"
VECTORS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f'"><svg onload={RUN}>',
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<iframe srcdoc='<script>parent.{RUN.removeprefix('window.')}</script>'></iframe>",
    f"<details open ontoggle={RUN}>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<template><img src=x onerror={RUN}></template>",
    f"<input autofocus onfocus={RUN}>",
    f"<body onload={RUN}>",
    f"<object data='javascript:{RUN}'></object>",
    f"<embed src='javascript:{RUN}'>",
    f"<a href='javascript:{RUN}'>go</a>",
    f"javascript:{RUN}",
    f"java\tscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"[go](javascript:{RUN})",
    f"`${{{RUN}}}` {{{{constructor.constructor('{RUN}')()}}}} {{0.__class__}}",
    f"<style>@import 'javascript:{RUN}';</style>",
    f"<base href='javascript:{RUN}//'>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<form action='javascript:{RUN}'><button>go</button></form>",
    f"\u202e<img src=x onerror={RUN}>\u202c",
    f"</textarea></title></script><script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"<x onclick={RUN} tabindex=1 id=x>click",
)
SEEDED = "img[src=x], iframe, object, embed, svg[onload], [onerror], [onload], [ontoggle], base"


async def stayed_text(page: Page) -> None:
    """Nothing ran, and nothing of a vector became an element or a dangerous link."""
    assert await page.evaluate("window.__ran === undefined")
    found = await page.evaluate(
        """(seeded) => {
            const roots = [document, ...[...document.querySelectorAll("*")]
                .map((one) => one.shadowRoot).filter(Boolean)];
            const links = roots.flatMap((root) => [...root.querySelectorAll("a[href]")]);
            return [
                ...roots.flatMap((root) => [...root.querySelectorAll(seeded)]),
                ...links.filter((link) => !/^(https?:|blob:|mailto:)/.test(link.href)),
            ].map((one) => one.outerHTML.slice(0, 120));
        }""",
        SEEDED,
    )
    assert found == []


async def test_nothing_that_is_written_runs(floor: Floor) -> None:
    dialogs: list[str] = []
    agent = await floor.seat("Agent Lisbon")
    agent.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await agent.go_ready()
    shop = floor.product.url("shop")
    site = {"key": await asyncio.to_thread(site_key_of, shop), "origins": [shop]}
    writer = Visitor(floor.product, site)
    page = {"url": f"{shop}/?q={VECTORS[1]}", "title": VECTORS[2], "referrer": VECTORS[17]}
    await writer.hello(page=page)
    await writer.start(VECTORS[0], name=VECTORS[1], email='"<svg/onload=1>"@example.com')
    await agent.accept("Chat from")
    for vector in VECTORS:
        await writer.post(vector)
    await expect(agent.messages.last).to_contain_text("tabindex=1")
    await stayed_text(agent.page)
    await agent.page.mouse.wheel(0, -4_000)
    await stayed_text(agent.page)

    transcript = await agent.page.evaluate(
        "(id) => fetch(`/api/v1/conversations/${id}/transcript`).then((answer) => answer.text())",
        writer.conversation,
    )
    saved = await agent.page.context.new_page()
    saved.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await saved.set_content(transcript)  # as a file: no policy of ours protects it
    await expect(saved.locator("body")).to_contain_text("tabindex=1")
    await stayed_text(saved)
    assert dialogs == []
    await writer.close()

    control = await agent.page.context.new_page()
    await control.set_content(VECTORS[1])  # unescaped, it does run: the check above can see it
    await until(lambda: control.evaluate("window.__ran === 1"), "the control")


async def test_nothing_an_agent_writes_runs_at_the_visitor(floor: Floor) -> None:
    dialogs: list[str] = []
    agent = await floor.seat("Agent Lisbon")
    await agent.go_ready()
    visitor = await floor.visitor()
    visitor.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await visitor.begin("Kit", "Hello", "Sales")
    await agent.accept("Chat from Kit")
    for vector in VECTORS[:12]:
        await agent.say(vector)
    last = f"done {uuid.uuid4().hex}"
    await agent.say(last)
    await expect(visitor.text(last)).to_be_visible()
    await stayed_text(visitor.page)
    assert dialogs == []
