"""Card numbers, bank accounts and national ids never reach the disk.

``redact`` replaces them by ``[CARD]``, ``[IBAN]`` and ``[ID]`` and reports how many of which kind
it found, never what. It is pure and linear, and fails closed: what raises here is not stored.

The text is first folded: digits and letters of every script and width become ASCII, marks and
invisible characters vanish, and up to eight separators (spaces, newlines, hyphens, dots, slashes)
between two characters do not part them. Numbers must then prove themselves:

- a card (ISO/IEC 7812) has 13 to 19 digits, the prefix and the length of a known scheme, and a
  correct Luhn digit, so that order numbers, telephone numbers and timestamps are left alone;
- an IBAN (ISO 13616) has its country's length and remainder 1 modulo 97;
- an id has its check digits (ISO 7064 for China), or its official form, or a word in front of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

_MAX_GAP = 8
_CONTEXT_CHARS = 48
_MIN_DIGITS = 8
_SEPARATORS = frozenset("-._/\\|*·•‐‑‒–—―−_¯~'`’")  # and everything that is white space
_JOINED, _PARTED, _BROKEN = 0, 1, 2

_CARD_WORDS = re.compile(
    r"card|carte|karte|tarjeta|cart[aã]o|visa|master|amex|maestro|credit|debit|\bpan\b|"
    r"卡号|信用卡|银行卡|借记卡|卡號|карт|カード|بطاق",
    re.IGNORECASE,
)
_ID_WORDS = re.compile(
    r"\bssn\b|social.?security|national.?insurance|\bnino?\b|\bni.?number|aadhaa?r|\bcpf\b|"
    r"tax.?id|\bid.?(card|number|no)\b|身份证|身分證|证件",
    re.IGNORECASE,
)
_IBAN_TABLE = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 "
    "DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 "
    "HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 "
    "MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 "
    "RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 "
    "VA22 VG24 XK20 YE30 "
)
_IBAN_LENGTHS = {name[:2]: int(name[2:]) for name in _IBAN_TABLE.split()}
# prefix from, to (both padded to four digits), lengths
_SCHEMES: tuple[tuple[int, int, frozenset[int]], ...] = (
    (2200, 2204, frozenset({16, 19})),
    (2221, 2720, frozenset({16})),
    (3000, 3059, frozenset({14, 16})),
    (3095, 3095, frozenset({14, 16})),
    (3400, 3499, frozenset({15})),
    (3528, 3589, frozenset({16, 19})),
    (3600, 3699, frozenset({14, 16, 19})),
    (3700, 3799, frozenset({15})),
    (3800, 3999, frozenset({14, 16, 19})),
    (4000, 4999, frozenset({16, 19})),
    (5018, 5038, frozenset({16, 19})),
    (5060, 5061, frozenset({16, 18, 19})),
    (5080, 5089, frozenset({16})),
    (5100, 5599, frozenset({16})),
    (5893, 5893, frozenset({16, 19})),
    (6011, 6011, frozenset({16, 19})),
    (6062, 6062, frozenset({16, 19})),
    (6200, 6299, frozenset({16, 17, 18, 19})),
    (6304, 6304, frozenset({16, 19})),
    (6440, 6599, frozenset({16, 19})),
    (6759, 6763, frozenset({16, 19})),
    (8100, 8299, frozenset({16, 17, 18, 19})),
    (9792, 9792, frozenset({16})),
)
_NO_LENGTHS: frozenset[int] = frozenset()
_CN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Redacted:
    """The text to keep, and how many of each kind (``card``, ``iban``, ``id``) were taken out."""

    text: str
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """True when anything was taken out."""
        return bool(self.counts)


@dataclass(frozen=True, slots=True)
class _Folded:
    """Letters and digits of a text in ASCII, where each stood, and what lay before it."""

    source: str
    chars: str
    places: list[int]
    gaps: list[int]


@dataclass(frozen=True, slots=True)
class _Find:
    start: int
    end: int
    kind: str


def redact(text: str) -> Redacted:
    """Replace card numbers, IBANs and national ids in ``text``."""
    if not _may_hold_numbers(text):
        return Redacted(text)
    folded = _fold(text)
    finds = [*_ibans(folded)]
    for start, end in _digit_runs(folded):
        finds.extend(_cards(folded, start, end))
        finds.extend(_ids(folded, start, end))
    return _replace(folded, finds)


def _may_hold_numbers(text: str) -> bool:
    digits = 0
    for char in text:
        if char.isdigit():
            digits += 1
            if digits >= _MIN_DIGITS:
                return True
    return False


def _fold(text: str) -> _Folded:
    chars: list[str] = []
    places: list[int] = []
    gaps: list[int] = []
    gap, separators = _BROKEN, 0
    for place, char in enumerate(text):
        folded = char.upper() if char.isascii() else _fold_char(char)
        if folded.isalnum():
            chars.append(folded)
            places.append(place)
            gaps.append(gap)
            gap, separators = _JOINED, 0
        elif folded:
            separators += 1
            parts = folded in _SEPARATORS or folded.isspace()
            if gap != _BROKEN:
                gap = _PARTED if parts and separators <= _MAX_GAP else _BROKEN
    return _Folded(text, "".join(chars), places, gaps)


def _fold_char(char: str) -> str:
    """Return one ASCII letter or digit, nothing for marks and invisible characters, or a sign."""
    digit = unicodedata.digit(char, -1)
    if digit >= 0:
        return str(digit)
    category = unicodedata.category(char)
    if category in {"Mn", "Me", "Cf"}:
        return ""
    plain = unicodedata.normalize("NFKC", char)
    if len(plain) == 1 and plain.isascii():
        return plain.upper()
    if category in {"Pd", "Zs", "Zl", "Zp"} or char in _SEPARATORS:
        return " "
    return "#"


def _replace(folded: _Folded, finds: list[_Find]) -> Redacted:
    kept: list[str] = []
    counts: dict[str, int] = {}
    cursor = 0
    for find in sorted(finds, key=lambda item: (item.start, -item.end)):
        start, end = folded.places[find.start], folded.places[find.end - 1] + 1
        if end <= cursor:
            continue
        if start >= cursor:
            kept.append(folded.source[cursor:start])
            kept.append(f"[{find.kind.upper()}]")
            counts[find.kind] = counts.get(find.kind, 0) + 1
        cursor = end
    kept.append(folded.source[cursor:])
    return Redacted("".join(kept) if counts else folded.source, counts)


# ---- bank accounts -----------------------------------------------------------------------


def _ibans(folded: _Folded) -> Iterator[_Find]:
    chars = folded.chars
    free_from = 0
    for start in range(len(chars) - 14):
        length = _IBAN_LENGTHS.get(chars[start : start + 2])
        if length is None or start < free_from or not chars[start + 2 : start + 4].isdigit():
            continue
        end = start + length
        if end <= len(chars) and _is_iban(folded, start, end):
            free_from = end
            yield _Find(start, end, "iban")


def _is_iban(folded: _Folded, start: int, end: int) -> bool:
    if _BROKEN in folded.gaps[start + 1 : end]:
        return False
    body = folded.chars[start:end]
    if sum(char.isdigit() for char in body) < _MIN_DIGITS:
        return False
    moved = body[4:] + body[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


# ---- runs of digits ----------------------------------------------------------------------


def _digit_runs(folded: _Folded) -> Iterator[tuple[int, int]]:
    """Yield stretches of digits with nothing but separators between them."""
    start = 0
    for place in range(len(folded.chars) + 1):
        ends = place == len(folded.chars) or not folded.chars[place].isdigit()
        if ends or folded.gaps[place] == _BROKEN:
            if place > start:
                yield start, place
            start = place + 1 if ends else place


def _card_lengths(prefix: int) -> frozenset[int]:
    for low, high, lengths in _SCHEMES:
        if low <= prefix <= high:
            return lengths
    return _NO_LENGTHS


def _cards(folded: _Folded, start: int, end: int) -> Iterator[_Find]:
    if end - start < 13 or _is_telephone(folded, start, end):
        return
    named: bool | None = None
    sums = _luhn_sums(folded.chars[start:end])
    at = start
    while at <= end - 13:
        stop = 0
        if at == start or folded.gaps[at] == _PARTED:
            if named is None:
                named = _has_context(folded, start, _CARD_WORDS)
            stop = _card_end(folded, (start, at, end), sums, named)
        if stop:
            yield _Find(at, stop, "card")
        at = stop or at + 1


def _card_end(
    folded: _Folded, span: tuple[int, int, int], sums: tuple[list[int], list[int]], named: bool
) -> int:
    """Return where the card number that begins at the middle of ``span`` ends, or 0."""
    first, at, last = span
    known = _card_lengths(int(folded.chars[at : at + 4]))
    for length in range(19, 12, -1):
        stop = at + length
        if stop > last or not (named or length in known):
            continue
        if stop < last and folded.gaps[stop] == _JOINED:
            continue
        whole = (at == first or stop == last) and last - first <= 32
        if _luhn(sums, at - first, stop - first) and (whole or _is_regular(folded, at, stop)):
            return stop
    return 0


def _is_telephone(folded: _Folded, start: int, end: int) -> bool:
    place = folded.places[start]
    return end - start <= 15 and place > 0 and folded.source[place - 1] in "+＋"


def _luhn_sums(digits: str) -> tuple[list[int], list[int]]:
    """Prefix sums: list ``p`` doubles the digits whose place has not the parity ``p``."""
    sums = ([0], [0])
    for place, char in enumerate(digits):
        digit = int(char)
        doubled = digit * 2 - 9 if digit > 4 else digit * 2
        plain = place & 1
        sums[plain].append(sums[plain][-1] + digit)
        sums[1 - plain].append(sums[1 - plain][-1] + doubled)
    return sums


def _luhn(sums: tuple[list[int], list[int]], start: int, end: int) -> bool:
    """ISO/IEC 7812-1 annex B over ``digits[start:end]``."""
    chosen = sums[(end - 1) & 1]
    return (chosen[end] - chosen[start]) % 10 == 0


def _groups(folded: _Folded, start: int, end: int) -> list[int]:
    cuts = [place for place in range(start + 1, end) if folded.gaps[place] == _PARTED]
    return [right - left for left, right in zip([start, *cuts], [*cuts, end], strict=True)]


def _is_regular(folded: _Folded, start: int, end: int) -> bool:
    """Tell whether digits are grouped the way cards are printed, or all in equal groups."""
    groups = _groups(folded, start, end)
    if groups in ([4, 6, 5], [4, 6, 4], [6, 13], [8, 8]):
        return True
    return len(set(groups[:-1])) <= 1 and groups[-1] <= groups[0]


def _has_context(folded: _Folded, start: int, words: re.Pattern[str]) -> bool:
    place = folded.places[start]
    return words.search(folded.source[max(0, place - _CONTEXT_CHARS) : place]) is not None


# ---- national ids ------------------------------------------------------------------------


def _ids(folded: _Folded, start: int, end: int) -> Iterator[_Find]:
    stop = end + (folded.chars[end : end + 1] == "X" and folded.gaps[end] != _BROKEN)
    for at in range(start, stop - 17):
        opens = at == start or folded.gaps[at] == _PARTED
        closes = at + 18 == stop or folded.gaps[at + 18] == _PARTED
        if opens and closes and _is_chinese_id(folded.chars[at : at + 18]):
            yield _Find(at, at + 18, "id")
    groups = _groups(folded, start, end) if end - start <= 12 else []
    if _is_formed_id(folded, start, groups) or _is_named_id(folded, start, end):
        yield _Find(start, end, "id")


def _is_chinese_id(body: str) -> bool:
    """GB 11643: area, date of birth, order, ISO 7064 MOD 11-2 check character."""
    if not body[:17].isdigit() or not 11 <= int(body[:2]) <= 91:
        return False
    if not (1800 <= int(body[6:10]) <= 2199 and 1 <= int(body[10:12]) <= 12):
        return False
    if not 1 <= int(body[12:14]) <= 31:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(body, _CN_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == body[17]


def _is_formed_id(folded: _Folded, start: int, groups: list[int]) -> bool:
    """A US SSN written 3-2-4 with signs, or a Brazilian CPF written 3.3.3-2 that proves itself."""
    size = sum(groups)
    body = folded.chars[start : start + size]
    if groups == [3, 2, 4]:
        written = folded.source[folded.places[start] : folded.places[start + size - 1]]
        signs = not any(char.isspace() for char in written)
        return _is_ssn(body) and (signs or _has_context(folded, start, _ID_WORDS))
    return groups == [3, 3, 3, 2] and _is_cpf(body)


def _is_named_id(folded: _Folded, start: int, end: int) -> bool:
    body = folded.chars[start:end]
    if len(body) not in {9, 11, 12} or not _has_context(folded, start, _ID_WORDS):
        return False
    return len(body) == 12 or (_is_ssn(body) if len(body) == 9 else _is_cpf(body))


def _is_ssn(body: str) -> bool:
    """Nine digits that the US Social Security Administration could have given."""
    area = int(body[:3])
    return area not in {0, 666} and area < 900 and body[3:5] != "00" and body[5:] != "0000"


def _is_cpf(body: str) -> bool:
    """Eleven digits, the last two being the check digits of the first nine."""
    for size in (9, 10):
        total = sum(int(body[place]) * (size + 1 - place) for place in range(size))
        if total * 10 % 11 % 10 != int(body[size]):
            return False
    return len(set(body)) > 1
