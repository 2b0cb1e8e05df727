"""Writes the reference pages from the code: errors, settings, frames, REST, OpenAPI, commands.

``wecc docs`` writes them; ``wecc docs --check`` says which pages are not what the code says.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import pkgutil
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gateway
from gateway.kernel.errors import CODES
from gateway.kernel.wire import PROTOCOL_VERSION
from gateway.platform.http import openapi
from gateway.platform.http.route import Route
from gateway.settings import ENVIRONMENT_PREFIX, LimitSettings, Settings
from gateway.supervision.model.page import page as figures_page
from gateway.surfaces import wire
from gateway.surfaces.http import ChannelRoutes, upkeep_routes
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


def pages(parser: argparse.ArgumentParser) -> dict[str, str]:
    """Return every page by file name; ``parser`` is the one of the ``wecc`` command."""
    routes = all_routes()
    return {
        "errors.md": errors_page(),
        "settings.md": settings_page(),
        "events.md": events_page(),
        "figures.md": figures_page(),
        "cli.md": commands_page(parser),
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


def commands_page(parser: argparse.ArgumentParser) -> str:
    """Return every command of ``wecc`` with its options."""
    lines = [_NOTE, f"# The `{parser.prog}` command", "", parser.description or ""]
    for words, help_text, command in _commands(parser, parser.prog):
        lines += ["", f"## `{words}`", "", f"{help_text[:1].upper()}{help_text[1:]}.", ""]
        rows = [action for action in command._actions if _is_shown(action)]  # noqa: SLF001
        if rows:
            lines += ["| option | meaning |", "|---|---|"]
            lines += [_row([_option(action), action.help or ""]) for action in rows]
    return "\n".join(lines) + "\n"


def _commands(
    parser: argparse.ArgumentParser, words: str
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Yield the commands that do something, in the order they were added."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list them
        if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            continue
        help_texts = {choice.dest: choice.help for choice in action._choices_actions}  # noqa: SLF001
        for name, command in action.choices.items():
            help_text = help_texts.get(name)
            if help_text in (None, argparse.SUPPRESS):
                continue
            inner = list(_commands(command, f"{words} {name}"))
            yield from inner or [(f"{words} {name}", str(help_text), command)]


def _is_shown(action: argparse.Action) -> bool:
    return not isinstance(action, argparse._HelpAction) and action.help != argparse.SUPPRESS  # noqa: SLF001


def _option(action: argparse.Action) -> str:
    if action.choices is not None:
        value = "|".join(str(choice) for choice in action.choices)
    else:
        value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    names = ", ".join(action.option_strings)
    return f"`{' '.join(part for part in (names, value) if part)}`"


def all_routes() -> list[Route]:
    """Return the rows of the route table without starting anything.

    Rooms have a function ``routes``; the fall-back channel and the upkeep rows are our own.
    """
    found: list[Route] = []
    for module in sorted(_http_modules()):
        build: Callable[..., list[Route]] | None = getattr(
            importlib.import_module(module), "routes", None
        )
        if build is not None:
            found += build(**_unstarted(build))
    nothing: Any = _Unstarted()
    for base, origin in (("/v1", "widget"), ("/api/v1", "desk")):
        place: Any = origin
        found += ChannelRoutes(nothing, nothing, base, place).rows(LimitSettings())
    return found + upkeep_routes(nothing, nothing, nothing)


def _http_modules() -> list[str]:
    names: list[str] = []
    for room in pkgutil.iter_modules(gateway.__path__, "gateway."):
        if not room.ispkg or room.name == "gateway.platform":
            continue
        path = importlib.import_module(room.name).__path__
        inside = pkgutil.iter_modules(path, f"{room.name}.")
        names += [module.name for module in inside if module.name.endswith(".http")]
    return names


class _Unstarted:
    """Stands where a running service would be: rows are described, their handlers never called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Unstarted()


def _unstarted(build: Callable[..., Any]) -> dict[str, Any]:
    """Return an empty instance for each argument: it has the methods and what they say."""
    hints = typing.get_type_hints(build)
    empty: dict[str, Any] = {}
    for name, parameter in inspect.signature(build).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            kind = hints.get(name, object)
            bases = (kind, _Unstarted) if isinstance(kind, type) else (_Unstarted,)
            empty[name] = object.__new__(type("Unstarted", bases, {}))
    return empty


def write(folder: Path, parser: argparse.ArgumentParser, *, check: bool) -> int:
    """Write the pages into ``folder``, or only compare them; returns the exit code."""
    stale: list[str] = []
    for name, text in pages(parser).items():
        path = folder / name
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(name)
        if not check:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    verb = "out of date, run `make docs`" if check else "wrote"
    for name in stale:
        sys.stdout.write(f"{verb}: {folder / name}\n")
    return 1 if stale and check else 0
