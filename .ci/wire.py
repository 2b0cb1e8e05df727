"""Writes ``widget/src/wire.ts`` and ``web/src/wire.ts`` from the structs; ``--check`` compares."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gateway.surfaces.generate import schema_for  # noqa: E402

FILES = {"visitor": "widget/src/wire.ts", "agent": "web/src/wire.ts"}
OPTIONS = ["--no-additionalProperties", "--unreachableDefinitions=false"]


def generate(audience: str) -> str:
    """Return the TypeScript of one audience."""
    tool = ROOT / "node_modules" / ".bin" / "json2ts"
    with tempfile.TemporaryDirectory() as folder:
        schema, target = Path(folder, "wire.json"), Path(folder, "wire.ts")
        schema.write_text(json.dumps(schema_for(audience)), "utf-8")
        subprocess.run(
            [str(tool), "-i", str(schema), "-o", str(target), *OPTIONS],
            check=True,
            cwd=ROOT,
            env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
        )
        return target.read_text("utf-8")


def main(arguments: list[str]) -> int:
    """Write both files, or tell what would change."""
    drifted = 0
    for audience, name in FILES.items():
        path, wanted = ROOT / name, generate(audience)
        present = path.read_text("utf-8") if path.exists() else ""
        if present == wanted:
            continue
        drifted += 1
        if "--check" not in arguments:
            path.write_text(wanted, "utf-8")
            print(f"wrote {name}")
            continue
        lines = difflib.unified_diff(
            present.splitlines(), wanted.splitlines(), name, "generated", lineterm="", n=1
        )
        print("\n".join(list(lines)[:40]))
        print(f"{name} is not what the structs say: run `make wire` and commit the result.")
    return 1 if drifted and "--check" in arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
