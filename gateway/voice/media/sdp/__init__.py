"""Session descriptions: read a browser's ``sdp_offer``, write our ``sdp_answer`` (RFC 8829, 8866).

A small reader of our own instead of a general parser: one linear pass over only the attributes a
leg needs, so that hostile text costs microseconds and can only end in ``bad_sdp``. One audio
section and two of video (camera, then screen) are answered on one transport (RFC 8843); whatever
else is offered is refused with port 0 (RFC 3264 section 6).
"""

from gateway.voice.media.sdp.answer import LocalEnd, write_answer
from gateway.voice.media.sdp.offer import Line, Offer, narrowed, read_offer, succeeds
from gateway.voice.media.sdp.section import (
    RemoteCandidate,
    bad_sdp,
    check_size,
    read_candidate,
)

__all__ = [
    "Line",
    "LocalEnd",
    "Offer",
    "RemoteCandidate",
    "bad_sdp",
    "check_size",
    "narrowed",
    "read_candidate",
    "read_offer",
    "succeeds",
    "write_answer",
]
