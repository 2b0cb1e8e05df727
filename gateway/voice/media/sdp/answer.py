"""Our ``sdp_answer``: used lines accepted on one transport, everything else refused with port 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.voice.media.codec import CODECS, EXTENSIONS, OPUS, Role
from gateway.voice.media.sdp.offer import Line, Offer
from gateway.voice.media.sdp.section import Section

_STREAM: dict[Role, str] = {"audio": "call", "camera": "call", "screen": "screen"}
"""The stream each track arrives in: voice and face are kept in step, a screen is by itself."""


@dataclass(frozen=True, slots=True)
class LocalEnd:
    """Our side of the transport, for the answer."""

    host: str
    port: int
    ufrag: str
    password: str
    fingerprint: str
    setup: str
    sources: Mapping[Role, int]
    cname: str
    version: int = 1


def write_answer(offer: Offer, local: LocalEnd) -> str:
    """Return our ``sdp_answer``."""
    version = "IP6" if ":" in local.host else "IP4"
    origin = local.sources["audio"]
    lines = ["v=0", f"o=- {origin} {local.version} IN {version} {local.host}", "s=-", "t=0 0"]
    used: dict[int, tuple[Role, Line]] = {
        line.index: (role, line) for role, line in offer.lines.items()
    }
    bundle = [used[index][1].mid for index in sorted(used) if used[index][1].mid]
    if bundle:
        lines.append(f"a=group:BUNDLE {' '.join(bundle)}")
    lines.append("a=msid-semantic: WMS *")
    for index, section in enumerate(offer.sections):
        if index in used:
            lines += _accepted(section, *used[index], local)
        else:
            lines += _refused(section)
    return "\r\n".join(lines) + "\r\n"


def _accepted(section: Section, role: Role, line: Line, local: LocalEnd) -> list[str]:
    version = "IP6" if ":" in local.host else "IP4"
    formats = " ".join(str(number) for number in line.payload_types.values())
    lines = [
        f"m={section.kind} {local.port} {section.profile} {formats}",
        f"c=IN {version} {local.host}",
        f"a=rtcp:{local.port} IN {version} {local.host}",
    ]
    if role == "audio":
        lines += [
            f"a=candidate:1 1 udp 2130706431 {local.host} {local.port} typ host",
            "a=end-of-candidates",
        ]
    lines += [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{local.setup}",
    ]
    if line.mid:
        lines.append(f"a=mid:{line.mid}")
    lines += [f"a={line.direction}", "a=rtcp-mux", *_codec_lines(line)]
    if line.sends:
        lines += [
            f"a=msid:{_STREAM[role]} {role}",
            f"a=ssrc:{local.sources[role]} cname:{local.cname}",
        ]
    return lines


def _codec_lines(line: Line) -> list[str]:
    uris = {name: uri for uri, name in EXTENSIONS.items()}
    lines = [f"a=extmap:{place} {uris[name]}" for name, place in line.extensions.items()]
    for codec, place in line.payload_types.items():
        known = CODECS[codec]
        lines.append(f"a=rtpmap:{place} {known.rtpmap}")
        lines += [f"a=rtcp-fb:{place} {what}" for what in line.feedback.get(codec, ())]
        if known.fmtp:
            dtx = ";usedtx=1" if codec == OPUS and line.with_dtx else ""
            lines.append(f"a=fmtp:{place} {known.fmtp}{dtx}")
    return lines


def _refused(section: Section) -> list[str]:
    lines = [f"m={section.kind} 0 {section.profile} {' '.join(section.formats)}"]
    lines += ["c=IN IP4 0.0.0.0", "a=inactive"]
    if section.mid:
        lines.append(f"a=mid:{section.mid}")
    return lines
