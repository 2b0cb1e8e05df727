"""Supervision: figures of what happened and of now, for leads and for agents about themselves."""

from __future__ import annotations

from gateway.acd.service import AcdService
from gateway.acd.service.book import People
from gateway.kernel.clock import Clock
from gateway.platform.database.port import Database
from gateway.supervision.service.follower import Follower
from gateway.supervision.service.reports import Reports

__all__ = ["SupervisionService"]


class SupervisionService:
    """The room's parts: who counts, and who answers."""

    def __init__(
        self, *, database: Database, clock: Clock, acd: AcdService, people: People
    ) -> None:
        self.follower = Follower(database, acd)
        self.reports = Reports(database, clock, people)
