"""The media engine by content: a known tone goes in, the same tone comes out."""

from __future__ import annotations

import asyncio
import itertools
import re
import signal
import time

import pytest

from gateway.kernel.errors import WeccError
from gateway.voice.media.engine import EmbeddedEngine
from tests.patience import becomes, until
from tests.voice.rig import (
    PORTS,
    Peer,
    Reports,
    Workers,
    attached,
    connect,
    gaps,
)

Pair = tuple[EmbeddedEngine, Reports]


async def test_a_tone_goes_through_the_bridge_both_ways(engine: Pair) -> None:
    media, reports = engine
    a = await connect(media, reports, "leg-aaaa", "call-1", 523)
    b = await connect(media, reports, "leg-bbbb", "call-1", 880)
    await media.bridge("leg-aaaa", "leg-bbbb")
    await asyncio.gather(b.hears_hertz(523, 5), a.hears_hertz(880, 5))
    await asyncio.gather(a.receives(50), b.receives(50))
    stats = await media.stats("leg-aaaa")
    assert stats is not None
    assert stats.packets_received > 50
    assert stats.packets_sent > 50
    assert stats.packets_lost == 0
    assert stats.jitter_ms is not None
    assert stats.jitter_ms < 2_000
    await asyncio.gather(a.close(), b.close())


async def test_music_then_bridge_then_hold_is_one_unbroken_stream(engine: Pair) -> None:
    media, reports = engine
    a = await connect(media, reports, "leg-aaaa", "call-1", 523)
    await media.play("leg-aaaa", "queue")
    await a.hears_music(1_500, 0.95)
    b = await connect(media, reports, "leg-bbbb", "call-1", 1_900)
    assert [marker for *_, marker in a.headers] == [1] + [0] * (len(a.headers) - 1)
    await media.bridge("leg-aaaa", "leg-bbbb")
    await a.hears_hertz(1_900)
    await media.unbridge("leg-bbbb")
    await media.play("leg-aaaa", "hold")
    await a.hears_music(1_500, 0.95)
    await media.bridge("leg-aaaa", "leg-bbbb")
    await a.hears_hertz(1_900)
    assert gaps(a.headers) == 0
    assert len({ssrc for _, _, ssrc, _ in a.headers}) == 1
    ticks = [(after[1] - one[1]) & 0xFFFFFFFF for one, after in itertools.pairwise(a.headers)]
    assert min(ticks) >= 960
    assert max(ticks) < 10 * 48_000
    await asyncio.gather(a.close(), b.close())


async def test_a_new_web_process_finds_the_legs_and_no_packet_is_missing(
    workers: Workers,
) -> None:
    async with attached(workers) as (media, reports):
        a = await connect(media, reports, "leg-aaaa", "call-1", 523)
        b = await connect(media, reports, "leg-bbbb", "call-1", 880)
        await media.bridge("leg-aaaa", "leg-bbbb")
        await asyncio.sleep(0.5)
    await b.receives(50)
    await a.close()  # nobody is attached to hear of it
    await asyncio.sleep(0.3)
    async with attached(workers) as (media, reports):
        assert set(await media.legs()) == {"leg-aaaa", "leg-bbbb"}
        lost = await reports.until("leg-aaaa", "lost")
        assert lost.cause == "closed_by_peer"
        assert gaps(b.headers) == 0
        await media.close_leg("leg-aaaa")
        assert set(await media.legs()) == {"leg-bbbb"}
    async with attached(workers) as (media, reports):
        assert set(await media.legs()) == {"leg-bbbb"}
        await asyncio.sleep(0.2)
        assert reports.seen == []
    await b.close()


