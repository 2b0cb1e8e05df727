"""Session descriptions: read a browser's ``sdp_offer``, write our ``sdp_answer`` (RFC 8829, 8866).

A small reader of our own instead of a general parser: one linear pass over only the attributes a
leg needs, so that hostile text costs microseconds and can only end in ``bad_sdp``. One audio
section is answered; video and data sections are refused with port 0 (RFC 3264 section 6).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gateway.kernel.errors import WeccError

SDP_MAX_BYTES = 65_536
LINE_MAX_CHARS = 2_000
LINES_MAX = 3_000
SECTIONS_MAX = 16
CANDIDATES_MAX = 32
FINGERPRINTS_MAX = 4

OPUS = "opus"
EVENTS = "telephone-event"

_DIRECTIONS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly"}
_TOKEN = re.compile(r"[A-Za-z0-9_.+/-]{1,40}")
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
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
_OPUS_RATE = "48000"


@dataclass(slots=True)
class Section:
    """One ``m=`` section as offered."""

    kind: str
    port: int
    profile: str
    formats: list[str]
    attributes: dict[str, str] = field(default_factory=dict)
    rtpmap: dict[int, tuple[str, str]] = field(default_factory=dict)
    fingerprints: list[tuple[str, str]] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)


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


@dataclass(frozen=True, slots=True)
class Offer:
    """What a leg needs to know of an ``sdp_offer``."""

    sections: list[Section]
    audio: int
    """Index of the audio section that is used."""
    ufrag: str
    password: str
    fingerprints: list[tuple[str, str]]
    setup: str
    mid: str
    direction: str
    payload_types: dict[str, int]
    """Codec name to the payload type the browser chose for it."""
    candidates: list[RemoteCandidate]


@dataclass(frozen=True, slots=True)
class LocalEnd:
    """Our side of the transport, for the answer."""

    host: str
    port: int
    ufrag: str
    password: str
    fingerprint: str
    setup: str
    ssrc: int
    cname: str


def bad_sdp(why: str) -> WeccError:
    """Return the error for a session description that cannot be used."""
    return WeccError("bad_sdp", f"The sdp_offer could not be used: {why}.", field="sdp_offer")


def read_offer(text: str) -> Offer:
    """Read an ``sdp_offer``; every fault is a ``bad_sdp``."""
    try:
        return _offer(*_sections(text))
    except (ValueError, LookupError) as fault:
        raise bad_sdp("it is malformed") from fault


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


def _sections(text: str) -> tuple[Section, list[Section]]:
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


def _section(line: str) -> Section:
    match = _MEDIA.fullmatch(line.rstrip())
    if match is None:
        raise bad_sdp("a media section is malformed")
    kind, port, profile, formats = match.groups()
    names = formats.split()
    if not all(_TOKEN.fullmatch(name) for name in names):
        raise bad_sdp("a media section is malformed")
    return Section(kind, int(port), profile, names)


def _attribute(section: Section, text: str) -> None:
    name, _, value = text.partition(":")
    if name == "rtpmap":
        number, _, codec = value.partition(" ")
        parts = codec.strip().split("/")
        section.rtpmap[_number(number)] = (parts[0].lower(), parts[1])
    elif name == "fingerprint":
        match = _FINGERPRINT.fullmatch(value.strip())
        if match is not None and len(section.fingerprints) < FINGERPRINTS_MAX:
            section.fingerprints.append((match[1].lower(), match[2].upper()))
    elif name == "candidate":
        if len(section.candidates) < CANDIDATES_MAX:
            section.candidates.append(value)
    elif name in _DIRECTIONS or name == "inactive":
        section.attributes["direction"] = name
    elif name in ("ice-ufrag", "ice-pwd", "setup", "mid", "rtcp-mux", "ice-lite"):
        section.attributes[name] = value.strip()


def _offer(head: Section, sections: list[Section]) -> Offer:
    index = next((i for i, s in enumerate(sections) if s.kind == "audio" and s.port), None)
    if index is None:
        raise bad_sdp("it offers no audio")
    audio = sections[index]
    known = {**head.attributes, **audio.attributes}
    fingerprints = audio.fingerprints or head.fingerprints
    _check_transport(audio, known, fingerprints)
    direction = known.get("direction", "sendrecv")
    return Offer(
        sections=sections,
        audio=index,
        ufrag=known["ice-ufrag"],
        password=known["ice-pwd"],
        fingerprints=fingerprints,
        setup=known["setup"],
        mid=_mid(audio),
        direction=_DIRECTIONS.get(direction, "inactive"),
        payload_types=_payload_types(audio),
        candidates=[c for c in map(read_candidate, audio.candidates) if c is not None],
    )


def _check_transport(
    audio: Section, known: dict[str, str], fingerprints: list[tuple[str, str]]
) -> None:
    faults = {
        "its audio profile is not DTLS-SRTP": "TLS/RTP/SAVP" not in audio.profile,
        "its ice-ufrag is missing or malformed": not _UFRAG.fullmatch(known.get("ice-ufrag", "")),
        "its ice-pwd is missing or malformed": not _PASSWORD.fullmatch(known.get("ice-pwd", "")),
        "it has no usable fingerprint": not fingerprints,
        "its setup role is unknown": known.get("setup") not in ("actpass", "active", "passive"),
        "it does not multiplex RTCP": "rtcp-mux" not in audio.attributes,
        "ICE lite is not supported": "ice-lite" in known,
    }
    for why, present in faults.items():
        if present:
            raise bad_sdp(why)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise ValueError("not a payload type")
    return int(text)


def _mid(section: Section) -> str:
    mid = section.attributes.get("mid", "")
    if mid and not _TOKEN.fullmatch(mid):
        raise bad_sdp("a mid is malformed")
    return mid


def _payload_types(audio: Section) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in audio.formats:
        number = _number(name)
        codec, rate = audio.rtpmap.get(number, ("", ""))
        dynamic = 35 <= number <= 63 or 96 <= number <= 127
        if codec in (OPUS, EVENTS) and rate == _OPUS_RATE and dynamic:
            found.setdefault(codec, number)
    if OPUS not in found:
        raise bad_sdp("it does not offer the Opus codec")
    return found


def write_answer(offer: Offer, local: LocalEnd) -> str:
    """Return our ``sdp_answer``: audio accepted, everything else refused with port 0."""
    version = "IP6" if ":" in local.host else "IP4"
    lines = ["v=0", f"o=- {local.ssrc} 1 IN {version} {local.host}", "s=-", "t=0 0"]
    if offer.mid:
        lines.append(f"a=group:BUNDLE {offer.mid}")
    lines.append("a=msid-semantic: WMS *")
    for index, section in enumerate(offer.sections):
        if index == offer.audio:
            lines += _audio_lines(offer, local, version)
        else:
            lines += _refused_lines(section)
    return "\r\n".join(lines) + "\r\n"


def _audio_lines(offer: Offer, local: LocalEnd, version: str) -> list[str]:
    opus, events = offer.payload_types[OPUS], offer.payload_types.get(EVENTS)
    formats = f"{opus}" if events is None else f"{opus} {events}"
    lines = [
        f"m=audio {local.port} {offer.sections[offer.audio].profile} {formats}",
        f"c=IN {version} {local.host}",
        f"a=rtcp:{local.port} IN {version} {local.host}",
        f"a=candidate:1 1 udp 2130706431 {local.host} {local.port} typ host",
        "a=end-of-candidates",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{local.setup}",
    ]
    if offer.mid:
        lines.append(f"a=mid:{offer.mid}")
    lines += [
        f"a={offer.direction}",
        "a=rtcp-mux",
        f"a=rtpmap:{opus} opus/48000/2",
        f"a=fmtp:{opus} minptime=10;useinbandfec=1",
    ]
    if events is not None:
        lines += [f"a=rtpmap:{events} telephone-event/48000", f"a=fmtp:{events} 0-15"]
    if offer.direction in ("sendrecv", "sendonly"):
        lines += ["a=msid:call audio", f"a=ssrc:{local.ssrc} cname:{local.cname}"]
    return lines


def _refused_lines(section: Section) -> list[str]:
    lines = [f"m={section.kind} 0 {section.profile} {' '.join(section.formats)}"]
    lines += ["c=IN IP4 0.0.0.0", "a=inactive"]
    mid = _mid(section)
    if mid:
        lines.append(f"a=mid:{mid}")
    return lines
