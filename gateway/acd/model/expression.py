"""Skill expressions: ``spanish >= 60 AND (billing OR sales) AND NOT trainee``.

A bare name asks for the skill at any level. ``>= > <= < = !=`` compare its level, and whoever
lacks the skill fails every comparison; ``NOT`` turns that around, so ``NOT trainee >= 1`` is
also true for whoever lacks it. ``NOT`` binds closer than ``AND``, ``AND`` closer than ``OR``. A
name is a skill's name or id, in double quotes when it holds a space, a parenthesis, a quote or
a comparison, or is itself one of the three words.

An expression is compiled once to alternatives of level ranges per skill; routing knows only
those. Everything here is linear in the text, and bounded before it grows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.acd.wire.queues import Mistake
from gateway.kernel.errors import WeccError

LACKS, TOP = -1, 100
"""The level of a skill that is not there, and the highest level."""
MAX_CHARS = 1_000
MAX_TERMS = 60
MAX_DEPTH = 20
MAX_ALTERNATIVES = 100

Range = tuple[str, int, int]
"""A skill id and the lowest and highest level that will do; LACKS is "does not have it"."""
Needs = tuple[tuple[Range, ...], ...]
"""Alternatives: one of them must hold, with all of its ranges. None at all: nobody will do."""
ANYBODY: Needs = ((),)
Resolve = Callable[[str], str | None]
"""Returns the id of a skill by its name or id, None when there is no such skill."""

_TOKEN = re.compile(r'\s+|[()]|<=|>=|!=|[<>=]|"(?:[^"\\]|\\.)*"|[^\s()"<>=!]+', re.DOTALL)
_WORDS = ("and", "or", "not")
_PLAIN = re.compile(r'[^\s()"<>=!]+')
_BOUNDS: dict[str, Callable[[int], list[tuple[int, int]]]] = {
    ">=": lambda level: [(level, TOP)],
    ">": lambda level: [(level + 1, TOP)],
    "<=": lambda level: [(0, level)],
    "<": lambda level: [(0, level - 1)],
    "=": lambda level: [(level, level)],
    "!=": lambda level: [(0, level - 1), (level + 1, TOP)],
}


class ExpressionError(WeccError):
    """An expression that cannot be read: ``at`` is the character, from 0, where it goes wrong."""

    def __init__(self, mistake: Mistake, words: str, at: int | None = None) -> None:
        super().__init__("bad_expression", words if at is None else f"Character {at + 1}: {words}")
        self.mistake: Mistake = mistake
        self.words = words
        self.at = at


class Token(NamedTuple):
    """A piece of the text: ``kind`` is the sign or word itself, ``name``, or ``end``."""

    kind: str
    text: str
    at: int


class Term(NamedTuple):
    """One skill in one of these ranges."""

    skill: str
    ranges: list[tuple[int, int]]


class Not(NamedTuple):
    """The opposite."""

    part: Node


class Join(NamedTuple):
    """All of the parts (``and``) or one of them (``or``)."""

    word: str
    parts: list[Node]


Node = Term | Not | Join
_Alternative = dict[str, tuple[int, int]]


def compiled(text: str, resolve: Resolve) -> Needs:
    """Return the normal form of an expression; an empty one is met by anybody.

    Raises ``bad_expression`` with the character, counted from 1, at which it goes wrong.
    """
    if not text.strip():
        return ANYBODY
    return normal(_Parser(text, resolve).whole())


def rewritten(text: str, rename: Callable[[str], str]) -> str:
    """Return the text with every skill name replaced, and quoted where that is needed."""
    parts, done, before = [], 0, ""
    for token in _tokens(text):
        if token.kind == "name" and before not in _BOUNDS:
            parts += [text[done : token.at], quoted(rename(unquoted(token.text)))]
            done = token.at + len(token.text)
        before = token.kind
    return "".join([*parts, text[done:]])


def named(text: str) -> set[str]:
    """Return the names an expression speaks of."""
    found: set[str] = set()

    def note(name: str) -> str:
        found.add(name)
        return name

    rewritten(text, note)
    return found


def both(needs: Needs, own: dict[str, int]) -> Needs:
    """Return the needs with minimum levels of the interaction's own added to every alternative."""
    if not own:
        return needs
    extra = {skill: (level, TOP) for skill, level in own.items()}
    return _settled([merged for one in needs if (merged := _merge(_loose(one), extra)) is not None])


def meets(skills: dict[str, int], needs: Needs) -> bool:
    """Tell whether these skills meet one of the alternatives."""
    for alternative in needs:
        for skill, low, high in alternative:
            if not low <= skills.get(skill, LACKS) <= high:
                break
        else:
            return True
    return False


