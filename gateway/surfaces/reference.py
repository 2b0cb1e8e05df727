"""Writes the reference pages from the code: errors, settings, socket frames, REST, OpenAPI.

``python -m gateway.surfaces.reference docs/reference`` writes them; with ``--check`` it says which
pages are not what the code says, and fails.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import pkgutil
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gateway
from gateway.kernel.errors import CODES
from gateway.kernel.wire import PROTOCOL_VERSION
from gateway.platform.http import openapi
from gateway.platform.http.route import Route
from gateway.settings import ENVIRONMENT_PREFIX, Settings
from gateway.surfaces import wire
from gateway.surfaces.shapes import Field, Shape, shapes_of, shapes_used_by

_NOTE = "<!-- generated from the code by `make docs`: do not edit -->"
_ERRORS = (
    'On a socket: `{type: "error", ref, code, message, retry_after_s}`. Over REST:'
    ' `{"error": {"code", "message", "field"}}` with the status below. Codes are stable;'
    " messages are written for people and may change."
)
_SETTINGS = (
    "Read from a TOML file, then from the environment, then from the command line; later wins."
    " Unknown names are refused. Every setting has a default that is safe on one machine."
)
_EVENTS = (
    f"Protocol version {PROTOCOL_VERSION}. Every frame is one JSON object with a `type`;"
    " [the protocol](../protocol.md) explains how they follow each other. A field with a default"
    " may be left out when sending; the server always writes every field."
)


def pages() -> dict[str, str]:
    """Return every page by file name."""
    routes = all_routes()
    return {
        "errors.md": errors_page(),
        "settings.md": settings_page(),
        "events.md": events_page(),
        "rest.md": f"{_NOTE}\n{openapi.reference(routes)}",
        "openapi.json": json.dumps(openapi.openapi(routes), indent=1, sort_keys=True) + "\n",
    }


def errors_page() -> str:
    """Return the table of error codes."""
    lines = [
        _NOTE,
        "# Error codes",
        "",
        _ERRORS,
        "",
        "| code | HTTP status | meaning |",
        "|---|---|---|",
    ]
    lines += [f"| `{code}` | {info.status} | {info.meaning} |" for code, info in CODES.items()]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Return every setting with its name in the file, in the environment, and its default."""
    lines = [
        _NOTE,
        "# Settings",
        "",
        _SETTINGS,
    ]
    top = shapes_of(Settings)
    sections = [(field.name, field.struct) for field in top.fields if field.struct]
    plain = [field for field in top.fields if not field.struct]
    if plain:
        lines += ["", "## General", "", *_settings_table("", plain)]
    for name, struct in sections:
        shape = shapes_of(struct)
        lines += ["", f"## {name}", "", shape.meaning, ""]
        lines += _settings_table(f"{name}.", shape.fields)
    return "\n".join(lines) + "\n"


def _settings_table(prefix: str, fields: list[Field]) -> list[str]:
    lines = ["| setting | environment | type | default | meaning |", "|---|---|---|---|---|"]
    for field in fields:
        name = f"{prefix}{field.name}"
        variable = ENVIRONMENT_PREFIX + name.replace(".", "__").upper()
        cells = [f"`{name}`", f"`{variable}`", field.kind, f"`{field.default}`", field.meaning]
        lines.append(_row(cells))
    return lines


def events_page() -> str:
    """Return every frame of both sockets and both directions, then the objects inside them."""
    lines = [
        _NOTE,
        "# Socket frames",
        "",
        _EVENTS,
    ]
    unions: list[tuple[str, Any]] = [
        ("Visitor to server", wire.VisitorClient),
        ("Server to visitor", wire.VisitorServer),
        ("Agent to server", wire.AgentClient),
        ("Server to agent", wire.AgentServer),
    ]
    members: list[type] = []
    for title, union in unions:
        lines += ["", f"## {title}"]
        for member in typing.get_args(union):
            members.append(member)
            lines += _shape_lines(shapes_of(member), "###")
    lines += ["", "## Objects"]
    for shape in shapes_used_by(members):
        lines += _shape_lines(shape, "###")
    return "\n".join(lines) + "\n"


def _shape_lines(shape: Shape, level: str) -> list[str]:
    lines = ["", f"{level} `{shape.name}`", ""]
    if shape.meaning:
        lines += [shape.meaning, ""]
    if not shape.fields:
        return [*lines, "No fields."]
    lines += ["| field | type | default | |", "|---|---|---|---|"]
    for field in shape.fields:
        default = f"`{field.default}`" if field.default else ""
        lines.append(_row([f"`{field.name}`", field.kind, default, field.meaning]))
    return lines


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def all_routes() -> list[Route]:
    """Return the rows that every ``http`` module of a room builds, without starting anything."""
    found: list[Route] = []
    for module in sorted(_http_modules()):
        build: Callable[..., list[Route]] | None = getattr(
            importlib.import_module(module), "routes", None
        )
        if build is not None:
            found += build(**_unstarted(build))
    return found


def _http_modules() -> list[str]:
    names: list[str] = []
    for room in pkgutil.iter_modules(gateway.__path__, "gateway."):
        if not room.ispkg or room.name == "gateway.platform":
            continue
        path = importlib.import_module(room.name).__path__
        inside = pkgutil.iter_modules(path, f"{room.name}.")
        names += [module.name for module in inside if module.name.endswith(".http")]
    return names


def _unstarted(build: Callable[..., Any]) -> dict[str, Any]:
    """Return an empty instance for each argument: routes are described, never called."""
    hints = typing.get_type_hints(build)
    empty: dict[str, Any] = {}
    for name, parameter in inspect.signature(build).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            kind = hints.get(name, object)
            empty[name] = object.__new__(kind) if isinstance(kind, type) else None
    return empty


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` compare them."""
    parser = argparse.ArgumentParser(description="Write the reference pages from the code.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="only tell what differs")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    stale: list[str] = []
    for name, text in pages().items():
        path: Path = options.folder / name
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(name)
        if not options.check:
            path.write_text(text, "utf-8")
    verb = "out of date, run `make docs`" if options.check else "wrote"
    for name in stale:
        sys.stdout.write(f"{verb}: {options.folder / name}\n")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
