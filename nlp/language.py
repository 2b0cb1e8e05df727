"""Which language a text is in.

Scripts decide first and cost nothing: Han, kana, Hangul, Arabic, Hebrew, Cyrillic, Greek, Thai
and Devanagari name (or narrow down) the language. Latin text goes to lingua, restricted to the
languages the tenant serves, which is what makes short texts decidable. A text too short to tell
keeps the conversation's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from lingua import (
    ConfidenceValue,
    IsoCode639_1,
    Language,
    LanguageDetector,
    LanguageDetectorBuilder,
)

from nlp.contract import Analysis, AnalysisRequest

_RANGES: tuple[tuple[int, int, str], ...] = (
    (0x0370, 0x03FF, "greek"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0590, 0x05FF, "hebrew"),
    (0x0600, 0x06FF, "arabic"),
    (0x0750, 0x077F, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0E00, 0x0E7F, "thai"),
    (0x1100, 0x11FF, "hangul"),
    (0x3040, 0x30FF, "kana"),
    (0x3400, 0x4DBF, "han"),
    (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "hangul"),
    (0xF900, 0xFAFF, "han"),
    (0x20000, 0x323AF, "han"),
)
_SCRIPT_LANGUAGES: dict[str, tuple[str, ...]] = {
    "greek": ("el",),
    "cyrillic": ("ru", "uk", "bg", "sr", "mk", "be", "kk", "mn"),
    "hebrew": ("he",),
    "arabic": ("ar", "fa", "ur"),
    "devanagari": ("hi", "mr"),
    "thai": ("th",),
    "hangul": ("ko",),
    "kana": ("ja",),
    "han": ("zh", "ja"),
}
MIN_LETTERS = 3
MIN_CONFIDENCE = 0.55


def _script_of(char: str) -> str | None:
    """Return the script name of a letter, ``latin`` for the rest, None for no letter."""
    code = ord(char)
    for low, high, name in _RANGES:
        if low <= code <= high:
            return name
    return "latin" if char.isalpha() else None


def scripts(text: str) -> dict[str, int]:
    """Count the letters of ``text`` per script."""
    counts: dict[str, int] = {}
    for char in text:
        name = _script_of(char)
        if name is not None:
            counts[name] = counts.get(name, 0) + 1
    return counts


@lru_cache(maxsize=64)
def _detector(codes: tuple[str, ...]) -> LanguageDetector | None:
    """Build lingua for the codes it knows; None when fewer than two remain."""
    languages: list[Language] = []
    for code in codes:
        try:
            languages.append(Language.from_iso_code_639_1(IsoCode639_1.from_str(code.upper())))
        except ValueError:
            continue
    if len(languages) < 2:
        return None
    return LanguageDetectorBuilder.from_languages(*languages).build()


def _primary(tags: Sequence[str]) -> tuple[str, ...]:
    """Reduce BCP 47 tags to unique primary subtags, in order."""
    return tuple(dict.fromkeys(tag.split("-")[0].lower() for tag in tags if tag))


def _by_script(counts: dict[str, int], allowed: tuple[str, ...]) -> Analysis | None:
    """Decide by script alone, where the script belongs to one language we may answer."""
    total = sum(counts.values())
    if counts.get("kana", 0) * 10 >= total:
        return Analysis(language="ja", confidence=0.99, reason="script:kana")
    script = max(counts, key=lambda name: counts[name] * (2 if name == "han" else 1))
    candidates = _SCRIPT_LANGUAGES.get(script)
    if candidates is None:
        return None
    served = [code for code in candidates if code in allowed]
    if len(served) > 1 and script != "han":
        return None
    language = served[0] if served and script != "han" else candidates[0]
    return Analysis(language=language, confidence=counts[script] / total, reason=f"script:{script}")


def detect(request: AnalysisRequest) -> Analysis:
    """Return the language of ``request.text``; empty when nothing speaks for any."""
    counts = scripts(request.text)
    fallback = request.previous_language or (_primary([request.hint]) or ("",))[0]
    if not counts:
        return Analysis(language=fallback, confidence=0.0, reason="no letters")
    allowed = _primary(request.languages)
    decided = _by_script(counts, allowed)
    if decided is not None:
        return decided
    if sum(counts.values()) < MIN_LETTERS:
        return Analysis(language=fallback, confidence=0.0, reason="too short")
    detector = _detector(allowed)
    if detector is None:
        return Analysis(language=allowed[0] if allowed else fallback, confidence=0.0, reason="only")
    best: ConfidenceValue = detector.compute_language_confidence_values(request.text)[0]
    if best.value < MIN_CONFIDENCE and fallback:
        return Analysis(language=fallback, confidence=best.value, reason="unsure: kept")
    code = best.language.iso_code_639_1.name.lower()
    return Analysis(language=code, confidence=best.value, reason="lingua")
