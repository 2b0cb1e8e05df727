"""The route table as an OpenAPI 3.1 document and as a page of the reference."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from gateway.platform.http.once import KEPT_MS, MAX_KEY_CHARS, REPLAYED, takes_key
from gateway.platform.http.route import Route

_TEMPLATE = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_ERROR = {
    "type": "object",
    "description": "What was wrong and what to do; codes are in the list of errors.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "field"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "field": {"type": ["string", "null"]},
            },
        }
    },
}
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A text of your choice; the same request under the same key is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARS},
}
_REPEATS = (
    "A `POST` that answers 201 takes the header `Idempotency-Key` (1 to"
    f" {MAX_KEY_CHARS} printable ASCII characters; take a random one). Send the same request"
    " again under the same key when no answer came: it is done once, and every repeat gets the"
    f" first answer with `{REPLAYED.title()}: true`, for {KEPT_MS // 3_600_000} hours. Keys belong"
    " to one tenant and one actor (user or API key). The same key with another body or address is"
    " `key_reused` (409); `conflict` (409) means that the gateway was stopped between doing it and"
    " answering: look whether the object is there. Refused requests are not kept."
)
_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "public": [],
    "visitor": [{"visitor": []}],
    "user": [{"cookie": []}, {"apiKey": []}],
}
_SCHEMES = {
    "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-wecc"},
    "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "visitor": {"type": "http", "scheme": "bearer", "description": "A visitor token."},
}


def openapi(routes: Sequence[Route], *, version: str = "1") -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of ``routes``."""
    types = [kind for route in routes for kind in (route.body, route.response) if kind is not None]
    unique = list({repr(kind): kind for kind in types}.values())
    schemas, components = msgspec.json.schema_components(unique, ref_template=_TEMPLATE)
    by_type = {repr(kind): schema for kind, schema in zip(unique, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "OpenWECC", "version": version},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {**dict(sorted(components.items())), "Error": _ERROR},
            "securitySchemes": _SCHEMES,
        },
    }


def _operation(route: Route, by_type: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": _documentation(route).partition("\n")[0],
        "description": _documentation(route),
        "tags": [route.origin],
        "security": _SECURITY[route.access],
        "parameters": _parameters(route),
        "responses": _responses(route, by_type),
        "x-wecc-operation": route.operation,
    }
    if route.body is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": by_type[repr(route.body)]}},
        }
    elif route.raw_limit_bytes:
        binary = {route.raw_type: {"schema": {"type": "string"}}}
        found["requestBody"] = {"required": True, "content": binary}
    return found


def operation_id(route: Route) -> str:
    """Return a name that is unique in the document, such as ``get_api_v1_users``."""
    words = re.sub(r"[^a-z0-9]+", "_", route.path.lower()).strip("_")
    return f"{route.method.lower()}_{words}"


def _parameters(route: Route) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    in_query = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in route.query.items()
    ]
    in_header = [_KEY_HEADER] if takes_key(route) else []
    return in_path + in_query + in_header


def _responses(route: Route, by_type: dict[str, Any]) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": _TEMPLATE.format(name="Error")}}}
    refused = {"default": {"description": "Refused.", "content": error}}
    if route.produces and route.response is None:
        return {str(status): _raw(route.produces[status]) for status in route.produces} | refused
    success: dict[str, Any] = {"description": "Done."}
    if route.response is not None:
        success["content"] = {"application/json": {"schema": by_type[repr(route.response)]}}
        status = route.status
        success["content"] |= {name: {} for name in route.produces.get(status, ())}
    else:
        status = 204 if route.status == 200 else route.status
    return {str(status): success, **refused}


def _raw(media_types: Sequence[str]) -> dict[str, Any]:
    """Describe an answer that the handler writes itself."""
    if not media_types:
        return {"description": "Done."}
    return {"description": "Done.", "content": {name: {} for name in media_types}}


def _documentation(route: Route) -> str:
    return inspect.getdoc(route.handler) or ""


def reference(routes: Sequence[Route]) -> str:
    """Return the Markdown page ``docs/reference/rest.md``."""
    lines = [
        "# REST API",
        "",
        (
            "Generated from the route table. Bodies are JSON; errors are"
            ' `{"error": {"code", "message", "field"}}`. `user`: desk cookie with `X-WECC-CSRF` on'
            " writes, or `Authorization: Bearer` with an API key. `visitor`: the same header"
            " with a visitor token."
        ),
        "",
        _REPEATS,
    ]
    for origin in ("desk", "widget", "files"):
        own = sorted((r for r in routes if r.origin == origin), key=lambda r: (r.path, r.method))
        if not own:
            continue
        lines += ["", f"## {origin}", "", "| call | for | operation | body | answer | |"]
        lines += ["|---|---|---|---|---|---|"]
        lines += [_row(route) for route in own]
    return "\n".join(lines) + "\n"


def _row(route: Route) -> str:
    body = "raw bytes" if route.raw_limit_bytes else _type_name(route.body)
    text = " ".join(_documentation(route).split()).replace("|", "\\|").replace("``", "`")
    query = "".join(f" `?{name}`: {meaning.rstrip('.')}." for name, meaning in route.query.items())
    return (
        f"| `{route.method} {route.path}` | {route.access} | `{route.operation}` |"
        f" {body} | {_type_name(route.response)} | {text}{query} |"
    )


def _type_name(kind: Any) -> str:
    if kind is None:
        return ""
    arguments = getattr(kind, "__args__", ())
    if arguments:
        return f"`list[{arguments[0].__name__}]`"
    return f"`{kind.__name__}`"