@pytest.mark.fault
@pytest.mark.parametrize("name", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_standby_takes_over_when_a_worker_dies_or_hangs(name: signal.Signals) -> None:
    async with Workers(2) as workers, attached(workers) as (media, reports):
        a = await connect(media, reports, "leg-aaaa", "call-1", 523)
        b = await connect(media, reports, "leg-bbbb", "call-1", 880)
        await media.bridge("leg-aaaa", "leg-bbbb")
        workers.signal(0, name)
        for leg in ("leg-aaaa", "leg-bbbb"):
            assert (await reports.until(leg, "lost")).cause == "media_lost"
        again_a = await connect(media, reports, "leg-aaa2", "call-1", 523)
        again_b = await connect(media, reports, "leg-bbb2", "call-1", 880)
        await media.bridge("leg-aaa2", "leg-bbb2")
        await again_b.hears_hertz(523, 5)
        if name is signal.SIGSTOP:
            workers.signal(0, signal.SIGCONT)
            await becomes(lambda: seen_by_another(workers), {"leg-aaa2", "leg-bbb2"})
        for peer in (a, b, again_a, again_b):
            await peer.close()


async def seen_by_another(workers: Workers) -> set[str]:
    """The legs as a new web process finds them, once the first had time to end what it gave up."""
    await asyncio.sleep(1.5)
    async with attached(workers) as (second, _):
        return set(await second.legs())


async def test_only_our_address_and_ports_are_offered(engine: Pair) -> None:
    media, _ = engine
    peer = Peer(440, video=True)
    answer = await media.create_leg("leg-aaaa", "call-1", await peer.offer())
    candidates = re.findall(r"a=candidate:.* udp \d+ (\S+) (\d+) typ (\w+)", answer)
    assert [(host, kind) for host, _, kind in candidates] == [("127.0.0.1", "host")]
    assert PORTS[0] <= int(candidates[0][1]) <= PORTS[1]
    assert re.search(r"m=video 2\d+ ", answer)
    assert await media.create_leg("leg-aaaa", "call-1", "anything") == answer
    await peer.close()


async def test_the_port_range_is_a_limit() -> None:
    async with Workers(ports=(22_500, 22_501)) as workers, attached(workers) as (media, _):
        offer = await (peer := Peer(440)).offer()
        for number in range(2):
            await media.create_leg(f"leg-{number:04}", "call-1", offer)
        with pytest.raises(WeccError) as refused:
            await media.create_leg("leg-0002", "call-1", offer)
        assert refused.value.code == "media_unavailable"
        await media.close_leg("leg-0000")
        await media.create_leg("leg-0002", "call-1", offer)
        await peer.close()


async def test_closed_legs_leave_no_open_file(engine: Pair, workers: Workers) -> None:
    media, reports = engine
    warm = await connect(media, reports, "leg-warm", "call-0", 440)
    await media.close_leg("leg-warm")
    await warm.close()
    offer = await (peer := Peer(440)).offer()
    before = workers.fds()
    for number in range(300):
        await media.create_leg(f"leg-{number:04}", "call-1", offer)
        await media.close_leg(f"leg-{number:04}")
    for number in range(10):
        leg = f"leg-up{number:03}"
        one = await connect(media, reports, leg, "call-2", 440)
        await media.close_leg(leg)
        await one.close()

    async def is_tidy() -> bool:
        return workers.fds() <= before

    await until(is_tidy, "that every file is closed")
    assert await media.legs() == {}
    await peer.close()


async def test_without_a_worker_calls_are_refused_at_once() -> None:
    workers = Workers(0)
    workers.paths = [workers.directory / "none.sock"]
    async with attached(workers) as (media, _):
        assert not media.is_available
        with pytest.raises(WeccError) as refused:
            await media.create_leg("leg-aaaa", "call-1", "v=0\r\n")
        assert refused.value.code == "media_unavailable"
    workers.directory.rmdir()


async def test_a_silent_leg_is_lost(engine: Pair) -> None:
    media, reports = engine
    peer = await connect(media, reports, "leg-aaaa", "call-1", 440)
    ice = peer.transport.transport._connection
    for protocol in ice._protocols:
        protocol.transport.abort()  # the cable is cut: no goodbye
    lost = await reports.until("leg-aaaa", "lost")
    assert lost.cause == "silent"
    await asyncio.gather(peer.close(), return_exceptions=True)


async def test_a_stalled_web_process_gives_up_no_call(engine: Pair) -> None:
    media, reports = engine
    peer = await connect(media, reports, "leg-aaaa", "call-1", 440)
    time.sleep(3)  # noqa: ASYNC251 - the stall itself
    await asyncio.sleep(1)
    assert [report.state for report in reports.seen] == ["connected"]
    assert await media.stats("leg-aaaa") is not None
    await peer.close()


async def test_a_worker_that_slept_does_not_take_it_for_silence(
    engine: Pair, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.voice.media.link.PING_LIMIT_S", 30.0)
    media, reports = engine
    peer = await connect(media, reports, "leg-aaaa", "call-1", 440)
    workers.signal(0, signal.SIGSTOP)
    await asyncio.sleep(9)
    workers.signal(0, signal.SIGCONT)
    await asyncio.sleep(1.5)
    assert [report.state for report in reports.seen] == ["connected"]
    await peer.close()
