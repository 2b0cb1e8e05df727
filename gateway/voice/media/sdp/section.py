"""The lines of a session description, sorted into sections; every fault is a ``bad_sdp``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.kernel.errors import WeccError

SDP_MAX_BYTES = 65_536
LINE_MAX_CHARS = 2_000
LINES_MAX = 3_000
SECTIONS_MAX = 16
CANDIDATES_MAX = 32
FINGERPRINTS_MAX = 4
SOURCES_MAX = 16
EXTENSIONS_MAX = 32

DIRECTIONS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly"}
"""What we answer to what a browser offers; everything else is ``inactive``."""
TOKEN = re.compile(r"[A-Za-z0-9_.+/-]{1,40}")
_FINGERPRINT = re.compile(
    r"(?i:(sha-256|sha-384|sha-512)) ((?:[0-9A-Fa-f]{2}:){31,63}[0-9A-Fa-f]{2})"
)
_MEDIA = re.compile(
    r"m=([a-z]{1,16}) (\d{1,5})(?:/\d{1,5})? ([A-Z/]{1,30}) ([^\r\n]{1,600})", re.ASCII
)
_CANDIDATE = re.compile(
    r"(?:candidate:)?([A-Za-z0-9+/]{1,32}) (\d{1,3}) ([A-Za-z]{3,4}) (\d{1,10}) ([^ ]{1,255}) "
    r"(\d{1,5}) typ (host|srflx|prflx|relay)(?: .{0,400})?",
    re.ASCII,
)
_SOURCE = re.compile(r"(\d{1,10}) \S.*", re.ASCII)
_EXTENSION = re.compile(r"(\d{1,5})(?:/[a-z]{1,8})? (\S+)(?: .*)?", re.ASCII)


@dataclass(slots=True)
class Section:
    """One ``m=`` section as offered."""

    kind: str
    port: int
    profile: str
    formats: list[str]
    attributes: dict[str, str] = field(default_factory=dict)
    rtpmap: dict[int, tuple[str, str]] = field(default_factory=dict)
    fmtp: dict[int, str] = field(default_factory=dict)
    feedback: set[tuple[str, str]] = field(default_factory=set)
    """(payload type or ``*``, what) of every ``rtcp-fb``."""
    extensions: dict[str, int] = field(default_factory=dict)
    sources: list[int] = field(default_factory=list)
    fingerprints: list[tuple[str, str]] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)

    @property
    def mid(self) -> str:
        """Its name in the bundle, or nothing."""
        return self.attributes.get("mid", "")


@dataclass(frozen=True, slots=True)
class RemoteCandidate:
    """A candidate the browser named (RFC 8839 section 5.1)."""

    foundation: str
    component: int
    transport: str
    priority: int
    host: str
    port: int
    kind: str


def bad_sdp(why: str) -> WeccError:
    """Return the error for a session description that cannot be used."""
    return WeccError("bad_sdp", f"The sdp_offer could not be used: {why}.", field="sdp_offer")


def check_size(text: str) -> None:
    """Refuse what is too long, or is no Unicode text (lone surrogates)."""
    try:
        size_bytes = len(text.encode()) if len(text) <= SDP_MAX_BYTES else len(text)
    except UnicodeEncodeError:
        raise bad_sdp("it is not valid Unicode") from None
    if size_bytes > SDP_MAX_BYTES:
        raise bad_sdp(f"it is longer than {SDP_MAX_BYTES} bytes")


def read_candidate(text: str) -> RemoteCandidate | None:
    """Return a candidate, or None for one that is malformed or not for us (TCP, RTCP)."""
    match = _CANDIDATE.fullmatch(text.strip())
    if match is None:
        return None
    foundation, component, transport, priority, host, port, kind = match.groups()
    usable = component == "1" and transport.lower() == "udp" and 0 < int(port) < 65_536
    if not usable:
        return None
    return RemoteCandidate(foundation, 1, "udp", int(priority) & 0xFFFFFFFF, host, int(port), kind)


def read_sections(text: str) -> tuple[Section, list[Section]]:
    """Return what stands before the first section, and the sections."""
    check_size(text)
    lines = text.splitlines()
    if len(lines) > LINES_MAX or any(len(line) > LINE_MAX_CHARS for line in lines):
        raise bad_sdp("it has too many or too long lines")
    if not lines or lines[0].strip() != "v=0":
        raise bad_sdp("it does not begin with v=0")
    head = Section("head", 0, "", [])
    sections: list[Section] = []
    for line in lines:
        if line.startswith("m="):
            sections.append(_section(line))
            if len(sections) > SECTIONS_MAX:
                raise bad_sdp(f"it has more than {SECTIONS_MAX} media sections")
        elif line.startswith("a="):
            _attribute(sections[-1] if sections else head, line[2:])
    return head, sections


def number(text: str) -> int:
    """Read a payload type; raises ``ValueError``."""
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise ValueError("not a payload type")
    return int(text)


def _section(line: str) -> Section:
    match = _MEDIA.fullmatch(line.rstrip())
    if match is None:
        raise bad_sdp("a media section is malformed")
    kind, port, profile, formats = match.groups()
    names = formats.split()
    if not all(TOKEN.fullmatch(name) for name in names):
        raise bad_sdp("a media section is malformed")
    return Section(kind, int(port), profile, names)


def _attribute(section: Section, text: str) -> None:
    name, _, value = text.partition(":")
    if name in DIRECTIONS or name == "inactive":
        section.attributes["direction"] = name
    elif name in ("ice-ufrag", "ice-pwd", "setup", "mid", "rtcp-mux", "ice-lite"):
        _named(section, name, value.strip())
    elif name in _READERS:
        _READERS[name](section, value)


def _named(section: Section, name: str, value: str) -> None:
    if name == "mid" and not TOKEN.fullmatch(value):
        raise bad_sdp("a mid is malformed")
    section.attributes[name] = value


def _rtpmap(section: Section, value: str) -> None:
    place, _, codec = value.partition(" ")
    parts = codec.strip().split("/")
    section.rtpmap[number(place)] = (parts[0].lower(), parts[1])


def _fmtp(section: Section, value: str) -> None:
    place, _, parameters = value.partition(" ")
    section.fmtp[number(place)] = parameters.strip()


def _feedback(section: Section, value: str) -> None:
    place, _, what = value.partition(" ")
    section.feedback.add((place, what.strip()))


def _fingerprint(section: Section, value: str) -> None:
    match = _FINGERPRINT.fullmatch(value.strip())
    if match is not None and len(section.fingerprints) < FINGERPRINTS_MAX:
        section.fingerprints.append((match[1].lower(), match[2].upper()))


def _candidate(section: Section, value: str) -> None:
    if len(section.candidates) < CANDIDATES_MAX:
        section.candidates.append(value)


def _source(section: Section, value: str) -> None:
    match = _SOURCE.fullmatch(value.strip())
    ssrc = int(match[1]) if match is not None else -1
    if not 0 <= ssrc < 1 << 32:
        raise bad_sdp("an ssrc is malformed")
    if ssrc not in section.sources:
        section.sources.append(ssrc)
        if len(section.sources) > SOURCES_MAX:
            raise bad_sdp(f"a section names more than {SOURCES_MAX} ssrcs")


def _extension(section: Section, value: str) -> None:
    match = _EXTENSION.fullmatch(value.strip())
    if match is None or len(section.extensions) >= EXTENSIONS_MAX:
        raise bad_sdp("an extmap is malformed, or there are too many")
    section.extensions.setdefault(match[2], int(match[1]))


def _group(section: Section, value: str) -> None:
    kind, _, names = value.strip().partition(" ")
    if kind == "BUNDLE":
        section.attributes["bundle"] = names


_READERS: dict[str, Callable[[Section, str], None]] = {
    "rtpmap": _rtpmap,
    "fmtp": _fmtp,
    "rtcp-fb": _feedback,
    "fingerprint": _fingerprint,
    "candidate": _candidate,
    "ssrc": _source,
    "extmap": _extension,
    "group": _group,
}
