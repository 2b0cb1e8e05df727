"""A-025, A-026, A-032, A-036: what people write stays text, in every field and on every screen.

The tenant of these tests holds vectors wherever a person or a browser can put words. The screens
are opened one after the other, and nothing may run, become an element, ask for an address or
trouble the policy. A control shows that the same vectors do run where nothing guards them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Page, expect

from gateway.kernel import text
from tests.browser.conftest import browsers, present
from tests.browser.floor import LIMIT_MS, Desk, Floor, House
from tests.browser.hostile import LIMITS, NAMES, TITLES, Tenant, furnish
from tests.browser.inert import Witness, control, stayed_text
from tests.browser.vectors import MARKUP, TEXT, VECTORS
from tests.live.product import PASSWORD, product
from tests.patience import until
from tests.widget.shop import PageServer, Widget, page_server

pytestmark = pytest.mark.browser

ADMINISTRATION = (
    "users", "agents", "skills", "queues", "routes", "hours", "dispositions", "canned", "sites",
    "api-keys",
)  # fmt: skip
SHOWN = re.compile("__ran")


@pytest.fixture(scope="module")
def pages() -> Iterator[PageServer]:
    """The web server of the site that embeds the widget."""
    with page_server() as server:
        yield server


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory, pages: PageServer) -> Iterator[Tenant]:
    """The product with the hostile tenant."""
    present()
    folder = tmp_path_factory.mktemp("everywhere") / "data"
    folder.mkdir()
    with product(folder, **LIMITS) as running:
        yield furnish(running, pages.origin)


@pytest.fixture
async def floor(tenant: Tenant, request: pytest.FixtureRequest) -> AsyncIterator[Floor]:
    """Visitors' and agents' browsers."""
    async for opened in browsers(House(tenant.product), request.node):
        yield opened
    await tenant.hang_up()


@pytest.fixture
def witness() -> Iterator[Witness]:
    """Hears what goes elsewhere; at the end it has heard nothing."""
    one = Witness("desk.localhost", "widget.localhost", "files.localhost", "page.localhost")
    yield one
    assert one.heard == []


async def sit(floor: Floor, witness: Witness, email: str) -> Desk:
    """Sign somebody in with their password."""
    context, page = await floor.stranger()
    witness.watch(context)
    await page.goto(floor.product.url("desk"))
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("nav[aria-label]").first).to_be_visible()
    return floor.desk(context, page)


def test_the_corpus_is_wide_and_its_own() -> None:
    assert len(VECTORS) == len(MARKUP) + len(TEXT) >= 200


async def test_the_control_runs(floor: Floor) -> None:
    """Without escaping and without a policy the vectors do run, and the check sees every one."""
    page = await (await floor.street.new_context()).new_page()
    await page.goto("about:blank")
    seen = await control(page, MARKUP)
    assert [
        vector for vector, (ran, found) in zip(MARKUP, seen, strict=True) if not ran | found
    ] == []
    assert sum(ran for ran, _ in seen) > 50


async def shown_messages(desk: Desk, newest: str) -> dict[str, str]:
    """Scroll from the end of the thread to its beginning; texts by message id, as shown."""
    found: dict[str, str] = {}
    await expect(desk.page.locator(f'article[data-message="{newest}"]')).to_be_visible()
    log = desk.page.get_by_role("log")
    texts = (
        "all => all.map(one => [one.dataset.message, one.querySelector('[dir=auto]').innerText])"
    )
    end_s = asyncio.get_running_loop().time() + 90
    while len(found) < len(VECTORS):
        assert asyncio.get_running_loop().time() < end_s, f"{len(found)} of {len(VECTORS)} came"
        await stayed_text(desk.page)
        found |= dict(await desk.page.locator("article[data-message]").evaluate_all(texts))
        await log.evaluate("one => one.scrollBy(0, -Math.min(one.clientHeight, one.scrollTop))")
        await asyncio.sleep(0.05)
    return found


async def test_every_vector_as_a_message(floor: Floor, tenant: Tenant, witness: Witness) -> None:
    """Each alone, in the thread, the list, the palette, the transcript and the store."""
    desk = await sit(floor, witness, tenant.agent.me["user"]["email"])
    await desk.go_ready()
    writer = await tenant.writer(0)
    await expect(desk.offers).to_have_count(1)
    await stayed_text(desk.page)
    await desk.page.keyboard.press("Control+Shift+KeyA")
    await expect(desk.messages).to_have_count(1)
    for vector in VECTORS[1:]:
        await writer.post(vector)
    stored = {item["id"]: item for item in await writer.ask_history(writer.conversation)}
    texts = [item["text"] for item in stored.values() if item["kind"] == "text"]
    assert texts == [text.clean(vector) for vector in VECTORS]
    newest = [id_ for id_, item in stored.items() if item["kind"] == "text"][-1]
    for id_, shown in (await shown_messages(desk, newest)).items():
        words = [part.split() for part in (shown, stored[id_]["text"])]
        assert words[0] == words[1]
    await stayed_text(desk.page)
    path = f"/api/v1/conversations/{writer.conversation}/transcript"
    markup = await asyncio.to_thread(lambda: tenant.agent.client.get(path).text)
    saved = await (await floor.street.new_context()).new_page()
    witness.watch(saved.context)
    bare = re.sub("<meta http-equiv[^>]*>", "", markup)  # without its policy: escaping alone
    assert bare != markup
    await saved.set_content(bare)
    await expect(saved.locator("article p")).to_have_count(len(VECTORS))
    await stayed_text(saved)
    await desk.end()
    await expect(desk.page.get_by_role("region", name="Wrap-up")).to_be_visible()
    await desk.page.keyboard.press("ArrowDown")
    await expect(desk.page.get_by_role("option").first).to_be_visible()
    await stayed_text(desk.page)
    await desk.page.keyboard.press("Escape")
    await desk.page.get_by_role("button", name="Done").click()
    await desk.rest()


async def customer(desk: Desk, conversation: str) -> None:
    """Open a conversation and look at everything known about who wrote."""
    await desk.open(f"/inbox/{conversation}")
    pane = desk.page.get_by_role("complementary", name="Customer")
    await expect(pane).to_contain_text(SHOWN)
    await expect(desk.page.get_by_role("log")).to_contain_text(SHOWN)
    await stayed_text(desk.page)


async def test_the_desk_of_an_agent(floor: Floor, tenant: Tenant, witness: Witness) -> None:
    """Offers, lists, the customer's pane, transfer, canned replies, search and palette."""
    desk = await sit(floor, witness, tenant.agent.me["user"]["email"])
    page = desk.page
    writers = [await tenant.writer(place) for place in range(1, 9)]
    await tenant.writer(31, "message")
    await tenant.attach(writers[0], VECTORS[1] + ".txt")
    for view in ("Queue", "All"):
        await page.get_by_role("tab", name=re.compile(view)).click()
        await expect(page.get_by_role("list", name=view, exact=True)).to_contain_text(SHOWN)
        await stayed_text(page)
    for word in ("<img", "onerror=window.__ran", VECTORS[0]):
        await page.get_by_role("searchbox").fill(word)
        await asyncio.sleep(0.4)
        await stayed_text(page)
    await page.get_by_role("searchbox").fill("")
    await customer(desk, writers[0].conversation)
    await page.get_by_role("button", name="Change").first.click()
    await stayed_text(page)

    await tenant.hand_over(writers[1], TITLES[0])
    await desk.go_ready()
    await expect(desk.offers.filter(has_text="Handed over")).to_have_count(1)
    await stayed_text(page)
    await page.keyboard.press("Control+Shift+KeyA")
    await expect(desk.editor).to_be_visible()
    await page.keyboard.press("Control+KeyK")
    await page.get_by_label("Type a command or a name").fill("<")
    await stayed_text(page)
    await page.keyboard.press("Escape")
    await _write(desk, tenant)


