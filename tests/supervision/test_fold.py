"""The fold against tables computed by hand, and its laws over what the real engine writes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.acd.model import entries as e
from gateway.supervision.model.dictionary import SERVICE_LEVELS, Facts, figures_of
from gateway.supervision.model.ledger import Changes
from gateway.supervision.model.tally import (
    BUCKET_MS,
    EDGES_MS,
    Counts,
    add,
    bin_of,
    bucket_of,
    percentile_ms,
)
from gateway.supervision.model.times import time_of
from tests.supervision.journals import (
    AGENTS,
    NOON,
    QUEUES,
    Day,
    counts_by,
    fold,
    keys,
    random_journal,
)

# Ten calls, target 20 s. Waits of the answered: 5, 10, 20, 21, 60, 90 s; of the abandoned:
# 3 (short), 20, 40 s; one still waits.
TEN_CALLS = (
    Day()
    .agent(-600, "ready")
    .arrives(0, 1).arrives(0, 2).arrives(0, 3).arrives(0, 4).arrives(0, 5)
    .arrives(0, 6).arrives(0, 7).arrives(0, 8).arrives(0, 9).arrives(0, 10)
    .left(3, 7)
    .answered(5, 1)
    .answered(10, 2)
    .answered(20, 3).left(20, 8)
    .answered(21, 4)
    .left(40, 9)
    .answered(60, 5)
    .answered(90, 6)
)  # fmt: skip


def figures(counts: Counts) -> dict[str, float | None]:
    return figures_of(Facts(counts, {}), has_time=True)


def test_service_levels_against_a_table_computed_by_hand() -> None:
    _, changes = fold(TEN_CALLS.entries)
    found = counts_by(changes, queue_id=QUEUES[0])
    assert (found["offered"], found["answered"], found["answered_within"]) == (10, 6, 3)
    assert (found["abandoned"], found["abandoned_within"], found["abandoned_short"]) == (3, 2, 1)
    shown = figures(found)
    assert shown["waiting"] == 1
    assert shown["service_level_answered"] == 50.0  # 3 / 6
    assert shown["service_level_offered"] == 30.0  # 3 / 10
    assert shown["service_level_settled"] == 55.56  # (3 + 2) / (6 + 3)
    assert shown["service_level_patient"] == 42.86  # 3 / (6 + 1)
    assert shown["abandon_rate"] == 22.22  # (3 - 1) / (10 - 1)
    assert shown["answer_wait_avg_ms"] == 34_333  # (5 + 10 + 20 + 21 + 60 + 90) / 6
    assert shown["abandon_wait_avg_ms"] == 21_000
    assert shown["answer_wait_max_ms"] == 90_000


def test_percentiles_of_waits_are_within_a_bin() -> None:
    _, changes = fold(TEN_CALLS.entries)
    waits = {number: count for (_, number), count in changes.waits.items()}
    p50, p90 = percentile_ms(waits, 0.5), percentile_ms(waits, 0.9)
    assert p50 is not None
    assert p90 is not None
    assert 20_000 / 1.1 <= p50 <= 20_000 * 1.1
    assert 90_000 / 1.1 <= p90 <= 90_000 * 1.1
    assert percentile_ms({}, 0.5) is None


def test_a_share_of_nothing_is_unknown_not_zero() -> None:
    shown = figures({})
    assert all(shown[name] is None for name in SERVICE_LEVELS)
    assert shown["occupancy"] is None
    assert shown["offered"] == 0


def test_a_wait_counts_where_it_began_and_handling_where_it_ended() -> None:
    day = (
        Day()
        .agent(-10, "ready")
        .arrives(295, 1)
        .answered(310, 1)
        .ended(590, 1, wrap_up_s=60)
        .wrapped(620, 1)
    )
    _, changes = fold(day.entries)
    first, second, third = (
        counts_by(changes, start_ms=NOON + place * BUCKET_MS) for place in range(3)
    )
    assert (first["offered"], first["answered"], first["answer_wait_ms"]) == (1, 1, 15_000)
    assert (second["accepted"], second.get("answered", 0)) == (1, 0)
    assert (third["handled"], third["talk_ms"], third["wrap_up_ms"]) == (1, 280_000, 30_000)


def test_agents_time_is_split_over_the_intervals() -> None:
    day = (
        Day()
        .agent(0, "not_ready")
        .agent(100, "ready")
        .arrives(190, 1)
        .arrives(200, 2)
        .answered(210, 1)
        .answered(250, 2)
        .ended(400, 1)
        .agent(450, "not_ready")
        .ended(500, 2)
        .agent(600, "offline")
    )
    _, changes = fold(day.entries)
    first = counts_by(changes, agent_id=AGENTS[0], queue_id="", start_ms=NOON)
    second = counts_by(changes, agent_id=AGENTS[0], queue_id="", start_ms=NOON + BUCKET_MS)
    assert first["signed_in_ms"] == 300_000
    assert first["ready_ms"] == 200_000
    assert first["busy_ms"] == 90_000  # 210..300; two at once count once
    assert first["staffed_ms"] == 200_000
    assert second["signed_in_ms"] == 300_000
    assert second["ready_ms"] == 150_000
    assert second["busy_ms"] == 200_000  # 300..500
    assert second["staffed_ms"] == 200_000  # ready to 450, then busy to 500
    assert figures(second)["occupancy"] == 100.0
    assert figures(second)["utilisation"] == 66.67


def test_a_first_reply_counts_from_the_beginning_of_the_wait() -> None:
    day = (
        Day()
        .arrives(0, 1, "chat")
        .answered(20, 1)
        .replied(35, 1)
        .replied(90, 1)
        .transferred(100, 1)
        .answered(110, 1, AGENTS[1])
        .replied(120, 1)
        .arrives(0, 2, "chat")
        .answered(10, 2)
        .ended(40, 2)
    )
    _, changes = fold(day.entries)
    first = counts_by(changes, queue_id=QUEUES[0])
    assert (first["replied"], first["reply_wait_ms"]) == (1, 35_000)
    assert figures(first)["first_reply_avg_ms"] == 35_000
    second = counts_by(changes, queue_id=QUEUES[1], agent_id=AGENTS[1])
    assert (second["replied"], second["reply_wait_ms"]) == (1, 20_000)


def test_ratings_have_a_mean_and_a_share_of_good_ones() -> None:
    shown = figures({"ratings": 3, "ratings_sum": 10, "ratings_good": 2})
    assert (shown["ratings"], shown["rating_avg"], shown["rating_good"]) == (3, 3.33, 66.67)
    nothing = figures({})
    assert (nothing["ratings"], nothing["rating_avg"], nothing["rating_good"]) == (0, None, None)


def test_every_state_has_its_span_and_who_set_it() -> None:
    day = (
        Day().agent(0, "not_ready").agent(30, "ready").agent(90, "not_ready").agent(100, "offline")
    )
    day.entries[2] = e.AgentSet(
        at_ms=day.at(90), agent_id=AGENTS[0], state="not_ready", reason="meal", by="us_lead00001"
    )
    _, changes = fold(day.entries, [1, 2])
    spans = [changes.spans[key] for key in sorted(changes.spans)]
    assert [(span.state, span.reason, span.by_id) for span in spans] == [
        ("not_ready", "", ""),
        ("ready", "", ""),
        ("not_ready", "meal", "us_lead00001"),
        ("offline", "", ""),
    ]
    lasted = [span.ended_ms - span.began_ms for span in spans[:-1]]
    assert (lasted, spans[-1].ended_ms) == ([30_000, 60_000, 10_000], 0)


def test_offers_declined_and_missed_are_the_agents() -> None:
    day = (
        Day()
        .arrives(0, 1)
        .rings(0, 1).missed(20, 1, "expired")
        .rings(21, 1, AGENTS[1]).missed(22, 1, "rejected", AGENTS[1])
        .rings(23, 1, AGENTS[2]).missed(24, 1, "withdrawn", AGENTS[2])
        .left(24, 1)
    )  # fmt: skip
    _, changes = fold(day.entries)
    rona, declined, withdrawn = (counts_by(changes, agent_id=agent) for agent in AGENTS)
    assert (rona["offers"], rona["unanswered"], rona.get("declined", 0)) == (1, 1, 0)
    assert (declined["offers"], declined["declined"]) == (1, 1)
    assert withdrawn == {"offers": 1}
    assert counts_by(changes, queue_id=QUEUES[0])["offers"] == 3


def test_a_hand_over_ends_one_wait_and_begins_another() -> None:
    day = (
        Day()
        .arrives(0, 1)
        .answered(10, 1)
        .transferred(40, 1)
        .answered(100, 1, AGENTS[1])
        .ended(130, 1, agent=AGENTS[1])
    )
    _, changes = fold(day.entries)
    first, second = (counts_by(changes, queue_id=queue) for queue in QUEUES)
    assert (first["offered"], first["answered"], first["transferred_out"]) == (1, 1, 1)
    assert (first["handled"], first["talk_ms"]) == (1, 30_000)
    assert (second["offered"], second["transferred_in"], second["answered"]) == (1, 1, 1)
    assert second["answer_wait_ms"] == 60_000  # its own wait, not the one before
    assert second["transfers_accepted"] == 1


def test_a_lost_agent_and_a_lead_begin_new_waits() -> None:
    day = (
        Day()
        .arrives(0, 1).answered(10, 1).released(50, 1).moved(60, 1).left(70, 1)
    )  # fmt: skip
    _, changes = fold(day.entries)
    first, second = (counts_by(changes, queue_id=queue) for queue in QUEUES)
    assert (first["offered"], first["answered"], first["returned"]) == (2, 1, 1)
    assert first["moved_out"] == 1
    assert (second["offered"], second["transferred_in"], second["abandoned"]) == (1, 1, 1)
    assert figures(first)["waiting"] == figures(second)["waiting"] == 0


def test_a_queues_own_target_judges_the_waits_that_begin_after_it() -> None:
    day = Day().arrives(0, 1).target(5, QUEUES[0], "call", 40).arrives(10, 2)
    _, changes = fold(day.answered(35, 1).answered(50, 2).entries)
    found = counts_by(changes, queue_id=QUEUES[0])
    assert (found["answered"], found["answered_within"]) == (2, 1)  # 35 s of 20, 40 s of 40


def test_robots_have_rows_of_their_own() -> None:
    _, changes = fold(Day().arrives(0, 1).arrives(1, 2, robot=True).entries)
    assert [(key.is_robot, changes.counts[key]["offered"]) for key in keys(changes)] == [
        (False, 1),
        (True, 1),
    ]


def test_what_the_ledger_never_heard_of_is_left_alone() -> None:
    day = Day().answered(0, 9).ended(1, 9).wrapped(2, 9).left(3, 9).transferred(4, 9)
    _, changes = fold(day.moved(5, 9).released(6, 9).rings(7, 9).entries)
    assert changes == Changes()


# ---- laws --------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    portions=st.lists(st.integers(1, 40), max_size=40),
)
def test_any_portions_give_the_same_rows(seed: int, portions: list[int]) -> None:
    entries = random_journal(seed, 150)
    whole, in_parts = fold(entries)[1], fold(entries, portions)[1]
    assert whole == in_parts


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_wait_is_settled_once_and_nothing_is_counted_twice(seed: int) -> None:
    entries = random_journal(seed, 150)
    ledger, changes = fold(entries)
    for start_ms in {key.start_ms for key in changes.counts}:
        shown = figures(counts_by(changes, start_ms=start_ms))
        waiting = [
            stay
            for stay in ledger.stays.values()
            if not stay.outcome and bucket_of(stay.began_ms) == start_ms
        ]
        assert shown["waiting"] == len(waiting)
        for name in SERVICE_LEVELS:
            level = shown[name]
            assert level is None or 0 <= level <= 100
    whole = counts_by(changes)
    assert whole.get("accepted", 0) == whole.get("answered", 0)
    assert sum(changes.waits.values()) == whole.get("answered", 0)
    in_hand = sum(watch.in_hand for watch in ledger.watches.values())
    assert whole.get("accepted", 0) - whole.get("handled", 0) == in_hand


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_agent_has_more_time_than_there_is(seed: int) -> None:
    ledger, changes = fold(random_journal(seed, 150))
    times: dict[tuple[str, int], Counts] = {}
    for key, counts in changes.counts.items():
        if key.queue_id == "":
            add(times.setdefault((key.agent_id, key.start_ms), {}), counts)
    for watch in ledger.watches.values():
        for start_ms, counts in time_of(watch, ledger.at_ms).items():
            add(times.setdefault((watch.agent_id, start_ms), {}), counts)
    for counts in times.values():
        assert counts["signed_in_ms"] <= BUCKET_MS
        staffed_ms = counts.get("staffed_ms", 0)
        assert counts.get("busy_ms", 0) <= staffed_ms <= counts["signed_in_ms"]


@given(wait_ms=st.integers(0, 10**8))
def test_every_wait_has_one_bin(wait_ms: int) -> None:
    number = bin_of(wait_ms)
    assert EDGES_MS[number] <= wait_ms
    assert number + 1 == len(EDGES_MS) or wait_ms < EDGES_MS[number + 1]


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_percentiles_follow_exact_ones(share: float) -> None:
    waits_ms = sorted(round(1_000 * 1.03**step) for step in range(200))
    histogram: dict[int, int] = {}
    for wait_ms in waits_ms:
        histogram[bin_of(wait_ms)] = histogram.get(bin_of(wait_ms), 0) + 1
    exact = waits_ms[round(share * len(waits_ms)) - 1]
    found = percentile_ms(histogram, share)
    assert found is not None
    assert abs(found - exact) <= 0.1 * exact
