"""Pure rules of tenancy: secrets, roles, origins, the chain of the audit log."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.tenancy.wire import Role, SiteView

RANK: Mapping[str, int] = {"agent": 1, "supervisor": 2, "admin": 3, "system": 9}
LOGIN_IDLE_MS = 12 * 3600 * 1000
LOGIN_ABSOLUTE_MS = 7 * 24 * 3600 * 1000
LOGIN_TOUCH_MS = 60 * 1000
LINK_MS = 15 * 60 * 1000
DEMO_LINK_MS = 24 * 3600 * 1000
INVITATION_MS = 72 * 3600 * 1000
VISITOR_TOKEN_MS = 365 * 24 * 3600 * 1000
SET_UP_TOKEN_MS = 15 * 60 * 1000
SET_UP_TRIES = 5
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where people reach us, from the settings; links are built from these, never from Host."""

    desk_url: str
    widget_url: str
    files_url: str

    @property
    def is_tls(self) -> bool:
        """Whether browsers reach the desk over TLS."""
        return self.desk_url.startswith("https://")

    @property
    def widget_socket_url(self) -> str:
        """The widget origin with the scheme of a WebSocket."""
        return "ws" + self.widget_url.removeprefix("http")


@dataclass(frozen=True, slots=True)
class SiteLimits:
    """What the widget may send, told to it in the site's configuration."""

    max_file_bytes: int
    max_text_chars: int = 20_000


@dataclass(frozen=True, slots=True)
class Login:
    """A signed-in browser. ``csrf`` is bound to its token."""

    id: str
    actor: Actor
    csrf: str
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class LoginsEnded:
    """Some logins are over: those of ``login_ids``, or all of the person's when that is None."""

    tenant_id: str
    user_id: str
    login_ids: frozenset[str] | None


def secret_hash(secret: str) -> str:
    """Return the only form in which a random secret is stored (256 random bits need no salt)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_for(login_token: str) -> str:
    """Return the CSRF token of a login; it says nothing about the login token."""
    return hmac.new(login_token.encode(), b"wecc csrf 1", hashlib.sha256).hexdigest()


def is_same(left: str, right: str) -> bool:
    """Compare two secrets in time that does not depend on where they differ."""
    return hmac.compare_digest(left.encode("utf-8", "replace"), right.encode("utf-8", "replace"))


def normal_email(email: str) -> str:
    """Return the form in which e-mail addresses are stored and compared."""
    return email.strip().casefold()


def require_not_above(actor: Actor, role: Role) -> None:
    """Refuse to let anybody hand out more than they have (A-085)."""
    if RANK[role] > RANK.get(actor.role, 0):
        raise WeccError("forbidden", "Nobody may give a role above their own.", field="role")


def normal_origin(text: str) -> str:
    """Return an origin exactly as browsers send it (RFC 6454 section 6.2), or ``bad_value``."""
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError):
        raise _bad_origin() from None
    rest = (parts.path, parts.query, parts.fragment, parts.username, parts.password)
    if parts.scheme not in ("http", "https") or any(rest) or "@" in text or not host:
        raise _bad_origin()
    is_ip6 = ":" in host
    allowed = "0123456789abcdef:" if is_ip6 else "abcdefghijklmnopqrstuvwxyz0123456789-."
    if host.endswith(".") or not set(host) <= set(allowed):
        raise _bad_origin()
    shown = f"[{host}]" if is_ip6 else host
    is_standard = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" if is_standard else f"{parts.scheme}://{shown}:{port}"


def _bad_origin() -> WeccError:
    message = "Write an origin as scheme, host and port only, such as https://shop.example."
    return WeccError("bad_value", message, field="origins")


def is_origin_allowed(site: SiteView, origin: str | None) -> bool:
    """Tell whether a browser's ``Origin`` is on the site's list: the same characters or nothing."""
    return origin is not None and origin in site.origins


def snippet(addresses: Addresses, key: str) -> str:
    """Return the line a web site pastes to show the widget."""
    url = f"{addresses.widget_url}/widget.js"
    return f'<script type="module" async src="{url}" data-wecc-site="{key}"></script>'


def csp_lines(addresses: Addresses) -> list[str]:
    """Return what a site with a Content-Security-Policy of its own must add for the widget.

    The last line may be left out: pictures in the chat are then shown as links to their files.
    Sound needs no entry, because a call plays a stream and no address.
    """
    return [
        f"script-src {addresses.widget_url}",
        f"connect-src {addresses.widget_url} {addresses.widget_socket_url}",
        f"img-src {addresses.files_url}",
    ]


def chain_hash(key: bytes, previous: str, entry: Mapping[str, object]) -> str:
    """Return the keyed hash of an audit entry over the one before it."""
    document = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, f"{previous}\n{document}".encode(), hashlib.sha256).hexdigest()
