"""The widget on pages that are strict, hostile or early."""

from __future__ import annotations

import base64

import pytest
from playwright.async_api import expect

from tests.patience import at_rest
from tests.widget.shop import NONCE, Desk, Shop

pytestmark = [pytest.mark.browser, pytest.mark.server]

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = """
* { font-family: "Comic Sans MS", serif !important; color: red !important;
    transform: rotate(2deg); box-sizing: content-box !important; letter-spacing: 4px !important;
    text-transform: uppercase !important; direction: rtl !important; }
div, button, section, form { display: none !important; border: 9px solid red !important; }
wecc-widget { opacity: .1; position: static !important; filter: blur(9px) !important; }
html { font-size: 40px; }
"""
CLOBBER = (
    '<form name="body"></form><img name="querySelector"><img name="documentElement">'
    '<img name="hidden"><img name="title"><img name="addEventListener">'
    '<form id="wecc"><input name="push"></form>'
)
FROZEN = """<script>for (const one of [Object, Array, String, Function, Promise, Map, Set, Node,
Element, HTMLElement, EventTarget, Document]) Object.freeze(one.prototype);</script>"""


@pytest.mark.parametrize("kind", ["addresses", "nonce", "trusted-types"])
async def test_strict_policies(shop: Shop, kind: str) -> None:
    gateway = shop.product.url("widget")
    socket = gateway.replace("http:", "ws:")
    source = gateway if kind == "addresses" else f"'nonce-{NONCE}' 'strict-dynamic'"
    policy = (
        f"default-src 'none'; script-src {source}; connect-src {gateway} {socket}; "
        "style-src 'self'; img-src data:"
    )
    if kind == "trusted-types":
        policy += "; require-trusted-types-for 'script'; trusted-types 'none'"
    shop.page(policy=policy)
    context = await shop.context()
    widget = await shop.visit(context)
    said: list[str] = []
    widget.page.on("console", lambda message: said.append(message.text))
    await widget.start(f"under {kind}")
    await widget.attach("a.txt", "text/plain", b"text")
    await expect(widget.root.locator(".card")).to_contain_text("a.txt")
    await widget.menu("Earlier conversations")
    await expect(widget.root.locator(".list button")).to_have_count(1)
    assert [text for text in said if "Content Security Policy" in text] == []


async def test_the_policy_shown_to_the_administrator_is_enough(shop: Shop, desk: Desk) -> None:
    """Words, a picture and a call, with nothing allowed but what the desk says, and own styles."""
    own = {"style-src": "'self'", "img-src": "data:", "default-src": "'none'"}
    for line in shop.site["csp"]:
        name, sources = line.split(" ", 1)
        own[name] = f"{sources} {own.get(name, '')}"
    shop.page(policy="; ".join(f"{name} {sources}" for name, sources in own.items()))
    widget = await shop.visit(await shop.context())
    said: list[str] = []
    widget.page.on("console", lambda message: said.append(message.text))
    await widget.start("a picture and a call")
    await desk.take()
    await widget.attach("dot.png", "image/png", PICTURE)
    picture = widget.root.locator(".b img")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("async one => (await one.decode(), one.naturalWidth)") == 1
    await widget.root.get_by_role("button", name="Call").click()
    await expect(widget.root.locator(".call.live")).to_be_visible()
    await widget.root.locator("audio").evaluate(
        """one => new Promise(done => { const look = () =>
        one.currentTime > 0.5 && !one.paused ? done() : setTimeout(look, 50); look(); })"""
    )
    await widget.root.get_by_role("button", name="Hang up").click()
    await widget.root.locator(".call").get_by_role("button", name="Close").click()
    async with widget.page.expect_download():
        await widget.menu("Download transcript")
    assert [text for text in said if "Content Security Policy" in text] == []


@pytest.mark.parametrize("kind", ["css", "clobbered", "frozen"])
async def test_hostile_pages(shop: Shop, kind: str) -> None:
    shop.page(
        head=f"<style>{HOSTILE}</style>" if kind == "css" else "",
        body={"css": "", "clobbered": CLOBBER, "frozen": FROZEN}[kind],
    )
    widget = await shop.visit(await shop.context(viewport={"width": 1000, "height": 760}))
    await widget.start("still myself")
    await widget.picture(f"hostile-{kind}")
    box = await widget.panel.bounding_box()
    assert box is not None
    assert (round(box["x"]), round(box["width"])) == (588, 392)
    style = await widget.text("still myself").evaluate(
        "one => { const s = getComputedStyle(one); return [s.fontFamily, s.color, "
        "s.letterSpacing, s.textTransform, s.direction]; }"
    )
    assert "Comic" not in style[0]
    assert style[1:] == ["rgb(22, 32, 43)", "normal", "none", "ltr"]


async def test_nothing_but_loader_and_configuration_before_the_first_click(shop: Shop) -> None:
    context = await shop.context()
    widget = await shop.visit(context)
    await widget.page.wait_for_timeout(500)
    lines = [line.split("?")[0] for line in shop.road.seen]
    assert lines == ["GET /widget.js", f"GET /v1/sites/{shop.site['key']}/config"] or (
        lines == ["GET /widget.js"]  # both over one connection
    )
    loaded = await widget.page.evaluate(
        "performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)"
    )
    assert loaded == ["/widget.js", f"/v1/sites/{shop.site['key']}/config"]


async def test_the_page_talks_to_the_widget(shop: Shop, desk: Desk) -> None:
    shop.page(
        body="<script>(window.wecc ||= []).push(['on', 'open', () => { window.opened = 1; }],"
        "['open']); window.heard = [];</script>"
    )
    widget = await shop.visit(await shop.context())
    await expect(widget.panel).to_be_visible()
    await widget.page.wait_for_function("window.opened === 1")
    await widget.page.evaluate(
        "['message', 'unread', 'conversation'].forEach(name =>"
        " wecc.on(name, detail => heard.push([name, detail.text ?? detail.state ?? detail])))"
    )
    await widget.page.evaluate(
        'wecc.setContext(JSON.parse(\'{"cart": 3, "__proto__": {"x": 1}, "deep": {}}\'))'
    )
    await widget.start("hello")
    offer = await desk.accept()
    desk.taken.append(offer["interaction"]["id"])
    conversation = offer["conversation"]
    assert conversation["context"] == {"cart": "3"}
    await widget.page.evaluate("history.pushState({}, '', '/checkout')")
    changed = await desk.wait(
        lambda f: (
            f["type"] == "conversation.changed"
            and f["conversation"]["page"]["url"].endswith("/checkout")
        )
    )
    assert changed["conversation"]["id"] == conversation["id"]
    await widget.page.evaluate("wecc.close()")
    await expect(widget.panel).to_have_count(0)
    await desk.post(conversation["id"], "hi")
    await expect(widget.launcher.locator("b")).to_have_text("1")
    heard = await at_rest(lambda: widget.page.evaluate("heard"))
    assert heard == [["conversation", "open"], ["message", "hi"], ["unread", 1]]


async def test_text_is_never_markup(shop: Shop, desk: Desk) -> None:
    widget = await shop.visit(await shop.context())
    await widget.start("<img src=x onerror=window.hit=1>")
    conversation = await desk.take()
    nasty = ["<script>window.hit=1</script>", "javascript:alert(1)", "<svg/onload=hit=1>"]
    for text in nasty:
        await desk.post(conversation, text)
        await expect(widget.text(text)).to_be_visible()
    assert await widget.root.locator(".b :is(img, svg, script, a)").count() == 0
    assert await widget.page.evaluate("window.hit") is None
