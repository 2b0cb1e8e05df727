"""Pictures and lies, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

CANARY = b"SerialNumber-CANARY-4711"


def picture(kind: str = "JPEG", size: tuple[int, int] = (1200, 800)) -> bytes:
    """A small picture of the given kind."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind)
    return out.getvalue()


def photo_with_exif() -> bytes:
    """A JPEG, lying on its side, that tells where and with what it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = CANARY.decode()
    exif.get_ifd(0x8825)[1] = "N-" + CANARY.decode()
    out = io.BytesIO()
    still = Image.new("RGB", (300, 100), (0, 90, 200))
    still.save(out, "JPEG", exif=exif, comment=CANARY, icc_profile=CANARY)
    return out.getvalue() + CANARY


def png_bomb(width_px: int, height_px: int) -> bytes:
    """A PNG of a few bytes that claims to be huge."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 6, 0, 0, 0)
    data = zlib.compress(b"\x00" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def animation(frames: int, size: tuple[int, int] = (8, 8)) -> bytes:
    """A GIF of many frames."""
    stills = [Image.new("RGB", size, (number * 40 % 250, 9, 9)) for number in range(frames)]
    out = io.BytesIO()
    stills[0].save(out, "GIF", save_all=True, append_images=stills[1:], duration=50)
    return out.getvalue()


def gif_bomb(frames: int) -> bytes:
    """A GIF whose structure repeats a tiny frame very often."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    return head + frame * frames + b"\x3b"
