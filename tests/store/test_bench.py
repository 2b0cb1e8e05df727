"""The journal bench measures the real store and prints exactly its keys."""

from __future__ import annotations

import pytest

from gateway.bench import journal, run
from gateway.bench.postgresql import PostgresqlServer


@pytest.mark.server
def test_the_journal_bench(
    postgresql_server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "WARM_UP_S", 0.1)
    monkeypatch.setattr(journal, "MEASURED_S", 0.5)
    figures = run("journal")
    assert list(figures) == ["sqlite_events_per_s", "postgresql_events_per_s", "ack_ms_p99"]
    assert figures["sqlite_events_per_s"] > 1000
    assert figures["postgresql_events_per_s"] > 1000
    assert 0 < figures["ack_ms_p99"] < 1000
