"""Valid bodies and fresh objects for every route of tenancy, rules and knowledge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from gateway.kernel.actor import Actor
from gateway.knowledge.wire import CannedReplyBody
from gateway.platform.http.route import Route
from gateway.rules.wire import RouteBody
from gateway.tenancy.wire import (
    ApiKeyBody,
    InvitationBody,
    LinkSignInBody,
    PasswordBody,
    PreferencesBody,
    SetUpBody,
    SignInBody,
    SiteBody,
    UserPatch,
)
from tests.tenancy.house import PASSWORD, House

QUEUE = "qu_0123456789"
UNKNOWN = "zz_00000000000000000000000000"
BASE = "/api/v1/"


class Counter:
    """Numbers, so that names never collide."""

    n = 0

    @classmethod
    def next(cls) -> int:
        cls.n += 1
        return cls.n


def body_for(route: Route) -> dict[str, Any] | None:
    """Return a body the route accepts."""
    n = Counter.next()
    bodies: dict[Any, dict[str, Any]] = {
        None: {},
        UserPatch: {"name": f"N {n}"},
        InvitationBody: {"email": f"i{n}@shop.example", "name": "I", "role": "agent"},
        ApiKeyBody: {"name": "K", "role": "agent"},
        SiteBody: {"name": "S", "origins": ["https://s.example"], "languages": ["en"]},
        RouteBody: {"name": "R", "queue_id": QUEUE},
        CannedReplyBody: {"shortcut": f"c{n}", "title": "T", "text": "Hello"},
        PreferencesBody: {"preferences": {"theme": "dark"}},
        PasswordBody: {"old_password": PASSWORD, "new_password": PASSWORD},
        SignInBody: {"email": "admin@shop.example", "password": PASSWORD},
        LinkSignInBody: {"token": "x" * 43},
        SetUpBody: {
            "token": "x" * 43,
            "tenant_name": "T",
            "name": "N",
            "email": "a@b.example",
            "password": PASSWORD,
        },
    }
    return bodies[route.body] if route.body is not None else None


Make = Callable[[House, Actor, str], Awaitable[str]]


async def user(home: House, admin: Actor, name: str) -> str:
    email = f"u{Counter.next()}@shop.example"
    return (await home.tenancy.users.create(admin, email, name, "agent")).id


async def invitation(home: House, admin: Actor, name: str) -> str:
    email = f"v{Counter.next()}@shop.example"
    body = InvitationBody(email=email, name=name, role="agent")
    return (await home.tenancy.links.invite(admin, body)).id


async def api_key(home: House, admin: Actor, name: str) -> str:
    return (await home.tenancy.api_keys.create(admin, ApiKeyBody(name=name, role="agent"))).id


async def site(home: House, admin: Actor, name: str) -> str:
    return (await home.site(admin, name=name)).id


async def route(home: House, admin: Actor, name: str) -> str:
    home.known.queues[admin.tenant_id] = [QUEUE]
    return (await home.rules.create(admin, RouteBody(name=name, queue_id=QUEUE))).id


async def canned(home: House, admin: Actor, name: str) -> str:
    n = Counter.next()
    body = CannedReplyBody(shortcut=f"k{n}", title=name, text=name)
    return (await home.knowledge.create(admin, body)).id


MAKERS: dict[str, Make] = {
    "users": user,
    "invitations": invitation,
    "api-keys": api_key,
    "sites": site,
    "routes": route,
    "canned-replies": canned,
}


def noun(row: Route) -> str:
    """Return the noun of a route's address: ``users`` of ``/api/v1/users/{id}``."""
    return row.path.removeprefix(BASE).partition("/")[0]


async def make(home: House, admin: Actor, row: Route, name: str = "O") -> str:
    """Make an object the route can be about, in the administrator's tenant."""
    return await MAKERS[noun(row)](home, admin, name)
