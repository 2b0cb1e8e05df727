"""How the interpreter runs a process that keeps much, makes little garbage and must answer soon."""

from __future__ import annotations

import gc
import sys

YOUNG, MIDDLE, OLD = 10_000, 5, 50
"""Allocations before the youngest generation is looked through, and how often the others are.

A look at 50,000 live objects, the most the second generation gathers, takes about 30 ms.
"""
LOADING = 20_000, 20, 20
"""The same while state is loaded, none of which is garbage."""
SWITCH_S = 0.001


def begin() -> None:
    """Let the collector look less often. Call it before loading state, none of which is garbage."""
    gc.set_threshold(*LOADING)


def settle() -> None:
    """Put everything loaded so far out of the collector's sight, and let it look at little.

    Call it once, when a process has loaded its state. What routing holds is made so that it
    forms no cycles, and is freed the moment it is over; a collection that walks a hundred
    thousand waiting interactions frees nothing and delays everybody by tenths of a second.
    Cycles that requests leave behind are still collected.

    A thread that comes back from the disk takes the interpreter over after a millisecond
    instead of five: it does so for every row it reads, while somebody waits for the last.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    sys.setswitchinterval(SWITCH_S)
