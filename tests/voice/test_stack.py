"""The pinned private attributes of aioice and aiortc are still there; the filter sorts."""

from __future__ import annotations

import inspect
import random
from importlib.metadata import version
from typing import Any

import pytest
from aioice import Candidate, ice, stun
from aiortc.rtcdtlstransport import RTCDtlsTransport

from gateway.voice.media import stack
from gateway.voice.media.address import MediaAddress, parse_ports

MUTATIONS = 30_000


def test_the_versions_are_the_pinned_ones() -> None:
    assert (version("aioice"), version("aiortc")) == ("0.13.0", "1.16.0")


async def test_no_private_attribute_has_vanished() -> None:
    certificate, fingerprint = stack.new_certificate()
    assert len(fingerprint.split(":")) == 32
    connection = stack._Ice(lambda _: None, lambda: None)
    transport = RTCDtlsTransport(stack._IceForDtls(connection), [certificate])
    instances: dict[type, Any] = {ice.Connection: connection, RTCDtlsTransport: transport}
    for kind, names in stack.PRIVATE_ATTRIBUTES.items():
        for name in names:
            assert hasattr(instances[kind], name), (kind, name)
    for kind, names in stack.PRIVATE_METHODS.items():
        for name in names:
            assert callable(getattr(kind, name)), (kind, name)
    assert list(inspect.signature(ice.Connection.check_incoming).parameters) == [
        "self", "message", "addr", "protocol",
    ]  # fmt: skip


def _socket() -> tuple[Any, stack._Ice, list[bytes]]:
    media: list[bytes] = []
    connection = stack._Ice(media.append, lambda: None)
    connection.remote_username, connection.remote_password = "abcd", "p" * 22
    protocol = stack._Socket(connection)
    protocol.transport = _Nowhere()
    protocol.local_candidate = Candidate("1", 1, "udp", 1, "127.0.0.1", 40_000, "host")
    connection._protocols.append(protocol)
    return protocol, connection, media


class _Nowhere:
    """A transport whose packets nobody receives."""

    sent = 0

    def sendto(self, _data: bytes, _address: Any) -> None:
        self.sent += 1


async def test_only_checked_sources_get_past_stun() -> None:
    protocol, connection, media = _socket()
    friend, stranger = ("127.0.0.1", 5_000), ("127.0.0.1", 6_000)
    connection.checked.add(friend)
    hello, packet = b"\x16\xfe\xfd" + bytes(40), b"\x80\x6f" + bytes(40)
    for data in (hello, packet, b"\x40" * 20, b"", b"\xff"):
        protocol.datagram_received(data, stranger)
    assert (connection._queue.qsize(), media) == (0, [])
    protocol.datagram_received(hello, friend)
    protocol.datagram_received(packet, friend)
    assert (connection._queue.qsize(), media) == (1, [packet])
    for _ in range(500):
        protocol.datagram_received(hello, friend)
    assert connection._queue.qsize() == stack.DTLS_QUEUE_MAX


async def test_mutated_stun_never_raises() -> None:
    protocol, connection, _ = _socket()
    connection._early_checks_done = False
    generator = random.Random(20)
    seeds = [_request(connection, *extra) for extra in ((), ("PRIORITY",), ("USE-CANDIDATE",))]
    for _ in range(MUTATIONS):
        data = bytearray(generator.choice(seeds))
        for _ in range(generator.randint(1, 6)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        protocol.datagram_received(bytes(data[: generator.randint(1, len(data))]), ("127.0.0.1", 9))
    assert connection.checked == set()


def _request(connection: stack._Ice, *left_out: str) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{connection.local_username}:abcd"
    message.attributes["PRIORITY"] = 1_853_824_767
    message.attributes["ICE-CONTROLLING"] = 7
    message.attributes["USE-CANDIDATE"] = None
    message.attributes["XOR-MAPPED-ADDRESS"] = ("127.0.0.1", 4_000)
    for name in left_out:
        del message.attributes[name]
    message.add_message_integrity(connection.local_password.encode())
    return bytes(message)


def test_addresses_the_engine_will_send_checks_to() -> None:
    local = MediaAddress("127.0.0.1", "127.0.0.1", 40_000, 40_001)
    assert local.may_reach("127.0.0.1")
    for host in ("192.0.2.7", "10.0.0.1", "::1%eth0", "x.local", "0.0.0.0", "224.0.0.1", ""):
        assert not local.may_reach(host), host
    public = MediaAddress("203.0.113.5", "10.0.0.5", 40_000, 40_001)
    assert public.may_reach("198.51.100.7") or public.may_reach("8.8.8.8")
    for host in ("127.0.0.1", "0.0.0.0", "224.0.0.1", "169.254.1.1", "x.local", "255.255.255.255"):
        assert not public.may_reach(host), host


@pytest.mark.parametrize("text", ["", "5", "9-1", "80-90", "1-2-3", "a-b", "60000-70000"])
def test_bad_port_ranges_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_ports(text)
