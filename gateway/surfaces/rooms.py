"""The rooms as the surfaces see them: one object, made by ``app`` and handed to every transport."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.acd.service import AcdService
from gateway.engagement.service import EngagementService
from gateway.engagement.service.people import People
from gateway.intake.service import IntakeService
from gateway.kernel.clock import Clock
from gateway.platform.bus import Bus
from gateway.platform.database.port import Database
from gateway.platform.http.limiter import Limiter
from gateway.platform.http.peer import Peers
from gateway.rules.service import RulesService
from gateway.settings import Addresses, Settings
from gateway.surfaces.availability import SiteStates
from gateway.tenancy.service import TenancyService
from gateway.voice.service import VoiceService


@dataclass(frozen=True, slots=True)
class Rooms:
    """Services by room, and what transports need besides."""

    settings: Settings
    addresses: Addresses
    clock: Clock
    database: Database
    bus: Bus
    limiter: Limiter
    peers: Peers
    tenancy: TenancyService
    engagement: EngagementService
    people: People
    acd: AcdService
    voice: VoiceService
    rules: RulesService
    intake: IntakeService
    sites: SiteStates
