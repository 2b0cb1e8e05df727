"""The embedded media engine: the web process's side of the media workers.

Several workers stand ready; new calls go to one of them, the active one, the others are warm
standbys. Both legs of a call live in the same worker. When a worker dies or hangs, its legs are
reported ``lost`` with cause ``media_lost`` and the next one takes over; the browsers come back
with ``call.reconnect``. When the web process dies, workers and calls live on: the next engine
finds them by ``legs()`` and is told what it missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from gateway.kernel.errors import WeccError
from gateway.voice.media import frames
from gateway.voice.media.link import Link, WorkerLegs
from gateway.voice.media.sdp import check_size
from gateway.voice.ports import LegReport, LegState, LegStats

START_LIMIT_S = 5.0

log = logging.getLogger("wecc.voice")

Listener = Callable[[LegReport], Awaitable[None]]


@dataclass(slots=True)
class _Known:
    link: Link
    call_id: str
    state: LegState


class EmbeddedEngine:
    """``MediaEngine`` over one or more media workers (see ``worker_argv``)."""

    def __init__(self, socket_paths: Sequence[Path]) -> None:
        self._links = [Link(path, self) for path in socket_paths]
        self._legs: dict[str, _Known] = {}
        self._given_up: dict[Link, set[str]] = {link: set() for link in self._links}
        self._active = 0
        self._listeners: list[Listener] = []
        self._available = asyncio.Event()
        self._availability_listeners: list[Callable[[], None]] = []
        self._reports: asyncio.Queue[tuple[LegReport, Link | None, int]] = asyncio.Queue()
        self._teller: asyncio.Task[None] | None = None
        self._closers: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Attach to the workers; returns when each has answered or was found missing."""
        self._teller = asyncio.create_task(self._tell())
        for link in self._links:
            link.start()
        waits = [asyncio.create_task(link.tried.wait()) for link in self._links]
        _, late = await asyncio.wait(waits, timeout=START_LIMIT_S)
        for wait in late:
            wait.cancel()

    async def until_available(self, limit_s: float) -> bool:
        """Wait until a worker has answered, at most ``limit_s``; tell whether one has."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._available.wait()
        return self.is_available

    @property
    def is_available(self) -> bool:
        """Whether a call could be started now."""
        return any(link.is_up for link in self._links)

    # ---- MediaEngine -----------------------------------------------------------------------

    async def create_leg(
        self, leg_id: str, call_id: str, sdp_offer: str, partner: str | None = None
    ) -> str:
        check_size(sdp_offer)
        known = self._legs.get(leg_id)
        if known is not None and known.state == "lost":
            raise WeccError("wrong_state", "This leg is gone: send a fresh sdp_offer.")
        link = known.link if known is not None else self._link_for(call_id)
        if known is None:
            self._legs[leg_id] = _Known(link, call_id, "connecting")
        try:
            answer = await link.request(
                frames.CreateLeg,
                leg_id=leg_id,
                call_id=call_id,
                sdp_offer=sdp_offer,
                partner=partner,
            )
        except WeccError:
            if known is None:
                self._legs.pop(leg_id, None)
            raise
        return str(answer)

    async def update_leg(self, leg_id: str, sdp_offer: str, partner: str | None = None) -> str:
        check_size(sdp_offer)
        answer = await self._home(leg_id).request(
            frames.UpdateLeg, leg_id=leg_id, sdp_offer=sdp_offer, partner=partner
        )
        return str(answer)

    async def add_candidate(self, leg_id: str, candidate: str | None, sdp_mid: str | None) -> None:
        del sdp_mid  # everything is bundled
        if candidate is not None and not candidate.isascii():
            return
        link = self._home(leg_id)
        await link.request(frames.AddCandidate, leg_id=leg_id, candidate=candidate)

    async def bridge(self, leg_a: str, leg_b: str) -> None:
        link = self._home(leg_a)
        if self._home(leg_b) is not link:
            raise WeccError("media_unavailable", "The two legs live in different media workers.")
        await link.request(frames.Bridge, leg_a=leg_a, leg_b=leg_b)

    async def unbridge(self, leg_id: str) -> None:
        known = self._legs.get(leg_id)
        if known is not None:
            await known.link.request(frames.Unbridge, leg_id=leg_id)

    async def play(self, leg_id: str, source: str | None) -> None:
        await self._home(leg_id).request(frames.Play, leg_id=leg_id, source=source)

    async def close_leg(self, leg_id: str) -> None:
        known = self._legs.pop(leg_id, None)
        if known is not None and known.link.is_up:
            await known.link.request(frames.CloseLeg, leg_id=leg_id)

    async def stats(self, leg_id: str) -> LegStats | None:
        known = self._legs.get(leg_id)
        if known is None or not known.link.is_up:
            return None
        value = await known.link.request(frames.GetStats, leg_id=leg_id)
        return None if value is None else msgspec.convert(value, LegStats)

    async def legs(self) -> dict[str, LegState]:
        return {leg_id: known.state for leg_id, known in self._legs.items()}

    def on_report(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def on_availability(self, listener: Callable[[], None]) -> None:
        self._availability_listeners.append(listener)

    async def close(self) -> None:
        for link in self._links:
            await link.close()
        running = [*self._closers, *([self._teller] if self._teller else [])]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    # ---- which worker ----------------------------------------------------------------------

    def _home(self, leg_id: str) -> Link:
        known = self._legs.get(leg_id)
        if known is None:
            raise WeccError("not_found", "There is no such leg.")
        return known.link

    def _link_for(self, call_id: str) -> Link:
        """The worker that holds the call already, else the active one, else the next that lives."""
        for known in self._legs.values():
            if known.call_id == call_id and known.link.is_up and known.state != "lost":
                return known.link
        count = len(self._links)
        for step in range(count):
            index = (self._active + step) % count
            if self._links[index].is_up:
                self._active = index
                return self._links[index]
        raise WeccError("media_unavailable", retry_after_s=2)

    # ---- LinkListener ----------------------------------------------------------------------

    def link_up(self, link: Link, legs: WorkerLegs) -> None:
        given_up = self._given_up[link]
        for leg_id, (state, call_id) in legs.items():
            if leg_id in given_up:
                self._close_later(link, leg_id)
            else:
                self._legs[leg_id] = _Known(link, call_id, cast(LegState, state))
        given_up.clear()
        if any(self._links.index(known.link) != self._active for known in self._legs.values()):
            self._active = self._most_used()
        log.info("media worker up", extra={"legs": len(legs)})
        self._tell_availability()

    def link_down(self, link: Link) -> None:
        gone = [leg_id for leg_id, known in self._legs.items() if known.link is link]
        for leg_id in gone:
            if self._legs.pop(leg_id).state != "lost":
                self._reports.put_nowait((LegReport(leg_id, "lost", "media_lost"), None, 0))
        self._given_up[link].update(gone)
        log.warning("media worker down", extra={"legs": len(gone)})
        self._tell_availability()

    def link_report(self, link: Link, report: frames.Report) -> None:
        state = cast(LegState, report.state)
        if report.leg_id in self._legs:
            self._legs[report.leg_id].state = state
        told = LegReport(report.leg_id, state, report.cause)
        self._reports.put_nowait((told, link, report.seq))

    def _tell_availability(self) -> None:
        if self.is_available != self._available.is_set():
            (self._available.set if self.is_available else self._available.clear)()
            for listener in self._availability_listeners:
                listener()

    def _most_used(self) -> int:
        homes = [self._links.index(known.link) for known in self._legs.values()]
        return max(set(homes), key=homes.count)

    def _close_later(self, link: Link, leg_id: str) -> None:
        closing = asyncio.create_task(_close(link, leg_id))
        self._closers.add(closing)
        closing.add_done_callback(self._closers.discard)

    async def _tell(self) -> None:
        """Tell the listeners, one report after the other; acknowledged when all have it."""
        while True:
            report, link, seq = await self._reports.get()
            for listener in self._listeners:
                try:
                    await listener(report)
                except Exception:
                    log.exception("leg report not handled", extra={"leg_id": report.leg_id})
            if link is not None:
                link.told(seq)


async def _close(link: Link, leg_id: str) -> None:
    try:
        await link.request(frames.CloseLeg, leg_id=leg_id)
    except WeccError as error:
        log.warning("leg not closed", extra={"leg_id": leg_id, "code": error.code})


def worker_argv(
    socket_path: Path,
    address: str,
    udp_ports: tuple[int, int],
    bind: str | None = None,
    log_level: str = "info",
) -> list[str]:
    """Return the command line of a media worker, for whoever supervises processes."""
    argv = [sys.executable, "-m", "gateway.voice.media.worker", "--socket", str(socket_path)]
    argv += ["--address", address, "--udp-ports", f"{udp_ports[0]}-{udp_ports[1]}"]
    argv += ["--log-level", log_level]
    return argv if bind is None else [*argv, "--bind", bind]
