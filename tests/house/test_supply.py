"""What the product is built from: locked with hashes, no address, free licences, no old holes."""

from __future__ import annotations

import importlib.metadata
import json
import re
import tomllib
from typing import Any

import pytest

from tests.house.sources import ROOT

LOCKS = [
    "requirements.lock",
    "requirements-dev.lock",
    "deploy/setup/build.lock",
    "deploy/setup/node.lock",
]
PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)==([\w.]+)", re.MULTILINE)
COPYLEFT = re.compile(r"\b(A|L)?GPL", re.IGNORECASE)
# The wheel of `av` bundles FFmpeg; docs/decisions/0004 says what follows from that.
KNOWN_COPYLEFT = {"av"}
# First versions without a hole that matters here; with the advisory that was mended.
FLOORS = {
    "starlette": "1.3.1",  # CVE-2025-62727, CVE-2026-48710, CVE-2026-48817, PYSEC-2026-248
    "aiosmtplib": "5.1.3",  # PYSEC-2026-2338
    "slixmpp": "1.8.3",  # CVE-2022-45197
    "redis": "4.5.5",  # CVE-2023-28858
    "aioice": "0.10.0",
    "websockets": "9.1",  # CVE-2021-33880
    "h11": "0.16.0",  # CVE-2025-43859
    "urllib3": "2.6.3",  # CVE-2025-66418, CVE-2026-21441
    "requests": "2.32.4",  # CVE-2024-47081
    "jinja2": "3.1.6",  # CVE-2025-27516
    "pillow": "12.1.1",  # CVE-2026-25990
    "cryptography": "46.0.5",  # CVE-2026-26007
    "certifi": "2024.7.4",  # CVE-2024-39689
    "setuptools": "78.1.1",  # CVE-2025-47273
    "pyasn1": "0.6.2",  # CVE-2026-23490
}
FLOORS_IF_PRESENT = {"python-multipart": "0.0.27", "pyjwt": "2.4.0"}


def _locked(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package, version in PINNED.findall((ROOT / name).read_text("utf-8")):
        found.setdefault(package.lower(), set()).add(version)
    return found


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])


def _package_lock() -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    return lock


@pytest.mark.parametrize("name", LOCKS)
def test_python_locks_hold_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert not re.findall(r"https?:|--(?:extra-)?index-url|--find-links", text)
    for block in re.split(r"\n(?=\S)", text):
        if PINNED.match(block):
            assert "--hash=sha256:" in block, block.splitlines()[0]


def test_npm_lock_holds_hashes_and_no_address() -> None:
    packages = _package_lock()["packages"]
    for name, entry in packages.items():
        assert "://" not in str(entry.get("resolved", "")), name
        if name.startswith("node_modules/") and not entry.get("link"):
            assert str(entry.get("integrity", "")).startswith("sha512-"), name


def test_locks_cover_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    runtime, dev = _locked("requirements.lock"), _locked("requirements-dev.lock")
    for requirement in project["dependencies"]:
        assert re.split(r"[\[=<>~ ]", requirement)[0] in runtime, "run `make lock`"
    for requirement in project["optional-dependencies"]["dev"]:
        assert re.split(r"[\[=<>~ ]", requirement)[0] in dev, "run `make lock`"
    assert {name: dev.get(name) for name in runtime} == runtime, "run `make lock`"


def test_packages_whose_insides_are_used_are_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for name in ("aiortc", "aioice"):
        assert any(item.startswith(f"{name}==") for item in project["dependencies"]), name


def test_versions_are_above_the_known_holes() -> None:
    locked = _locked("requirements.lock")
    for name, floor in FLOORS.items():
        for version in locked[name]:
            assert _number(version) >= _number(floor), f"{name} {version} < {floor}"
    for name, floor in FLOORS_IF_PRESENT.items():
        for version in locked.get(name, set()):
            assert _number(version) >= _number(floor), f"{name} {version} < {floor}"


def _licence(package: str) -> str:
    metadata = importlib.metadata.metadata(package)
    classifiers = metadata.get_all("Classifier") or []
    words = [text for text in classifiers if text.startswith("License ::")]
    words += metadata.get_all("License-Expression") or []
    words += [text[:200] for text in metadata.get_all("License") or []]
    return " ".join(words)


def test_runtime_packages_are_free_of_copyleft() -> None:
    found = set()
    for package in _locked("requirements.lock"):
        try:
            licence = _licence(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # locked for another platform or Python
        if COPYLEFT.search(licence):
            found.add(package)
    assert found <= KNOWN_COPYLEFT, found - KNOWN_COPYLEFT


def test_npm_packages_are_free_of_copyleft() -> None:
    packages = _package_lock()["packages"]
    shipped = {name: e for name, e in packages.items() if name and not e.get("dev")}
    found = {name for name, e in shipped.items() if COPYLEFT.search(str(e.get("license", "")))}
    assert not found


def test_node_versions_are_those_the_tools_accept() -> None:
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    assert package["engines"]["node"] == "^20.19.0 || ^22.12.0 || >=24.0.0"
    assert _package_lock()["packages"][""]["engines"] == package["engines"]


def test_no_file_of_the_front_ends_loads_from_elsewhere() -> None:
    loads = re.compile(r"(?:src|href)=[\"']https?://|@import\s+url\(|importScripts\(")
    for name in [*ROOT.glob("widget/**/*.html"), *ROOT.glob("web/**/*.html")]:
        if "node_modules" not in name.parts:
            assert not loads.search(name.read_text("utf-8")), name
