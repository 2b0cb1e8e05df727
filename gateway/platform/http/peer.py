"""Who is at the other end of a connection, for rate limits and the audit log.

``X-Forwarded-For`` is believed only from proxies the operator named, and then from the right:
the first address that is no proxy of ours is the peer (RFC 7239 section 5.2 for the order).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
UNKNOWN = "unknown"


class Peers:
    """Reads the peer's address out of an ASGI scope."""

    def __init__(self, trusted_proxies: Iterable[str] = ()) -> None:
        """``trusted_proxies`` are addresses or networks such as ``10.0.0.0/8``."""
        self._trusted = [ipaddress.ip_network(text, strict=False) for text in trusted_proxies]

    def address(self, scope: Mapping[str, Any]) -> str:
        """Return the peer's address, or ``unknown``."""
        client = scope.get("client")
        direct = _parse(client[0]) if client else None
        if direct is None or not self._is_proxy(direct):
            return str(direct) if direct else UNKNOWN
        hops = [
            hop.strip()
            for name, value in scope["headers"]
            if name == b"x-forwarded-for"
            for hop in value.decode("latin-1").split(",")
        ]
        for hop in reversed(hops):
            address = _parse(hop)
            if address is None:
                return str(direct)
            if not self._is_proxy(address):
                return str(address)
        return str(direct)

    def bucket(self, scope: Mapping[str, Any]) -> str:
        """Return the rate-limit key of the peer: its IPv4 address or its IPv6 /64."""
        return address_bucket(self.address(scope))

    def is_trusted(self, scope: Mapping[str, Any]) -> bool:
        """Tell whether the direct peer is a proxy the operator named."""
        client = scope.get("client")
        direct = _parse(client[0]) if client else None
        return direct is not None and self._is_proxy(direct)

    def _is_proxy(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def address_bucket(address: str) -> str:
    """Return an IPv4 address as it is and an IPv6 address as its /64 network."""
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed) if parsed else UNKNOWN


def _parse(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
