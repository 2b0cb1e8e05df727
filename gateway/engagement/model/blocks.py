"""Whom a block keeps out: pure forms and comparisons, no look-ups."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal

from gateway.kernel.errors import WeccError

Kind = Literal["contact", "email", "network"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
WIDEST_4, WIDEST_6, NARROWEST_6 = 8, 16, 64
"""A block of half the internet is a slip; and one IPv6 browser is told apart by its /64 only."""
LONGEST_MS = 10 * 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class Comer:
    """Who wants to come in. ``network`` is the peer's IPv4 address or IPv6 /64."""

    contact_id: str = ""
    email: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True)
class Barred:
    """A block as it is told to the sockets that are open."""

    kind: Kind
    value: str

    def meets(self, comer: Comer) -> bool:
        """Tell whether this block keeps ``comer`` out."""
        if self.kind == "contact":
            return comer.contact_id == self.value
        if self.kind == "email":
            return normal_email(comer.email) == self.value
        return _within(comer.network, self.value)


def normal(kind: Kind, value: str) -> str:
    """Return the form in which a value is stored and compared; says what is wrong with it."""
    if kind == "network":
        return _normal_network(value)
    if kind == "email":
        email = normal_email(value)
        name, _, host = email.rpartition("@")
        if not name or not host or any(one.isspace() for one in email):
            raise WeccError("bad_value", "This is no e-mail address.", field="value")
        return email
    return value


def normal_email(email: str) -> str:
    """Return an e-mail address in the form in which it is compared."""
    return email.strip().casefold()


def _normal_network(value: str) -> str:
    network = _network(value.strip())
    if network is None:
        text = "Write an address, or a network such as 203.0.113.0/24."
        raise WeccError("bad_value", text, field="value")
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen > NARROWEST_6:
        network = network.supernet(new_prefix=NARROWEST_6)
    widest = WIDEST_4 if network.version == 4 else WIDEST_6
    if network.prefixlen < widest:
        text = f"That is too many people; the widest is /{widest}."
        raise WeccError("bad_value", text, field="value")
    return str(network)


def _within(inner: str, outer: str) -> bool:
    mine, theirs = _network(inner), _network(outer)
    if isinstance(mine, ipaddress.IPv4Network) and isinstance(theirs, ipaddress.IPv4Network):
        return mine.subnet_of(theirs)
    if isinstance(mine, ipaddress.IPv6Network) and isinstance(theirs, ipaddress.IPv6Network):
        return mine.subnet_of(theirs)
    return False


def _network(text: str) -> Network | None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen == 128:
        return ipaddress.ip_network(mapped)
    return network
