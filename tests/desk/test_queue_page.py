"""A queue set up from its page alone, and real work that goes by it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.conftest import require
from tests.desk.conftest import ADMIN, BUILT, ORIGIN, House
from tests.desk.person import Office, Seat
from tests.live.product import Staff, product
from tests.live.sockets import Agent, Frame, Visitor
from tests.widget.shop import CHROMIUM

pytestmark = pytest.mark.browser

STEP_S = 4
ANSWERED = 33
LIMITS = {"WECC_LIMITS__CONVERSATIONS_PER_HOUR": "1000"}
WEEK = [{"weekday": day, "from_minute": 0, "to_minute": 1440} for day in range(7)]


def teach(admin: Staff, person: Staff, skills: dict[str, int]) -> None:
    """Give an agent these skills, and every queue there is."""
    queue_ids = [queue["id"] for queue in admin.call("GET", "/queues")]
    profile = {
        "skills": skills,
        "queue_ids": queue_ids,
        "capacity": {"chat": 3, "call": 1, "message": 3},
    }
    admin.call("PUT", f"/agents/{person.me['user']['id']}", profile)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A contact centre with two agents of different skill, hours, and no queue of its own yet."""
    require(BUILT.exists(), "the built desk (`npm run build -w web`)")
    require(Path(CHROMIUM).exists(), "Chromium")
    folder = tmp_path_factory.mktemp("queue") / "data"
    folder.mkdir()
    with product(folder, **LIMITS) as running:
        admin = running.set_up()
        site = admin.add_site(ORIGIN, languages=["en"])
        spanish = admin.call("POST", "/skills", {"name": "Spanish"})["id"]
        admin.call("POST", "/skills", {"name": "Bike fitting"})
        fluent = admin.add_agent("Amara", "amara@example.com")
        some = admin.add_agent("Bela", "bela@example.com")
        teach(admin, fluent, {spanish: 80})
        teach(admin, some, {spanish: 30})
        hours = {"name": "Round the clock", "time_zone": "UTC", "windows": WEEK}
        admin.call("POST", "/hours", hours)
        admin.call("POST", "/hours", {**hours, "name": "Never", "windows": []})
        yield House(running, admin, some, site, admin.call("GET", "/queues")[0])


def field(page: Page, group: str, label: str) -> Locator:
    """A field of one of the parts of the page."""
    return page.get_by_role("group", name=group).get_by_label(label, exact=True)


def step(page: Page, number: int) -> Locator:
    """One of the steps."""
    return page.get_by_role("listitem", name=f"Step {number}", exact=True)


async def pick(page: Page, at: Locator, option: str) -> None:
    """Choose from a list."""
    await at.click()
    await page.get_by_role("option", name=option, exact=True).click()


async def publish(page: Page, note: str = "") -> None:
    """Publish with a note, and see that it is in force."""
    if note:
        await page.get_by_role("textbox", name="What this version changes").fill(note)
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_text("Published, in force")).to_be_visible()


