"""Reading calendar files in a child process with limits: whoever wrote one may mean harm."""

from __future__ import annotations

import datetime as dt

import msgspec

from gateway.acd.model.holidays import Answer, Order
from gateway.kernel.errors import WeccError
from gateway.platform.isolation import Isolation, IsolationError, Limits

_FUNCTION = "gateway.acd.model.holidays:holidays_bytes"
_LIMITS = Limits(memory_bytes=536_870_912, cpu_s=5, wall_ms=15_000, output_bytes=1_048_576)
_FIELD = "calendar"


async def read_calendar(isolation: Isolation | None, data: bytes, today: dt.date) -> Answer:
    """Return the holidays of a file; ``bad_file`` says why there are none to be had from it."""
    if isolation is None:
        raise WeccError("not_ready", "Calendar files cannot be read in this process.")
    order = msgspec.msgpack.encode(Order(data, today))
    try:
        answer = await isolation.call(_FUNCTION, order, _LIMITS)
    except IsolationError as error:
        raise WeccError(
            "bad_file", "Reading this file took too much and was stopped.", field=_FIELD
        ) from error
    found = msgspec.msgpack.decode(answer, type=Answer)
    if found.refused:
        raise WeccError("bad_file", found.refused, field=_FIELD)
    return found
