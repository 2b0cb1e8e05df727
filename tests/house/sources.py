"""What the house rules look at: the files of the repository and their syntax trees."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("gateway", "channels", "nlp")
GENERATED = ("wire.ts", "/migrations/versions/", "docs/reference/", ".lock", "package-lock.json")
TEXT = {
    ".py", ".ts", ".tsx", ".css", ".html", ".md", ".json", ".toml", ".yaml", ".yml", ".sh", ".lock",
    ".js", ".mjs", ".svg", ".service", ".conf", ".in", ".txt", ".ini", ".mako", "",
}  # fmt: skip


@cache
def tracked() -> list[Path]:
    """Return every file that git keeps or would keep, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [Path(name.decode()) for name in listed.stdout.split(b"\0") if name]
    else:
        names = list(_walked())
    return sorted(name for name in set(names) if (ROOT / name).is_file())


def _walked() -> Iterator[Path]:
    """List the files of an unpacked archive, where there is no git."""
    left_out = {".git", ".venv", ".node", "node_modules", "__pycache__"}
    built = (Path("data"), Path("dist"), Path("gateway/static"))
    for path in ROOT.rglob("*"):
        name = path.relative_to(ROOT)
        made = left_out.intersection(name.parts) or any(map(name.is_relative_to, built))
        if path.is_file() and not made:
            yield name


def is_generated(name: Path) -> bool:
    """Tell whether a program writes this file."""
    return any(mark in f"/{name}" for mark in GENERATED)


def texts() -> Iterator[tuple[Path, str]]:
    """Yield name and content of every text file."""
    for name in tracked():
        if name.suffix in TEXT:
            yield name, (ROOT / name).read_text("utf-8", errors="replace")


@cache
def tree(name: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse((ROOT / name).read_text("utf-8"), str(name))


def python_files(*tops: str) -> list[Path]:
    """Return the Python files below the given top folders."""
    return [name for name in tracked() if name.suffix == ".py" and name.parts[0] in tops]


def functions(name: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a file, nested ones too."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported_roots(name: Path) -> set[str]:
    """Return the top-level names a file imports."""
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
