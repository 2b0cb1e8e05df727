"""The one normaliser for text that somebody else wrote.

Everything a person or a foreign system sends passes ``clean`` (or ``clean_line``) once, at the
door, before it is redacted, stored, analysed or shown. Nothing is ever cut in silence: what is
too long is refused with ``bad_text``. Every step is one pass over the text.

Normalisation is Unicode NFC (UAX #15) of a Stream-Safe text: after 30 non-starters a combining
grapheme joiner is put in, because canonical ordering of a longer run is quadratic. Bidirectional
marks, embeddings and isolates are kept in text, since right-to-left languages need them, and
screens isolate them; overrides are dropped, since they only make letters look like other words.
A single line stands among words of ours, so it keeps only the marks, which reach no further.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from dataclasses import dataclass

from gateway.kernel.errors import WeccError

MAX_CHARS = 20_000
MAX_BYTES = 65_536
GUARD_CHARS = 8_000
_GUARD_RUN = 6
_GUARD_WORD = 48
_STREAM_SAFE_RUN = 30
_JOINER = "\u034f"

_NEWLINES = re.compile("\r\n|[\r\x85\u2028\u2029]")
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffc\ufffe\uffff"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17))
    + "]"
)
_SPANS = re.compile("[\u202a-\u202c\u2066-\u2069]")
_LINE_SPACE = re.compile(r"[\s\u200b\u2060\ufeff]+")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MARKS = re.compile("[^\x00-\u02ff]")
_INVISIBLE = re.compile(
    "[\\s\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)


def clean(
    text: str, *, field: str = "text", max_chars: int = MAX_CHARS, required: bool = False
) -> str:
    """Return ``text`` in NFC, with line-feed newlines and without forbidden characters.

    Raises ``bad_text`` when it is longer than ``max_chars`` or ``MAX_BYTES`` (UTF-8), or, with
    ``required``, when nothing visible is left.
    """
    _check_length(len(text), 2 * max_chars, max_chars, field)
    text = _FORBIDDEN.sub("", _NEWLINES.sub("\n", text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", _stream_safe(text))
    _check_length(len(text) - text.count(_JOINER), max_chars, max_chars, field)
    if len(text) * 4 > MAX_BYTES and len(text.encode()) > MAX_BYTES:
        raise WeccError(
            "bad_text", f"`{field}` is over {MAX_BYTES} bytes in UTF-8; send less.", field=field
        )
    if required and is_blank(text):
        raise WeccError("bad_text", f"`{field}` is empty; write something.", field=field)
    return text


def clean_line(
    text: str, *, field: str = "name", max_chars: int = 120, required: bool = False
) -> str:
    """Return ``text`` cleaned, on one line, trimmed: for names, titles and form fields."""
    text = clean(_SPANS.sub("", text), field=field, max_chars=2 * max_chars)
    text = _LINE_SPACE.sub(" ", text).strip()
    _check_length(len(text), max_chars, max_chars, field)
    if required and is_blank(text):
        raise WeccError("bad_text", f"`{field}` is empty; write something.", field=field)
    return text


def is_blank(text: str) -> bool:
    """Tell whether nothing in ``text`` can be seen."""
    return not _INVISIBLE.sub("", text)


def needs_isolation(text: str) -> bool:
    """Tell whether ``text`` holds bidirectional controls, so that a screen must isolate it."""
    return _BIDI.search(text) is not None


@dataclass(frozen=True, slots=True)
class Guarded:
    """Text made harmless for analysers, with a way back to places in the original."""

    text: str
    offsets: array[int]
    shortened: bool

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Map the span ``start:end`` of ``text`` to the original."""
        if start >= end or start >= len(self.offsets):
            place = self.offsets[start] if start < len(self.offsets) else 0
            return place, place
        return self.offsets[start], self.offsets[min(end, len(self.offsets)) - 1] + 1


def guard(text: str) -> Guarded:
    """Cap length, runs of one symbol and word length: tokenisers are quadratic on those.

    At most 8,000 characters, 6 equal symbols in a row, and a space after 48 characters
    without one.
    """
    kept: list[str] = []
    offsets = array("I")
    run, word, last = 0, 0, ""
    for place, char in enumerate(text[:GUARD_CHARS]):
        run = run + 1 if char == last else 1
        last = char
        if run > _GUARD_RUN and not char.isalnum():
            continue
        word = 0 if char.isspace() else word + 1
        if word > _GUARD_WORD:
            kept.append(" ")
            offsets.append(place)
            word = 1
        kept.append(char)
        offsets.append(place)
    return Guarded("".join(kept), offsets, len(text) > GUARD_CHARS)


def _check_length(chars: int, limit: int, named: int, field: str) -> None:
    if chars > limit:
        raise WeccError(
            "bad_text", f"`{field}` is over {named} characters; shorten it.", field=field
        )


def _stream_safe(text: str) -> str:
    """Break runs of more than 30 non-starters (UAX #15 section 13)."""
    if _MARKS.search(text) is None:
        return text
    kept: list[str] = []
    run = 0
    for char in text:
        if char < "\u0300" or not unicodedata.combining(char):
            run = 0
        elif run == _STREAM_SAFE_RUN:
            kept.append(_JOINER)
            run = 1
        else:
            run += 1
        kept.append(char)
    return "".join(kept)
