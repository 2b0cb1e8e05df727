"""A round over several workers: each test once, also when a worker dies, and none left out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController


class OnceEach(LoadGroupScheduling):  # type: ignore[misc]
    """Hands the tests of a dead worker to others, except for the one that killed it.

    xdist itself hands that one over as well: it kills worker after worker, and what stood behind
    it in its group never runs.
    """

    def remove_node(self, node: WorkerController) -> str | None:
        """Forget a worker; returns the test it died of."""
        units = self.assigned_work.get(node, {}).values()
        killer = next((test for unit in units for test, done in unit.items() if not done), None)
        for unit in units:
            if killer in unit:
                unit[killer] = True
        super().remove_node(node)
        return killer


class Round:
    """Knows which tests were found and which came to an end."""

    def __init__(self) -> None:
        self.due: set[str] = set()
        self.done: set[str] = set()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(
        self, config: pytest.Config, log: Producer
    ) -> LoadGroupScheduling | None:
        """Distribute by group in the way above."""
        return OnceEach(config, log) if config.getoption("dist") == "loadgroup" else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Note what a worker has found."""
        self.due.update(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what has ended: torn down, or with a failure."""
        if report.when == "teardown" or report.failed:
            self.done.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A round that left tests out has not come to its end, whatever the others say."""
        if self.due - self.done and session.exitstatus in (0, 1):
            session.exitstatus = pytest.ExitCode.INTERRUPTED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name some of what was left out."""
        left = sorted(self.due - self.done)
        if left:
            terminalreporter.write_line(f"{len(left)} tests never ran, the first: {left[:3]}")
