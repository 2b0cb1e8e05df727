"""Skill expressions: what they mean, what is refused and where, and that both stay small."""

from __future__ import annotations

import time
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gateway.acd.model import expression
from gateway.acd.model.expression import ANYBODY, both, compiled, meets, named, quoted, rewritten
from gateway.kernel.errors import WeccError

SKILLS = {"a": "sk_a", "b": "sk_b", "c": "sk_c", "hard of hearing": "sk_h", "and": "sk_and"}
SIGNS = [">=", ">", "<=", "<", "=", "!="]
LEVELS = [0, 1, 49, 50, 51, 99, 100]
Tree = Any


def needs(text: str) -> expression.Needs:
    return compiled(text, SKILLS.get)


def outcome(text: str) -> expression.Needs | str:
    """Return the normal form, or the code of the refusal."""
    try:
        return compiled(text, lambda name: name)
    except WeccError as error:
        return error.code


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("", {}, None),
        ("a", {"sk_a": 0}, {}),
        ("a >= 60", {"sk_a": 60}, {"sk_a": 59}),
        ("a > 60", {"sk_a": 61}, {"sk_a": 60}),
        ("a < 60", {"sk_a": 59}, {}),
        ("a <= 0", {"sk_a": 0}, {}),
        ("a != 5", {"sk_a": 4}, {"sk_a": 5}),
        ("a != 5", {"sk_a": 6}, {}),
        ("NOT a", {}, {"sk_a": 0}),
        ("not a >= 60", {"sk_a": 59}, {"sk_a": 60}),
        ("NOT a != 5", {"sk_a": 5}, {"sk_a": 6}),
        ("NOT NOT a", {"sk_a": 1}, {}),
        ("a or b and c", {"sk_a": 1}, {"sk_b": 1}),
        ("(a or b) and c", {"sk_b": 1, "sk_c": 1}, {"sk_a": 1}),
        ("NOT (a OR b)", {"sk_c": 1}, {"sk_b": 1}),
        ("NOT (a AND b)", {"sk_a": 1}, {"sk_a": 1, "sk_b": 1}),
        ('"hard of hearing"', {"sk_h": 1}, {}),
        ('"and" AND a', {"sk_and": 1, "sk_a": 1}, {"sk_a": 1}),
        ("a>=60AND", None, None),
    ],
)
def test_meaning(text: str, yes: dict[str, int] | None, no: dict[str, int] | None) -> None:
    if yes is None:
        with pytest.raises(WeccError):
            needs(text)
        return
    assert meets(yes, needs(text))
    assert no is None or not meets(no, needs(text))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a AND", 6),
        ("AND a", 1),
        ("a b", 3),
        ("(a", 1),
        ("a)", 2),
        ("a >= ", 6),
        ("a >= 101", 6),
        ("a >= x", 6),
        ("a >= -1", 6),
        ("a >= 0000000000000001", 6),
        ("missing", 1),
        ("a AND missing", 7),
        ('a OR "open', 6),
        ("a ! b", 3),
        ("a = = 5", 5),
        ("()", 2),
        ("(" * 30 + "a" + ")" * 30, 22),
        ("NOT " * 30 + "a", 85),
        (" ".join(["a", *["OR a"] * 60]), 301),
        ("a" * 1_001, 1_001),
    ],
)
def test_what_is_wrong_and_where(text: str, at: int) -> None:
    with pytest.raises(WeccError) as refused:
        needs(text)
    assert refused.value.code == "bad_expression"
    assert refused.value.message.startswith(f"Character {at}: ")
    assert "missing" not in refused.value.message


def test_contradictions_are_nobody_and_tautologies_anybody() -> None:
    for text in ("a AND NOT a", "a >= 60 AND a < 60", "a < 0", "a > 100", "NOT (a OR NOT a)"):
        assert needs(text) == (), text
    for text in ("a OR NOT a", "a >= 60 OR a < 60 OR NOT a", "NOT (a AND NOT a)"):
        assert meets({}, needs(text)), text
        assert meets({"sk_a": 60}, needs(text)), text
    assert needs("a OR (a AND b)") == needs("a")
    assert needs("b AND a") == needs("a AND b AND a")


