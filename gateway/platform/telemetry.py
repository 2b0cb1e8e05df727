"""What the gateway tells its operator: one JSON object per log line, and Prometheus metrics.

Logs hold ids and codes, never content. That is enforced here, not only asked for: an extra field
is written only if its name is on the list and its value looks like an id, a code or a number;
exceptions appear as type and place, without their message; programs we did not write are quoted
by their message template, without its arguments.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from gateway.kernel.errors import WeccError

FIELDS = frozenset(
    {
        "attempt", "audience", "cause", "channel", "code", "count", "error_code", "field", "kind",
        "method", "operation", "outcome", "pid", "port", "queue", "reference", "role", "route",
        "signal", "state", "status", "step", "units", "version", "worker",
    }
)  # fmt: skip
"""Names a log line may carry, besides names that end in one of ``SUFFIXES``."""

SUFFIXES = ("_id", "_ms", "_s", "_bytes", "_count", "_code", "_seq")
INVARIANTS = (
    "interaction_lost",
    "interaction_offered_twice",
    "agent_load_wrong",
)

_CODE = re.compile(r"[A-Za-z0-9_.:/+<>{}\-]{0,128}")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_FRAMES = 12
_LAG_INTERVAL_S = 0.5


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON; control characters come out escaped."""

    def format(self, record: logging.LogRecord) -> str:
        is_ours = record.name.split(".", 1)[0] == "wecc"
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if is_ours else str(record.msg)[:200],
        }
        withheld = []
        for name, value in vars(record).items():
            if name in _STANDARD:
                continue
            if (name in FIELDS or name.endswith(SUFFIXES)) and _is_code(value):
                line[name] = value
            else:
                withheld.append(name)
        if withheld:
            line["withheld"] = sorted(withheld)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _describe(record.exc_info[1])
        return msgspec.json.encode(_ascii(line)).decode()


def configure_logging(level: str = "info", stream: TextIO | None = None) -> None:
    """Send every logger's records to ``stream`` (standard error) as JSON lines.

    Loggers of other programs speak from warnings up, whatever ``level`` says.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("wecc").setLevel(level.upper())


class Metrics:
    """The process's Prometheus metrics; made once by the builder and handed to who counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Counter(
            "wecc_requests_total", "HTTP requests", ["origin", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "wecc_request_seconds", "Time to answer", ["origin"], registry=self.registry
        )
        self.sockets = Gauge("wecc_sockets", "Open sockets", ["audience"], registry=self.registry)
        self.commit_seconds = Histogram(
            "wecc_commit_seconds",
            "Time of one grouped commit, disk included",
            buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
            registry=self.registry,
        )
        self.commit_units = Histogram(
            "wecc_commit_units",
            "Units of work in one commit",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
            registry=self.registry,
        )
        self.write_queue = Gauge(
            "wecc_write_queue_units", "Units that wait for a commit", registry=self.registry
        )
        self.waiting = Gauge("wecc_interactions_waiting", "In queues", registry=self.registry)
        self.loop_lag_seconds = Gauge(
            "wecc_loop_lag_seconds", "How late the event loop woke last", registry=self.registry
        )
        self.violations = Counter(
            "wecc_invariant_violations_total",
            "Broken promises; every one of them must read 0",
            ["invariant"],
            registry=self.registry,
        )
        for invariant in INVARIANTS:
            self.violations.labels(invariant)

    def committed(self, units: int, seconds: float) -> None:
        """Count one grouped commit; what ``Database`` calls as ``observe``."""
        self.commit_seconds.observe(seconds)
        self.commit_units.observe(units)

    def violated(self, invariant: str) -> None:
        """Count a broken promise and log it as an error."""
        if invariant not in INVARIANTS:
            raise ValueError(f"unknown invariant {invariant}")
        self.violations.labels(invariant).inc()
        logging.getLogger("wecc.invariants").error("promise broken", extra={"code": invariant})

    def render(self) -> tuple[bytes, str]:
        """The metrics as text, and its media type."""
        return generate_latest(self.registry), CONTENT_TYPE_PLAIN_0_0_4


class LoopLag:
    """Measures how late the event loop wakes: anything that blocks it shows here."""

    def __init__(self, metrics: Metrics, interval_s: float = _LAG_INTERVAL_S) -> None:
        self._metrics = metrics
        self._interval_s = interval_s
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.last_s = 0.0

    def start(self) -> None:
        """Begin on the running loop."""
        loop = asyncio.get_running_loop()
        self._due_s = loop.time() + self._interval_s
        self._timer = loop.call_at(self._due_s, self._wake, loop)

    def stop(self) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        self.last_s = max(0.0, loop.time() - self._due_s)
        self._metrics.loop_lag_seconds.set(self.last_s)
        self._due_s = loop.time() + self._interval_s
        self._timer = loop.call_at(self._due_s, self._wake, loop)


def _is_code(value: object) -> bool:
    if value is None or isinstance(value, bool | int | float):
        return True
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def _describe(error: BaseException) -> dict[str, Any]:
    """An exception's type, code and place, and those of what caused it; never its message."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    described: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, WeccError):
        described["code"] = error.code
    if error.__cause__ is not None and error.__cause__ is not error:
        described["cause"] = _describe(error.__cause__)
    return described


def _short(filename: str) -> str:
    return "/".join(filename.split("/")[-3:])


def _ascii(value: Any) -> Any:
    """Escape what a terminal could obey: JSON escapes C0, but neither DEL, C1 nor bidi marks."""
    if isinstance(value, str):
        return value.encode("ascii", "backslashreplace").decode().replace("\x7f", "\\x7f")
    if isinstance(value, dict):
        return {key: _ascii(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_ascii(item) for item in value]
    return value