def quoted(name: str) -> str:
    """Return a name as it must be written in an expression."""
    if _PLAIN.fullmatch(name) and name.casefold() not in _WORDS:
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquoted(text: str) -> str:
    """Return the name that a token stands for."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL) if text.startswith('"') else text


# ---- reading ---------------------------------------------------------------------------------


def _bad(at: int, mistake: Mistake, words: str) -> ExpressionError:
    return ExpressionError(mistake, words, at)


def _tokens(text: str) -> Iterator[Token]:
    if len(text) > MAX_CHARS:
        raise _bad(MAX_CHARS, "too_long", f"an expression has at most {MAX_CHARS} characters.")
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            if text[at] == '"':
                raise _bad(at, "open_quote", "a quote is not closed.")
            raise _bad(at, "unknown_sign", "this sign is not known.")
        piece = found.group()
        if not piece.isspace():
            yield Token(_kind(piece), piece, at)
        at = found.end()
    yield Token("end", "", len(text))


def _kind(piece: str) -> str:
    if piece.casefold() in _WORDS:
        return piece.casefold()
    return "name" if piece[0] == '"' or _PLAIN.fullmatch(piece) else piece


class _Parser:
    """Recursive descent over the tokens, no deeper than MAX_DEPTH."""

    def __init__(self, text: str, resolve: Resolve) -> None:
        self._tokens = _tokens(text)
        self._resolve = resolve
        self._next = next(self._tokens)
        self._terms = 0

    def whole(self) -> Node:
        node = self._either(0)
        if self._next.kind != "end":
            raise _bad(self._next.at, "end_expected", "expected AND, OR or the end.")
        return node

    def _take(self) -> Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token

    def _either(self, depth: int) -> Node:
        return self._joined("or", lambda: self._joined("and", lambda: self._single(depth)))

    def _joined(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self._next.kind == word:
            self._take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Join(word, parts)

    def _single(self, depth: int) -> Node:
        token = self._take()
        if depth > MAX_DEPTH:
            raise _bad(token.at, "too_deep", f"nested more than {MAX_DEPTH} deep.")
        if token.kind == "not":
            return Not(self._single(depth + 1))
        if token.kind == "(":
            node = self._either(depth + 1)
            if self._take().kind != ")":
                raise _bad(token.at, "open_parenthesis", "this parenthesis is not closed.")
            return node
        if token.kind != "name":
            raise _bad(
                token.at, "skill_expected", "expected the name of a skill, NOT or a parenthesis."
            )
        return self._term(token)

    def _term(self, token: Token) -> Term:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise _bad(
                token.at, "too_many_skills", f"an expression names at most {MAX_TERMS} skills."
            )
        skill = self._resolve(unquoted(token.text))
        if skill is None:
            words = "there is no skill of this name. Names with spaces stand in double quotes."
            raise _bad(token.at, "unknown_skill", words)
        if self._next.kind not in _BOUNDS:
            return Term(skill, [(0, TOP)])
        sign, level = self._take(), self._take()
        is_number = level.text.isascii() and level.text.isdigit() and len(level.text) <= len("100")
        if not is_number or int(level.text) > TOP:
            raise _bad(
                level.at, "level_expected", "expected a level, a whole number from 0 to 100."
            )
        return Term(skill, _BOUNDS[sign.kind](int(level.text)))


# ---- normal form -----------------------------------------------------------------------------


def normal(node: Node, *, negated: bool = False) -> Needs:
    """Return the alternatives of an expression: without contradictions or what others cover."""
    return _settled(_expanded(node, negated))


def _expanded(node: Node, negated: bool) -> list[_Alternative]:
    if isinstance(node, Not):
        return _expanded(node.part, not negated)
    if isinstance(node, Term):
        ranges = _outside(node.ranges) if negated else node.ranges
        return [{node.skill: (low, high)} for low, high in ranges if low <= high]
    parts = [_expanded(part, negated) for part in node.parts]
    if (node.word == "or") != negated:
        return _bounded([one for part in parts for one in part])
    found: list[_Alternative] = [{}]
    for part in parts:
        pairs = [_merge(left, right) for left in found for right in part]
        found = _uncovered(_bounded([pair for pair in pairs if pair is not None]))
    return found


def _outside(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the levels, LACKS among them, that are in none of the sorted ranges."""
    left, found = LACKS, []
    for low, high in ranges:
        if low <= high:
            found.append((left, low - 1))
            left = high + 1
    return [*found, (left, TOP)]


def _bounded(found: list[_Alternative]) -> list[_Alternative]:
    if len(found) > MAX_ALTERNATIVES:
        words = f"It has more than {MAX_ALTERNATIVES} alternatives. Split it into steps or queues."
        raise ExpressionError("too_many_alternatives", words)
    return found


def _merge(left: _Alternative, right: _Alternative) -> _Alternative | None:
    """Return what meets both, or None when nothing can."""
    merged = dict(left)
    for skill, (low, high) in right.items():
        known_low, known_high = merged.get(skill, (LACKS, TOP))
        low, high = max(low, known_low), min(high, known_high)  # noqa: PLW2901 - the overlap
        if low > high:
            return None
        merged[skill] = (low, high)
    return merged


def _covers(wide: _Alternative, narrow: _Alternative) -> bool:
    return all(
        skill in narrow and low <= narrow[skill][0] and narrow[skill][1] <= high
        for skill, (low, high) in wide.items()
    )


def _uncovered(found: list[_Alternative]) -> list[_Alternative]:
    kept: list[_Alternative] = []
    for one in sorted(found, key=len):
        if not any(_covers(other, one) for other in kept):
            kept = [other for other in kept if not _covers(one, other)]
            kept.append(one)
    return kept


def _settled(found: list[_Alternative]) -> Needs:
    for one in found:
        for skill in [key for key, full in one.items() if full == (LACKS, TOP)]:
            del one[skill]
    alternatives = [
        tuple(sorted((skill, low, high) for skill, (low, high) in one.items()))
        for one in _uncovered(found)
    ]
    return tuple(sorted(alternatives))


def _loose(alternative: tuple[Range, ...]) -> _Alternative:
    return {skill: (low, high) for skill, low, high in alternative}
