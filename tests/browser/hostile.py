"""A tenant in which every field that anybody can fill holds vectors."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.browser.vectors import MARK, VECTORS, packed
from tests.live.product import Product, Staff
from tests.live.sockets import Agent, Visitor, Wire
from tests.patience import until

ORIGIN = "http://page.localhost:9"
# No JSON for the desk's API holds U+0000: it refuses the body. Sockets drop it.
WRITABLE = tuple(vector for vector in VECTORS if "\0" not in vector)
NAMES = packed(120, WRITABLE)
TITLES = packed(500, WRITABLE)
LONG = packed(2_000, WRITABLE)
TEXTS = packed(10_000, WRITABLE)
FILE = b"nothing to see here"
LIMITS = {
    "WECC_LIMITS__CONVERSATIONS_PER_HOUR": "10000",
    "WECC_LIMITS__FRAMES_PER_S": "2000",
    "WECC_LIMITS__FRAMES_BURST": "5000",
}


@dataclass
class Tenant:
    """Its people, its site and everybody who wrote."""

    product: Product
    admin: Staff
    agent: Staff
    colleague: Staff
    site: dict[str, Any]
    wires: list[Wire] = field(default_factory=list)

    async def writer(self, place: int, mode: str = "chat") -> Visitor:
        """A visitor whose browser, page, form and name are hostile."""
        one = Visitor(self.product, self.site, origin=self.site["origins"][0])
        self.wires.append(one)
        title = TITLES[place % len(TITLES)]
        one._all_headers |= {
            "User-Agent": "".join(char for char in title if " " <= char <= "~"),
            "Accept-Language": "<svg/onload=window.__ran=1>",
            "X-Forwarded-For": "<svg/onload=window.__ran=1>",
        }
        page = {"title": title, "url": f"{ORIGIN}/?q={VECTORS[place]}"}
        await one.hello(page=page | {"referrer": f"http://x.localhost/{title}"})
        await one.must(
            {
                "type": "conversation.start",
                "conversation_id": one.conversation,
                "mode": mode,
                "form": _form(place),
                "message_id": str(uuid.uuid4()),
                "text": VECTORS[place],
            }
        )
        context = {f"{VECTORS[n][:50]}{n}": TITLES[n] for n in range(min(len(TITLES), 40))}
        await one.must({"type": "page.set", "page": page, "context": context})
        return one

    async def attach(self, one: Visitor, name: str) -> None:
        """Send a file of that name."""
        client = self.product.http("widget", Authorization=f"Bearer {one.token}")
        size = {"conversation_id": one.conversation, "size_bytes": len(FILE)}
        upload = {"id": str(uuid.uuid4()), "name": name, "media_type": "text/plain", **size}
        made = await asyncio.to_thread(client.post, "/v1/uploads", json=upload)
        assert made.status_code == 201, made.text
        done = await asyncio.to_thread(
            client.patch,
            f"/v1/uploads/{upload['id']}",
            content=FILE,
            headers={"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"},
        )
        assert done.status_code == 200, done.text
        post = {"type": "message.post", "id": str(uuid.uuid4())}
        file = {"attachment_id": done.json()["attachment"]["id"]}
        await one.must(post | file | {"conversation_id": one.conversation})

    async def rated(self, place: int) -> Visitor:
        """A conversation that is over, with a comment."""
        one = await self.writer(place)
        await one.must({"type": "conversation.end", "conversation_id": one.conversation})
        comment = LONG[place % len(LONG)]
        rate = {"type": "conversation.rate", "rating": 1, "comment": comment}
        await one.must(rate | {"conversation_id": one.conversation})
        return one

    async def hand_over(self, one: Visitor, note: str) -> None:
        """The colleague takes a conversation and gives it back to the queue, with a note."""
        desk = await self.colleague_desk()
        mine = await self.waits(lambda work: work["conversation"]["id"] == one.conversation)
        about = {"interaction_id": mine["interaction"]["id"]}
        await desk.must({"type": "interaction.take", **about})
        await desk.post(one.conversation, LONG[0], note=True)
        await desk.post(one.conversation, LONG[1])
        to = {"to_queue_id": mine["interaction"]["queue_id"], "note": note}
        await desk.must({"type": "interaction.transfer", **about, **to})

    async def waits(self, matches: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the colleague sees such work in the queue."""
        found: list[dict[str, Any]] = []

        async def is_there() -> bool:
            waiting = await asyncio.to_thread(self.colleague.call, "GET", "/waiting")
            found.extend(filter(matches, waiting))
            return bool(found)

        await until(is_there, "that the work waits")
        return found[0]

    async def colleague_desk(self) -> Agent:
        """The colleague sits down."""
        desk = Agent(self.product, self.colleague)
        self.wires.append(desk)
        await desk.hello()
        return desk

    async def hang_up(self) -> None:
        """Close every socket."""
        for one in self.wires:
            await one.close()
        self.wires.clear()


