"""Supervision: figures of what happened and of now, for leads and for agents about themselves."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.acd.service import AcdService
from gateway.acd.service.book import People
from gateway.acd.service.settings import Audit
from gateway.kernel.clock import Clock
from gateway.platform.bus import Bus
from gateway.platform.database.port import Database
from gateway.supervision.service.alarms import Alarms, IsDemo
from gateway.supervision.service.follower import Follower
from gateway.supervision.service.reports import Reports
from gateway.supervision.service.states import States

__all__ = ["SupervisionService"]


class SupervisionService:
    """The room's parts: who counts, who warns, and who answers."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        bus: Bus,
        acd: AcdService,
        people: People,
        audit: Audit,
        is_demo: IsDemo,
    ) -> None:
        """``is_demo`` tells whether a tenant's simulated persons count like others."""
        self.follower = Follower(database, acd)
        self.alarms = Alarms(
            database=database,
            clock=clock,
            bus=bus,
            acd=acd,
            follower=self.follower,
            audit=audit,
            is_demo=is_demo,
        )
        self.reports = Reports(database, clock, people, self.alarms)
        self.states = States(database, clock, people)

    def start(self, tenant_ids: Sequence[str]) -> None:
        """Count and warn from now on."""
        self.follower.start(tenant_ids)
        self.alarms.start()

    async def stop(self) -> None:
        """Stop where the next process goes on."""
        await self.alarms.stop()
        await self.follower.stop()

    async def forget(self, tenant_id: str) -> None:
        """Let go of a tenant that is being dropped."""
        await self.alarms.forget(tenant_id)
        await self.follower.forget(tenant_id)
