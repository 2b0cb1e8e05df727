"""What the desk's policy stops by itself, when escaping had failed and markup were in the page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
from playwright.async_api import BrowserContext, Error, Page, Route, expect

from tests.browser.vectors import MARK, MARKUP
from tests.desk.conftest import AGENT, House
from tests.desk.person import Office
from tests.live.sockets import Visitor
from tests.patience import at_rest, becomes, until
from tests.widget.shop import PageServer, page_server

pytestmark = [pytest.mark.browser, pytest.mark.server]

TOGETHER = 12
# Whatever a vector left open must not swallow the next one.
CLOSED = (
    "-->'\"></title></style></script></noscript></textarea></xmp></template></select></table>"
    "</math></svg></iframe></div>\n"
)
POSTS = 10_000


@pytest.fixture
async def writer(house: House) -> AsyncIterator[Visitor]:
    """A visitor who has written script, without any markup."""
    one = house.visitor()
    await one.hello()
    await one.start(f"*/{MARK}/*", name=MARK)
    yield one
    await one.must({"type": "conversation.end", "conversation_id": one.conversation})
    await one.close()


@pytest.fixture
def elsewhere() -> Iterator[PageServer]:
    """A web site somewhere else."""
    with page_server() as server:
        yield server


async def inside(house: House, context: BrowserContext, markup: str, *, free: bool = False) -> Page:
    """Open the desk's page with this markup in its body, under the very policy it came with."""
    page = await context.new_page()
    with house.product.http() as client:
        own = (await asyncio.to_thread(client.get, "/")).headers["content-security-policy"]
    policy = {} if free else {"content-security-policy": own}

    async def answer(route: Route) -> None:
        headers = {"content-type": "text/html; charset=utf-8", **policy}
        await route.fulfill(headers=headers, body=f"<!doctype html>{markup}")

    url = f"{house.product.url('desk')}/inside"
    await page.route(url, answer)
    await page.goto(url, wait_until="load")
    return page


async def ran(page: Page) -> bool:
    """Whether anything ran, a moment after the page was loaded."""
    await asyncio.sleep(0.05)
    with suppress(Error):
        await page.locator("a, button").first.click(timeout=200, no_wait_after=True)
    return bool(await page.evaluate("window.__ran !== undefined"))


async def test_the_policy_alone_stops_every_vector(house: House, office: Office) -> None:
    """A-037: as raw markup in the desk's own page; without the policy they run."""
    context = await office.browser.new_context()
    context.set_default_timeout(60_000)
    for start in range(0, len(MARKUP), TOGETHER):
        together = CLOSED.join(MARKUP[start : start + TOGETHER])
        page = await inside(house, context, together)
        assert not await ran(page), start
        await page.close()
    for start in range(0, len(MARKUP), 5 * TOGETHER):
        page = await inside(house, context, MARKUP[start], free=True)
        await until(lambda: ran(page), f"vector {start} without the policy")  # noqa: B023
        await page.close()
    await context.close()


FETCHERS = (
    "<img src=URL>", "<img srcset='URL 1x'>", "<link rel=stylesheet href=URL>",
    "<link rel=prefetch href=URL>", "<link rel=preload as=image href=URL>",
    "<link rel=modulepreload href=URL>", "<link rel=manifest href=URL>",
    "<script src=URL></script>",
    "<iframe src=URL></iframe>", "<object data=URL></object>", "<embed src=URL>",
    "<video src=URL autoplay></video>", "<audio src=URL autoplay></audio>",
    "<video poster=URL></video>", "<svg><image href=URL /></svg>", "<svg><use href=URL#a /></svg>",
    "<b style='background:url(URL)'>x</b>", "<style>@import 'URL';</style>",
    "<style>b{background:url(URL)}</style><b>x</b>",
    "<style>@font-face{font-family:f;src:url(URL)}b{font-family:f}</style><b>x</b>",
    "<base href=URL><img src=picture>", "<form action=URL><input type=submit autofocus></form>",
    "<input type=image src=URL>", "<body background=URL>", "<track src=URL>",
)  # fmt: skip


async def test_markup_in_the_page_sends_nothing_away(
    house: House, office: Office, elsewhere: PageServer
) -> None:
    """A-037: no picture, style sheet, font or form tells another site that somebody looked."""
    with house.product.http() as client:
        policy = client.get("/").headers["content-security-policy"]
    everything = "".join(
        one.replace("URL", f"{elsewhere.origin}/{number}") for number, one in enumerate(FETCHERS)
    )
    context = await office.browser.new_context()
    context.set_default_timeout(60_000)

    async def most_were_asked_for() -> bool:
        return len(elsewhere.visits) > len(FETCHERS) // 2

    with page_server() as own:
        own.page = f"<!doctype html><link rel=icon href=data:,>{everything}".encode()
        for applied in (policy, ""):
            own.policy = applied
            page = await context.new_page()
            await page.goto(own.origin)
            with suppress(Error):
                await page.locator("input[type=submit]").click(timeout=500, no_wait_after=True)
            if applied:
                await asyncio.sleep(1)
                assert elsewhere.visits == []
            else:
                await until(most_were_asked_for, "what the policy prevents")
            await page.close()
    await context.close()


