"""How the garbage collector runs in a process that keeps much and makes little garbage."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 20_000, 20, 20
"""Allocations before the youngest generation is looked through, and how often the others are."""


def begin() -> None:
    """Let the collector look less often. Call it before loading state, none of which is garbage."""
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def settle() -> None:
    """Put everything loaded so far out of the collector's sight, and let it look less often.

    Call it once, when a process has loaded its state. What routing holds is made so that it
    forms no cycles, and is freed the moment it is over; a collection that walks a hundred
    thousand waiting interactions frees nothing and delays everybody by tenths of a second.
    Cycles that requests leave behind are still collected.
    """
    gc.collect()
    gc.freeze()
    begin()
