"""What the gateway asks of the semantic pipeline, and what it gets back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class AnalysisRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Text to analyse (redacted, at most 8,000 characters) and the languages to choose from.

    ``previous_language`` is the conversation's language so far: a short "ok" keeps it.
    """

    text: str
    languages: Sequence[str]
    previous_language: str = ""
    hint: str = ""


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """The result. ``language`` is a BCP 47 primary tag or empty when unknown.

    ``confidence`` is 0 to 1; ``degraded`` says the pipeline did not answer in time.
    """

    language: str
    confidence: float
    reason: str
    degraded: bool = False


class Analyser(Protocol):
    """The pipeline behind a budget: it answers in time or says ``degraded``; never raises."""

    async def analyse(self, request: AnalysisRequest, budget_ms: int) -> Analysis:
        """Return what is understood of ``request`` within ``budget_ms``."""
        ...

    async def close(self) -> None:
        """End the processes behind it; what still runs answers ``degraded``."""
        ...
