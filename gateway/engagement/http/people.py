"""Contacts that go first, and blocks, over REST."""

from __future__ import annotations

from gateway.engagement.service.people import People
from gateway.engagement.wire.people import BlockBody, BlockView, VipBody, VipView
from gateway.platform.http.route import Call, Route

_API = "/api/v1"


class PeopleRoutes:
    """Handlers of leads."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def blocks(self, call: Call) -> list[BlockView]:
        """Who is kept out now, the newest first; with `all=yes` also who was before."""
        return await self._people.blocks(
            call.user, active_only=call.query.get("all", "no") != "yes"
        )

    async def block(self, call: Call) -> BlockView:
        """Keep somebody out; their open sockets end with a clear word. Nothing is deleted."""
        return await self._people.block(call.user, call.body)

    async def lift(self, call: Call) -> None:
        """Let somebody in again."""
        await self._people.lift(call.user, call.path["id"])

    async def vips(self, call: Call) -> list[VipView]:
        """The contacts who go first."""
        return await self._people.vips(call.user)

    async def put_vip(self, call: Call) -> VipView:
        """Let a contact go first, in new work."""
        return await self._people.put_vip(call.user, call.path["id"], call.body)

    async def remove_vip(self, call: Call) -> None:
        """Let a contact wait like everybody else."""
        await self._people.remove_vip(call.user, call.path["id"])


def people_routes(people: People) -> list[Route]:
    """Return the rows."""
    on, block, vip = PeopleRoutes(people), f"{_API}/blocks", f"{_API}/contacts/{{id}}/vip"
    return [
        Route(
            "GET",
            block,
            "block.read",
            on.blocks,
            response=list[BlockView],
            query={"all": "`yes`: also those that are over."},
        ),
        Route("POST", block, "block.change", on.block, BlockBody, BlockView, 201),
        Route("DELETE", f"{block}/{{id}}", "block.change", on.lift),
        Route("GET", f"{_API}/vips", "vip.read", on.vips, response=list[VipView]),
        Route("PUT", vip, "vip.change", on.put_vip, VipBody, VipView),
        Route("DELETE", vip, "vip.change", on.remove_vip),
    ]
