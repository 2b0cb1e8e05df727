"""Numbers that must never be stored, in the shapes people and attackers write them."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kernel.redaction import redact

SCHEMES = [
    ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15),
    ("36", 14), ("6011", 16), ("65", 16), ("3530", 16), ("62", 16), ("62", 19), ("2200", 16),
    ("4", 19), ("5018", 16),
]  # fmt: skip
GAPS = ["", " ", "-", "\n", "\u200b", " - ", ".", "\u00a0", "\u2011", "\u2060", "/", "  ", "\ufeff"]
WIDTHS = [ord("0"), ord("０"), ord("٠"), 0x1D7CE]


def luhn_digit(body: str) -> str:
    total = 0
    for place, char in enumerate(reversed(body)):
        digit = int(char)
        doubled = digit * 2 - 9 * (digit > 4) if place % 2 == 0 else digit
        total += doubled
    return str(-total % 10)


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix, length = draw(st.sampled_from(SCHEMES))
    size = length - len(prefix) - 1
    body = prefix + draw(st.text("0123456789", min_size=size, max_size=size))
    return body + luhn_digit(body)


@st.composite
def hostile(draw: st.DrawFn, number: str) -> str:
    gaps = draw(st.lists(st.sampled_from(GAPS), min_size=len(number), max_size=len(number)))
    zero = draw(st.sampled_from(WIDTHS))
    shown = [chr(zero + int(char)) if char.isdigit() else char for char in number]
    return shown[0] + "".join(gap + char for gap, char in zip(gaps, shown[1:], strict=False))


@given(cards(), st.data())
def test_cards_in_any_shape(number: str, data: st.DataObject) -> None:
    shape = data.draw(hostile(number))
    result = redact(f"my number: {shape}, thanks")
    assert result.text == "my number: [CARD], thanks"
    assert result.counts == {"card": 1}
    assert redact(result.text).text == result.text


@given(cards(), cards())
def test_two_cards_and_an_expiry(first: str, second: str) -> None:
    spaced = " ".join(first[place : place + 4] for place in range(0, len(first), 4))
    text = redact(f"{spaced}\n12/27 123; {second} 01/29").text
    assert text == "[CARD]\n12/27 123; [CARD] 01/29"


@given(cards())
def test_chinese_text_without_spaces(number: str) -> None:
    assert redact(f"我的卡号{number}谢谢").text == "我的卡号[CARD]谢谢"


def iban(country: str, body: str) -> str:
    digits = "".join(str(int(char, 36)) for char in body + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{body}"


@st.composite
def ibans(draw: st.DrawFn) -> str:
    country, letters, size = draw(
        st.sampled_from([("DE", 0, 18), ("GB", 4, 14), ("FR", 0, 23), ("NO", 0, 11), ("NL", 4, 10)])
    )
    body = draw(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=letters, max_size=letters))
    return iban(country, body + draw(st.text("0123456789", min_size=size, max_size=size)))


@given(ibans(), st.booleans(), st.data())
def test_ibans_in_any_shape(number: str, lower: bool, data: st.DataObject) -> None:
    shape = data.draw(hostile(number.lower() if lower else number))
    result = redact(f"IBAN: {shape}!")
    assert result.text == "IBAN: [IBAN]!"


@given(st.integers(0, 999), st.dates(), st.data())
def test_chinese_ids(order: int, born: object, data: st.DataObject) -> None:
    body = f"110105{str(born).replace('-', '')}{order:03d}"
    if not 1800 <= int(body[6:10]) <= 2199:
        return
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(a) * b for a, b in zip(body, weights, strict=True)) % 11]
    text = redact(f"身份证{data.draw(hostile(body))}{check}").text
    assert text in ("身份证[ID]", "身份证[CARD]")


@pytest.mark.parametrize(
    "text",
    [
        "ssn 123-45-6789", "Social security number: 123 45 6789", "my SSN is 123456789",
        "CPF 529.982.247-25", "123-45-6789", "aadhaar 4991 1866 5246",
    ],
)  # fmt: skip
def test_other_ids(text: str) -> None:
    result = redact(text)
    assert "[ID]" in result.text
    assert result.counts == {"id": 1}


@pytest.mark.parametrize(
    "text",
    [
        "+49 151 23456789", "+1 (415) 555-2671", "138-1234-5678", "+4915123456782",
        "0044 20 7946 0958",
        "1764000000000", "1764000000000000", "2026-11-23 14:05:09.123456", "2026-11-23T14:05:09Z",
        "order 4111111111111112", "tracking 9400110200881234567890", "EAN 4006381333931",
        "123 45 6789", "000-12-3456", "at 10 am we met with 12345678 people from at 20 am",
        "192.168.100.200 255.255.255.0", "v1.2.3.4.5.6.7",
        "cv_01KARG9W6S3Q0Z2M8T5V7X4Y1B",
        "550e8400-e29b-41d4-a716-446655440000", "DE89370400440532013001", "", "no digits",
    ],
)  # fmt: skip
def test_left_alone(text: str) -> None:
    result = redact(text)
    assert result.text == text
    assert not result.changed


def test_numbers_that_fail_their_check_are_left_alone() -> None:
    chance = random.Random(7)
    masked = 0
    for _ in range(4_000):
        prefix, length = chance.choice(SCHEMES)
        body = prefix + "".join(chance.choices("0123456789", k=length - len(prefix) - 1))
        wrong = str((int(luhn_digit(body)) + chance.randint(1, 9)) % 10)
        masked += redact(f"order {body}{wrong} please").changed
    assert masked <= 20  # 0.5 %


@given(st.text(st.sampled_from("0123456789 -\n４aDE٣+"), max_size=200))
def test_idempotent_and_silent(text: str) -> None:
    once = redact(text)
    assert set(once.counts) <= {"card", "iban", "id"}
    assert once.changed == (once.text != text)


@pytest.mark.parametrize(
    "unit",
    ["4", "4 ", "4111111111111112 ", "DE89 ", "1-", "62", "４\u200b", "GB82WEST123456987654"],
)
def test_linear(unit: str) -> None:
    def cost_s(size: int) -> float:
        text = (unit * size)[:size]
        started = time.process_time()
        redact(text)
        return time.process_time() - started

    cost_s(2_000)
    assert cost_s(20_000) < 3
