"""A page whose person looks elsewhere, and the desktop notifications it makes meanwhile.

A driven Chromium keeps every page in front; the page is told otherwise. The notifications are
the browser's own, only listed.
"""

from __future__ import annotations

from playwright.async_api import Page

AWAY = """(() => {
  let away = false;
  const every = Document.prototype;
  Object.defineProperty(every, "visibilityState", { get: () => (away ? "hidden" : "visible") });
  Object.defineProperty(every, "hidden", { get: () => away });
  every.hasFocus = () => !away;
  window.lookAway = (on) => {
    away = on;
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event(on ? "blur" : "focus"));
  };
  const Own = window.Notification;
  window.notices = [];
  window.askedForNotices = 0;
  window.Notification = class extends Own {
    constructor(title, options) {
      super(title, options);
      this.isOpen = true;
      window.notices.push(this);
    }
    close() {
      this.isOpen = false;
      super.close();
    }
    static requestPermission() {
      window.askedForNotices += 1;
      return super.requestPermission();
    }
  };
})();"""


async def look_away(page: Page, away: bool = True) -> None:
    """Put another window before the page, or take it away again."""
    await page.evaluate("(on) => window.lookAway(on)", away)


async def notices(page: Page) -> list[str]:
    """The titles of the notifications on the desktop now."""
    titles: list[str] = await page.evaluate(
        "window.notices.filter((one) => one.isOpen).map((one) => one.title)"
    )
    return titles


async def click_notice(page: Page) -> None:
    """Click the newest notification: the browser brings the page to the front."""
    await page.evaluate(
        "() => { const last = window.notices.at(-1); window.lookAway(false);"
        " last.dispatchEvent(new Event('click')); }"
    )
