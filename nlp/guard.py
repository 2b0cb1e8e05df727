"""Bound what a text may cost before any tokenizer sees it.

spaCy's tokenizer is quadratic on runs of punctuation and on very long words (2,000 ``!`` take
0.4 s, 8,000 take 5.5 s). Capping the length, the runs and the word length keeps 8,000 hostile
characters under a few milliseconds.
"""

from __future__ import annotations

MAX_CHARS = 8_000
MAX_RUN = 6
MAX_WORD = 48


def guard(text: str) -> str:
    """Return ``text`` with bounded length, runs of one symbol and words; linear."""
    kept: list[str] = []
    previous, run, word = "", 0, 0
    for char in text[:MAX_CHARS]:
        run = run + 1 if char == previous else 1
        previous = char
        if run > MAX_RUN and not char.isalnum():
            continue
        word = 0 if char.isspace() else word + 1
        if word > MAX_WORD:
            kept.append(" ")
            word = 1
        kept.append(char)
    return "".join(kept)
