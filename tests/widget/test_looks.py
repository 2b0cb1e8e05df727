"""Every screen in light and dark, in each language, on desktop and phone: axe finds nothing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.axe import faults
from tests.live.product import Product, Staff
from tests.live.sockets import Frame
from tests.widget.shop import Desk, PageServer, Shop, Widget

pytestmark = [pytest.mark.browser, pytest.mark.server]

LOOKS = [
    ("en", "light", "desktop"),
    ("en", "dark", "desktop"),
    ("zh", "dark", "phone"),
    ("ar", "light", "phone"),
    ("en", "light", "zoomed"),
    ("en", "light", "forced"),
    ("en", "dark", "forced"),
]
VIEWS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    # What a browser does to a page of 1280 x 800 at 200 %: half the CSS pixels, twice as dense.
    "zoomed": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
    "forced": {"viewport": {"width": 1280, "height": 800}, "forced_colors": "active"},
}


@pytest.fixture
def formed(house: tuple[Product, Staff, Staff], pages: PageServer, shop: Shop) -> Frame:
    """A site with every kind of field in its form."""
    kinds = ["text", "email", "tel", "choice", "long_text", "consent"]
    form = [
        {
            "name": kind,
            "label": {"en": kind, "zh": kind, "ar": kind},
            "kind": kind,
            "required": kind in ("text", "consent"),
            "options": ["One", "Two"] if kind == "choice" else [],
        }
        for kind in kinds
    ]
    shop.site = house[1].add_site(
        pages.origin, languages=["en", "zh", "ar"], form=form, title={"en": "Help"}
    )
    return shop.site


async def cut_off(widget: Widget) -> list[Any]:
    """Buttons and fields of the panel that reach over its edge to the side (WCAG 2.2, 1.4.10)."""
    found: list[Any] = await widget.root.evaluate(
        """root => [...root.shadowRoot.querySelectorAll(".panel :is(button, input, textarea)")]
        .filter(one => {
          const box = one.getBoundingClientRect();
          return box.width && (box.left < 0 || box.right > innerWidth);
        }).map(one => one.outerHTML)"""
    )
    send = widget.root.locator(".compose .go")
    if await send.count():
        await send.click(trial=True)  # nothing lies over it
    return found


async def fill(widget: Widget) -> None:
    """Fill the form as far as it is required."""
    await widget.root.locator("input[name=text]").fill("Kim")
    await widget.root.locator("input[name=consent]").check()
    await widget.root.locator("form.home textarea").last.fill("Hello")


@pytest.mark.usefixtures("formed")
@pytest.mark.parametrize(("language", "scheme", "view"), LOOKS)
async def test_every_screen(shop: Shop, desk: Desk, language: str, scheme: Any, view: str) -> None:
    shop.page(language=language)
    context = await shop.context(color_scheme=scheme, reduced_motion="reduce", **VIEWS[view])
    widget = await shop.visit(context)
    name = f"{language}-{scheme}-{view}"

    async def look(screen: str) -> None:
        await widget.picture(f"{name}-{screen}")
        assert await cut_off(widget) == [], screen
        assert await faults(widget.page, "{include: [['wecc-widget']]}") == [], screen

    await look("launcher")
    await widget.open()
    await widget.root.locator("form.home button.go").click()
    await expect(widget.root.locator(".err")).to_have_count(3)
    await look("form")
    if view == "phone":
        assert await widget.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    for box in await widget.root.locator("form.home :is(input, select, textarea)").all():
        size_px = await box.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
        assert size_px >= 16 or await box.get_attribute("type") == "checkbox"
    await fill(widget)
    await widget.root.locator("form.home button.go").click()
    await expect(widget.root.locator(".queue")).to_be_visible()
    await look("queue")
    conversation = await desk.take()
    await desk.post(conversation, "Good day. https://example.com/a")
    await expect(widget.root.locator(".b a")).to_be_visible()
    await look("chat")
    await widget.root.locator("header button[aria-expanded]").click()
    await expect(widget.root.locator(".menu")).to_be_visible()
    await look("menu")
    await widget.page.keyboard.press("Escape")
    await widget.root.locator(".tools button[aria-expanded]").click()
    await expect(widget.root.locator(".emoji")).to_be_visible()
    await look("emoji")
    await widget.page.keyboard.press("Escape")
    await widget.page.evaluate("wecc.startCall()")
    await expect(widget.root.locator(".call.live")).to_be_visible()
    await look("call")
    await widget.root.locator(".call .bad").click()
    await expect(widget.root.locator(".call.ended")).to_be_visible()
    await desk.finish()
    await expect(widget.root.locator(".stars")).to_be_visible()
    await widget.root.locator(".stars label").nth(2).click()
    await look("end")
    await widget.page.evaluate("wecc.close()")
    await expect(widget.launcher).to_be_visible()
    await expect(widget.launcher).to_be_focused()
