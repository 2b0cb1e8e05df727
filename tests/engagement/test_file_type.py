"""Names and kinds of files under any input: safe, bounded, and never an exception of their own."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from gateway.engagement.images import MAX_FRAMES, count_frames
from gateway.engagement.model.file_name import content_disposition, display_name, extension
from gateway.engagement.model.file_type import HEAD_BYTES, PICTURES, file_type
from gateway.kernel.errors import WeccError

HEADS = [
    b"",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"RIFF0000WEBP",
    b"%PDF-",
    b"PK\x03\x04",
    b"<svg",
    b"MZ",
]
NAMES = ["a", "a.png", "a.PDF", "a.zip", "a.tar.gz", ".htaccess", "a.docx", "a.exe", "a.svg"]


@given(st.text(st.characters(), max_size=300))
def test_any_name_becomes_a_safe_one(raw: str) -> None:
    name = display_name(raw)
    assert 0 < len(name) <= 120
    assert not set(name) & set('/\\<>:"|?*\x00\r\n\u202e')
    assert name not in {".", ".."}
    assert display_name(name) == name
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()


@given(st.sampled_from(HEADS), st.binary(max_size=300), st.sampled_from(NAMES))
def test_any_bytes_get_a_kind_or_a_clear_refusal(start: bytes, rest: bytes, name: str) -> None:
    head = (start + rest)[:HEAD_BYTES]
    try:
        found = file_type(head, name)
    except WeccError as error:
        code = error.code
    else:
        code = ""
        assert "html" not in found.media_type
        assert "svg" not in found.media_type
        assert "script" not in found.media_type
        if extension(name) == "png":
            assert found.media_type in PICTURES
    assert code in {"", "bad_file"}
    if start == b"MZ" or name == "a.exe":
        assert code == "bad_file"


@given(st.sampled_from(HEADS), st.binary(max_size=500))
def test_counting_frames_never_fails(start: bytes, rest: bytes) -> None:
    assert 0 <= count_frames(start + rest) <= MAX_FRAMES + 1


def test_counting_frames_is_linear() -> None:
    for body in (b"GIF89a" + b"\x2c" * 3_000_000, b"RIFF0000WEBP" + b"ANMF\0\0\0\0" * 300_000):
        started = time.process_time()
        count_frames(body)
        assert time.process_time() - started < 5
