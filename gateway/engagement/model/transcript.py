"""A conversation to keep: one HTML file without scripts or requests, or JSON.

Everything a person wrote is escaped, isolated by direction, and shown as text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape

import msgspec

from gateway.engagement.wire import MessageView

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Conversation",
        "visitor": "Visitor",
        "agent": "Agent",
        "note": "Note",
        "file": "File",
        "joined": "{name} joined",
        "left": "{name} left",
        "transferred": "The conversation was transferred",
        "requeued": "Waiting for the next agent",
        "ended": "The conversation ended",
        "missed": "Nobody was available",
        "left_message": "A message was left",
        "call_started": "Call started",
        "call_ended": "Call ended",
        "rated": "Rated {rating} of 5",
        "unanswered": "Not answered",
        "times": "All times are UTC.",
    },
    "zh": {
        "title": "对话记录",
        "visitor": "访客",
        "agent": "客服",
        "note": "备注",
        "file": "文件",
        "joined": "{name} 已加入",
        "left": "{name} 已离开",
        "transferred": "对话已转接",
        "requeued": "正在等待下一位客服",
        "ended": "对话已结束",
        "missed": "当时无人在线",
        "left_message": "已留言",
        "call_started": "通话开始",
        "call_ended": "通话结束",
        "rated": "评分：{rating}/5",
        "unanswered": "无人应答",
        "times": "所有时间均为 UTC。",
    },
}
_PLACE = re.compile(r"\{(name|rating)\}")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1f23;background:#fff}article{margin:.75rem 0}header{font-size:.8rem;color:#57606a}"
    "p{margin:.1rem 0;white-space:pre-wrap;overflow-wrap:anywhere}.system{text-align:center;"
    "font-size:.85rem;color:#57606a}.note{background:#fff8c5;padding:.5rem;border-radius:.4rem}"
)


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """All messages of a conversation that its reader may see."""

    conversation_id: str
    language: str
    created_at_ms: int
    closed_at_ms: int | None
    messages: list[MessageView]


def render_html(transcript: Transcript, language: str) -> str:
    """Return the transcript as a self-contained HTML document in English or Chinese."""
    language = "zh" if language.lower().startswith("zh") else "en"
    words = _WORDS[language]
    title = f"{words['title']} {_time(transcript.created_at_ms)[:10]}"
    items = "\n".join(_item(message, words) for message in transcript.messages)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{escape(title)}</h1>\n<p class="system">{escape(words["times"])}</p>\n'
        f"{items}\n</body>\n</html>\n"
    )


def _item(message: MessageView, words: dict[str, str]) -> str:
    when = f'<time datetime="{_time(message.at_ms)}">{_time(message.at_ms)[11:19]}</time>'
    if message.kind == "system":
        return f'<article class="system">{when} {_system(message, words)}</article>'
    kind = "note" if message.kind == "note" else message.author.kind
    author = message.author.name or words.get(message.author.kind, "")
    label = f" ({escape(words['note'])})" if message.kind == "note" else ""
    return (
        f'<article class="{kind}"><header><bdi>{escape(author)}</bdi>{label} {when}</header>'
        f'<p dir="auto">{_content(message, words)}</p></article>'
    )


def _content(message: MessageView, words: dict[str, str]) -> str:
    if message.attachment is not None:
        return f"{escape(words['file'])}: <bdi>{escape(message.attachment.name)}</bdi>"
    return escape(message.text)


def _system(message: MessageView, words: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return f"<bdi>{escape(message.params.get(match[1], '') or words['agent'])}</bdi>"

    return _PLACE.sub(value, escape(words.get(message.code, message.code)))


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
