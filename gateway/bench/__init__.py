"""``wecc bench NAME``: each bench returns one object of figures."""

from __future__ import annotations

from importlib import import_module
from typing import Any

NAMES = (
    "journal",
    "sockets",
    "boot",
    "waits",
    "erlang",
    "routing",
    "idle-gap",
    "seats",
    "restart",
    "calls",
)


def run(name: str, *, is_short: bool = False) -> dict[str, Any]:
    """Run one bench and return its figures; ``is_short`` only tries one that takes minutes."""
    if name not in NAMES:
        raise ValueError(f"unknown bench {name}")
    module = import_module(f"gateway.bench.{name.replace('-', '_')}")
    figures: dict[str, Any] = (
        module.run_short() if is_short and hasattr(module, "run_short") else module.run()
    )
    return figures
