"""The built front ends, served from memory by exact path.

Files are read once at start, so a request never touches the file system and there is no path to
traverse. Hashed assets are cached for ever, the loader and the pages for no longer than a check.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

STATIC_DIR = Path(__file__).resolve().parent.parent / "static"
NONCE_PLACEHOLDER = "__WECC_NONCE__"
_IMMUTABLE = "public, max-age=31536000, immutable"
_CHECKED = "public, max-age=0, must-revalidate"
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, the same compressed, and what to say about it."""

    body: bytes
    packed: bytes
    media_type: str
    etag: str
    cache: str


def load(folder: Path) -> dict[str, Asset]:
    """Read every file under ``folder``; keys are absolute URL paths."""
    assets: dict[str, Asset] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix == ".map":
            continue
        body = path.read_bytes()
        name = "/" + path.relative_to(folder).as_posix()
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        cache = _IMMUTABLE if name.startswith("/assets/") else _CHECKED
        digest = hashlib.sha256(body).hexdigest()[:20]
        packed = gzip.compress(body, 9, mtime=0)
        assets[name] = Asset(body, packed, media_type or "application/octet-stream", digest, cache)
    return assets


def respond(asset: Asset, request: Request) -> Response:
    """Answer with an asset, compressed and revalidated where the browser can."""
    headers = {"ETag": f'"{asset.etag}"', "Cache-Control": asset.cache, "Vary": "Accept-Encoding"}
    if f'"{asset.etag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = asset.body
    if "gzip" in request.headers.get("accept-encoding", "") and len(asset.packed) < len(body):
        headers["Content-Encoding"] = "gzip"
        body = asset.packed
    return Response(body, media_type=asset.media_type, headers=headers)


def page(asset: Asset, nonce: str) -> Response:
    """Answer with an HTML page whose script and style tags carry this response's nonce."""
    body = asset.body.replace(NONCE_PLACEHOLDER.encode(), nonce.encode())
    return Response(body, media_type="text/html", headers={"Cache-Control": "no-store"})
