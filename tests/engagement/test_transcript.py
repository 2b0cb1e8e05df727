"""What people wrote is text wherever it is shown."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from gateway.engagement.model.file_name import content_disposition
from gateway.engagement.service import draft
from tests.engagement.conftest import QUEUE, TENANT, Room, agent, supervisor, visitor

CV = "cv_conversation1"
VECTORS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</p></article><iframe src=javascript:alert(1)>",
    "<svg/onload=alert(1)>",
    "{{7*7}} ${7*7} {0.__class__} {name} {rating}",
    "&lt;script&gt; &amp;",
    "\u202egnp.exe",
    "javascript:alert(1)",
]
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "h1", "p", "article", "header", "bdi", "time",
}  # fmt: skip


class Elements(HTMLParser):
    """Collects what a browser would build."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)


async def joined(room: Room, name: str) -> None:
    await room.database.write(
        TENANT, lambda tx: room.service.add_system_message(tx, CV, "joined", {"name": name})
    )


@pytest.mark.parametrize("language", ["en", "zh-CN", "<b>"])
async def test_the_transcript_holds_text_only(light: Room, language: str) -> None:
    who = visitor()
    await light.open(who, CV, form={"name": VECTORS[0]})
    for number, vector in enumerate(VECTORS):
        await light.say(who, CV, f"ms_message{number:04d}", vector)
    for vector in VECTORS:
        await joined(light, vector)
    page = await light.service.transcript_page(supervisor(), CV, language)
    elements = Elements()
    elements.feed(page)
    assert elements.names <= ALLOWED
    assert not {name for name in elements.attributes if name.startswith("on")}
    assert "49" not in page
    assert "{{7*7}} ${7*7} {0.__class__} {name} {rating}" in page
    assert "default-src 'none'" in page


async def test_visitors_get_theirs_without_notes(light: Room) -> None:
    who = visitor()
    await light.open(who, CV)
    await light.own(CV, QUEUE, agent())
    await light.say(agent(), CV, "ms_message0001", "hello")
    await light.post(agent(), draft(CV, "ms_note000001", "inside only", note=True))
    assert "inside only" not in await light.service.transcript_page(who, CV, "en")
    assert "inside only" in await light.service.transcript_page(agent(), CV, "en")
    whole = await light.service.transcript(who, CV)
    assert [message.text for message in whole.messages] == ["hello"]


async def test_a_long_transcript_is_complete(light: Room) -> None:
    who = visitor()
    await light.open(who, CV)
    for number in range(405):
        await light.say(who, CV, f"ms_message{number:04d}", str(number))
    whole = await light.service.transcript(who, CV)
    assert [message.seq for message in whole.messages] == list(range(1, 406))


@pytest.mark.parametrize(
    "name", ["a\";filename*=UTF-8''evil.exe", "a\r\nX: y", "雨伞.png", "x" * 300, "", "a\x00b", "é"]
)
def test_one_safe_header(name: str) -> None:
    value = content_disposition(name)
    assert value.isascii()
    assert value.isprintable()
    assert value.count("filename=") == value.count("filename*=") == 1
    assert value.count('"') == 2
