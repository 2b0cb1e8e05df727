"""Fixtures and rules for every test: free ports, data folders, absent programs, serial groups."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rounds import Round

CI = os.environ.get("CI") == "true"
SERIAL = ("browser", "fault", "soak")
WHOLE_PRODUCT = ("attack", "live")


def pytest_configure(config: pytest.Config) -> None:
    """Watch over the round where the tests are handed out, not where they run."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Round(), "round")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Send tests that load the machine or measure time to one worker, one after another, and
    keep the other modules that start a product on one worker each.

    xdist reads the group from the end of the id, but writes it to a field that pytest 9.2 no
    longer looks at, so it is written here.
    """
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if any(item.get_closest_marker(name) for name in SERIAL):
            group = "serial"
        elif item.path.parent.name in WHOLE_PRODUCT:
            group = f"serial-{item.path.stem}"
        else:
            continue
        item._id = type(item.id).parse(f"{item.nodeid}@{group}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write what failed, one a line, where ``.ci/test`` asks for it."""
    path = os.environ.get("FAILED_TESTS_FILE")
    if not path:
        return
    reports = [*terminalreporter.stats.get("failed", []), *terminalreporter.stats.get("error", [])]
    names = dict.fromkeys(report.nodeid.split("@serial")[0] for report in reports)
    Path(path).write_text("".join(f"{name}\n" for name in names))


def require(present: object, what: str) -> None:
    """Skip the test where ``what`` is absent on a laptop; fail it where CI promised it."""
    if present:
        return
    if CI:
        pytest.fail(f"{what} is missing: .ci/install-test-servers installs it", pytrace=False)
    pytest.skip(f"{what} is missing: `make servers` installs it")


@pytest.fixture
def require_or_skip() -> Callable[[object, str], None]:
    """Return ``require``: call it with what was found and its name."""
    return require


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Return a function that finds a TCP port of 127.0.0.1 nobody listens on."""
    from tests.live.product import free_port

    return free_port


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Return an empty data folder of this test's own."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder
