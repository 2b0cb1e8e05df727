"""Puts every room's service on the store; nothing runs yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gateway.settings as configuration
from gateway.acd.service import AcdService
from gateway.acd.wire import InteractionKind
from gateway.app.store import Store
from gateway.engagement.service import EngagementService, FileAddresses, FileLimits, FileStore
from gateway.engagement.service.people import People, refuse_blocked_visitor
from gateway.intake.handler import ClosingHandler, WrittenHandler
from gateway.intake.service import IntakeService
from gateway.intake.steps import Languages, Steps
from gateway.kernel.clock import Clock
from gateway.kernel.errors import not_found
from gateway.knowledge.service import KnowledgeService
from gateway.platform.bus import LocalBus
from gateway.platform.database.port import Tx
from gateway.platform.http.limiter import DEFAULT_RATES, Limiter, Rate
from gateway.platform.http.peer import Peers
from gateway.platform.isolation import Isolation
from gateway.rules.service import RulesService
from gateway.settings import Settings
from gateway.supervision.service import SupervisionService
from gateway.surfaces.availability import Ask, SiteStates, State
from gateway.surfaces.rooms import Rooms
from gateway.tenancy.model import Addresses as LinkAddresses
from gateway.tenancy.model import SiteLimits
from gateway.tenancy.passwords import Passwords
from gateway.tenancy.service import TenancyService
from gateway.voice.media.engine import EmbeddedEngine
from gateway.voice.service import VoiceService
from nlp.pool import WorkerPool


@dataclass(frozen=True, slots=True)
class House:
    """The rooms with what lives behind them."""

    rooms: Rooms
    store: Store
    knowledge: KnowledgeService
    steps: Steps
    engine: EmbeddedEngine
    analyser: WorkerPool
    isolation: Isolation
    supervision: SupervisionService


def _limiter(settings: Settings, clock: Clock) -> Limiter:
    per_hour = settings.limits.conversations_per_hour
    sockets = settings.limits.sockets_per_address
    rates = {
        **DEFAULT_RATES,
        "conversation": Rate(burst=max(20, per_hour // 3), per_s=per_hour / 3600),
        "visitor": Rate(burst=max(20, sockets), per_s=max(0.5, sockets / 60)),
        "socket": Rate(burst=max(60, sockets), per_s=max(5, sockets / 20)),
    }
    return Limiter(clock, rates)


async def build_rooms(settings: Settings, store: Store, port: int, media: Sequence[Path]) -> House:
    """Put every room's service on the store; nothing runs yet."""
    database, clock, bus = store.database, store.clock, LocalBus()
    addresses = configuration.addresses(settings, port)
    limiter = _limiter(settings, clock)
    engine = EmbeddedEngine(media)
    holder: list[SiteStates] = []

    async def site_state(tenant_id: str, site_id: str) -> State:
        return await holder[0].state(tenant_id, site_id)

    tenancy = TenancyService(
        database=database,
        clock=clock,
        sealer=store.sealer,
        limiter=limiter,
        addresses=LinkAddresses(addresses.desk, addresses.widget, addresses.files),
        site_limits=SiteLimits(settings.limits.file_bytes),
        passwords=Passwords(),
        availability=site_state,
        has_calls=lambda: engine.is_available,
    )
    isolation = Isolation(preload=("gateway.engagement.images",))
    engagement = EngagementService(
        database=database,
        bus=bus,
        clock=clock,
        files=FileStore(
            blobs=store.blobs,
            isolation=isolation,
            addresses=FileAddresses(
                key=store.sealer.derive("file addresses"), base_url=addresses.files, clock=clock
            ),
            limits=FileLimits(
                file_bytes=settings.limits.file_bytes,
                conversation_bytes=settings.limits.conversation_bytes,
                tenant_bytes=settings.limits.tenant_bytes,
            ),
        ),
    )
    acd = AcdService(
        database=database,
        bus=bus,
        clock=clock,
        people=tenancy.people,
        audit=tenancy.audit,
        isolation=isolation,
        end_logins=tenancy.logins.end_all_in,
    )
    rules = RulesService(database=database, tenancy=tenancy, destinations=acd)
    voice = VoiceService(
        database=database, bus=bus, clock=clock, acd=acd, engine=engine, time_line=engagement
    )
    analyser = WorkerPool()
    steps = Steps(
        database=database,
        engagement=engagement,
        clock=clock,
        acd=acd,
        rules=rules,
        calls=voice,
        analyser=analyser,
        languages=_languages(tenancy),
    )
    intake = IntakeService(
        database=database, engagement=engagement, acd=acd, rules=rules, calls=voice, steps=steps
    )
    written = WrittenHandler(database=database, engagement=engagement, acd=acd, steps=steps)
    kinds: tuple[InteractionKind, ...] = ("chat", "message")
    for kind in kinds:
        acd.register_handler(kind, written)
    acd.register_handler(
        "call", ClosingHandler(voice, database=database, engagement=engagement, acd=acd)
    )
    acd.register_guard(lambda tx, _noun, object_id: rules.refers_to(tx, object_id))
    tenancy.tenants.on_made(lambda tx: _furnish(acd, tx))
    tenancy.tenants.on_dropped(store.blobs.drop_tenant)
    tenancy.tenants.on_dropped(voice.forget)
    tenancy.tenants.on_dropped(acd.forget)
    sites = _sites(_site_state(rules, acd, tenancy), engine, bus, clock)
    holder.append(sites)
    rooms = Rooms(
        settings=settings,
        addresses=addresses,
        clock=clock,
        database=database,
        bus=bus,
        limiter=limiter,
        peers=Peers(settings.server.trusted_proxies),
        tenancy=tenancy,
        engagement=engagement,
        people=_people(store, bus, tenancy, acd),
        acd=acd,
        voice=voice,
        rules=rules,
        intake=intake,
        sites=sites,
    )
    knowledge = KnowledgeService(database=database, tenancy=tenancy)
    figures = _supervision(store, bus, acd, tenancy)
    return House(rooms, store, knowledge, steps, engine, analyser, isolation, figures)


