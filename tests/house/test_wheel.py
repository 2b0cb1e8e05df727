"""The wheel holds everything that runs, and nothing of the workshop."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.house.sources import ROOT


def test_the_wheel_holds_both_front_ends(
    tmp_path: Path, require_or_skip: Callable[[object, str], None]
) -> None:
    static = ROOT / "gateway" / "static"
    require_or_skip((static / "web" / "index.html").exists(), "the built front ends (make build)")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    for name in ("widget/widget.js", "web/index.html"):
        assert f"gateway/static/{name}" in names
    for name in ("channels/contract.py", "nlp/contract.py", "gateway/demo/page/index.html"):
        assert name in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    foreign = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert foreign == {"gateway", "channels", "nlp"}
    assert not [name for name in names if "setup-stamp" in name or "__pycache__" in name]
