"""What a file is: its first bytes and its name must agree; what a sender declares is not asked.

Programs and scripts are refused. Raster pictures are decoded and written anew elsewhere before
anybody sees them. Everything else is only ever offered as a download.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.engagement.model.file_name import extension
from gateway.kernel.errors import WeccError

HEAD_BYTES = 4_096
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
)
_PROGRAMS: tuple[bytes, ...] = (
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"dex\n",
    b"\x00asm",
    b"#!",
    b"L\x00\x00\x00\x01\x14\x02\x00",
    b"!<arch>\ndebian",
    b"\xed\xab\xee\xdb",
)
_PROGRAM_ENDINGS = frozenset(
    {
        "apk", "app", "appx", "bash", "bat", "bin", "chm", "cmd", "com", "command", "cpl", "csh",
        "deb", "desktop", "dll", "dmg", "dylib", "elf", "exe", "gadget", "hta", "inf", "ins",
        "ipa", "iso", "jar", "js", "jse", "ksh", "lnk", "mjs", "msc", "msi", "msp", "pif", "ps1",
        "psm1", "reg", "rpm", "run", "scf", "scr", "sh", "so", "url", "vb", "vbe", "vbs", "wasm",
        "wsf", "wsh", "xll", "zsh",
    }
)  # fmt: skip
_ZIPS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "epub": "application/epub+zip",
    "zip": "application/zip",
}
_OLE = {"doc": "application/msword", "xls": "application/vnd.ms-excel"}
_OLE |= {"ppt": "application/vnd.ms-powerpoint", "msg": "application/vnd.ms-outlook"}
_TEXTS = {"csv": "text/csv", "json": "application/json", "md": "text/markdown"}
_TEXTS |= {"txt": "text/plain", "log": "text/plain", "xml": "text/plain", "ics": "text/calendar"}
_EXPECTED = {
    "png": PICTURES,
    "jpg": PICTURES,
    "jpeg": PICTURES,
    "gif": PICTURES,
    "webp": PICTURES,
    "pdf": frozenset({"application/pdf"}),
    **{name: frozenset({kind, "application/zip"}) for name, kind in _ZIPS.items()},
    **{name: frozenset({kind, "application/x-ole"}) for name, kind in _OLE.items()},
}
_MARKUP = re.compile(
    rb"<(!doctype\s+html|html|head|body|script|iframe|svg|\?xml|!--|img|form|style|a\s)", re.I
)


@dataclass(frozen=True, slots=True)
class FileType:
    """The kind of a file as we serve it; ``is_picture`` is one that will be made anew."""

    media_type: str

    @property
    def is_picture(self) -> bool:
        """True for the raster formats that are shown inline."""
        return self.media_type in PICTURES


def refuse_program_name(name: str) -> None:
    """Raise ``bad_file`` when the name alone tells that this is a program or a script."""
    if extension(name) in _PROGRAM_ENDINGS:
        raise WeccError("bad_file", "Programs and scripts are not accepted here.", field="name")


def file_type(head: bytes, name: str) -> FileType:
    """Decide by the first ``HEAD_BYTES`` and the name; raise ``bad_file`` for what is refused."""
    ending = extension(name)
    refuse_program_name(name)
    if head.startswith(_PROGRAMS):
        raise WeccError("bad_file", "Programs and scripts are not accepted here.", field="name")
    found = _sniff(head, ending)
    expected = _EXPECTED.get(ending)
    if expected is not None and found not in expected:
        raise WeccError(
            "bad_file",
            f"The name ends in .{ending}, but the content is something else.",
            field="name",
        )
    return FileType(found)


def _sniff(head: bytes, ending: str) -> str:
    if head[:4] == b"RIFF" or not _MARKUP.search(head[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:32]):
        for place, magic, media_type in _MAGIC:
            if head[place : place + len(magic)] == magic:
                return _refine(media_type, ending)
    if not _is_text(head):
        return "application/octet-stream"
    # Markup is never named as such: a browser would run it.
    return "text/plain" if _MARKUP.search(head) else _TEXTS.get(ending, "text/plain")


def _refine(media_type: str, ending: str) -> str:
    if media_type == "application/zip":
        return _ZIPS.get(ending, media_type)
    if media_type == "application/x-ole":
        return _OLE.get(ending, "application/octet-stream")
    return media_type


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == HEAD_BYTES and error.start >= len(head) - 3
    return True
