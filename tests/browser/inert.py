"""What tells that text has become more than text: a script that ran, an element, a request."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page, Request

from tests.patience import at_rest

# An element only a vector would make, an attribute only a vector would set, an odd address.
FIND = """(() => {
  const roots = [document];
  for (const root of roots)
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) roots.push(one.shadowRoot);
  const made = `iframe, object, embed, portal, base, frameset, marquee, math, image, x, xmp,
    noembed, plaintext, foreignObject, animate, set, animateTransform, mglyph, [srcdoc],
    [formaction], [ping], meta[http-equiv], link[rel=import], svg script, svg style, svg a,
    area, img[src=x], [autofocus], [v-html], [ng-app], [x-init], [hx-get], [data-bind]`;
  const known = /^(https?:|blob:http|mailto:|data:(image\\/(png|gif|svg)|audio|,))/i;
  const odd = (one) => {
    if (one.matches(made)) return true;
    for (const { name, value } of one.attributes) {
      if (/^on/i.test(name)) return true;
      if (name === "style" && /__ran|z-index:99999/.test(value)) return true;
      if (!/^(href|src|action|data|xlink:href|poster|background)$/i.test(name)) continue;
      const full = URL.canParse(value, document.baseURI) ? new URL(value, document.baseURI) : null;
      if (!full || !known.test(full.href)) return true;
      if (one.localName === "a" && full.protocol === "data:") return true;
    }
    if (one.localName === "script") return /__ran/.test(one.textContent);
    if (one.localName === "style") return /__ran|display:none!important\\}$/.test(one.textContent);
    return false;
  };
  const found = roots.flatMap((root) => [...root.querySelectorAll("*")].filter(odd));
  return found.map((one) => one.outerHTML.slice(0, 160));
})()"""


async def stayed_text(page: Page) -> None:
    """Nothing ran, and nothing of a vector became an element or a dangerous link."""
    ran, found = await page.evaluate(f"[window.__ran !== undefined, {FIND}]")
    assert not ran
    assert found == []


class Witness:
    """Hears of every dialog, and of every request to somewhere else, in some browser profiles."""

    def __init__(self, *hosts: str) -> None:
        self._hosts = hosts
        self.heard: list[str] = []

    def watch(self, *contexts: BrowserContext) -> None:
        """Listen to all pages of these profiles, also to later ones."""
        for context in contexts:
            context.on("request", self._request)
            context.on("dialog", lambda dialog: self.heard.append(f"dialog {dialog.message}"))

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in self._hosts:
            self.heard.append(f"request {request.url[:200]}")


CONTROL = """async (vectors) => {
  const frames = vectors.map((vector) => {
    const frame = document.createElement("iframe");
    frame.srcdoc = "<!doctype html>" + vector;
    document.body.append(frame);
    return frame;
  });
  await new Promise((done) => setTimeout(done, 50));
  return frames.length;
}"""
SEEN = """(find) => [...document.querySelectorAll("iframe")].map((frame) => {
  try {
    const inside = frame.contentWindow;
    return [inside.__ran === 1, inside.eval(find).length > 0];
  } catch {
    return [true, true]; // it led its frame away
  }
})"""


async def control(page: Page, vectors: Iterable[str]) -> list[tuple[bool, bool]]:
    """For each vector as markup without any policy: whether it ran, and whether it is seen."""
    await page.evaluate(CONTROL, list(vectors))
    return [(bool(ran), bool(seen)) for ran, seen in await at_rest(lambda: seen_in(page))]


async def seen_in(page: Page) -> list[list[bool]]:
    """What each frame of the control shows now."""
    found: list[list[bool]] = await page.evaluate(SEEN, FIND)
    return found
