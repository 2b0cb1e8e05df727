"""What of an ``sdp_offer`` a leg uses: one line per role, and one transport below them all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.voice.media.codec import (
    CODECS,
    EXTENSIONS,
    FEEDBACK,
    H264,
    MID,
    OPUS,
    STATIC,
    Role,
)
from gateway.voice.media.sdp.section import (
    DIRECTIONS,
    RemoteCandidate,
    Section,
    bad_sdp,
    number,
    read_candidate,
    read_sections,
)

_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_PROFILE = re.compile(r"42[4-7c-f][0-9a-f]{3}", re.ASCII)
"""H.264 Constrained Baseline: profile 66 with constraint_set1 (RFC 6184 section 8.1)."""
_VIDEO_ROLES: tuple[Role, ...] = ("camera", "screen")
_EXTENSION_ID_MAX = 14
"""Beyond it a header extension needs the two-byte form (RFC 8285 section 4.2)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A media section that is used."""

    index: int
    mid: str
    direction: str
    """Ours."""
    payload_types: dict[str, int]
    """Codec to the payload type the browser chose for it, the preferred one first."""
    feedback: dict[str, tuple[str, ...]]
    extensions: dict[str, int]
    sources: tuple[int, ...]
    with_dtx: bool = False
    """Whether the browser asked for silence not to be sent (RFC 7587 section 6.1)."""

    @property
    def receives(self) -> bool:
        """Whether we take what the browser sends here."""
        return self.direction in ("sendrecv", "recvonly")

    @property
    def sends(self) -> bool:
        """Whether the browser takes what we send here."""
        return self.direction in ("sendrecv", "sendonly")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a leg needs to know of an ``sdp_offer``."""

    sections: list[Section]
    lines: dict[Role, Line]
    ufrag: str
    password: str
    fingerprints: list[tuple[str, str]]
    setup: str
    candidates: list[RemoteCandidate]


def read_offer(text: str) -> Offer:
    """Read an ``sdp_offer``; every fault is a ``bad_sdp``."""
    try:
        return _offer(*read_sections(text))
    except (ValueError, LookupError) as fault:
        raise bad_sdp("it is malformed") from fault


def narrowed(offer: Offer, partner: Mapping[Role, Mapping[str, int]]) -> Offer:
    """Leave only codecs that the other leg can do as well, where it has such a section.

    A video section without any is refused and the call goes on with audio; audio without any is
    a ``bad_sdp``.
    """
    lines: dict[Role, Line] = {}
    for role, line in offer.lines.items():
        allowed = partner.get(role)
        numbers = (
            line.payload_types
            if allowed is None
            else _complete({k: v for k, v in line.payload_types.items() if k in allowed})
        )
        if numbers:
            lines[role] = replace(line, payload_types=numbers)
        elif role == "audio":
            raise bad_sdp("it shares no audio codec with the other side")
    return replace(offer, lines=lines)


def succeeds(offer: Offer, before: Offer) -> None:
    """Check that an offer goes on with the connection of the one ``before`` it."""
    faults = {
        "it is for another connection, which needs call.reconnect": (
            (offer.ufrag, offer.password, offer.fingerprints)
            != (before.ufrag, before.password, before.fingerprints)
        ),
        "it has fewer sections than before": len(offer.sections) < len(before.sections),
        "its sections are not those of before": any(
            (new.kind, new.mid) != (old.kind, old.mid)
            for new, old in zip(offer.sections, before.sections, strict=False)
            if new.port and old.port
        ),
        "its audio is another section": offer.lines["audio"].index != before.lines["audio"].index,
        "it gives a payload type another meaning": _contradicts(offer, before),
    }
    for why, present in faults.items():
        if present:
            raise bad_sdp(why)


def _contradicts(offer: Offer, before: Offer) -> bool:
    known = {
        place: codec
        for line in before.lines.values()
        for codec, place in line.payload_types.items()
    }
    return any(
        known.get(place, codec) != codec
        for line in offer.lines.values()
        for codec, place in line.payload_types.items()
    )


