"""Names of files, as shown and as put into a header. A stored file is named by its id only."""

from __future__ import annotations

import re
from urllib.parse import quote

from gateway.kernel.text import clean_line, is_blank

MAX_CHARS = 120
_MAX_EXTENSION = 12
_BIDI = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_UNSAFE = re.compile(r'[<>:"|?*;%]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\..*)?", re.IGNORECASE)


def display_name(raw: str) -> str:
    """Return a name that is safe to show and to save: no path, no controls, not reserved."""
    name = clean_line(raw, field="name", max_chars=5_000)
    name = _BIDI.sub("", name).replace("\\", "/").rsplit("/", 1)[-1]
    name = _UNSAFE.sub("_", name).strip(" .")
    if is_blank(name):
        return "file"
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    return _shorten(name)


def extension(name: str) -> str:
    """Return the lower-case extension without its dot, or nothing."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem and len(last) <= _MAX_EXTENSION else ""


def content_disposition(name: str, kind: str = "attachment") -> str:
    """Return one header value in ASCII (RFC 6266, RFC 8187)."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name) or "file"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _shorten(name: str) -> str:
    if len(name) <= MAX_CHARS:
        return name
    last = extension(name)
    keep = MAX_CHARS - len(last) - 2
    return f"{name[:keep]}….{last}" if last else f"{name[: MAX_CHARS - 1]}…"
