"""The page on routing rules says what the code does: its examples are tried."""

from __future__ import annotations

import re

import msgspec
import pytest

from gateway.acd.model.configuration import QueueRule
from gateway.acd.model.expression import compiled, meets
from gateway.acd.service.queue_rules import checked, rule_of, stored_view
from gateway.acd.wire.queues import QueueBody
from tests.acd.test_steps import Floor
from tests.house.sources import ROOT

PAGE = (ROOT / "docs" / "routing.md").read_text("utf-8")
SKILLS = {f"sk_{name.casefold()}": name for name in ("Spanish", "Billing", "Sales", "Trainee")}
SKILLS["sk_hard"] = "Hard of hearing"
IDS = {name: key for key, name in SKILLS.items()}


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("Spanish", {"Spanish": 0}, {}),
        ("Spanish >= 60", {"Spanish": 60}, {"Spanish": 59}),
        (
            "Spanish >= 60 AND (Billing OR Sales) AND NOT Trainee",
            {"Spanish": 60, "Sales": 1},
            {"Spanish": 60, "Sales": 1, "Trainee": 0},
        ),
        ('"Hard of hearing"', {"Hard of hearing": 1}, {}),
        ("Trainee < 10", {"Trainee": 9}, {}),
        ("NOT Trainee >= 10", {}, {"Trainee": 10}),
    ],
)
def test_expressions(text: str, yes: dict[str, int], no: dict[str, int]) -> None:
    assert f"| `{text}` |" in PAGE
    needs = compiled(text, IDS.get)
    assert meets({IDS[name]: level for name, level in yes.items()}, needs)
    assert not meets({IDS[name]: level for name, level in no.items()}, needs)


def test_the_worked_example() -> None:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    body = checked(msgspec.json.decode(found[1], type=QueueBody), SKILLS)
    view = stored_view({**msgspec.to_builtins(body), "id": "qu_1", "version": 1})
    floor = Floor(rule_of(view), QueueRule(queue_id="qu_general01"))
    expert = {"sk_spanish": 80, "sk_billing": 70}
    floor.agent("us_expert", skills=expert, capacity={"chat": 1}, queue_ids=("qu_1",))
    floor.arrive("in_0")
    floor.arrive("in_1")
    began_ms = floor.now_ms
    floor.tick(29)
    assert floor.item("in_1").step == 0, "the expert is ready, only busy"
    floor.tick(1)
    assert (floor.item("in_1").step, floor.item("in_1").score) == (1, began_ms - 120_000)
    floor.tick(120)
    assert floor.item("in_1").step == 2
    floor.agent("us_billing", skills={"sk_billing": 1}, queue_ids=("qu_1",), capacity={"chat": 0})
    floor.tick(149)
    assert floor.item("in_1").queue_id == "qu_1"
    floor.tick(1)
    after = floor.item("in_1")
    assert (after.queue_id, after.enqueued_at_ms) == ("qu_general01", began_ms)
    floor.replayed()