async def compose(seat: Seat) -> None:
    """Fill a new queue's page: two steps, hours, overflow."""
    page = seat.page
    await page.get_by_role("textbox", name="Name", exact=True).fill("Ventas")
    await pick(page, page.get_by_role("combobox", name="Business hours"), "Round the clock")
    agents = page.get_by_role("combobox", name="Agents of this queue")
    await expect(agents).to_be_visible()
    first = step(page, 1)
    who = first.get_by_label("Who may serve")
    await who.press_sequentially("Spa")
    await expect(page.get_by_role("option", name="Spanish")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(who).to_have_value("Spanish ")
    await who.press_sequentially(">= 60 AND fly")
    wrong = first.get_by_role("alert")
    await expect(wrong).to_contain_text("Character 19: there is no skill of this name")
    await expect(wrong.locator("mark")).to_have_text("f")
    await seat.picture("queue-page-mistake")
    await who.fill("Spanish >= 60")
    await expect(first).to_contain_text("Agents who match: 1, ready now: 0. Amara")
    await page.get_by_role("button", name="Add a step").click()
    await first.get_by_label("The next step begins after").fill(str(STEP_S))
    second = step(page, 2)
    await second.get_by_label("Who may serve").fill("Spanish")
    await expect(second).to_contain_text("Agents who match: 2, ready now: 0. Amara, Bela")
    story = page.get_by_role("figure")
    await expect(story).to_contain_text("For the first 0:04: agents with Spanish >= 60")
    await expect(story).to_contain_text("After 0:04: agents with Spanish")
    await page.get_by_role("button", name="Add a rule").click()
    rule = page.get_by_role("listitem", name="Overflow rule 1")
    await pick(page, rule.get_by_role("combobox", name="When"), "The queue is closed")
    await pick(page, rule.get_by_role("combobox", name="Then"), "Leave a message")
    await field(page, "Chat", "Rings for").fill("60")
    await pick(page, field(page, "Chat", "Wrap-up"), "None")


async def test_a_two_step_queue_is_set_up_and_work_goes_by_it(house: House, office: Office) -> None:
    seat = await office.seat(ADMIN, viewport={"width": 1440, "height": 900})
    page = seat.page
    await seat.open("/admin/queues")
    await page.get_by_role("link", name="Add queue").click()
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_text("Give the queue a name.").first).to_be_visible()
    await compose(seat)
    assert await seat.faults() == []
    await seat.picture("queue-page-new")
    await publish(page, "Two steps for Spanish")
    await expect(page).to_have_url(re.compile("/admin/queues/qu_"))
    await expect(page.get_by_text("Version 1", exact=True).first).to_be_visible()
    await expect(page.get_by_text("Two steps for Spanish")).to_be_visible()
    made = page.url.rpartition("/")[2]
    queue = next(one for one in house.admin.call("GET", "/queues") if one["id"] == made)
    assert [one["expression"] for one in queue["steps"]] == ["Spanish >= 60", "Spanish"]
    assert queue["overflow"] == [{"when": "closed", "limit": 0, "to_queue_id": None}]

    house.admin.call("POST", "/routes", {"name": "Ventas", "position": 1, "queue_id": made})
    await the_second_step_gets_it(house)
    await closed_and_open_again(seat, house)


async def the_second_step_gets_it(house: House) -> None:
    """Only the agent of the second step is there: the offer comes when the demand relaxes."""
    agent, visitor = Agent(house.product, house.agent), house.visitor()
    await agent.hello()
    await agent.ready()
    await visitor.hello()
    clock = asyncio.get_running_loop()
    since_s = clock.time()
    await visitor.start("Hola")
    taken = (await agent.accept(visitor.conversation))["interaction"]["id"]
    assert clock.time() - since_s > STEP_S - 0.5, "the first step is not for Bela"
    await agent.post(visitor.conversation, "Buenas")
    await visitor.wait(
        lambda f: f["type"] == "message.new" and f["message"]["text"] == "Buenas", 30
    )
    await agent.must({"type": "interaction.end", "interaction_id": taken})
    await visitor.close()
    await agent.close()


async def availability(house: House) -> Any:
    """What somebody who opens the widget now is told."""
    visitor: Visitor = house.visitor()
    welcome: Frame = await visitor.hello()
    await visitor.close()
    return welcome["availability"]


async def closed_and_open_again(seat: Seat, house: House) -> None:
    """Hours that are never open, published; then the first version is brought back."""
    page = seat.page
    await pick(page, page.get_by_role("combobox", name="Business hours"), "Never")
    changes = page.get_by_role("complementary", name="Changes and versions")
    await expect(changes).to_contain_text("Business hours: Round the clock → Never")
    await page.get_by_role("link", name="Skills", exact=True).click()
    dialog = page.get_by_role("dialog", name="Leave without publishing?")
    await dialog.get_by_role("button", name="Stay").click()
    await expect(dialog).to_have_count(0)
    await publish(page, "Closed for the move")
    visitor = house.visitor()
    await visitor.hello()
    await visitor.start("Anybody there?")
    await visitor.wait(
        lambda f: f["type"] == "message.new" and f["message"]["code"] == "left_message", 30
    )
    await visitor.close()
    await seat.picture("queue-page-versions")
    await page.get_by_role("button", name="Bring version 1 back").click()
    asked = page.get_by_role("dialog", name="Bring version 1 back?")
    await expect(asked).to_contain_text("Business hours: Never → Round the clock")
    assert await seat.faults() == []
    await seat.picture("queue-page-roll-back")
    await asked.get_by_role("button", name="Bring it back").click()
    await expect(asked).to_have_count(0)
    await expect(page.get_by_role("combobox", name="Business hours")).to_have_value(
        "Round the clock"
    )
    await expect(changes).to_contain_text("Brings version 1 back")
    await page.get_by_role("button", name="Try it").click()
    await expect(page.get_by_text("Not enough recorded work")).to_be_visible(timeout=60_000)
    await seat.picture("queue-page-try")


