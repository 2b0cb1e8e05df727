"""Hostile JSON is refused with a code, in bounded time, without echo (A-080, A-081, A-113)."""

from __future__ import annotations

import json
import time
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from gateway.kernel.errors import WeccError
from gateway.kernel.wire import Body, Name
from gateway.platform.http.codec import MAX_DEPTH, decode


class Sample(Body):
    name: Name
    count: Annotated[int, Meta(ge=0, le=10)] = 0
    kind: Literal["a", "b"] = "a"
    tags: dict[str, int] = {}
    inner: list[Sample] = []


GOOD = {"name": "x"}


def test_good_bodies_are_read() -> None:
    assert decode(b'{"name": "Zo\\u00eb \\ud83d\\ude00", "tags": {"t": 1}}', Sample) == Sample(
        name="Zo\u00eb \U0001f600", tags={"t": 1}
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"{}",
        b'{"name": "x"} {}',
        b'{"name": "x",}',
        b"{'name': 'x'}",
        b'{"name": NaN}',
        b'{"name": "x", "count": NaN}',
        b'{"name": "x", "count": Infinity}',
        b'{"name": "x", "count": -Infinity}',
        b'{"name": "x", "count": 1e999}',
        b'{"name": "x", "count": 1e400}',
        b'{"name": "x", "count": ' + b"9" * 50_000 + b"}",
        b'{"name": "x", "count": 9223372036854775808}',
        b'{"name": "x", "count": true}',
        b'{"name": "x", "count": "1"}',
        b'{"name": "x", "count": 1.5}',
        b'{"name": "x", "count": -1}',
        b'{"name": "x", "count": null}',
        b'{"name": {"$ne": null}}',
        b'{"name": ["x"]}',
        b'{"name": 7}',
        b'{"name": ""}',
        b'{"name": "x", "kind": "canary"}',
        b'{"name": "x", "name": "y"}',
        b'{"name": "x", "tags": {"a": 1, "a": 2}}',
        b'{"name": "x", "__proto__": {}}',
        b'{"name": "x", "tenant_id": "tn_0"}',
        b'{"name": "a\\u0000b"}',
        b'{"name": "x", "tags": {"\\u0000": 1}}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\udc00\\ud800"}',
        b'{"name": "\xff\xfe"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "a\x00b"}',
        b'{"name": "a\nb"}',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'{"name": "' + b"x" * 121 + b'"}',
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_bad_bodies_are_refused_without_echo(raw: bytes) -> None:
    with pytest.raises(WeccError) as caught:
        decode(raw, Sample)
    assert caught.value.info.status == 400
    assert "canary" not in caught.value.message


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 500, 20_000])
def test_deep_bodies_are_refused_quickly(depth: int) -> None:
    deep = b'{"name": "x", "inner": ' + b"[" * depth + b"]" * depth + b"}"
    started = time.process_time()
    with pytest.raises(WeccError):
        decode(deep, Sample)
    assert time.process_time() - started < 5


def test_the_message_names_the_field_and_not_the_value() -> None:
    for raw, field in (
        (b'{"name": "x", "kind": "secret value"}', "kind"),
        (b'{"name": "x", "count": 99}', "count"),
        (b'{"name": "x", "nope": 1}', "nope"),
        (json.dumps({"name": "x", "inner": [{"name": 1}]}).encode(), "inner[0].name"),
    ):
        with pytest.raises(WeccError) as caught:
            decode(raw, Sample)
        assert caught.value.field == field
        assert "secret value" not in caught.value.message


def test_a_strange_field_name_is_not_echoed() -> None:
    with pytest.raises(WeccError) as caught:
        decode(b'{"name": "x", "<script>": 1}', Sample)
    assert caught.value.field is None
    assert "script" not in caught.value.message