async def test_no_string_becomes_markup_in_the_running_desk(house: House, office: Office) -> None:
    """A-037: the sinks of the document refuse strings before any of it is parsed."""
    seat = await office.seat(AGENT)
    page = await office.browser.contexts[-1].new_page()  # its console may complain
    await page.goto(house.product.url("desk"))
    await expect(page.locator("nav[aria-label]").first).to_be_visible()
    refused = await page.evaluate(
        """(vectors) => {
          const place = document.body.appendChild(document.createElement("div"));
          const sinks = [
            (text) => { place.innerHTML = text; }, (text) => { place.outerHTML = text; },
            (text) => place.insertAdjacentHTML("beforeend", text),
            (text) => document.write(text),
            (text) => document.createRange().createContextualFragment(text),
            (text) => new DOMParser().parseFromString(text, "text/html"),
            (text) => { place.appendChild(document.createElement("iframe")).srcdoc = text; },
            (text) => { document.createElement("script").text = text; },
            (text) => { document.createElement("script").src = text; },
            (text) => place.setAttribute("onclick", text),
            (text) => new Worker(text),
          ];
          let passed = 0;
          for (const sink of sinks) for (const text of vectors)
            try { sink(text); passed += 1; } catch {}
          return [passed, place.children.length <= vectors.length, window.__ran === undefined];
        }""",
        [vector for vector in MARKUP if "<" in vector],
    )
    assert refused == [0, True, True]
    await seat.context.close()


async def test_answers_of_the_desk_are_no_scripts(
    house: House, office: Office, writer: Visitor
) -> None:
    """A-037, A-047: what people wrote cannot be loaded as the script the policy allows."""
    seat = await office.seat("admin@example.com")
    page = await seat.context.new_page()
    await page.goto(house.product.url("desk"))
    paths = [f"/conversations/{writer.conversation}{rest}" for rest in ("", "/transcript")]
    nonce = await page.evaluate("document.querySelector('script[nonce]').nonce")
    ends = await page.evaluate(
        """async ([paths, nonce]) => Promise.all(paths.map((path) => new Promise((done) => {
          const script = document.createElement("script");
          script.nonce = nonce; // even so
          script.onload = () => done("loaded"); script.onerror = () => done("refused");
          const make = Object.getOwnPropertyDescriptor(HTMLScriptElement.prototype, "src").set;
          try { make.call(script, path); document.body.append(script); } catch { done("refused"); }
        })))""",
        [[f"/api/v1{path}" for path in [*paths, "/me", "/audit"]], nonce],
    )
    assert set(ends) == {"refused"}
    assert await page.evaluate("window.__ran === undefined")
    for path in [*paths, "/me"]:
        scripted = (
            f"<script src=/api/v1{path}></script><script type=module src=/api/v1{path}></script>"
        )
        other = await inside(house, seat.context, scripted)
        assert not await ran(other)
        await other.close()
    await seat.context.close()


async def test_the_desk_is_shown_in_no_frame(
    house: House, office: Office, elsewhere: PageServer
) -> None:
    """A-019: neither the desk nor the widget's files; a page of one's own is the control."""
    desk, widget = house.product.url("desk"), house.product.url("widget")
    framed = [desk, f"{desk}/inbox", f"{desk}/sign-in", f"{desk}/set-up", f"{desk}/link/x"]
    framed += [f"{desk}/api/v1/me", f"{desk}/healthz", f"{widget}/widget.js"]
    tags = "".join(f"<iframe src={url}></iframe>" for url in framed)
    tags += f"<object data={desk}></object><embed src={desk}><iframe src=/own></iframe>"
    elsewhere.page = tags.encode()
    context = await office.browser.new_context()
    context.set_default_timeout(60_000)
    page = await context.new_page()
    await page.goto(elsewhere.origin)
    elsewhere.page = b"own"
    shown: dict[str, bool] = {}
    for frame in page.frames[1:]:
        shown[frame.url] = frame.url.startswith("http")
    ours = (house.product.url("desk"), house.product.url("widget"))
    assert not [url for url in shown if url.startswith(ours) and shown[url]]
    assert f"{elsewhere.origin}/own" in shown
    await context.close()


async def still(page: Page) -> str:
    """Return what the page says, without the clocks that go on by themselves."""
    return re.sub(r"(\d+:)+\d\d", "", await page.locator("body").inner_text())


async def test_other_windows_cannot_talk_to_the_desk(
    house: House, office: Office, elsewhere: PageServer
) -> None:
    """A-014: who opened it holds no handle to it, and it listens to nobody."""
    seat = await office.seat(AGENT)
    elsewhere.page = b"<button onclick=\"held = window.open(document.title, 'desk')\">go</button>"
    opener = await seat.context.new_page()
    await opener.goto(elsewhere.origin)
    await opener.evaluate(f"document.title = '{house.product.url('desk')}'")
    async with seat.context.expect_page() as coming:
        await opener.get_by_role("button").click()
    desk = await coming.value
    await expect(desk.locator("nav[aria-label]").first).to_be_visible()
    await expect(desk.get_by_role("button", name="Not ready")).to_be_visible()  # it is connected
    await expect(desk.get_by_role("button", name="Ring in this tab")).to_be_visible()
    assert await desk.evaluate("window.opener") is None
    await expect(desk.locator("[aria-busy=true]")).to_have_count(0)
    before = await at_rest(lambda: still(desk))
    assert await opener.evaluate(
        """(posts) => {
          const forms = [null, 1, "x", [], {}, { k: "state" }, { type: "welcome" }, { id: 1 }];
          for (let at = 0; at < posts; at += 1) held.postMessage(forms[at % forms.length], "*");
          return held.closed;
        }""",
        POSTS,
    )
    channel = await seat.context.new_cdp_session(desk)
    window = await channel.send("Runtime.evaluate", {"expression": "window"})
    about = {"objectId": window["result"]["objectId"]}
    listeners = await channel.send("DOMDebugger.getEventListeners", about)
    assert "message" not in {one["type"] for one in listeners["listeners"]}
    await becomes(lambda: still(desk), before)
    await seat.context.close()
