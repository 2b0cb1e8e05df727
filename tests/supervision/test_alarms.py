"""Alarms as a model: when a wait becomes worth one, and that nobody is told every second."""

from __future__ import annotations

import itertools
import random

import pytest

from gateway.supervision.model.alarms.book import CALM_MS, Alarm, AlarmBook
from gateway.supervision.model.alarms.lookout import LEVEL_MS, Fact, Key, Lookout
from gateway.supervision.model.alarms.rule import AlarmRule
from gateway.supervision.model.ledger import Stay
from gateway.supervision.model.tally import BUCKET_MS
from tests.supervision.journals import NOON, QUEUES

CHAT = (QUEUES[0], "chat")


def stay(number: int, began_s: float = 0, *, kind: str = "chat", robot: bool = False) -> Stay:
    return Stay(
        interaction_id=f"in_{number:06d}",
        number=1,
        conversation_id=f"cv_{number:06d}",
        queue_id=QUEUES[0],
        kind=kind,
        is_robot=robot,
        cause="new",
        began_ms=at(began_s),
        within_ms=60_000,
    )


def at(second: float) -> int:
    return NOON + round(second * 1000)


def settled(one: Stay, second: float, outcome: str = "answered") -> Stay:
    one.outcome, one.settled_ms = outcome, at(second)  # type: ignore[assignment]
    return one


def lookout(rule: AlarmRule | None = None, *, robots: bool = False) -> Lookout:
    return Lookout({} if rule is None else {QUEUES[0]: rule}, robots=robots)


def facts(look: Lookout, second: float, ready: int = 1, on: tuple[Key, ...] = ()) -> dict[str, int]:
    """What is worth an alarm at a second, by what it is about."""
    look.advance(at(second))
    found = look.facts(at(second), lambda _queue_id: ready, on)
    return {what: fact.number for (_, _, what), fact in found.items()}


def test_a_wait_is_near_its_target_and_then_past_it() -> None:
    look = lookout()
    look.hear([stay(1), stay(2, 10)], [], {})
    assert look.next_ms() == at(48)
    assert facts(look, 47.9) == {}
    assert facts(look, 48) == {"near": 1}
    assert facts(look, 58) == {"near": 2}
    assert look.next_ms() == at(60)
    assert facts(look, 60) == {"near": 1, "late": 1}
    assert facts(look, 70) == {"late": 2}
    assert look.next_ms() is None
    look.hear([], [settled(stay(1), 71)], {})
    assert facts(look, 71) == {"late": 1}


def test_each_limit_is_the_queues_own_and_may_be_off() -> None:
    off = AlarmRule(near_percent=0, late=False, level_percent=0, nobody_ready=False)
    silent = lookout(off)
    silent.hear([stay(1)], [], {})
    assert facts(silent, 600, ready=0) == {}
    look = lookout(AlarmRule(near_percent=50, late=False, longest_s=20))
    look.hear([stay(1)], [], {})
    assert facts(look, 20) == {"longest": 1}
    assert facts(look, 30) == {"near": 1, "longest": 1}


def test_a_changed_rule_judges_what_waits_already() -> None:
    look = lookout()
    look.hear([stay(1), stay(2, 29)], [], {})
    assert facts(look, 30) == {}
    look.set_rule(QUEUES[0], AlarmRule(near_percent=50))
    assert facts(look, 30) == {"near": 1}
    look.set_rule(QUEUES[0], AlarmRule(near_percent=90))
    assert facts(look, 30) == {}
    assert facts(look, 54) == {"near": 1}


def test_nobody_ready_is_said_of_contacts_who_are_there() -> None:
    look = lookout()
    look.hear([stay(1, kind="message")], [], {})
    assert facts(look, 1, ready=0) == {}, "a message waits without anybody"
    assert look.live_queues() == []
    look.hear([stay(2, kind="call")], [], {})
    assert look.live_queues() == [QUEUES[0]]
    assert facts(look, 1, ready=0) == {"nobody": 1}
    assert facts(look, 1, ready=1) == {}


def test_simulated_persons_alarm_nobody_but_in_a_demonstration() -> None:
    for robots in (False, True):
        look = lookout(robots=robots)
        look.hear([stay(1, robot=True), stay(2)], [], {})
        assert facts(look, 50) == {"near": 2 if robots else 1}
        assert look.lateness(robots=False)[QUEUES[0]].soon == 1
        assert look.lateness(robots=True)[QUEUES[0]].soon == 2
        assert look.lateness(robots=False)[QUEUES[0]].robots == 1


def test_the_level_is_told_before_it_falls() -> None:
    """Eighteen of twenty in time: two more who are late would make it 82 %, four 75 %."""
    look = lookout(AlarmRule(near_percent=80, level_percent=80))
    done = [settled(stay(n), 10 if n <= 18 else 100) for n in range(1, 21)]
    look.hear([], done, {})
    assert facts(look, 100) == {}
    look.hear([stay(n, 60) for n in range(30, 32)], [], {})
    assert facts(look, 110) == {"near": 2}
    look.hear([stay(n, 61) for n in range(40, 42)], [], {})
    assert facts(look, 110) == {"near": 4, "level": 75}


