"""The tree tells what the product does: fixed top level, rooms with the same inner names."""

from __future__ import annotations

import ast
import re

from tests.house.sources import PRODUCT, is_generated, python_files, texts, tracked, tree

TOP = {
    "gateway", "widget", "channels", "nlp", "tests", "web", "docs", "deploy", ".ci",
    "package.json", "package-lock.json", "pyproject.toml", "requirements.lock",
    "requirements-dev.lock", "README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md",
    "CONTRIBUTING.md", "Makefile", "biome.json",
}  # fmt: skip
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
AMBIGUOUS = re.compile(r"(Session|Ticket|Manager|Helper|Util)s?$")
# Written in halves so that this file does not hold what it looks for.
UNFINISHED = [
    "TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK:", "lorem " + "ipsum",
    "unittest" + ".mock import", "Magic" + "Mock(", "NotImplemented" + "Error",
]  # fmt: skip
OWN_MACHINE = re.compile(r"(?<![\w.])/(?:work|root|Users|home/\w+)/[\w.-]+")
REGISTRY = re.compile(r"https?://[^\s\"'<>)]*(?:py" r"pi|npm" r"js|/sim" r"ple/|regis" r"try)")


def test_top_level_is_fixed() -> None:
    strange = {
        name.parts[0]
        for name in tracked()
        if name.parts[0] not in TOP and not (len(name.parts) == 1 and name.name.startswith("."))
    }
    assert not strange, f"these have no place at the top: {sorted(strange)}"


def test_no_file_has_a_vague_name() -> None:
    vague = [str(name) for name in tracked() if VAGUE.intersection([*name.parts, name.stem])]
    assert not vague, f"name these after their noun: {vague}"


def test_classes_use_the_words_of_the_field() -> None:
    wrong = [
        f"{name}: {node.name}"
        for name in python_files(*PRODUCT)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ClassDef) and AMBIGUOUS.search(node.name)
    ]
    assert not wrong, f"one word, one meaning: {wrong}"


def test_nothing_unfinished_is_left() -> None:
    found = [
        f"{name}: {mark}"
        for name, text in texts()
        if not is_generated(name)
        for mark in UNFINISHED
        if mark in text
    ]
    assert not found


def test_no_file_names_a_developers_machine() -> None:
    found = [
        f"{name}: {match.group()}" for name, text in texts() for match in OWN_MACHINE.finditer(text)
    ]
    assert not found


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{name}: {match.group()}" for name, text in texts() for match in REGISTRY.finditer(text)
    ]
    assert not found


def test_every_test_folder_is_a_package() -> None:
    folders = {name.parent for name in python_files("tests")}
    bare = [str(folder) for folder in folders if folder / "__init__.py" not in tracked()]
    assert not bare, f"two tests of one name would hide each other: add __init__.py to {bare}"
