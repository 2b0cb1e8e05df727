"""Text that pretends: in the widget it is shown as what it is, whoever sends messages around it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.patience import at_rest, becomes
from tests.widget.conftest import STATIC
from tests.widget.shop import Desk, PageServer, Shop, page_server

pytestmark = [pytest.mark.browser, pytest.mark.server]

POSTS = 10_000
NO_LINKS = (
    "javascript:window.__ran=1//://",
    "JAVASCRIPT://%0awindow.__ran=1",
    "java\tscript://window.__ran=1",
    "data:text/html;://,<b>",
    "vbscript://x",
    "file:///etc/passwd",
    "intent://shop.example",
    "https://shop.example@evil.example/",
    "https://user:word@evil.example/",
    "https://[shop.example/",
    "hxxps://shop.example/",
)
# What is written, and what the link says and leads to.
LINKS = {
    "https://\u0430pple.example/id": "https://xn--pple-43d.example/id",
    "https://shop\u3002example/": "https://shop.example/",
    "https://shop.example/a?b=c": "https://shop.example/a?b=c",
    "http://0x7f.1/": "http://127.0.0.1/",
}


FUZZ = """<script>
const forms = [null, 1, "x", [], {}, { k: "state", model: {} }, { k: "frame", frame: {} },
  { k: "frame", frame: { type: "goodbye", code: "x" } }, { k: "send", frame: { type: "ping" } },
  { k: "drop", ref: "x" }, { k: "hi" }, { id: "x", k: "lead" }, { type: "message.new" },
  { type: "wecc", method: "open" }, { method: "open", args: [] }, "wecc.open()", ["open"],
  { wecc: "open" }, { __proto__: { k: "state" } }, new Error("x"), new Map([["k", "state"]])];
