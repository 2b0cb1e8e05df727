"""Canned replies over REST."""

from __future__ import annotations

from gateway.knowledge.service import KnowledgeService
from gateway.knowledge.wire import CannedReplyBody, CannedReplyView
from gateway.platform.http.route import Call, Route


class CannedReplyRoutes:
    """Handlers of canned replies."""

    def __init__(self, knowledge: KnowledgeService) -> None:
        self._knowledge = knowledge

    async def list(self, call: Call) -> list[CannedReplyView]:
        """The canned replies of the tenant."""
        return await self._knowledge.list(call.user)

    async def create(self, call: Call) -> CannedReplyView:
        """Add a canned reply."""
        return await self._knowledge.create(call.user, call.body)

    async def change(self, call: Call) -> CannedReplyView:
        """Replace a canned reply."""
        return await self._knowledge.change(call.user, call.path["id"], call.body)

    async def remove(self, call: Call) -> None:
        """Delete a canned reply."""
        await self._knowledge.remove(call.user, call.path["id"])


def routes(knowledge: KnowledgeService) -> list[Route]:
    """Return the rows of this room."""
    on, base = CannedReplyRoutes(knowledge), "/api/v1/canned-replies"
    one, view, body = "/api/v1/canned-replies/{id}", CannedReplyView, CannedReplyBody
    return [
        Route("GET", base, "canned.read", on.list, response=list[CannedReplyView]),
        Route("POST", base, "canned.change", on.create, body, response=view, status=201),
        Route("PUT", one, "canned.change", on.change, body, response=view),
        Route("DELETE", one, "canned.change", on.remove),
    ]
