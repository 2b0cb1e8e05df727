"""Foreign text: what the normaliser keeps, drops and refuses."""

from __future__ import annotations

import time
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kernel import text
from gateway.kernel.errors import WeccError

ANY = st.text(st.characters(), max_size=300)


@given(ANY)
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    once = text.clean(raw)
    assert text.clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()


@given(ANY)
def test_a_line_is_one_line(raw: str) -> None:
    line = text.clean_line(raw, max_chars=2_000)
    assert "\n" not in line
    assert line == line.strip()
    assert text.clean_line(line, max_chars=2_000) == line


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\ud800b\udfff", "ab"),
        ("a\uffffb\ufffe", "ab"),
        ("a\U0001fffeb", "ab"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("tab\there\x1b[31m\x7f", "tab\there[31m"),
        ("e\u0301", "é"),
        ("\u202eabc\u202dd", "abcd"),
        ("\u202babc\u202c \u2067d\u2069\u200f", "\u202babc\u202c \u2067d\u2069\u200f"),
        ("\ufffd", "\ufffd"),
        ("👩\u200d👩\u200d👧 \ufe0f", "👩\u200d👩\u200d👧 \ufe0f"),
        ("سلام\u200cها", "سلام\u200cها"),
    ],
)
def test_unicode_matrix(raw: str, kept: str) -> None:
    assert text.clean(raw) == kept


def test_json_escapes_of_bad_characters_never_survive() -> None:
    for raw in (rb'"\u0000a"', rb'"\ud800a"', rb'"\uffffa"'):
        try:
            decoded = msgspec.json.decode(raw, type=str)
        except msgspec.DecodeError:
            continue
        assert text.clean(decoded) == "a"


def test_too_long_is_refused_and_never_cut() -> None:
    assert len(text.clean("x" * 20_000)) == 20_000
    for raw in ("x" * 20_001, "\r\n" * 20_001, "😀" * 16_385, "x" * 10_000_000):
        with pytest.raises(WeccError) as caught:
            text.clean(raw)
        assert caught.value.code == "bad_text"
        assert caught.value.field == "text"


def test_removed_characters_do_not_count() -> None:
    assert text.clean("x" * 20_000 + "\x00") == "x" * 20_000


@pytest.mark.parametrize("raw", ["", "  \n", "\u200b\u2060", "\x00", "\u202e"])
def test_blank_is_refused_where_something_is_needed(raw: str) -> None:
    assert text.is_blank(text.clean(raw))
    with pytest.raises(WeccError) as caught:
        text.clean(raw, required=True)
    assert caught.value.code == "bad_text"


def test_a_line_reaches_no_further_than_itself() -> None:
    line = text.clean_line("\u2067Kim\u202b e\u202a\u0301\u2069\u2069 \u202egpj.exe\u200f")
    assert line == "Kim \u00e9 gpj.exe\u200f"
    assert text.clean_line(line) == line


def test_needs_isolation() -> None:
    assert text.needs_isolation("a\u202eb")
    assert not text.needs_isolation("שלום")


@pytest.mark.parametrize(
    "shape", ["\u0301\u0316" * 10_000, "a" + "\u0301" * 19_999, "\u1d15e" * 5_000]
)
def test_long_runs_of_marks_stay_linear(shape: str) -> None:
    started = time.process_time()
    cleaned = text.clean(shape)
    assert time.process_time() - started < 3
    assert text.clean(cleaned) == cleaned


@pytest.mark.parametrize("unit", ["!", "(", "😀", "a", "http://", "!?", '"'])
def test_guard_bounds_hostile_shapes(unit: str) -> None:
    guarded = text.guard(unit * (8_000 // len(unit)))
    words = guarded.text.split()
    assert max(len(word) for word in words) <= 48
    assert len(guarded.text) == len(guarded.offsets) <= 8_400


@given(st.text(st.sampled_from("ab!! \n(😀中"), max_size=400))
def test_guard_maps_spans_back(raw: str) -> None:
    guarded = text.guard(raw)
    for start in range(0, len(guarded.text), 7):
        left, right = guarded.original(start, start + 1)
        assert guarded.text[start] in (raw[left:right], " ")


def test_guard_says_when_it_shortened() -> None:
    assert text.guard("ab " * 4_000).shortened
    assert not text.guard("ab").shortened
    assert text.guard("").original(0, 0) == (0, 0)
