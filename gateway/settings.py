"""The one tree of settings: TOML file, then environment, then command line.

Every field has a meaning, a unit where it has one, and a default that is safe on one machine.
A field ``port`` of section ``server`` is ``server.port`` in the file and
``WECC_SERVER__PORT`` in the environment. Unknown names are refused, not ignored.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from gateway.kernel.errors import WeccError

Port = Annotated[int, Meta(ge=0, le=65_535)]
ENVIRONMENT_PREFIX = "WECC_"


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the gateway listens and under which addresses people reach it."""

    listen: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[Port, Meta(description="Port to listen on; 0 picks a free one.")] = 8700
    origins: Annotated[
        Literal["names", "ports"],
        Meta(
            description="On loopback: four names under `localhost` on one port, or one name on"
            " four consecutive ports for browsers that do not know those names."
        ),
    ] = "names"
    desk_url: Annotated[
        str, Meta(description="Public address of the agent desk; empty derives it.")
    ] = ""
    widget_url: Annotated[
        str, Meta(description="Public address of the widget; empty derives it.")
    ] = ""
    files_url: Annotated[str, Meta(description="Public address of files; empty derives it.")] = ""
    mirror_url: Annotated[
        str, Meta(description="Public address of page mirrors; empty derives it.")
    ] = ""
    tls_cert: Annotated[str, Meta(description="PEM file with the certificate chain.")] = ""
    tls_key: Annotated[str, Meta(description="PEM file with the private key.")] = ""
    trusted_proxies: Annotated[
        list[str],
        Meta(
            description="Addresses or networks of TLS proxies whose `X-Forwarded-For` and"
            " `X-Forwarded-Proto` are believed."
        ),
    ] = []
    max_connections: Annotated[
        int, Meta(ge=16, description="Connections served at once; more are refused with 503.")
    ] = 20_000
    shutdown_s: Annotated[int, Meta(ge=1, le=120, description="Time to drain, in seconds.")] = 5


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where everything durable lives."""

    data_dir: Annotated[str, Meta(description="Directory for database, files and keys.")] = "data"
    database_url: Annotated[
        str,
        Meta(
            description="PostgreSQL address of the application role"
            " (`postgresql://role@host/name`); empty uses SQLite in `data_dir`."
        ),
    ] = ""
    owner_url: Annotated[
        str, Meta(description="PostgreSQL address of the owner role, used to migrate only.")
    ] = ""


class MediaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Calls."""

    address: Annotated[
        str,
        Meta(description="Address browsers send media to; needed for calls off loopback."),
    ] = ""
    bind: Annotated[
        str,
        Meta(
            description="Local address to send media from, when `address` belongs to a router or"
            " host in front of this machine (NAT, containers); empty uses `address`."
        ),
    ] = ""
    udp_ports: Annotated[
        str, Meta(pattern=r"^\d+-\d+$", description="UDP ports for media, `LOW-HIGH`.")
    ] = "20000-20999"
    enabled: Annotated[bool, Meta(description="Whether calls are offered at all.")] = True


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one peer or tenant may use."""

    file_bytes: Annotated[int, Meta(ge=1, description="Largest file, in bytes.")] = 50 << 20
    conversation_bytes: Annotated[
        int, Meta(ge=1, description="All files of one conversation, in bytes.")
    ] = 500 << 20
    tenant_bytes: Annotated[int, Meta(ge=1, description="All files of one tenant, in bytes.")] = (
        20 << 30
    )
    frame_bytes: Annotated[int, Meta(ge=16_384, description="Largest socket frame, in bytes.")] = (
        256 << 10
    )
    frames_per_s: Annotated[
        float, Meta(gt=0, description="Frames one socket may send per second, sustained.")
    ] = 20.0
    frames_burst: Annotated[int, Meta(ge=1, description="Frames it may send at once.")] = 120
    sockets_per_address: Annotated[
        int, Meta(ge=1, description="Sockets from one network address (IPv6: /64).")
    ] = 200
    connections_per_address: Annotated[
        int,
        Meta(
            ge=16,
            description="Open HTTP connections of one network address (IPv6: /64) that are no"
            " sockets; trusted proxies are not counted.",
        ),
    ] = 500
    conversations_per_hour: Annotated[
        int, Meta(ge=1, description="Conversations one network address may open per hour.")
    ] = 60
    slow_client_bytes: Annotated[
        int, Meta(ge=65_536, description="Unsent bytes after which a slow socket is cut.")
    ] = 1 << 20


class RoutingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Queue and routing."""

    journal_days: Annotated[
        int,
        Meta(
            ge=7,
            description="Days the routing journal is kept, to replay and audit decisions;"
            " about 300 bytes an entry, five entries a conversation.",
        ),
    ] = 425


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an operator can set."""

    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()
    media: MediaSettings = MediaSettings()
    limits: LimitSettings = LimitSettings()
    routing: RoutingSettings = RoutingSettings()
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least level logged.")
    ] = "info"


def load(
    file: Path | None, environment: Mapping[str, str], overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Return the settings of ``file``, then ``environment``, then ``overrides`` (dotted names).

    Raises ``unsafe_configuration`` with the name of the field that cannot be used.
    """
    tree: dict[str, Any] = {}
    if file is not None:
        try:
            tree = tomllib.loads(file.read_text())
        except (OSError, ValueError) as error:
            raise WeccError("unsafe_configuration", f"{file}: {error}") from None
    for name, value in environment.items():
        if name.startswith(ENVIRONMENT_PREFIX):
            _put(tree, name.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", "."), value)
    for name, value in (overrides or {}).items():
        if value is not None:
            _put(tree, name, value)
    try:
        return msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise WeccError("unsafe_configuration", f"A setting is not valid: {error}") from None


def _put(tree: dict[str, Any], dotted: str, value: Any) -> None:
    *sections, field = dotted.split(".")
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise _unsafe(f"A setting is not valid: {section} has settings of its own.")
    if field == "trusted_proxies" and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    tree[field] = value


def is_loopback(address: str) -> bool:
    """Tell whether ``address`` only reaches this machine."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def check_safe(settings: Settings) -> None:
    """Refuse a configuration that would put people at risk.

    Raises ``unsafe_configuration`` saying what is wrong and what to set.
    """
    server, media = settings.server, settings.media
    if bool(server.tls_cert) != bool(server.tls_key):
        raise _unsafe("server.tls_cert and server.tls_key belong together; set both.")
    for path in (server.tls_cert, server.tls_key):
        if path and not os.access(path, os.R_OK):
            raise _unsafe(f"The TLS file {path} cannot be read.")
    if is_loopback(server.listen):
        return
    if not server.tls_cert and not server.trusted_proxies:
        raise _unsafe(
            "Plain HTTP is only served on loopback. Give --tls-cert and --tls-key, or put a TLS"
            " proxy in front and name it with --trusted-proxy."
        )
    if not (server.desk_url and server.widget_url and server.files_url):
        raise _unsafe("Set server.desk_url, server.widget_url and server.files_url (https://...).")
    if media.enabled and not media.address:
        raise _unsafe(
            "Calls off loopback need the address browsers send media to: give --media-address,"
            " or --no-calls."
        )


def _unsafe(message: str) -> WeccError:
    return WeccError("unsafe_configuration", message)


class Addresses(msgspec.Struct, frozen=True):
    """The public addresses of the four origins (and the demo shop), without a trailing slash."""

    desk: str
    widget: str
    files: str
    mirror: str
    shop: str
    secure: bool


PORT_ORDER = ("desk", "widget", "files", "mirror", "shop")


def addresses(settings: Settings, port: int) -> Addresses:
    """Derive the addresses people use; ``port`` is the one really listened on."""
    server = settings.server
    secure = bool(server.tls_cert) or server.desk_url.startswith("https://")
    scheme = "https" if server.tls_cert else "http"

    def derived(place: int, name: str, configured: str) -> str:
        if configured:
            return configured.rstrip("/")
        if server.origins == "names":
            return f"{scheme}://{name}.localhost:{port}"
        host = "127.0.0.1" if is_loopback(server.listen) else server.listen
        return f"{scheme}://{host}:{port + place}"

    given = (server.desk_url, server.widget_url, server.files_url, server.mirror_url, "")
    desk, widget, files, mirror, shop = (
        derived(place, name, given[place]) for place, name in enumerate(PORT_ORDER)
    )
    return Addresses(desk, widget, files, mirror, shop, secure)


def host_of(address: str) -> str:
    """Return the ``Host`` header browsers send for an address."""
    return urlsplit(address).netloc.lower()