def test_what_grows_beyond_measure_is_refused_quickly() -> None:
    wide = " AND ".join(["(a != 1 OR b != 2 OR c != 3)"] * 9)
    many = " AND ".join(f"(s{n} OR t{n})" for n in range(30))
    for text in (wide, many):
        began = time.process_time()
        found = outcome(text)
        assert found == "bad_expression" or len(found) <= expression.MAX_ALTERNATIVES
        assert time.process_time() - began < 10


def test_names_follow_the_skill() -> None:
    names = {"sk_a": "Español", "sk_h": 'say "hi" (now)', "sk_o": "or"}
    stored = 'sk_a >= 60 AND (NOT "sk_h" OR sk_o)'
    shown = rewritten(stored, lambda key: names[key])
    assert shown == 'Español >= 60 AND (NOT "say \\"hi\\" (now)" OR "or")'
    back = {name: key for key, name in names.items()}
    assert rewritten(shown, lambda name: back[name]) == "sk_a >= 60 AND (NOT sk_h OR sk_o)"
    assert named(stored) == {"sk_a", "sk_h", "sk_o"}
    assert named("60 >= 60") == {"60"}, "a name may look like a number"


def test_own_skills_are_added_to_every_alternative() -> None:
    joined = both(needs("a OR b"), {"sk_c": 50})
    assert meets({"sk_a": 0, "sk_c": 50}, joined)
    assert meets({"sk_b": 0, "sk_c": 50}, joined)
    assert not meets({"sk_a": 0, "sk_c": 49}, joined)
    assert both(needs("a < 60"), {"sk_a": 60}) == ()
    assert both(needs("a < 60 OR b"), {"sk_a": 60}) == needs("b AND a >= 60")
    assert both(ANYBODY, {}) == ANYBODY
    assert both((), {"sk_a": 1}) == ()


trees: st.SearchStrategy[Tree] = st.recursive(
    st.one_of(
        st.tuples(st.sampled_from("abc")),
        st.tuples(st.sampled_from("abc"), st.sampled_from(SIGNS), st.sampled_from(LEVELS)),
    ),
    lambda parts: st.one_of(
        st.tuples(st.just("not"), parts),
        st.tuples(st.sampled_from(["and", "or"]), parts, parts),
    ),
    max_leaves=6,
)
levels = st.dictionaries(
    st.sampled_from(["sk_a", "sk_b", "sk_c"]), st.sampled_from([0, 1, 49, 50, 51, 100])
)


def written(tree: Tree) -> str:
    if tree[0] == "not":
        return f"NOT ({written(tree[1])})"
    if tree[0] in ("and", "or"):
        return f"({written(tree[1])}) {tree[0].upper()} ({written(tree[2])})"
    return " ".join(map(str, tree))


def naive(tree: Tree, skills: dict[str, int]) -> bool:
    if tree[0] == "not":
        return not naive(tree[1], skills)
    if tree[0] == "and":
        return naive(tree[1], skills) and naive(tree[2], skills)
    if tree[0] == "or":
        return naive(tree[1], skills) or naive(tree[2], skills)
    level = skills.get(f"sk_{tree[0]}")
    if level is None or len(tree) == 1:
        return level is not None
    bound = tree[2]
    found: dict[str, bool] = {
        ">=": level >= bound, ">": level > bound, "<=": level <= bound,
        "<": level < bound, "=": level == bound, "!=": level != bound,
    }  # fmt: skip
    return found[tree[1]]


@given(trees, levels)
def test_the_normal_form_means_what_was_written(tree: Tree, skills: dict[str, int]) -> None:
    assert meets(skills, needs(written(tree))) == naive(tree, skills)


@given(trees, levels, levels)
def test_own_skills_mean_and(tree: Tree, skills: dict[str, int], own: dict[str, int]) -> None:
    is_own = all(skills.get(key, -1) >= level for key, level in own.items())
    assert meets(skills, both(needs(written(tree)), own)) == (naive(tree, skills) and is_own)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    found = outcome(text)
    if found != "bad_expression":
        assert outcome(rewritten(text, lambda name: name)) == found


@given(st.text(min_size=1, max_size=20))
def test_any_name_can_be_quoted(name: str) -> None:
    assert named(quoted(name)) == {name}
