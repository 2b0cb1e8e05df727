"""The call's state machine, by hand and by random events."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kernel.errors import WeccError
from gateway.voice import model
from gateway.voice.model import Bridge, Call, Leg, Play, Unbridge

NOW_MS = 1_700_000_000_000


def fresh() -> Call:
    return Call(
        id="call-0001",
        conversation_id="cv-000001",
        interaction_id="in-000001",
        visitor_id="vi-000001",
        state="queued",
        visitor_leg=Leg("v1"),
        started_at_ms=NOW_MS,
    )


def answered() -> Call:
    return model.accepted(model.prepare(fresh(), "anna", "a1"), "anna", NOW_MS + 5_000)


def test_the_visitor_waits_with_music_and_is_bridged_when_accepted() -> None:
    call = fresh()
    assert model.media_plan(call) == [Unbridge("v1"), Play("v1", "queue")]
    call = answered()
    assert call.connected_at_ms == NOW_MS + 5_000
    assert model.media_plan(call) == [Bridge("v1", "a1")]
    assert model.accepted(call, "anna", NOW_MS + 9_000) == call


def test_who_holds_hears_nothing_and_the_other_hears_music() -> None:
    held = model.hold(answered(), "agent", on=True)
    assert set(model.media_plan(held)) == {
        Unbridge("v1"), Unbridge("a1"), Play("v1", "hold"), Play("a1", None),
    }  # fmt: skip
    assert model.hold(held, "agent", on=True) == held
    with pytest.raises(WeccError, match="other side"):
        model.hold(held, "visitor", on=False)
    assert model.hold(held, "agent", on=False) == answered()


def test_a_lost_leg_has_its_grace_and_then_ends_the_call() -> None:
    call = model.lose_leg(answered(), "v1", "silent", NOW_MS)
    assert model.lost_parties(call) == ["visitor"]
    assert model.media_plan(call) == [Unbridge("a1"), Play("a1", "hold")]
    assert model.overdue(call, NOW_MS + 19_999) is None
    assert model.overdue(call, NOW_MS + 20_000) == "leg_lost"
    back = model.reconnect(call, "visitor", "v2")
    assert model.overdue(back, NOW_MS + 20_000) is None
    assert model.media_plan(back) == [Bridge("v2", "a1")]
    died = model.lose_leg(answered(), "a1", "media_lost", NOW_MS)
    assert model.overdue(died, NOW_MS + 30_000) == "media_lost"


def test_what_an_agent_shows_goes_with_the_agent() -> None:
    call = model.show(answered(), "visitor", camera=True, screen=False)
    call = model.show(call, "agent", camera=True, screen=True)
    assert (call.camera, call.screen) == (("agent", "visitor"), ("agent",))
    assert model.partner_leg(call, "visitor") == "a1"
    waiting = model.released(call, "anna")
    assert (waiting.camera, waiting.screen) == (("visitor",), ())
    assert model.partner_leg(waiting, "visitor") is None
    assert model.show(waiting, "visitor", camera=False, screen=False).camera == ()


def test_a_released_call_waits_again_and_an_ended_one_stays_ended() -> None:
    call = model.released(model.mute(answered(), "agent", on=True), "anna")
    assert (call.state, call.agent_leg, call.muted) == ("queued", None, ())
    over = model.end(call, "abandoned", NOW_MS)
    assert model.media_plan(over) == []
    assert model.end(over, "agent_hung_up", NOW_MS + 1) == over
    assert model.accepted(over, "anna", NOW_MS) == over
    for event in (
        ("hold", "visitor", True),
        ("reconnect", "visitor", "v3"),
        ("prepare", "ben", "a2"),
    ):
        with pytest.raises(WeccError) as refused:
            _step(over, event, NOW_MS)
        assert refused.value.code == "closed"


def test_an_accept_that_was_refused_leaves_nothing_behind() -> None:
    ringing = model.offered(fresh())
    prepared = model.prepare(ringing, "anna", "a1")
    assert model.unprepare(prepared, "ben") == prepared
    assert model.unprepare(prepared, "anna") == fresh()
    without_leg = model.accepted(ringing, "anna", NOW_MS)
    assert model.lost_parties(without_leg) == ["agent"]


PARTIES = st.sampled_from(["visitor", "agent"])
AGENTS = st.sampled_from(["anna", "ben"])
LEGS = st.sampled_from(["v1", "v2", "a1", "a2"])
FLAGS = st.booleans()
EVENTS = st.one_of(
    st.just(("offered",)),
    st.tuples(st.just("prepare"), AGENTS, LEGS),
    st.tuples(st.just("unprepare"), AGENTS),
    st.tuples(st.just("accepted"), AGENTS),
    st.tuples(st.just("released"), AGENTS),
    st.tuples(st.just("hold"), PARTIES, FLAGS),
    st.tuples(st.just("mute"), PARTIES, FLAGS),
    st.tuples(st.just("reconnect"), PARTIES, LEGS),
    st.tuples(st.just("lose_leg"), LEGS),
    st.tuples(st.just("end")),
)


def _step(call: Call, event: tuple[Any, ...], now_ms: int) -> Call:
    name, *rest = event
    if name in ("hold", "mute"):
        change: Call = getattr(model, name)(call, rest[0], on=rest[1])
        return change
    if name == "accepted":
        return model.accepted(call, rest[0], now_ms)
    if name == "lose_leg":
        return model.lose_leg(call, rest[0], "silent", now_ms)
    if name == "end":
        return model.end(call, "leg_lost", now_ms)
    changed: Call = getattr(model, name)(call, *rest)
    return changed


@given(st.lists(EVENTS, max_size=30))
def test_no_order_of_events_breaks_a_call(events: list[tuple[Any, ...]]) -> None:
    call = fresh()
    for number, event in enumerate(events):
        before = call
        with contextlib.suppress(WeccError):
            call = _step(call, event, NOW_MS + number)
        plan = model.media_plan(call)
        assert sum(isinstance(action, Bridge) for action in plan) <= 1
        if before.state == "ended":
            assert call == before
        assert (call.state == "held") == bool(call.held_by)
        assert (call.state in ("connected", "held")) <= bool(call.agent_id)
        if call.state in ("queued", "ringing"):
            assert call.agent_id == ""
        assert model.media_plan(call) == plan