FACES = [("light", 1024, "en"), ("dark", 390, "en"), ("light", 390, "zh")]


@pytest.mark.parametrize(("scheme", "width", "language"), FACES)
async def test_the_page_in_every_face(
    house: House, office: Office, scheme: str, width: int, language: str
) -> None:
    steps = [
        {"expression": "Spanish >= 60 AND NOT Spanish > 90", "after_s": 45},
        {"expression": "Spanish", "preferred": "Spanish >= 50", "after_s": 30, "priority": 2},
        {"skip_if": "none", "drops_own": True},
    ]
    body = {"name": f"Rich {scheme} {language}", "steps": steps}
    body["overflow"] = [{"when": "wait", "limit": 60}, {"when": "nobody_on_duty"}]
    queue = house.admin.call("POST", "/queues", body)
    seat = await office.seat(ADMIN, color_scheme=scheme, viewport={"width": width, "height": 900})
    if language == "zh":
        await seat.page.evaluate("localStorage.setItem('wecc.language', 'zh')")
    await seat.open(f"/admin/queues/{queue['id']}")
    await expect(seat.page.get_by_role("figure")).to_be_visible()
    await expect(seat.page.locator("[aria-busy=true]")).to_have_count(0)
    await expect(seat.page.locator("li li").first).to_be_visible()
    assert await seat.faults() == []
    await seat.fits()
    await seat.page.get_by_role("figure").scroll_into_view_if_needed()
    await seat.picture(f"queue-page-{scheme}-{width}-{language}-story")
    for number, part in enumerate(await seat.page.locator("h2[id^=part-]").all()):
        await part.scroll_into_view_if_needed()
        await part.evaluate("(head) => head.scrollIntoView()")
        await seat.picture(f"queue-page-{scheme}-{width}-{language}-{number}")


async def test_steps_are_moved_by_keyboard_and_the_page_asks_before_it_is_left(
    house: House, office: Office
) -> None:
    steps = [{"expression": "Spanish >= 60", "after_s": 45}, {"expression": "Spanish"}]
    queue = house.admin.call("POST", "/queues", {"name": "Moved", "steps": steps})
    seat = await office.seat(ADMIN)
    page = seat.page
    await seat.open(f"/admin/queues/{queue['id']}")
    await page.get_by_role("button", name="Move step 1 with the arrow keys").focus()
    await page.keyboard.press("ArrowDown")
    await expect(step(page, 1).get_by_label("Who may serve")).to_have_value("Spanish")
    await expect(page.get_by_role("button", name="Move step 2 with the arrow keys")).to_be_focused()
    await expect(page.get_by_text("Step 1 is now step 2.")).to_be_attached()
    handle = page.get_by_role("button", name="Move step 2 with the arrow keys")
    await handle.drag_to(step(page, 1).get_by_role("heading"))
    await expect(step(page, 1).get_by_label("Who may serve")).to_have_value("Spanish >= 60")
    await page.get_by_role("button", name="Remove step 2").click()
    await page.get_by_role("link", name="Skills", exact=True).click()
    dialog = page.get_by_role("dialog", name="Leave without publishing?")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="Leave and discard").click()
    await expect(page.locator("h1", has_text="Skills")).to_be_visible()
    await page.go_back()
    await expect(step(page, 2).get_by_label("Who may serve")).to_have_value("Spanish")


