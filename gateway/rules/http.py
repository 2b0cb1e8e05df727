"""The routing table over REST."""

from __future__ import annotations

from gateway.platform.http.route import Call, Route
from gateway.rules.service import RulesService
from gateway.rules.wire import RouteBody, RouteView


class RouteRoutes:
    """Handlers of the routing table."""

    def __init__(self, rules: RulesService) -> None:
        self._rules = rules

    async def list(self, call: Call) -> list[RouteView]:
        """The routing table in the order in which it is tried."""
        return await self._rules.list(call.user)

    async def create(self, call: Call) -> RouteView:
        """Add a row to the routing table."""
        return await self._rules.create(call.user, call.body)

    async def change(self, call: Call) -> RouteView:
        """Replace a row of the routing table."""
        return await self._rules.change(call.user, call.path["id"], call.body)

    async def remove(self, call: Call) -> None:
        """Delete a row of the routing table."""
        await self._rules.remove(call.user, call.path["id"])


def routes(rules: RulesService) -> list[Route]:
    """Return the rows of this room."""
    on, base, one = RouteRoutes(rules), "/api/v1/routes", "/api/v1/routes/{id}"
    view = RouteView
    return [
        Route("GET", base, "route.read", on.list, response=list[RouteView]),
        Route("POST", base, "route.change", on.create, RouteBody, response=view, status=201),
        Route("PUT", one, "route.change", on.change, RouteBody, response=view),
        Route("DELETE", one, "route.change", on.remove),
    ]
