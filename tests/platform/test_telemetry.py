"""Logs that cannot be forged and cannot leak, metrics that exist before anything happens."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.kernel.errors import WeccError
from gateway.platform.telemetry import LoopLag, Metrics, configure_logging
from tests.patience import until

CANARY = "my card is 4111 1111 1111 1111"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    kept = logging.root.handlers[:], logging.root.level, logging.getLogger("wecc").level
    output = io.StringIO()
    configure_logging("info", output)
    yield output
    logging.root.handlers[:] = kept[0]
    logging.root.setLevel(kept[1])
    logging.getLogger("wecc").setLevel(kept[2])


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_holds_what_happened_and_the_ids(stream: io.StringIO) -> None:
    logging.getLogger("wecc.acd").info("offer expired", extra={"offer_id": "of_1", "wait_ms": 20})
    logging.getLogger("wecc.acd").debug("too small to say")
    (line,) = _lines(stream)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "wecc.acd",
        "message": "offer expired",
        "offer_id": "of_1",
        "wait_ms": 20,
    }


@pytest.mark.parametrize(
    "hostile",
    ["a\r\nb", 'x","level":"error', "\x1b[2J\x1b[31mred", "\u202eevil", "\x9b31m", "\x7f", "\x00"],
)
def test_a_line_cannot_be_forged(stream: io.StringIO, hostile: str) -> None:
    """trust.md A-167."""
    logger = logging.getLogger("wecc.http")
    logger.warning("refused %s", hostile, extra={"route": hostile})
    logging.getLogger("other.program").warning(hostile)
    raw = stream.getvalue()
    assert len(raw.splitlines()) == 2
    assert all(character == "\n" or " " <= character < "\x7f" for character in raw)
    assert [line["level"] for line in _lines(stream)] == ["warning", "warning"]
    assert _lines(stream)[0]["withheld"] == ["route"]


def test_content_does_not_get_in_by_any_field(stream: io.StringIO) -> None:
    logger = logging.getLogger("wecc.engagement")
    logger.info("stored", extra={"text": CANARY, "kind": CANARY, "message_id": CANARY, "body": 1})
    logger.info("stored", extra={"email_id": "someone@example.com"})
    logging.getLogger("library").error("could not parse %r", CANARY)
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as error:
            raise WeccError("bad_text", CANARY) from error
    except WeccError:
        logger.exception("refused")
    assert CANARY not in stream.getvalue()
    assert "example.com" not in stream.getvalue()
    first, _, foreign, refused = _lines(stream)
    assert first["withheld"] == ["body", "kind", "message_id", "text"]
    assert foreign["message"] == "could not parse %r"
    assert refused["error"]["code"] == "bad_text"
    assert refused["error"]["cause"]["type"] == "builtins.ValueError"
    assert "test_content_does_not_get_in_by_any_field" in refused["error"]["at"][-1]


def test_other_programs_only_warn(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("uvicorn.error").warning("Unsupported upgrade request.")
    assert [line["message"] for line in _lines(stream)] == ["Unsupported upgrade request."]


def test_promises_read_zero_from_the_start(stream: io.StringIO) -> None:
    metrics = Metrics()
    metrics.committed(12, 0.004)
    text, media_type = metrics.render()
    assert media_type.startswith("text/plain")
    shown = text.decode()
    assert 'wecc_invariant_violations_total{invariant="interaction_lost"} 0.0' in shown
    assert "wecc_commit_units_sum 12.0" in shown
    assert "process_resident_memory_bytes" in shown
    metrics.violated("interaction_lost")
    assert 'violations_total{invariant="interaction_lost"} 1.0' in metrics.render()[0].decode()
    assert _lines(stream)[0]["code"] == "interaction_lost"
    with pytest.raises(ValueError, match="unknown"):
        metrics.violated("made_up")


def _lag_s(metrics: Metrics) -> float:
    (family,) = metrics.loop_lag_seconds.collect()
    return family.samples[0].value


async def test_a_blocked_loop_shows() -> None:
    metrics = Metrics()
    lag = LoopLag(metrics, interval_s=0.05)
    lag.start()
    time.sleep(0.2)  # noqa: ASYNC251 - the very thing it must notice
    await asyncio.sleep(0.01)
    assert lag.last_s > 0.1
    assert _lag_s(metrics) == lag.last_s
    blocked_s = lag.last_s

    async def is_less() -> bool:
        return lag.last_s < blocked_s

    await until(is_less, "that the loop is quick again")
    lag.stop()
    settled_s = lag.last_s
    time.sleep(0.1)  # noqa: ASYNC251
    await asyncio.sleep(0.1)
    assert lag.last_s == settled_s
