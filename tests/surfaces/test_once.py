"""A frame that goes to many is encoded once, and every one of them gets its bytes."""

from __future__ import annotations

from gateway.platform.bus import LocalBus
from gateway.surfaces import wire


def test_every_receiver_gets_the_bytes_of_its_frame() -> None:
    bus, got = LocalBus(), list[bytes]()
    for _ in range(3):
        bus.subscribe("floor/t", lambda frame: got.append(wire.encode_once(frame)))
    frames = [wire.Goodbye(code=f"c{number}", again=True, after_ms=0) for number in range(3)]
    for frame in (*frames, frames[0]):
        bus.publish("floor/t", frame)
    assert got == [wire.encode(frame) for frame in (*frames, frames[0]) for _ in range(3)]
    assert got[0] is got[1] is got[2], "encoded once for the three of them"


def test_an_equal_frame_is_not_taken_for_the_same() -> None:
    first, second = [wire.Goodbye(code="a", again=True, after_ms=0) for _ in range(2)]
    data = wire.encode_once(first)
    second.code = "b"
    assert wire.encode_once(second) != data
