"""The demo tenant: a shop with two agents, made through the same services as any other.

It is a tenant of its own, marked as demo; robots enter no other. ``wecc demo clear`` drops it
with its journal, keys and files.
"""

from __future__ import annotations

from gateway.acd.wire import AgentProfileBody, DispositionBody, SkillBody
from gateway.acd.wire.queues import QueueBody
from gateway.kernel.actor import Actor, system
from gateway.knowledge.service import KnowledgeService
from gateway.knowledge.wire import CannedReplyBody
from gateway.rules.wire import RouteBody
from gateway.surfaces.rooms import Rooms
from gateway.tenancy.model import DEMO_LINK_MS
from gateway.tenancy.wire import FormField, Role, SiteBody

TENANT_NAME = "Northlight (demo)"
PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("Agent Lisbon", "lisbon@demo.example.com", "agent"),
    ("Agent Oslo", "oslo@demo.example.com", "agent"),
    ("Supervisor Quito", "quito@demo.example.com", "supervisor"),
)
ADMIN = ("Admin Turin", "turin@demo.example.com")
REPLIES = (
    ("hello", "Greeting", "Hello {name}, this is {agent}. How can I help?", "en"),
    ("delivery", "Delivery time", "Lamps from stock leave within two working days.", "en"),
    ("return", "Returns", "You can return a lamp within 30 days in its own box.", "en"),
    ("hello-zh", "问候", "{name}，您好！我是{agent}，请问有什么可以帮您？", "zh"),
)
OUTCOMES = (("Answered", "answered"), ("Order placed", "order"), ("Return agreed", "return"))


class DemoSeed:
    """Makes the demo tenant once, and fresh sign-in links at each start."""

    def __init__(self, rooms: Rooms, knowledge: KnowledgeService) -> None:
        self._rooms, self._knowledge = rooms, knowledge
        self._tenant_id = ""
        self.site_key = ""

    async def ensure(self) -> str:
        """Make the demo tenant unless it is there; returns its id."""
        tenancy = self._rooms.tenancy
        demo = [row["id"] for row in await tenancy.tenants.all() if row["is_demo"]]
        if demo:
            self._tenant_id = demo[0]
        else:
            made = await tenancy.create_tenant(
                TENANT_NAME, admin_name=ADMIN[0], admin_email=ADMIN[1], is_demo=True
            )
            self._tenant_id = made.tenant_id
            await self._furnish(self._admin())
        await self._know_the_shop()
        return self._tenant_id

    async def sign_in_lines(self) -> list[str]:
        """Return a one-time sign-in link for each person of the demo."""
        tenancy = self._rooms.tenancy
        lines = ["  sign in once as"]
        for person in await tenancy.users.list(self._admin()):
            link = await tenancy.links.sign_in_link(self._admin(), person.id, DEMO_LINK_MS)
            lines.append(f"    {person.name:<18} {link}")
        return lines

    def _admin(self) -> Actor:
        return system(self._tenant_id)

    async def _know_the_shop(self) -> None:
        """The shop's address may differ from start to start (another port): allow today's."""
        tenancy, admin = self._rooms.tenancy, self._admin()
        site = (await tenancy.sites.list(admin))[0]
        self.site_key = site.key
        origin = self._rooms.addresses.shop
        if origin not in site.origins:
            await tenancy.sites.change(admin, site.id, _site_body([*site.origins, origin][-20:]))

    async def _furnish(self, admin: Actor) -> None:
        tenancy, acd = self._rooms.tenancy, self._rooms.acd
        site = await tenancy.sites.create(admin, _site_body([self._rooms.addresses.shop]))
        mandarin = await acd.settings.put_skill(admin, None, SkillBody(name="Mandarin"))
        lamps = await acd.settings.put_skill(admin, None, SkillBody(name="Lamps"))
        outcomes = [
            await acd.settings.put_disposition(admin, None, DispositionBody(name=name, code=code))
            for name, code in OUTCOMES
        ]
        ids = [outcome.id for outcome in outcomes]
        sales = await acd.settings.put_queue(
            admin, None, QueueBody(name="Sales", disposition_ids=ids)
        )
        service = await acd.settings.put_queue(
            admin, None, QueueBody(name="Service", disposition_ids=ids)
        )
        await self._routes(admin, site.id, sales.id, service.id, mandarin.id)
        for place, (name, email, role) in enumerate(PEOPLE):
            person = await tenancy.users.create(admin, email, name, role)
            skills = {lamps.id: 80, mandarin.id: 90} if place == 0 else {lamps.id: 60}
            profile = AgentProfileBody(
                skills=skills,
                queue_ids=[sales.id, service.id],
                capacity={"chat": 4, "call": 1, "message": 6},
            )
            await acd.settings.put_profile(admin, person.id, profile)
        for shortcut, title, text, language in REPLIES:
            await self._knowledge.create(
                admin,
                CannedReplyBody(shortcut=shortcut, title=title, text=text, language=language),
            )

    async def _routes(
        self, admin: Actor, site_id: str, sales_id: str, service_id: str, mandarin_id: str
    ) -> None:
        rules = self._rooms.rules
        rows = (
            RouteBody(
                name="Chinese first",
                position=10,
                site_id=site_id,
                language="zh",
                queue_id=service_id,
                skills={mandarin_id: 50},
                priority=1,
            ),
            RouteBody(
                name="Buying", position=20, site_id=site_id, department="Sales", queue_id=sales_id
            ),
            RouteBody(name="Everything else", position=90, queue_id=service_id),
        )
        for row in rows:
            await rules.create(admin, row)


def _site_body(origins: list[str]) -> SiteBody:
    return SiteBody(
        name="Northlight shop",
        origins=origins,
        languages=["en", "zh", "ar"],
        form=[
            FormField(
                name="name",
                label={"en": "Your name", "zh": "您的姓名", "ar": "اسمك"},
                kind="text",
                required=True,
            ),
            FormField(
                name="email",
                label={"en": "E-mail", "zh": "电子邮箱", "ar": "البريد الإلكتروني"},
                kind="email",
                required=False,
            ),
            FormField(
                name="department",
                label={"en": "What is it about?", "zh": "咨询内容", "ar": "ما الموضوع؟"},
                kind="choice",
                required=False,
                options=["Sales", "Service"],
            ),
        ],
        title={"en": "Northlight", "zh": "北光灯具", "ar": "نورثلايت"},
        greeting={
            "en": "Ask us about lamps, orders and returns.",
            "zh": "欢迎咨询灯具、订单和退换货。",
            "ar": "اسألنا عن المصابيح والطلبات والإرجاع.",
        },
    )