def _offer(head: Section, sections: list[Section]) -> Offer:
    index = next((i for i, s in enumerate(sections) if s.kind == "audio" and s.port), None)
    if index is None:
        raise bad_sdp("it offers no audio")
    audio = sections[index]
    known = {**head.attributes, **audio.attributes}
    fingerprints = audio.fingerprints or head.fingerprints
    _check_transport(audio, known, fingerprints)
    lines = _lines(head, sections, index)
    _check_bundle(lines)
    return Offer(
        sections=sections,
        lines=lines,
        ufrag=known["ice-ufrag"],
        password=known["ice-pwd"],
        fingerprints=fingerprints,
        setup=known["setup"],
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


def _lines(head: Section, sections: list[Section], audio: int) -> dict[Role, Line]:
    default = head.attributes.get("direction", "sendrecv")
    numbers = _payload_types(sections[audio])
    if not any(CODECS[codec].with_any_of == () for codec in numbers):
        raise bad_sdp("it offers none of the codecs Opus, PCMU and PCMA")
    lines: dict[Role, Line] = {"audio": _line(sections[audio], audio, numbers, default)}
    bundle = head.attributes.get("bundle", "").split()
    if sections[audio].mid not in bundle:
        return lines
    videos = [i for i, section in enumerate(sections) if section.kind == "video"]
    for role, index in zip(_VIDEO_ROLES, videos, strict=False):
        section = sections[index]
        numbers = _payload_types(section)
        usable = section.port and "TLS/RTP/SAVP" in section.profile and section.mid in bundle
        if usable and numbers:
            lines[role] = _line(section, index, numbers, default)
    return lines


def _line(section: Section, index: int, numbers: dict[str, int], default: str) -> Line:
    direction = section.attributes.get("direction", default)
    is_video = section.kind == "video"
    wanted = EXTENSIONS.items() if is_video else ()
    return Line(
        index=index,
        mid=section.mid,
        direction=DIRECTIONS.get(direction, "inactive"),
        payload_types=numbers,
        feedback={c: _feedback(section, n) for c, n in numbers.items()} if is_video else {},
        extensions={
            name: section.extensions[uri]
            for uri, name in wanted
            if 1 <= section.extensions.get(uri, 0) <= _EXTENSION_ID_MAX
        },
        sources=tuple(section.sources),
        with_dtx="usedtx=1" in section.fmtp.get(numbers.get(OPUS, -1), "").split(";"),
    )


def _payload_types(section: Section) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in section.formats:
        place = number(name)
        codec, rate = section.rtpmap.get(place, STATIC.get(place, ("", "")))
        key = f"{codec}/{rate}"
        dynamic = 35 <= place <= 63 or 96 <= place <= 127
        known = key in CODECS and CODECS[key].kind == section.kind
        if known and (dynamic or place in STATIC) and _is_ours(key, section.fmtp.get(place, "")):
            found.setdefault(key, place)
    return _complete(found)


def _complete(found: dict[str, int]) -> dict[str, int]:
    """Put codecs in our order and leave out what stands without its companion."""
    return {
        key: found[key]
        for key, codec in CODECS.items()
        if key in found and (not codec.with_any_of or found.keys() & set(codec.with_any_of))
    }


def _is_ours(key: str, parameters: str) -> bool:
    if key != H264:
        return True
    pairs = (part.partition("=") for part in parameters.lower().split(";"))
    given = {name.strip(): value.strip() for name, _, value in pairs}
    profile = _PROFILE.fullmatch(given.get("profile-level-id", ""))
    return given.get("packetization-mode") == "1" and profile is not None


def _feedback(section: Section, place: int) -> tuple[str, ...]:
    offered = {what for where, what in section.feedback if where in ("*", str(place))}
    return tuple(what for what in FEEDBACK if what in offered)


def _check_bundle(lines: dict[Role, Line]) -> None:
    """One transport carries all lines, so nothing may have two meanings on it (RFC 8843)."""
    sources = [ssrc for line in lines.values() for ssrc in line.sources]
    names = [line.mid for line in lines.values()]
    numbers: dict[int, str] = {}
    ids = {line.extensions.get(MID) for role, line in lines.items() if role != "audio"}
    for line in lines.values():
        if any(numbers.setdefault(n, c) != c for c, n in line.payload_types.items()):
            raise bad_sdp("a payload type has two meanings in one bundle")
    if len(set(sources)) < len(sources) or len(set(names)) < len(names) or len(ids) > 1:
        raise bad_sdp("an ssrc, mid or header extension has two meanings in one bundle")
