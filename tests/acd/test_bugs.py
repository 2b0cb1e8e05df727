"""The proof is worth something: of the bugs kept in ``bugs`` it finds every one, and soon."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.acd.seeding import BUGS, Stale, copied, proved, seed_bug

CPU_S = 60
EXAMPLES = 20_000
SHIFTS = 400
STEPS = 50
QUICK = ("--examples", "1000", "--shifts", "20", "--seed", "1", "--cpu", str(CPU_S))


def test_there_are_ten_bugs_at_least() -> None:
    assert len(BUGS) >= 10


@pytest.mark.parametrize("patch", BUGS, ids=lambda patch: str(patch.stem))
def test_a_seeded_bug_is_found(patch: Path, tmp_path: Path) -> None:
    seed_bug(copied(tmp_path), patch)
    outcome = proved(tmp_path, *QUICK)
    assert outcome.found, f"not found in {outcome.examples} examples: {outcome}"
    assert outcome.cpu_s <= CPU_S


def test_the_same_proof_finds_nothing_in_the_code_as_it_is(tmp_path: Path) -> None:
    outcome = proved(copied(tmp_path), "--examples", "150", "--shifts", "4", "--seed", "1")
    assert not outcome.found, outcome
    assert outcome.examples >= 150
    assert outcome.shifts == 4


def test_a_patch_that_fits_no_more_is_said_to(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    seed_bug(folder, BUGS[0])
    with pytest.raises(Stale, match="Write the same bug into it anew"):
        seed_bug(folder, BUGS[0])


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("patch", BUGS, ids=lambda patch: str(patch.stem))
def test_a_seeded_bug_is_found_from_anywhere(patch: Path, tmp_path: Path) -> None:
    """The same from another beginning every time."""
    seed_bug(copied(tmp_path), patch)
    start = random.randrange(1 << 30)
    outcome = proved(
        tmp_path,
        "--examples",
        "10000",
        "--shifts",
        "200",
        "--seed",
        str(start),
        "--cpu",
        str(CPU_S),
    )
    print(f"{patch.stem}: {outcome.cpu_s} s, {outcome.by}: {outcome.found}")  # noqa: T201 - figures
    assert outcome.found, outcome


@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_twenty_thousand_examples_of_fifty_steps() -> None:
    """About fifteen minutes of processor time, shared by as many processes as there are cores."""
    cores = os.cpu_count() or 1
    share = [f"{-(-of // cores)}" for of in (EXAMPLES, SHIFTS)]
    starts = [str(random.randrange(1 << 30)) for _ in range(cores)]

    def campaign(start: str) -> str:
        options = ("--examples", share[0], "--shifts", share[1], "--steps", str(STEPS))
        outcome = proved(None, *options, "--seed", start, "--cpu", "7000")
        print(outcome)  # noqa: T201 - the figures of this run, and the seed to run it again
        assert outcome.examples >= EXAMPLES // cores
        assert outcome.steps >= STEPS * EXAMPLES // cores
        return outcome.found

    with ThreadPoolExecutor(cores) as pool:
        assert not [found for found in pool.map(campaign, starts) if found]