async def _write(desk: Desk, tenant: Tenant) -> None:
    """Canned replies and pasted markup into the editor, and the transfer dialog."""
    page = desk.page
    await desk.editor.click()
    await page.keyboard.type("/reply")
    await expect(page.get_by_role("option").first).to_be_visible()
    await stayed_text(page)
    await page.keyboard.press("Enter")
    await expect(desk.editor).to_have_value(SHOWN)
    await page.evaluate(
        """(html) => { const data = new DataTransfer();
        data.setData("text/html", html); data.setData("text/plain", html);
        document.activeElement.dispatchEvent(new ClipboardEvent("paste",
          { clipboardData: data, bubbles: true, cancelable: true })); }""",
        " ".join(MARKUP[:40]),
    )
    await stayed_text(page)
    await desk.editor.fill(NAMES[9])
    await page.keyboard.press("Enter")
    await expect(desk.messages.last).to_contain_text(NAMES[9].split()[0])
    await desk.outside()
    await page.keyboard.press("t")
    dialog = page.get_by_role("dialog", name="Transfer")
    await expect(dialog.get_by_role("radio").first).to_be_visible()
    await stayed_text(page)
    await dialog.get_by_role("tab", name="Agents").click()
    await expect(dialog).to_contain_text(SHOWN)
    await stayed_text(page)
    await page.keyboard.press("Escape")
    await desk.rest()


