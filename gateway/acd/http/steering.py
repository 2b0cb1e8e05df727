"""What leads do by hand, and how agents are on duty, over REST."""

from __future__ import annotations

from gateway.acd.service import AcdService
from gateway.acd.wire import AgentView, InteractionView
from gateway.acd.wire.steering import (
    AgentStateBody,
    AssignBody,
    CapacityPolicyBody,
    CapacityPolicyView,
    InterventionView,
    MoveBody,
    NotReadyReasonBody,
    NotReadyReasonView,
    PriorityBody,
    WhyBody,
)
from gateway.platform.http.route import Call, Route

_API = "/api/v1"


class SteeringRoutes:
    """Handlers of what leads do to work and agents."""

    def __init__(self, acd: AcdService) -> None:
        self._steering = acd.steering

    async def move(self, call: Call) -> InteractionView:
        """Move waiting or ringing work to another queue; its clock goes on."""
        body: MoveBody = call.body
        return await self._steering.move(call.user, call.path["id"], body.to_queue_id, body.why)

    async def prioritize(self, call: Call) -> InteractionView:
        """Change the priority of work that nobody has yet."""
        body: PriorityBody = call.body
        return await self._steering.prioritize(call.user, call.path["id"], body.priority, body.why)

    async def assign(self, call: Call) -> InteractionView:
        """Have waiting work ring at an agent; above capacity only when it is said."""
        body: AssignBody = call.body
        return await self._steering.assign(
            call.user,
            call.path["id"],
            body.agent_id,
            body.why,
            over_capacity=body.over_capacity,
        )

    async def set_agent(self, call: Call) -> AgentView:
        """Set an agent's state; the agent sees who did it."""
        body: AgentStateBody = call.body
        return await self._steering.set_agent(
            call.user, call.path["id"], body.state, body.reason, body.why
        )

    async def sign_out(self, call: Call) -> AgentView:
        """Sign an agent out of every desk; they read who did it and why. Work waits again."""
        body: WhyBody = call.body
        return await self._steering.sign_out(call.user, call.path["id"], body.why)

    async def undo(self, call: Call) -> InterventionView:
        """Take back what was done by hand, as long as nothing has come after it."""
        body: WhyBody = call.body
        return await self._steering.undo(call.user, call.path["id"], body.why)

    async def interventions(self, call: Call) -> list[InterventionView]:
        """What was done by hand and why, the newest 200; of one interaction or agent, or all."""
        return await self._steering.interventions(call.user, call.query.get("object_id"))


class DutyRoutes:
    """Handlers of reasons and policy."""

    def __init__(self, acd: AcdService) -> None:
        self._duty = acd.duty

    async def reasons(self, call: Call) -> list[NotReadyReasonView]:
        """The reasons to be not ready, each with the time it may last."""
        return await self._duty.reasons(call.user)

    async def make_reason(self, call: Call) -> NotReadyReasonView:
        """Add a reason."""
        return await self._duty.put_reason(call.user, None, call.body)

    async def change_reason(self, call: Call) -> NotReadyReasonView:
        """Replace a reason."""
        return await self._duty.put_reason(call.user, call.path["id"], call.body)

    async def remove_reason(self, call: Call) -> None:
        """Delete a reason; who has it now keeps it until the next change."""
        await self._duty.remove_reason(call.user, call.path["id"])

    async def policy(self, call: Call) -> CapacityPolicyView:
        """What may interrupt what, and what counts as capacity."""
        return await self._duty.policy(call.user)

    async def change_policy(self, call: Call) -> CapacityPolicyView:
        """Replace the capacity policy; what waits is matched anew at once."""
        return await self._duty.put_policy(call.user, call.body)


def steering_routes(acd: AcdService) -> list[Route]:
    """Return the rows of steering and duty."""
    on, duty = SteeringRoutes(acd), DutyRoutes(acd)
    work, reason = f"{_API}/interactions/{{id}}", f"{_API}/not-ready-reasons"
    reason_op, policy_op = "not_ready_reason", "capacity_policy"
    one, policy = f"{reason}/{{id}}", f"{_API}/capacity-policy"
    reasons = list[NotReadyReasonView]
    put: tuple[type[NotReadyReasonBody], type[NotReadyReasonView]]
    put = NotReadyReasonBody, NotReadyReasonView
    set_policy = CapacityPolicyBody, CapacityPolicyView
    return [
        Route("POST", f"{work}/move", "interaction.move", on.move, MoveBody, InteractionView),
        Route(
            "POST",
            f"{work}/priority",
            "interaction.prioritize",
            on.prioritize,
            PriorityBody,
            InteractionView,
        ),
        Route(
            "POST", f"{work}/assign", "interaction.assign", on.assign, AssignBody, InteractionView
        ),
        Route(
            "PUT",
            f"{_API}/agents/{{id}}/state",
            "agent.set",
            on.set_agent,
            AgentStateBody,
            AgentView,
        ),
        Route(
            "POST",
            f"{_API}/agents/{{id}}/sign-out",
            "agent.sign_out",
            on.sign_out,
            WhyBody,
            AgentView,
        ),
        Route(
            "POST",
            f"{_API}/interventions/{{id}}/undo",
            "intervention.undo",
            on.undo,
            WhyBody,
            InterventionView,
        ),
        Route(
            "GET",
            f"{_API}/interventions",
            "intervention.read",
            on.interventions,
            response=list[InterventionView],
            query={"object_id": "Only what was done to this interaction or agent."},
        ),
        Route("GET", reason, f"{reason_op}.read", duty.reasons, response=reasons),
        Route("POST", reason, f"{reason_op}.change", duty.make_reason, *put, 201),
        Route("PUT", one, f"{reason_op}.change", duty.change_reason, *put),
        Route("DELETE", one, f"{reason_op}.change", duty.remove_reason),
        Route("GET", policy, f"{policy_op}.read", duty.policy, response=CapacityPolicyView),
        Route("PUT", policy, f"{policy_op}.change", duty.change_policy, *set_policy),
    ]