def _form(place: int) -> dict[str, str]:
    """What a visitor fills in: the known fields, and others."""
    more = {f"<b onclick=window.__ran=1>{n}": LONG[n] for n in range(len(LONG))}
    return more | {
        "name": NAMES[90 + place % (len(NAMES) - 90)],
        "email": f'"{packed(200, VECTORS[place:])[0]}"@example.com',
        "phone": packed(60, VECTORS[place % 100 :])[0],
        "department": NAMES[0],
        "__proto__": VECTORS[place],
    }


def furnish(product: Product, origin: str) -> Tenant:
    """Make the tenant, with vectors in the names of everything in it."""
    admin = product.set_up(NAMES[0])
    admin.call("PATCH", f"/users/{admin.me['user']['id']}", {"name": NAMES[1]})
    agent = admin.add_agent(NAMES[2], "agent@example.com")
    colleague = admin.add_agent(NAMES[3], "<svg/onload=window.__ran=1>@example.com")
    queue = admin.call("GET", "/queues")[0]
    outcomes = _things(admin, queue["id"])
    ten_minutes = {"mode": "timed", "seconds": 600, "extension_s": 0}
    body: dict[str, Any] = {"name": NAMES[5], "note": TITLES[1], "disposition_ids": outcomes}
    body |= {"wrap_up": {"chat": ten_minutes}, "offer_timeout_s": {"chat": 600}}
    admin.call("PUT", f"/queues/{queue['id']}", body)
    for one in (agent, colleague):
        profile = {"queue_ids": [queue["id"]], "capacity": {"chat": 3, "call": 1, "message": 3}}
        admin.call("PUT", f"/agents/{one.me['user']['id']}", profile)
    return Tenant(product, admin, agent, colleague, _sites(admin, origin))


def _things(admin: Staff, queue_id: str) -> list[str]:
    """Make some of everything an administrator can name; returns the dispositions."""
    names = iter(NAMES[:90])
    made = [
        str(admin.call("POST", "/dispositions", {"name": next(names), "code": f"c{n}"})["id"])
        for n in range(8)
    ]
    for title in TITLES:
        admin.call("POST", "/skills", {"name": next(names), "description": title})
    needed = f"<svg onload={MARK}>"
    admin.call("POST", "/skills", {"name": needed})
    steps = [{"expression": f'"{needed}" >= 10'}]
    admin.call("POST", "/queues", {"name": next(names), "steps": steps})
    for number in range(5):
        reply = {"shortcut": f"reply{number}", "text": TEXTS[number % len(TEXTS)]}
        route = {"queue_id": queue_id, "department": next(names)}
        email = f"<b/onclick={number}>@example.com"
        for noun, body in (
            ("queues", {}),
            ("hours", {"time_zone": "UTC", "windows": []}),
            ("routes", route),
            ("canned-replies", {**reply, "title": next(names)}),
            ("api-keys", {"role": "agent"}),
            ("invitations", {"role": "agent", "email": email}),
        ):
            name = {} if "title" in body else {"name": next(names)}
            admin.call("POST", f"/{noun}", {**body, **name})
    return made


def _sites(admin: Staff, origin: str) -> dict[str, Any]:
    label = {"en": LONG[0]}
    form = [
        {"name": "name", "label": label, "kind": "text", "required": False},
        {"name": "topic", "label": label, "kind": "choice", "required": False, "options": NAMES},
        {"name": "agree", "label": label, "kind": "consent", "required": False},
    ]
    for number, name in enumerate(NAMES[30:35]):
        admin.add_site(f"https://shop{number}.example", name=name, greeting={"en": TITLES[number]})
    return admin.add_site(
        origin,
        name=NAMES[36],
        languages=["en"],
        title={"en": NAMES[37]},
        greeting={"en": TITLES[3]},
        privacy_url="https://shop.example/<svg/onload=window.__ran=1>",
        form=form,
    )
