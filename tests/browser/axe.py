"""What axe finds on a page (WCAG 2.2 A and AA, and good practice)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = 4
AGAIN_S = 0.5

# A colour on its way to another one has a contrast that nobody reads; what turns for ever is left.
STILL = """Promise.race([
  new Promise((go) => setTimeout(go, 3000)),
  (async () => {
    const ends = (one) => Number.isFinite(one.effect?.getComputedTiming().endTime);
    const moving = () => document.getAnimations().filter(
      (one) => one.playState === "running" && ends(one));
    for (let all = moving(); all.length; all = moving()) {
      await Promise.allSettled(all.map((one) => one.finished));
    }
  })(),
])"""


async def faults(page: Page, within: str = "document") -> list[str]:
    """Return what axe finds, run outside of the page's own policy, once the page stands still.

    What is gone a moment later was a page still on its way; what stays is a fault.
    """
    found = await _once(page, within)
    for _ in range(LOOKS - 1):
        if not found:
            break
        await asyncio.sleep(AGAIN_S)
        found = await _once(page, within)
    return found


async def _once(page: Page, within: str) -> list[str]:
    channel = await page.context.new_cdp_session(page)
    await channel.send("Runtime.evaluate", {"expression": AXE.read_text()})
    found = await channel.send(
        "Runtime.evaluate",
        {
            "expression": f"{STILL}.then(() => axe.run({within}, {{resultTypes: ['violations']}}))"
            ".then((result) => JSON.stringify(result.violations.map((rule) =>"
            " rule.id + ': ' + rule.nodes.map((node) => node.html.slice(0, 160)).join())))",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    await channel.detach()
    listed: list[str] = json.loads(found["result"]["value"])
    return listed
