"""What other rooms call says what it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import python_files, tree

PLACES = {"model", "service", "contract", "ports"}
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _checked() -> list[Path]:
    return [
        name
        for name in python_files("gateway", "channels", "nlp")
        if PLACES & {*name.parts, name.stem} and name.name != "__init__.py"
    ]


def _public(body: list[ast.stmt], path: str, *, classes: bool) -> Iterator[tuple[str, Documented]]:
    for node in body:
        if not isinstance(node, Documented) or node.name.startswith("_"):
            continue
        if not isinstance(node, ast.ClassDef) or classes:
            yield f"{path}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body, f"{path}{node.name}.", classes=classes)


@pytest.mark.parametrize("name", _checked(), ids=str)
def test_public_names_are_documented(name: Path) -> None:
    module = tree(name)
    assert ast.get_docstring(module), "the module says what it is for"
    classes = name.stem in {"contract", "ports"}
    public = _public(module.body, "", classes=classes)
    silent = [path for path, node in public if not ast.get_docstring(node)]
    assert not silent
