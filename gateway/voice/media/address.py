"""Our own candidate addresses: which address a browser is told, which ports are used."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from dataclasses import dataclass

from gateway.kernel.errors import WeccError


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """``announced`` is what browsers are told; ``bound`` is ours (they differ behind NAT)."""

    announced: str
    bound: str
    low: int
    high: int

    @property
    def is_loopback(self) -> bool:
        return ipaddress.ip_address(self.announced).is_loopback

    def open(self) -> socket.socket:
        """Bind a free port of the range, beginning at a random one."""
        family = socket.AF_INET6 if ":" in self.bound else socket.AF_INET
        count = self.high - self.low + 1
        first = secrets.randbelow(count)
        for step in range(count):
            sock = socket.socket(family, socket.SOCK_DGRAM)
            try:
                sock.bind((self.bound, self.low + (first + step) % count))
            except OSError:
                sock.close()
                continue
            return sock
        raise WeccError("media_unavailable", "Every media port of this server is in use.")

    def may_reach(self, host: str) -> bool:
        """Tell whether checks may be sent to a candidate the browser named.

        On loopback only loopback itself: another address would send packets to the network. The
        browser's real address is learned from its own checks instead (peer-reflexive).
        """
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        if getattr(address, "scope_id", None):
            return False
        if self.is_loopback:
            return address.is_loopback
        harmful = address.is_multicast or address.is_unspecified or address.is_loopback
        return not (harmful or address.is_link_local or address.is_reserved)


def parse_ports(text: str) -> tuple[int, int]:
    """Read ``LOW-HIGH``; raises ``ValueError``."""
    low, _, high = text.partition("-")
    first, last = int(low), int(high or low)
    if not 1024 <= first <= last <= 65_535:
        raise ValueError("udp ports are LOW-HIGH within 1024-65535")
    return first, last
