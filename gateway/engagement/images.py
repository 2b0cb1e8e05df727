"""Pictures, made anew: what is shown to anybody was decoded and encoded here.

``remake`` runs in an isolated child process. It reads the header first and refuses too many
pixels or frames before anything is decoded; then turns the picture upright and writes only its
pixels: no EXIF, no comments, no thumbnails, no colour profile, nothing appended.
"""

from __future__ import annotations

import io
import struct
import warnings

import msgspec
from PIL import Image, ImageFile, ImageOps, ImageSequence

MAX_PIXELS = 40_000_000
MAX_SIDE_PX = 16_384
MAX_FRAMES = 300
PREVIEW_PX = 640
_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


class Remade(msgspec.Struct, frozen=True):
    """A clean picture and its preview; or only ``refused``, a code that says why not."""

    refused: str = ""
    media_type: str = ""
    width_px: int = 0
    height_px: int = 0
    body: bytes = b""
    preview: bytes = b""
    preview_media_type: str = ""


def remake(payload: bytes) -> bytes:
    """Decode the picture in ``payload`` and return a packed ``Remade``."""
    return msgspec.msgpack.encode(_remake(payload))


def _remake(payload: bytes) -> Remade:
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # the bound below is ours and comes first
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    frames = count_frames(payload)
    if frames > MAX_FRAMES:
        return Remade(refused="too_many_frames")
    try:
        with Image.open(io.BytesIO(payload), formats=list(_FORMATS)) as picture:
            width_px, height_px = picture.size
            if max(width_px, height_px) > MAX_SIDE_PX:
                return Remade(refused="too_many_pixels")
            if width_px * height_px * max(1, frames) > MAX_PIXELS:
                return Remade(refused="too_many_pixels")
            return _write_anew(picture, is_animated=frames > 1)
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, MemoryError):
        return Remade(refused="not_a_picture")


def _write_anew(picture: ImageFile.ImageFile, *, is_animated: bool) -> Remade:
    # A camera's multi-picture file (CIPA DC-007) is a JPEG with more behind it.
    name = "JPEG" if picture.format == "MPO" else str(picture.format)
    if is_animated and name in {"GIF", "WEBP"}:
        stills = [frame.convert("RGBA") for frame in ImageSequence.Iterator(picture)]
        duration_ms = max(20, int(picture.info.get("duration") or 100))
        body = _encode(stills[0], name, stills[1:], duration_ms)
        upright: Image.Image = stills[0]
    else:
        upright = _plain(ImageOps.exif_transpose(picture))
        body = _encode(upright, name)
    preview, preview_media_type = _preview(upright)
    return Remade(
        media_type=_FORMATS[name],
        width_px=upright.width,
        height_px=upright.height,
        body=body,
        preview=preview,
        preview_media_type=preview_media_type,
    )


def _plain(picture: Image.Image) -> Image.Image:
    """Return pixels alone, as RGB or RGBA."""
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    plain = picture.convert("RGBA" if has_alpha else "RGB")
    plain.info.clear()
    return plain


def _encode(
    picture: Image.Image, name: str, rest: list[Image.Image] | None = None, duration_ms: int = 0
) -> bytes:
    out = io.BytesIO()
    for still in [picture, *(rest or [])]:
        still.info.clear()
    if rest:
        picture.save(
            out, name, save_all=True, append_images=rest, duration=duration_ms, loop=0, disposal=2
        ) if name == "GIF" else picture.save(
            out, name, save_all=True, append_images=rest, duration=duration_ms, loop=0, method=0
        )
    elif name == "JPEG":
        picture.convert("RGB").save(out, name, quality=88)
    elif name == "WEBP":
        picture.save(out, name, quality=88, method=2)
    else:
        picture.save(out, name)
    return out.getvalue()


def _preview(picture: Image.Image) -> tuple[bytes, str]:
    small = picture.copy()
    small.thumbnail((PREVIEW_PX, PREVIEW_PX))
    name = "PNG" if small.mode == "RGBA" else "JPEG"
    return _encode(small, name), _FORMATS[name]


# ---- frames, counted without decoding ----------------------------------------------------


def count_frames(data: bytes) -> int:
    """Count the frames of a GIF or WebP from its block structure, up to the limit plus one."""
    if data[:4] == b"GIF8":
        return _count_gif(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _count_chunks(data, 12, b"ANMF", little=True)
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return _count_chunks(data, 8, b"fcTL", little=False)
    return 1


def _count_gif(data: bytes) -> int:
    """GIF89a section 17 onwards: skip colour tables and data sub-blocks."""
    frames = 0
    place = 13 + _table_bytes(data, 10)
    while place < len(data) and frames <= MAX_FRAMES:
        kind = data[place]
        if kind == 0x21:
            place = _skip_blocks(data, place + 2)
        elif kind == 0x2C:
            frames += 1
            place = _skip_blocks(data, place + 11 + _table_bytes(data, place + 9))
        else:
            break
    return frames


def _table_bytes(data: bytes, place: int) -> int:
    flags = data[place] if place < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(data: bytes, place: int) -> int:
    while place < len(data) and data[place]:
        place += 1 + data[place]
    return place + 1


def _count_chunks(data: bytes, place: int, wanted: bytes, *, little: bool) -> int:
    """Walk RIFF (name, size, padded) or PNG (size, name, checksum) chunks."""
    frames = 0
    while place + 8 <= len(data) and frames <= MAX_FRAMES:
        if little:
            name, size = data[place : place + 4], struct.unpack_from("<I", data, place + 4)[0]
            place += 8 + size + (size & 1)
        else:
            size, name = struct.unpack_from(">I4s", data, place)
            place += 12 + size
        frames += name == wanted
    return frames
