"""The story's end: a tenant of one's own, made by hand in the desk, and its first chat."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.floor import Floor, House, keep
from tests.widget.shop import PageServer, page_server

pytestmark = pytest.mark.browser

WORDS = "a long enough sentence"


@pytest.fixture
def own_site() -> Iterator[PageServer]:
    """The web server of somebody's own site."""
    with page_server() as server:
        yield server


async def add(page: Page, place: str, button: str, fields: dict[str, str]) -> None:
    """Add one thing on an administration page."""
    await page.get_by_role("link", name=place, exact=True).click()
    await expect(page.locator("h1", has_text=place)).to_be_visible()
    await page.get_by_role("button", name=button).click()
    drawer = page.get_by_role("dialog")
    for label, text in fields.items():
        await drawer.get_by_label(label).first.fill(text)


async def save(page: Page) -> None:
    """Save what is open in the drawer."""
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list in the drawer."""
    drawer = page.get_by_role("dialog")
    field = drawer.get_by_label(label).and_(drawer.locator("input:not([type=hidden])"))
    await field.first.focus()
    await page.keyboard.press("ArrowDown")
    await page.get_by_role("option", name=option).click()
    await page.keyboard.press("Tab")


async def set_up(floor: Floor) -> Page:
    """Follow the printed link and make the contact centre."""
    link = floor.product.wait_for_line(r"(http\S+/set-up#token=\S+)").group(1)
    _, page = await floor.stranger()
    await page.goto(link)
    await expect(page.get_by_label("Set-up token")).not_to_have_value("")
    await page.get_by_label("Name of the contact centre").fill("Harbour Bikes")
    await page.get_by_label("Your name").fill("Admin")
    await page.get_by_label("E-mail address").fill("admin@example.com")
    await page.get_by_label("New password").fill(WORDS)
    await keep(page, "fresh-1-set-up")
    await page.get_by_role("button", name="Create the contact centre").click()
    await expect(page.get_by_role("navigation", name="Main places")).to_be_visible()
    return page


async def set_up_queue(page: Page) -> None:
    """Publish the workshop's queue from its page."""
    await page.get_by_role("link", name="Queues", exact=True).click()
    await page.get_by_role("link", name="Add queue").click()
    await page.get_by_role("textbox", name="Name", exact=True).fill("Workshop")
    await page.get_by_role("textbox", name="Who may serve").fill("Gears >= 50")
    for label, option in (("Business hours", "Round the clock"), ("Dispositions", "Repaired")):
        field = page.get_by_label(label).and_(page.locator("main input:not([type=hidden])"))
        await field.first.focus()
        await page.keyboard.press("ArrowDown")
        await page.get_by_role("option", name=option).click()
        await page.keyboard.press("Escape")
    await keep(page, "fresh-3-queue")
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_text("Published, in force")).to_be_visible()


async def furnish(page: Page) -> None:
    """Skill, disposition, hours, queue, canned reply and route, all in the desk."""
    await page.get_by_role("link", name="Administration").click()
    await add(page, "Skills", "Add skill", {"Name": "Gears"})
    await save(page)
    await add(page, "Dispositions", "Add disposition", {"Name": "Repaired", "Code": "repaired"})
    await save(page)
    await add(page, "Business hours", "Add hours", {"Name": "Round the clock"})
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        await page.get_by_role("button", name=f"Add hours on {day}").click()
        await page.get_by_label(f"{day}, from").fill("0:00")
        await page.get_by_label(f"{day}, to").fill("24:00")
    await keep(page, "fresh-2-hours")
    await save(page)
    row = page.get_by_role("row").filter(has_text="Round the clock")
    await expect(row).to_contain_text("Open")
    await set_up_queue(page)
    await add(
        page,
        "Canned replies",
        "Add canned reply",
        {"Shortcut": "hi", "Title": "Greeting", "Text": "Hello {name}, {agent} of {site} here."},
    )
    await save(page)
    await add(page, "Routes", "Add route", {"Name": "All to the workshop", "Position": "1"})
    await choose(page, "Queue", "Workshop")
    await save(page)