for (let at = 0; at < POSTS; at += 1) {
  const form = forms[at % forms.length];
  parent.postMessage(at % 3 ? form : { ...form, number: at }, "*");
}
parent.postMessage("done", "*");
</script>"""


@pytest.fixture
def evil() -> Iterator[PageServer]:
    """An advertisement that a page shows in a frame."""
    with page_server() as server:
        server.page = FUZZ.replace("POSTS", str(POSTS)).encode()
        yield server


async def test_links_say_where_they_lead(shop: Shop, desk: Desk) -> None:
    """A-038, A-039: only web addresses are links; look-alike hosts show their real name."""
    widget = await shop.visit(await shop.context())
    await widget.start("hello")
    conversation = await desk.take()
    for text in (*NO_LINKS, *LINKS):
        await desk.post(conversation, f"see {text}")
    links = widget.root.locator(".b a")
    await expect(links).to_have_count(len(LINKS))
    for place, (label, link) in enumerate(zip(LINKS.values(), await links.all(), strict=True)):
        assert await link.inner_text() == label, place
        assert await link.get_attribute("href") == label
        assert await link.get_attribute("rel") == "noopener noreferrer nofollow"
        assert await link.get_attribute("target") == "_blank"
    shown = [" ".join(text.split()) for text in await widget.texts()]
    assert shown[1 : 1 + len(NO_LINKS)] == [" ".join(f"see {text}".split()) for text in NO_LINKS]


async def test_turned_letters_are_shown_in_their_order(shop: Shop, desk: Desk) -> None:
    """A-039: overrides are gone, other marks stay inside of their own line."""
    widget = await shop.visit(await shop.context())
    await widget.start("a photo: \u202egpj.exe")
    conversation = await desk.take()
    assert [one["text"] for one in await desk.ask_history(conversation)][:1] == ["a photo: gpj.exe"]
    await desk.post(conversation, "see https://shop.example/\u202egpj.exe or \u202dabc\u202c")
    await desk.post(conversation, "\u2067\u05e9\u05dc\u05d5\u05dd 123 (\u202babc")
    await expect(widget.root.locator(".m .b p")).to_have_count(3)
    _, second, third = await widget.texts()
    assert second == "see https://shop.example/gpj.exe or abc\u202c"
    assert third.startswith("\u2067")
    for line in await widget.root.locator(".m .b p").all():
        style = "one => getComputedStyle(one).unicodeBidi"
        assert await line.evaluate(style) in ("isolate", "plaintext", "isolate-override")
        assert await line.get_attribute("dir") == "auto"


async def test_text_while_what_draws_links_is_missing(shop: Shop, desk: Desk) -> None:
    """A-033: without the part that makes links, a message is text and never markup."""
    context = await shop.context()
    await context.route(re.compile("/linked-"), lambda route: route.abort())
    widget = await shop.visit(context)
    await widget.start("hello")
    evil = "https://shop.example/ <img src=x onerror=window.__ran=1> <a href=javascript:1>x</a>"
    await desk.post(await desk.take(), evil)
    await expect(widget.root.locator(".m.them .b p")).to_have_text(evil)
    assert await widget.root.locator(".b :is(img, a)").count() == 0
    assert await widget.page.evaluate("window.__ran") is None


async def test_a_megabyte_of_emoji_is_cut_where_characters_end(shop: Shop, desk: Desk) -> None:
    """A-040: what is too long for one message goes in several, and nothing of it breaks."""
    widget = await shop.visit(await shop.context())
    await widget.start("hello")
    conversation = await desk.take()
    text = "x" + "\U0001f600" * 250_000
    await widget.say(text)
    await widget.settled()

    async def sent() -> list[str]:
        items = await desk.ask_history(conversation)
        return [item["text"] for item in items if item["kind"] == "text"][1:]

    parts = await at_rest(sent)
    assert "".join(parts) == text
    assert max(len(part.encode()) for part in parts) <= 65_536
    for heavy in ("W" * 20_000, "a" + "\u0301\u0323" * 5_000, "\U0001f600" * 16_384):
        await desk.post(conversation, heavy)
    await expect(widget.root.locator(".m.them .b p")).to_have_count(3)
    log = widget.root.locator(".log")
    assert await log.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert await widget.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_widget_stays_away_from_other_sites(
    shop: Shop, desk: Desk, evil: PageServer
) -> None:
    """A-019: on a site that is not on the list nothing appears, and nobody learns the setting."""
    shop.page()
    evil.page = shop.pages.page  # a copy of the page, somewhere else
    page = await (await shop.context()).new_page()
    async with page.expect_response(re.compile("/config$")) as refused:
        await page.goto(evil.origin)
    assert (await refused.value).status == 403
    await expect(page.locator("h1")).to_be_visible()
    assert await page.locator("wecc-widget").count() == 0
    assert await page.evaluate("window.wecc") is None


async def test_frames_on_the_page_tell_the_widget_nothing(
    shop: Shop, desk: Desk, evil: PageServer
) -> None:
    """A-014: ten thousand messages from a frame of another origin change nothing."""
    counter = "<script>got = 0; onmessage = ({data}) => { got += 1; done = data }</script>"
    shop.page(head=counter)
    widget = await shop.visit(await shop.context())
    await widget.start("hello")
    conversation = await desk.take()
    await desk.post(conversation, "before")
    await expect(widget.text("before")).to_be_visible()
    shown = "document.querySelector('wecc-widget').shadowRoot.textContent"
    before = await at_rest(lambda: widget.page.evaluate(shown))
    await widget.page.evaluate(
        "url => { document.body.append(Object.assign(document.createElement('iframe'),"
        " { src: url })); }",
        evil.origin.replace("page.localhost", "127.0.0.1"),
    )
    await widget.page.wait_for_function("window.done === 'done'")
    assert await widget.page.evaluate("got") == POSTS + 1
    await becomes(lambda: widget.page.evaluate(shown), before)
    channel = await widget.page.context.new_cdp_session(widget.page)
    window = await channel.send("Runtime.evaluate", {"expression": "window"})
    about = {"objectId": window["result"]["objectId"]}
    found = await channel.send("DOMDebugger.getEventListeners", about)
    heard = [one for one in found["listeners"] if one["type"] == "message"]
    assert len(heard) == 1, "only the page's own"
    await desk.post(conversation, "after")
    await expect(widget.text("after")).to_be_visible()


def test_no_script_talks_to_every_origin() -> None:
    """A-014: neither bundle posts to any window, and none to ``*``."""
    scripts = [*STATIC.parent.rglob("*.js"), *(STATIC.parents[1] / "web").rglob("*.js")]
    assert len(scripts) > 20
    for script in scripts:
        words = script.read_text()
        for call in re.findall(r"[\w$.?\]]*postMessage\([^)]{0,200}\)", words):
            assert not re.search(r"""["'`]\*["'`]""", call), (script.name, call)
            assert not re.search(r"\b(parent|opener|top|contentWindow)\b", call), call
        assert not re.search(r"""addEventListener\(["'`]message["'`]""", words), script.name
