"""The bench of calls drives a real worker and prints what it has measured."""

from __future__ import annotations

import pytest

from gateway.bench import calls, run


@pytest.mark.fault
def test_the_calls_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "CALLS", 3)
    monkeypatch.setattr(calls, "PASSED_LEAST", 0.3)
    figures = run("calls", is_short=True)
    assert list(figures) == [
        "cpu_us_per_packet",
        "limit_us_per_packet",
        "video_cpu_ms_per_s_720p",
        "setup_ms_p50",
        "setup_ms_p95",
    ]
    assert 0 < figures["limit_us_per_packet"] < figures["cpu_us_per_packet"]
    assert figures["video_cpu_ms_per_s_720p"] > 0
    assert 0 < figures["setup_ms_p50"] <= figures["setup_ms_p95"]