async def embed(page: Page, server: PageServer) -> None:
    """Add the site, and put the snippet the desk shows on a page, under the policy it shows."""
    await add(page, "Sites", "Add site", {"Name": "Bike shop"})
    await page.get_by_role("dialog").get_by_label("Allowed origins").fill(server.origin)
    await page.keyboard.press("Enter")
    await save(page)
    await page.get_by_role("button", name="Change Bike shop").click()
    snippet = page.get_by_role("region", name="Snippet")
    await expect(snippet).to_contain_text("data-wecc-site")
    policy = await page.get_by_role("region", name="Content security policy").inner_text()
    shown = await snippet.inner_text()
    await keep(page, "fresh-4-embed")
    await page.keyboard.press("Escape")
    server.page = (
        '<!doctype html><html lang="en"><title>Bikes</title>'
        f"<body><h1>Bikes</h1>{shown}</body></html>"
    ).encode()
    own = "default-src 'none'; base-uri 'none'; "
    server.policy = own + "; ".join(line.strip().rstrip(";") for line in policy.splitlines())


async def invite(floor: Floor, page: Page) -> Page:
    """Invite an agent; the link is opened in a browser profile of their own."""
    await page.get_by_role("link", name="Users", exact=True).click()
    await page.get_by_role("button", name="Invite").click()
    drawer = page.get_by_role("dialog")
    await drawer.get_by_label("Name").fill("Mika")
    await drawer.get_by_label("E-mail address").fill("mika@example.com")
    await drawer.get_by_role("button", name="Make the link").click()
    link = await drawer.get_by_role("region", name="Invitation link").inner_text()
    await keep(page, "fresh-5-invitation")
    await drawer.get_by_role("button", name="Done").click()
    _, other = await floor.stranger()
    await other.goto(link.strip())
    await other.get_by_label("New password").fill("another long sentence")
    await keep(other, "fresh-6-password")
    await other.get_by_role("button", name="Join").click()
    await expect(other.get_by_role("navigation", name="Main places")).to_be_visible()
    return other


async def test_a_tenant_of_ones_own(fresh_floor: Floor, fresh: House, own_site: PageServer) -> None:
    page = await set_up(fresh_floor)
    await furnish(page)
    await embed(page, own_site)
    mika = await invite(fresh_floor, page)
    await page.get_by_role("link", name="Agents", exact=True).click()
    await page.get_by_role("button", name="Change Mika").click()
    await page.get_by_role("dialog").get_by_role("button", name="Add skill").click()
    await save(page)
    await expect(page.get_by_role("row").filter(has_text="Mika")).to_contain_text("Workshop")
    await keep(page, "fresh-7-agents")

    agent = fresh_floor.desk(mika.context, mika)
    await agent.go_ready()
    context = await fresh_floor.street.new_context(locale="en-GB")
    visitor = await fresh_floor.tab(context, "/", own_site.origin)
    await visitor.open()
    await visitor.root.locator("form.home textarea").fill("My gears slip")
    await visitor.root.locator("form.home button.go").click()
    await agent.accept("Chat from")
    await expect(agent.messages.first).to_contain_text("My gears slip")
    await agent.editor.click()
    await mika.keyboard.type("/hi")
    await expect(mika.get_by_role("option", name="/hi Greeting")).to_be_visible()
    await mika.keyboard.press("Enter")
    await expect(agent.editor).to_have_value(re.compile("Mika of Bike shop here"))
    await mika.keyboard.press("Enter")
    await expect(visitor.text("Mika of Bike shop here.")).to_be_visible()
    await visitor.say("Thanks!")
    await expect(agent.messages.last).to_contain_text("Thanks!")
    await keep(visitor.page, "fresh-8-visitor")
    await agent.picture("fresh-8-desk")
    await agent.end()
    await agent.wrap_up("Repaired")
    await page.get_by_role("link", name="Audit").click()
    await expect(page.get_by_role("table")).to_contain_text("Admin")
    await keep(page, "fresh-9-audit")
