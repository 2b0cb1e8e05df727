"""Describes msgspec structs in words: what the reference pages are made of."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import inspect as types


@dataclass(frozen=True, slots=True)
class Field:
    """One field: ``default`` is empty where the field must be given."""

    name: str
    kind: str
    default: str
    meaning: str
    struct: type[msgspec.Struct] | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """One struct: ``name`` is the frame's ``type`` where it has one."""

    name: str
    meaning: str
    fields: list[Field]


def shapes_of(struct: type[msgspec.Struct]) -> Shape:
    """Return the description of one struct."""
    info = types.type_info(struct)
    if not isinstance(info, types.StructType):
        raise TypeError(f"{struct} is no struct")
    name = str(info.tag) if info.tag_field and info.tag else struct.__name__
    text = inspect.getdoc(struct) if "__doc__" in vars(struct) else None
    meaning = (text or "").replace("``", "`")
    return Shape(name, meaning, [_field(field) for field in info.fields])


def shapes_used_by(structs: Iterable[type[msgspec.Struct]]) -> list[Shape]:
    """Return the structs inside other structs, each once, by name."""
    found: dict[str, type[msgspec.Struct]] = {}
    waiting = list(structs)
    seen = set(waiting)
    while waiting:
        info = types.type_info(waiting.pop())
        for inner in _structs_in(info):
            if inner not in seen:
                seen.add(inner)
                waiting.append(inner)
                found[inner.__name__] = inner
    return [shapes_of(found[name]) for name in sorted(found)]


def _structs_in(info: types.Type) -> Iterable[type[msgspec.Struct]]:
    if isinstance(info, types.StructType):
        for field in info.fields:
            yield from _named_structs(field.type)


def _named_structs(kind: types.Type) -> Iterable[type[msgspec.Struct]]:
    match kind:
        case types.Metadata():
            yield from _named_structs(kind.type)
        case types.StructType():
            yield kind.cls
        case types.ListType() | types.VarTupleType():
            yield from _named_structs(kind.item_type)
        case types.DictType():
            yield from _named_structs(kind.value_type)
        case types.UnionType():
            for inner in kind.types:
                yield from _named_structs(inner)
        case _:
            return


def _field(field: types.Field) -> Field:
    kind, meaning = field.type, ""
    while isinstance(kind, types.Metadata):
        meaning = meaning or str((kind.extra_json_schema or {}).get("description", ""))
        kind = kind.type
    struct = kind.cls if isinstance(kind, types.StructType) else None
    return Field(field.encode_name, _words(kind), _default(field), meaning, struct)


def _default(field: types.Field) -> str:
    if field.default is not msgspec.NODEFAULT:
        return _literal(field.default)
    if field.default_factory is not msgspec.NODEFAULT:
        return _literal(field.default_factory())
    return ""


def _literal(value: Any) -> str:
    if isinstance(value, msgspec.Struct):
        return "{}"
    return msgspec.json.encode(value).decode()


def _words(kind: types.Type) -> str:
    match kind:
        case types.Metadata():
            return _words(kind.type)
        case types.StructType():
            return f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
        case types.ListType() | types.VarTupleType():
            return f"list of {_words(kind.item_type)}"
        case types.DictType():
            return f"map of {_words(kind.value_type)}"
        case types.UnionType():
            return " or ".join(_words(inner) for inner in kind.types)
        case types.LiteralType():
            return " ".join(f"`{value}`" for value in kind.values)
        case types.NoneType():
            return "null"
        case _:
            return _plain(kind)


_NAMES: dict[type, str] = {
    types.StrType: "text",
    types.IntType: "integer",
    types.FloatType: "number",
    types.BoolType: "true or false",
}
_LIMITS: tuple[tuple[Literal["ge", "gt", "le", "lt", "min_length", "max_length"], str], ...] = (
    ("ge", "from {}"),
    ("gt", "above {}"),
    ("le", "to {}"),
    ("lt", "below {}"),
    ("min_length", "at least {} long"),
    ("max_length", "at most {} long"),
)


def _plain(kind: types.Type) -> str:
    name = _NAMES.get(type(kind), type(kind).__name__.removesuffix("Type").lower())
    limits = [
        words.format(value)
        for attribute, words in _LIMITS
        if (value := getattr(kind, attribute, None)) is not None
    ]
    return ", ".join([name, *limits])