async def test_every_page_of_the_administration(
    floor: Floor, tenant: Tenant, witness: Witness
) -> None:
    """Lists, what opens from them, the live page, the audit, and one's own pages."""
    desk = await sit(floor, witness, "admin@example.com")
    page = desk.page
    closed = [await tenant.rated(place) for place in range(40, 44)]
    await desk.open("/inbox")
    await page.get_by_role("tab", name="Closed").click()
    await expect(page.get_by_role("list", name="Closed", exact=True)).to_contain_text(SHOWN)
    await stayed_text(page)
    for one in closed:
        await customer(desk, one.conversation)
    await tenant.writer(48)
    for place in ("live", "reports", "admin/audit", "me", "me/shortcuts"):
        await desk.open(f"/{place}")
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)
        await expect(page.locator("h1").first).to_be_attached()
        await stayed_text(page)
    for place in ADMINISTRATION:
        await desk.open(f"/admin/{place}")
        await expect(page.locator("main")).to_contain_text(SHOWN)
        await stayed_text(page)
        await _open(page)


async def _open(page: Page) -> None:
    """Look at what can be changed, and at the question before something is removed."""
    for button in ("Change", "Remove"):
        found = page.get_by_role("button", name=re.compile(f"^{button} "))
        if not await found.count():
            continue
        await found.first.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await stayed_text(page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_the_widget(
    floor: Floor, tenant: Tenant, witness: Witness, pages: PageServer
) -> None:
    """Launcher, form, thread, list, files and ending; every vector from an agent."""
    source = f"{floor.product.url('widget')}/widget.js"
    pages.page = (
        "<!doctype html><title>Shop</title><link rel=icon href=data:,><h1>Shop</h1>"
        f'<script type=module src="{source}" data-wecc-site="{tenant.site["key"]}"></script>'
    ).encode()
    context = await floor.street.new_context(locale="en-GB")
    witness.watch(context)
    context.set_default_timeout(LIMIT_MS)
    visitor = await floor.tab(context, origin=pages.origin)
    await stayed_text(visitor.page)
    await visitor.open()
    await expect(visitor.root.locator("form.home")).to_contain_text(SHOWN)
    await stayed_text(visitor.page)
    before = {one["interaction"]["id"] for one in tenant.colleague.call("GET", "/waiting")}
    await visitor.start(VECTORS[0])
    colleague = await tenant.colleague_desk()
    work = await tenant.waits(lambda one: one["interaction"]["id"] not in before)
    about = {"interaction_id": work["interaction"]["id"]}
    await colleague.must({"type": "interaction.take", **about})
    for vector in VECTORS:
        await colleague.post(work["conversation"]["id"], vector)
    await expect(visitor.root.locator(".m.them .b p")).to_have_count(len(VECTORS))
    await until(lambda: _linked(visitor), "the links")
    await stayed_text(visitor.page)
    await visitor.attach(f"{VECTORS[2]}.txt".replace("/", ""), "text/plain", b"hello")
    await expect(visitor.root.locator(".m.me").last).to_contain_text(".txt")
    await stayed_text(visitor.page)
    await colleague.must({"type": "interaction.end", **about})
    await colleague.must({"type": "interaction.wrap_up", **about})
    await expect(visitor.editor).to_have_count(0)
    await stayed_text(visitor.page)
    await visitor.menu("Earlier conversations")
    await expect(visitor.root.locator(".list")).to_contain_text(SHOWN)
    await stayed_text(visitor.page)


async def _linked(visitor: Widget) -> bool:
    links = visitor.root.locator(".b a")
    rel = await links.evaluate_all("all => all.map((one) => one.rel)")
    return bool(rel) and all(one == "noopener noreferrer nofollow" for one in rel)