def _sites(ask: Ask, engine: EmbeddedEngine, bus: LocalBus, clock: Clock) -> SiteStates:
    made = SiteStates(ask=ask, media=lambda: engine.is_available, bus=bus, clock=clock)
    engine.on_availability(made.media_changed)
    return made


def _people(store: Store, bus: LocalBus, tenancy: TenancyService, acd: AcdService) -> People:
    tenancy.visitors.guards.append(refuse_blocked_visitor)
    return People(
        database=store.database,
        bus=bus,
        clock=store.clock,
        audit=tenancy.audit,
        queue_exists=acd.queue_exists,
    )


def _supervision(
    store: Store, bus: LocalBus, acd: AcdService, tenancy: TenancyService
) -> SupervisionService:
    made = SupervisionService(
        database=store.database,
        clock=store.clock,
        bus=bus,
        acd=acd,
        people=tenancy.people,
        audit=tenancy.audit,
        is_demo=tenancy.tenants.is_demo,
    )
    tenancy.tenants.on_dropped(made.forget)
    return made


def _languages(tenancy: TenancyService) -> Languages:
    async def languages(tenant_id: str, site_id: str) -> Sequence[str]:
        site = await tenancy.sites.find(tenant_id, site_id)
        return site.languages if site is not None else ()

    return languages


def _site_state(rules: RulesService, acd: AcdService, tenancy: TenancyService) -> Ask:
    async def ask(tenant_id: str, site_id: str) -> State:
        if await tenancy.sites.find(tenant_id, site_id) is None:
            raise not_found("site")
        queue_ids = await rules.queues_of(tenant_id, site_id)
        return await acd.availability(tenant_id, sorted(queue_ids))

    return ask


def _furnish(acd: AcdService, tx: Tx) -> None:
    """Give a new tenant a queue, hours and outcomes, so that its first chat just works."""
    acd.defaults(tx)