async def test_a_version_published_meanwhile_is_not_overwritten_unasked(
    house: House, office: Office
) -> None:
    queue = house.admin.call("POST", "/queues", {"name": "Twice"})
    seat = await office.seat(ADMIN)
    page = seat.page
    await seat.open(f"/admin/queues/{queue['id']}")
    await page.get_by_role("textbox", name="Name", exact=True).fill("Mine")
    body = {"name": "Theirs", "note": "quicker"}
    house.admin.call("PUT", f"/queues/{queue['id']}", body)
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_text("Somebody published version 2 meanwhile")).to_be_visible()
    await page.get_by_role("button", name="Discard changes").click()
    await expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("Theirs")
    await page.get_by_role("textbox", name="Name", exact=True).fill("General")
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_text("Another one has this name.").first).to_be_visible()


async def test_a_conversation_that_is_not_there_says_so_beside_it_too(
    house: House, office: Office
) -> None:
    seat = await office.seat(ADMIN, viewport={"width": 1440, "height": 900})
    await seat.open("/inbox/cv_0123456789abcdefgh")
    customer = seat.page.get_by_role("complementary", name="Customer")
    await expect(customer).to_contain_text("Nothing to show here")
    await expect(customer.locator("[aria-busy=true]")).to_have_count(0)


async def served(house: House) -> str:
    """A queue that has answered so many chats; its id."""
    queue_id: str = house.admin.call("POST", "/queues", {"name": "Busy"})["id"]
    site = house.admin.add_site("https://busy.example.com", languages=["en"])
    route = {"name": "Busy", "position": 0, "queue_id": queue_id, "site_id": site["id"]}
    house.admin.call("POST", "/routes", route)
    profile = {"queue_ids": [queue_id], "capacity": {"chat": 1, "call": 1, "message": 1}}
    house.admin.call("PUT", f"/agents/{house.agent.me['user']['id']}", profile)
    agent = Agent(house.product, house.agent)
    await agent.hello()
    await agent.ready()
    for number in range(ANSWERED):
        visitor = Visitor(house.product, site)
        await visitor.hello()
        await visitor.start(f"Question {number}")
        taken = (await agent.accept(visitor.conversation))["interaction"]["id"]
        await agent.must({"type": "interaction.end", "interaction_id": taken})
        await agent.must({"type": "interaction.wrap_up", "interaction_id": taken})
        await visitor.close()
    await agent.close()
    return queue_id


async def test_a_change_is_tried_on_recorded_work(house: House, office: Office) -> None:
    queue_id = await served(house)
    seat = await office.seat(ADMIN, viewport={"width": 1440, "height": 900})
    page = seat.page
    await seat.open(f"/admin/queues/{queue_id}")
    await field(page, "Chat", "Answered within").fill("20")
    await page.get_by_role("button", name="Try it").click()
    table = page.get_by_role("table")
    await expect(table).to_be_visible(timeout=150_000)
    await expect(table).to_contain_text("Answered within the target")
    row = table.get_by_role("row", name=re.compile("^Answered [0-9]"))
    await expect(row.get_by_role("cell").first).to_have_text(str(ANSWERED))
    await expect(table).to_contain_text("Occupancy of agents")
    await page.get_by_role("heading", name="Try on recorded work").evaluate(
        "(head) => head.scrollIntoView()"
    )
    assert await seat.faults() == []
    await seat.picture("queue-page-tried")
    await field(page, "Chat", "Answered within").fill("30")
    await expect(page.get_by_text("The page was changed since.")).to_be_visible()


async def test_a_supervisor_sets_up_queues_and_removes_none(house: House, office: Office) -> None:
    house.admin.add_agent("Lea", "lea@example.com", role="supervisor")
    queue = house.admin.call("POST", "/queues", {"name": "Leas"})
    seat = await office.seat("lea@example.com")
    page = seat.page
    await seat.open("/admin/queues")
    await expect(page.get_by_role("link", name="Leas", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Remove Leas")).to_have_count(0)
    await page.get_by_role("link", name="Leas", exact=True).click()
    await page.get_by_role("radio", name="Best skilled").check()
    await publish(page)
    found = next(one for one in house.admin.call("GET", "/queues") if one["id"] == queue["id"])
    assert (found["order"], found["version"]) == ("best_skill", 2)
