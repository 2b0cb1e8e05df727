"""The documents say what the code says."""

from __future__ import annotations

import ast
import re
import typing
from pathlib import Path

from gateway.cli.main import build_parser
from gateway.kernel.errors import CODES
from gateway.surfaces import reference, wire
from gateway.surfaces.shapes import shapes_of
from tests.house.sources import ROOT, python_files, tracked, tree

REFERENCE = ROOT / "docs" / "reference"
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def test_reference_pages_are_what_the_code_says() -> None:
    stale = [
        name
        for name, text in reference.pages(build_parser()).items()
        if not (REFERENCE / name).exists() or (REFERENCE / name).read_text("utf-8") != text
    ]
    assert not stale, "run `make docs` and commit the result"


def test_every_error_code_is_documented() -> None:
    page = (REFERENCE / "errors.md").read_text("utf-8")
    assert [code for code in CODES if f"| `{code}` |" not in page] == []


def test_every_error_code_is_used() -> None:
    used: set[str] = set()
    for name in python_files("gateway"):
        if name != Path("gateway/kernel/errors.py"):
            nodes = ast.walk(tree(name))
            used |= {n.value for n in nodes if isinstance(n, ast.Constant) and n.value in CODES}
    assert set(CODES) - used - {"internal"} == set()


def test_every_raised_code_exists() -> None:
    unknown = {
        f"{name}:{node.lineno} {node.args[0].value!r}"
        for name in python_files("gateway")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "WeccError"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value not in CODES
    }
    assert not unknown


def test_every_frame_is_documented() -> None:
    unions = (wire.VisitorClient, wire.VisitorServer, wire.AgentClient, wire.AgentServer)
    members = {member for union in unions for member in typing.get_args(union)}
    page = (REFERENCE / "events.md").read_text("utf-8")
    names = {shapes_of(member).name for member in members}
    assert sorted(name for name in names if f"### `{name}`" not in page) == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{name}: {target}"
        for name in tracked()
        if name.suffix == ".md"
        for target in LINK.findall((ROOT / name).read_text("utf-8"))
        if not (ROOT / name.parent / target).exists()
    ]
    assert not broken


def test_every_document_is_on_the_map() -> None:
    folder = ROOT / "docs"
    pages = [path.relative_to(folder) for path in folder.rglob("*.md")]
    index = (folder / "index.md").read_text("utf-8")
    lost = [str(page) for page in pages if str(page) != "index.md" and f"({page})" not in index]
    assert not lost, "add these to docs/index.md"


def test_decisions_have_context_choice_evidence_and_cost() -> None:
    numbers = []
    for path in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        text = path.read_text("utf-8")
        numbers.append(int(path.name[:4]))
        for part in ("**Context.**", "**Choice.**", "**Evidence.**", "**Cost.**"):
            assert part in text, f"{path.name} lacks {part}"
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_make_target_is_in_the_contributors_guide() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [target for target in targets if f"make {target}" not in guide] == []
