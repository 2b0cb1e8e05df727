"""JSON Schema of the socket and REST shapes, from which the front ends' types are generated."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.acd import wire as acd
from gateway.acd.wire import explanation, queues, rehearsals, steering
from gateway.engagement import wire as engagement
from gateway.engagement.wire import people
from gateway.knowledge import wire as knowledge
from gateway.rules import wire as rules
from gateway.supervision import wire as supervision
from gateway.surfaces import wire
from gateway.tenancy import wire as tenancy
from gateway.voice import wire as voice

_TEMPLATE = "#/$defs/{name}"


def _structs(module: Any) -> list[Any]:
    """Return the structs that ``module`` itself defines."""
    found: list[Any] = [value for value in vars(module).values() if isinstance(value, type)]
    return [
        kind
        for kind in found
        if issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
    ]


def _names(union: Any) -> list[str]:
    return [member.__name__ for member in union.__args__]


def _complete(definition: dict[str, Any]) -> None:
    """Mark every property as required: the server writes all of them."""
    if definition.get("type") == "object" and "properties" in definition:
        definition["required"] = list(definition["properties"])


def schema_for(audience: str) -> dict[str, Any]:
    """Return one JSON Schema document for ``visitor`` or ``agent``.

    It holds the unions ``ClientFrame`` and ``ServerFrame`` and, for agents, every REST shape.
    """
    if audience == "visitor":
        client, server, extra = (
            wire.VisitorClient,
            wire.VisitorServer,
            [tenancy.SiteConfig, engagement.UploadCreate, engagement.UploadView],
        )
    else:
        client, server = wire.AgentClient, wire.AgentServer
        configuration = (acd, explanation, queues, rehearsals, steering)
        rest = (engagement, people, *configuration, voice, knowledge, rules, tenancy, supervision)
        shared = {"SiteConfig", "CallStart", "QueuePlace"}
        extra = [s for module in rest for s in _structs(module) if s.__name__ not in shared]
    members = [*client.__args__, *server.__args__]
    types = list(dict.fromkeys([*members, *extra]))
    _, components = msgspec.json.schema_components(types, ref_template=_TEMPLATE)
    client_names = set(_names(client))
    for name, definition in components.items():
        if name not in client_names and not name.endswith(("Body", "Patch", "Create")):
            _complete(definition)
        if name in client_names or name in _names(server):
            definition["required"] = sorted({*definition.get("required", []), "type"})
        definition.pop("title", None)
        definition.setdefault("additionalProperties", False)
    components["ClientFrame"] = {
        "anyOf": [{"$ref": _TEMPLATE.format(name=n)} for n in _names(client)]
    }
    components["ServerFrame"] = {
        "anyOf": [{"$ref": _TEMPLATE.format(name=n)} for n in _names(server)]
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Wire",
        "type": "object",
        "properties": {name: {"$ref": _TEMPLATE.format(name=name)} for name in sorted(components)},
        "required": sorted(components),
        "additionalProperties": False,
        "$defs": components,
    }
