"""``wecc bench NAME``: each bench returns one flat object of figures."""

from __future__ import annotations

from importlib import import_module
from typing import Any

NAMES = ("journal", "sockets", "boot", "waits", "erlang")


def run(name: str) -> dict[str, Any]:
    """Run one bench and return its figures."""
    if name not in NAMES:
        raise ValueError(f"unknown bench {name}")
    figures: dict[str, Any] = import_module(f"gateway.bench.{name}").run()
    return figures
