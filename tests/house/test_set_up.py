"""The set-up scripts: what they accept, what they say, and that CI runs what people run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.house.sources import ROOT

SET_UP = ROOT / "deploy" / "setup"
sys.path.insert(0, str(SET_UP))

import commands  # noqa: E402
import prepare  # noqa: E402

SCRIPTS = [".ci/run", ".ci/check", ".ci/test", ".ci/install-test-servers"]
SCRIPTS += ["deploy/setup/find-python", "deploy/setup/lock"]


@pytest.mark.parametrize(
    ("version", "usable"),
    [
        ("v18.20.4", False),
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v23.9.0", False),
        ("v24.0.0", True),
        ("v26.1.0", True),
        ("", False),
        ("not found", False),
    ],
)
def test_only_fitting_node_versions_are_used(version: str, *, usable: bool) -> None:
    assert prepare.node_is_usable(version) is usable


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_executable_and_valid(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert subprocess.run(["sh", "-n", script], cwd=ROOT, check=False).returncode == 0


def test_ci_runs_what_people_run() -> None:
    text = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "make check" in text
    assert "make test" in text


def test_make_lists_its_targets() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in ("run", "test", "test-quick", "check", "soak", "wire", "docs", "lock", "build"):
        assert f"make {target} " in listed


def test_a_failed_step_shows_its_last_words_without_addresses(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = "print('cannot reach https://packages.example/x'); raise SystemExit(3)"
    with pytest.raises(commands.Failed) as failure:
        commands.call(
            "Step", [sys.executable, "-c", script], tmp_path, dict(os.environ), hint="Go."
        )
    assert "exit 3" in str(failure.value)
    assert "cannot reach <address>" in str(failure.value)
    assert str(failure.value).endswith("Go.")
    assert "packages.example" not in "".join(capfd.readouterr())


def test_no_step_outlives_an_interruption(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    script = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    code = (
        f"import sys; sys.path.insert(0, {str(SET_UP)!r})\n"
        "import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        "import commands, os, pathlib\n"
        f"command = [sys.executable, '-c', {script!r}]\n"
        "commands.call('Step', command, pathlib.Path('/'), dict(os.environ))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL) as outer:
        while not (mark.exists() and mark.read_text()):
            assert outer.poll() is None
        outer.terminate()
        assert outer.wait(timeout=120) == 143
    stat = Path(f"/proc/{mark.read_text()}/stat")
    deadline_s = time.monotonic() + 60
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline_s, "the step outlived its caller"
        time.sleep(0.05)


def test_a_missing_home_gets_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    environment = prepare.environment_for(tmp_path)
    assert Path(environment["HOME"]).is_dir()
    assert Path(environment["HOME"]).is_relative_to(tmp_path)


def test_sources_are_seen_whatever_their_folder_is_called(tmp_path: Path) -> None:
    for name in ("web/src/data/a.ts", "data/b", "gateway/static/c", "web/node_modules/d", "e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert sorted(map(str, prepare.files_under(tmp_path))) == ["e", "web/src/data/a.ts"]
    assert list(map(str, prepare.files_under(tmp_path, "web"))) == ["web/src/data/a.ts"]


def test_low_disk_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(commands.Failed, match="GB are free"):
        prepare.Steps(tmp_path, dev=False).check_disk()


def test_an_unusable_python_is_said_in_plain_words(tmp_path: Path) -> None:
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    (tmp_path / "sh").symlink_to("/bin/sh")
    done = subprocess.run(
        [str(SET_UP / "find-python")],
        env={"PATH": str(tmp_path), "PYTHON": str(fake)},
        capture_output=True,
        text=True,
        check=False,
    )
    if Path("/usr/bin/python3").exists():  # found at its usual place, PATH or not
        assert done.stdout.strip() == "/usr/bin/python3"
    else:
        assert "needs Python 3.11" in done.stderr