def test_the_level_has_a_margin_and_forgets() -> None:
    key: Key = (*CHAT, "level")
    look = lookout(AlarmRule(level_percent=80))
    look.hear([], [settled(stay(n), 10 if n <= 81 else 100) for n in range(1, 101)], {})
    assert facts(look, 100) == {}
    assert facts(look, 100, on=(key,)) == {"level": 81}, "82 % would be enough to end it"
    past_s = (LEVEL_MS + BUCKET_MS) / 1000
    assert facts(look, 100 + past_s, on=(key,)) == {}


def test_few_contacts_have_no_level() -> None:
    look = lookout()
    look.hear([], [settled(stay(n), 100) for n in range(1, 6)], {})
    assert facts(look, 100) == {}


def _book() -> AlarmBook:
    numbers = itertools.count(1)
    return AlarmBook([], lambda _now_ms: f"am_{next(numbers)}")


def test_an_alarm_is_told_once_and_calm_for_a_minute() -> None:
    book, key = _book(), (*CHAT, "near")
    (news,) = book.judge({key: Fact(1, 80)}, at(0))  # type: ignore[dict-item]
    assert (news.is_told, news.is_stored, news.alarm.began_ms) == (True, True, at(0))
    assert book.judge({key: Fact(1, 80)}, at(1)) == []  # type: ignore[dict-item]
    (news,) = book.judge({key: Fact(3, 80)}, at(2))  # type: ignore[dict-item]
    assert (news.is_told, news.is_stored, news.alarm.worst) == (False, True, 3)
    (news,) = book.judge({key: Fact(2, 80)}, at(3))  # type: ignore[dict-item]
    assert (news.is_told, news.is_stored, news.alarm.number, news.alarm.worst) == (
        False,
        False,
        2,
        3,
    )
    (news,) = book.judge({}, at(4))
    assert (news.alarm.ended_ms, news.is_stored, book.on()) == (at(4), True, [])
    (again,) = book.judge({key: Fact(1, 80)}, at(30))  # type: ignore[dict-item]
    assert (again.is_told, again.alarm.id, again.alarm.ended_ms) == (False, news.alarm.id, 0)
    book.judge({}, at(31))
    later_ms = at(31) + CALM_MS + 1
    (new,) = book.judge({key: Fact(1, 80)}, later_ms)  # type: ignore[dict-item]
    assert (new.is_told, new.alarm.id) == (True, "am_2")


def test_alarms_of_before_a_restart_go_on_silently() -> None:
    known = Alarm(
        id="am_old", queue_id=QUEUES[0], kind="chat", what="late", limit=0, began_ms=at(0), number=1
    )
    book = AlarmBook([known], lambda _now_ms: "am_new")
    assert book.judge({(*CHAT, "late"): Fact(1, 0)}, at(60)) == []
    (news,) = book.judge({}, at(61))
    assert (news.alarm.id, news.alarm.ended_ms) == ("am_old", at(61))


@pytest.mark.parametrize("seed", range(30))
def test_marks_equal_a_count_of_everybody(seed: int) -> None:
    """Random arrivals, answers and changes of the rule: the heap knows what a full count says."""
    dice, rule = random.Random(seed), AlarmRule()
    look, waiting, now_s, number = lookout(rule), dict[int, Stay](), 0.0, 0
    for _ in range(120):
        now_s += dice.choice((0, 0.4, 3, 11, 40))
        roll = dice.random()
        if roll < 0.55:
            number += 1
            waiting[number] = stay(number, now_s - dice.choice((0, 0, 2)))
            look.hear([waiting[number]], [], {})
        elif roll < 0.9 and waiting:
            gone = waiting.pop(dice.choice(list(waiting)))
            look.hear([], [settled(gone, now_s, dice.choice(("answered", "moved")))], {})
        elif roll >= 0.9:
            rule = AlarmRule(
                near_percent=dice.choice((0, 30, 80)), longest_s=dice.choice((0, 25, 90))
            )
            look.set_rule(QUEUES[0], rule)
        waits_ms = [at(now_s) - each.began_ms for each in waiting.values()]
        late = sum(each >= 60_000 for each in waits_ms)
        near = sum(each >= 600 * rule.near_percent for each in waits_ms) - late
        longest = sum(each >= 1000 * rule.longest_s for each in waits_ms)
        expected = {"near": near if rule.near_percent else 0, "late": late}
        expected["longest"] = longest if rule.longest_s else 0
        found = facts(look, now_s)
        found.pop("level", None)
        assert found == {what: count for what, count in expected.items() if count}
