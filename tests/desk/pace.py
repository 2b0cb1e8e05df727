"""How much processor time the desk's main thread takes, as Chromium itself counts it.

Processor time, not time that passes: a busy machine makes everything slower, but not much dearer.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import CDPSession, Page

_PARTS = {"TaskDuration": "all_ms", "ScriptDuration": "script_ms", "LayoutDuration": "layout_ms"}
_PARTS |= {"RecalcStyleDuration": "style_ms"}


@dataclass(frozen=True)
class Pace:
    """Processor time of the main thread; ``heap_mb`` is what scripts hold now."""

    all_ms: float
    script_ms: float
    layout_ms: float
    style_ms: float
    heap_mb: float

    def since(self, before: Pace) -> Pace:
        """What was spent after ``before``."""
        return Pace(
            self.all_ms - before.all_ms,
            self.script_ms - before.script_ms,
            self.layout_ms - before.layout_ms,
            self.style_ms - before.style_ms,
            self.heap_mb,
        )

    def __str__(self) -> str:
        parts = (self.all_ms, self.script_ms, self.layout_ms, self.style_ms)
        named = zip(("all", "script", "layout", "style"), parts, strict=True)
        return " ".join(f"{name} {value:.0f} ms" for name, value in named) + (
            f" heap {self.heap_mb:.0f} MB"
        )


async def counting(page: Page) -> CDPSession:
    """Begin to count on a page."""
    channel = await page.context.new_cdp_session(page)
    await channel.send("Performance.enable", {"timeDomain": "threadTicks"})
    return channel


async def pace(channel: CDPSession) -> Pace:
    """What was spent since the page began to load."""
    answer = await channel.send("Performance.getMetrics")
    found = {each["name"]: each["value"] for each in answer["metrics"]}
    spent = {part: found[name] * 1_000 for name, part in _PARTS.items()}
    return Pace(**spent, heap_mb=found["JSHeapUsedSize"] / 1e6)
