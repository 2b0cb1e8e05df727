"""Explanations over REST."""

from __future__ import annotations

from gateway.acd.service import AcdService
from gateway.acd.wire.explanation import AgentExplanationView, ExplanationView, WaitedView
from gateway.platform.http.route import Call, Route

_WORK = "/api/v1/interactions/{id}/explanation"


class ExplanationRoutes:
    """Handlers of why."""

    def __init__(self, acd: AcdService) -> None:
        self._explanations = acd.explanations

    async def of_conversation(self, call: Call) -> list[WaitedView]:
        """What a conversation put into queues, oldest first, to ask why it waited."""
        return await self._explanations.of_conversation(call.user, call.path["id"])

    async def explain(self, call: Call) -> ExplanationView:
        """Why an interaction waited, and why each offer went where it went.

        Agents may ask about work that rings at them or is theirs, and see no other names.
        """
        return await self._explanations.explain(call.user, call.path["id"])

    async def explain_agent(self, call: Call) -> AgentExplanationView:
        """What kept one agent from an interaction, over its wait and at each offer."""
        path = call.path
        return await self._explanations.explain_agent(call.user, path["id"], path["agent_id"])


def explanation_routes(acd: AcdService) -> list[Route]:
    """Return the rows of explanations."""
    on = ExplanationRoutes(acd)
    return [
        Route(
            "GET",
            "/api/v1/conversations/{id}/interactions",
            "explanation.list",
            on.of_conversation,
            response=list[WaitedView],
        ),
        Route("GET", _WORK, "explanation.read", on.explain, response=ExplanationView),
        Route(
            "GET",
            f"{_WORK}/agents/{{agent_id}}",
            "explanation.read",
            on.explain_agent,
            response=AgentExplanationView,
        ),
    ]
