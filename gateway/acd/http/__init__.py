"""Routing's configuration and present state over REST."""

from __future__ import annotations

from gateway.acd.http.explanation import explanation_routes
from gateway.acd.http.steering import steering_routes
from gateway.acd.model.holidays import MAX_BYTES
from gateway.acd.service import AcdService
from gateway.acd.wire import (
    AgentProfileBody,
    AgentProfileView,
    DirectoryView,
    DispositionBody,
    DispositionView,
    EstimateView,
    HolidaysFound,
    HolidaysView,
    HoursBody,
    HoursView,
    LiveView,
    SkillBody,
    SkillView,
    WaitingView,
)
from gateway.acd.wire.queues import (
    QueueBody,
    QueueClosureBody,
    QueueRollbackBody,
    QueueVersionView,
    QueueView,
    QueueWarning,
    SkillMatch,
    SkillMatchBody,
)
from gateway.acd.wire.rehearsals import RehearsalBody, RehearsalView
from gateway.kernel.errors import WeccError
from gateway.platform.http.assemble import read_body
from gateway.platform.http.route import Call, Route

_CALENDAR = "text/calendar"
_SEARCH = {"q": "Only agents whose name holds this."}


class ConfigurationRoutes:
    """Handlers of what administrators set up."""

    def __init__(self, acd: AcdService) -> None:
        self._settings = acd.settings

    async def skills(self, call: Call) -> list[SkillView]:
        """The skills agents can have and queues can need."""
        return await self._settings.skills(call.user)

    async def make_skill(self, call: Call) -> SkillView:
        """Add a skill."""
        return await self._settings.put_skill(call.user, None, call.body)

    async def change_skill(self, call: Call) -> SkillView:
        """Replace a skill."""
        return await self._settings.put_skill(call.user, call.path["id"], call.body)

    async def remove_skill(self, call: Call) -> None:
        """Delete a skill that nothing needs."""
        await self._settings.remove(call.user, "skill", call.path["id"])

    async def queues(self, call: Call) -> list[QueueView]:
        """The queues."""
        return await self._settings.queues(call.user)

    async def make_queue(self, call: Call) -> QueueView:
        """Add a queue."""
        return await self._settings.put_queue(call.user, None, call.body)

    async def change_queue(self, call: Call) -> QueueView:
        """Replace a queue; what waits in it is matched anew at once."""
        return await self._settings.put_queue(call.user, call.path["id"], call.body)

    async def check_queue(self, call: Call) -> list[QueueWarning]:
        """Say what publishing this new queue would be warned of; nothing is changed."""
        return await self._settings.of_queues.check(call.user, None, call.body)

    async def check_change(self, call: Call) -> list[QueueWarning]:
        """Say what publishing this change would be warned of; nothing is changed."""
        return await self._settings.of_queues.check(call.user, call.path["id"], call.body)

    async def matches(self, call: Call) -> list[SkillMatch]:
        """Say who meets skill expressions now, or where they go wrong; nothing is changed."""
        return await self._settings.of_queues.matches(call.user, call.body)

    async def queue_versions(self, call: Call) -> list[QueueVersionView]:
        """A queue's publications, the newest first."""
        return await self._settings.of_queues.versions(call.user, call.path["id"])

    async def close_queue(self, call: Call) -> QueueView:
        """Close a queue in an emergency, with a reason; it takes nobody until it is reopened."""
        return await self._settings.of_queues.close(call.user, call.path["id"], call.body)

    async def reopen_queue(self, call: Call) -> None:
        """End the emergency closure of a queue."""
        await self._settings.of_queues.reopen(call.user, call.path["id"])

    async def roll_back_queue(self, call: Call) -> QueueView:
        """Publish an earlier version of a queue again, as a new version."""
        return await self._settings.of_queues.roll_back(call.user, call.path["id"], call.body)

    async def remove_queue(self, call: Call) -> None:
        """Delete a queue that is empty and that nothing refers to."""
        await self._settings.remove(call.user, "queue", call.path["id"])

    async def hours(self, call: Call) -> list[HoursView]:
        """The business hours, and whether they are open now."""
        return await self._settings.hours(call.user)

    async def make_hours(self, call: Call) -> HoursView:
        """Add business hours."""
        return await self._settings.put_hours(call.user, None, call.body)

    async def change_hours(self, call: Call) -> HoursView:
        """Replace business hours."""
        return await self._settings.put_hours(call.user, call.path["id"], call.body)

    async def read_holidays(self, call: Call) -> HolidaysFound:
        """The whole days of an iCalendar file with their names; nothing is changed."""
        return await self._settings.read_holidays(call.user, await self._calendar(call))

    async def add_holidays(self, call: Call) -> HolidaysView:
        """Add the whole days of an iCalendar file to the dates on which nothing opens."""
        data, replace = await self._calendar(call), call.query.get("replace") == "yes"
        hours_id = call.path["id"]
        return await self._settings.add_holidays(call.user, hours_id, data, replace=replace)

    async def _calendar(self, call: Call) -> bytes:
        request = call.request
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != _CALENDAR:
            raise WeccError("bad_media_type", f"Send a file with `Content-Type: {_CALENDAR}`.")
        self._settings.may_change_hours(call.user)  # nobody else's bytes are even read
        return await read_body(request, MAX_BYTES)

    async def remove_hours(self, call: Call) -> None:
        """Delete business hours that no queue has."""
        await self._settings.remove(call.user, "hours", call.path["id"])

    async def dispositions(self, call: Call) -> list[DispositionView]:
        """The outcomes an agent can choose at wrap-up."""
        return await self._settings.dispositions(call.user)

    async def make_disposition(self, call: Call) -> DispositionView:
        """Add an outcome."""
        return await self._settings.put_disposition(call.user, None, call.body)

    async def change_disposition(self, call: Call) -> DispositionView:
        """Replace an outcome."""
        return await self._settings.put_disposition(call.user, call.path["id"], call.body)

    async def remove_disposition(self, call: Call) -> None:
        """Delete an outcome that no queue offers."""
        await self._settings.remove(call.user, "disposition", call.path["id"])

    async def profiles(self, call: Call) -> list[AgentProfileView]:
        """What every active user can do as an agent, or the first 50 whom a search finds."""
        return await self._settings.profiles(call.user, call.query.get("q"))

    async def change_profile(self, call: Call) -> AgentProfileView:
        """Set an agent's skills, queues and capacity; routing follows at once."""
        return await self._settings.put_profile(call.user, call.path["id"], call.body)


class RehearsalRoutes:
    """The handler of trying a change before it is published."""

    def __init__(self, acd: AcdService) -> None:
        self._rehearsals = acd.rehearsals

    async def rehearse(self, call: Call) -> RehearsalView:
        """What a change of this queue would have done with recorded work; may take a minute."""
        return await self._rehearsals.rehearse(call.user, call.path["id"], call.body)


class PresentRoutes:
    """Handlers of what is going on now."""

    def __init__(self, acd: AcdService) -> None:
        self._acd = acd

    async def live(self, call: Call) -> LiveView:
        """Queues, agents and the first of what waits, at this moment."""
        return await self._acd.live(call.user)

    async def directory(self, call: Call) -> DirectoryView:
        """Agents who are there, the first 50, and queues, to hand work over to."""
        return await self._acd.directory(call.user, call.query.get("q", ""))

    async def waits(self, call: Call) -> list[EstimateView]:
        """What the wait estimates go by, and whether what was told held."""
        return await self._acd.waits(call.user)

    async def waiting(self, call: Call) -> list[WaitingView]:
        """What waits in one's own queues, the longest first, to take it by hand."""
        return await self._acd.waiting(call.user)


def routes(acd: AcdService) -> list[Route]:
    """Return the rows of this room."""
    on, now, api = ConfigurationRoutes(acd), PresentRoutes(acd), "/api/v1"
    skill, queue = f"{api}/skills", f"{api}/queues"
    hours, outcome = f"{api}/hours", f"{api}/dispositions"
    return [
        Route("GET", skill, "skill.read", on.skills, response=list[SkillView]),
        Route("POST", skill, "skill.change", on.make_skill, SkillBody, SkillView, 201),
        Route("PUT", f"{skill}/{{id}}", "skill.change", on.change_skill, SkillBody, SkillView),
        Route("DELETE", f"{skill}/{{id}}", "skill.change", on.remove_skill),
        Route("GET", queue, "queue.read", on.queues, response=list[QueueView]),
        Route("POST", queue, "queue.change", on.make_queue, QueueBody, QueueView, 201),
        Route("PUT", f"{queue}/{{id}}", "queue.change", on.change_queue, QueueBody, QueueView),
        Route("DELETE", f"{queue}/{{id}}", "queue.remove", on.remove_queue),
        *_queue_rows(on, queue),
        Route("GET", hours, "hours.read", on.hours, response=list[HoursView]),
        Route("POST", hours, "hours.change", on.make_hours, HoursBody, HoursView, 201),
        Route("PUT", f"{hours}/{{id}}", "hours.change", on.change_hours, HoursBody, HoursView),
        Route(
            "POST",
            f"{hours}/holidays",
            "hours.change",
            on.read_holidays,
            response=HolidaysFound,
            raw_limit_bytes=MAX_BYTES,
            raw_type=_CALENDAR,
        ),
        Route(
            "POST",
            f"{hours}/{{id}}/holidays",
            "hours.change",
            on.add_holidays,
            response=HolidaysView,
            query={"replace": "`yes`: later dates that are not in the file are opened again."},
            raw_limit_bytes=MAX_BYTES,
            raw_type=_CALENDAR,
        ),
        Route("DELETE", f"{hours}/{{id}}", "hours.remove", on.remove_hours),
        Route("GET", outcome, "disposition.read", on.dispositions, response=list[DispositionView]),
        Route(
            "POST",
            outcome,
            "disposition.change",
            on.make_disposition,
            DispositionBody,
            DispositionView,
            201,
        ),
        Route(
            "PUT",
            f"{outcome}/{{id}}",
            "disposition.change",
            on.change_disposition,
            DispositionBody,
            DispositionView,
        ),
        Route("DELETE", f"{outcome}/{{id}}", "disposition.change", on.remove_disposition),
        Route(
            "GET",
            f"{api}/agents",
            "agent_profile.read",
            on.profiles,
            response=list[AgentProfileView],
            query=_SEARCH,
        ),
        Route(
            "PUT",
            f"{api}/agents/{{id}}",
            "agent_profile.change",
            on.change_profile,
            AgentProfileBody,
            AgentProfileView,
        ),
        Route(
            "POST",
            f"{queue}/{{id}}/rehearsal",
            "queue.change",
            RehearsalRoutes(acd).rehearse,
            RehearsalBody,
            RehearsalView,
        ),
        Route("GET", f"{api}/live", "live.read", now.live, response=LiveView),
        Route(
            "GET",
            f"{api}/directory",
            "directory.read",
            now.directory,
            response=DirectoryView,
            query=_SEARCH,
        ),
        Route("GET", f"{api}/waits", "live.read", now.waits, response=list[EstimateView]),
        Route("GET", f"{api}/waiting", "interaction.take", now.waiting, response=list[WaitingView]),
        *steering_routes(acd),
        *explanation_routes(acd),
    ]


def _queue_rows(on: ConfigurationRoutes, queue: str) -> list[Route]:
    """Return the rows of checking, versions and rollback."""
    one, found = f"{queue}/{{id}}", list[QueueWarning]
    match = SkillMatchBody, list[SkillMatch]
    return [
        Route("POST", f"{queue}/matches", "queue.change", on.matches, *match),
        Route("POST", f"{queue}/check", "queue.change", on.check_queue, QueueBody, found),
        Route("POST", f"{one}/check", "queue.change", on.check_change, QueueBody, found),
        Route(
            "GET",
            f"{one}/versions",
            "queue.read",
            on.queue_versions,
            response=list[QueueVersionView],
        ),
        Route(
            "POST",
            f"{one}/rollback",
            "queue.change",
            on.roll_back_queue,
            QueueRollbackBody,
            QueueView,
        ),
        Route("PUT", f"{one}/closure", "queue.close", on.close_queue, QueueClosureBody, QueueView),
        Route("DELETE", f"{one}/closure", "queue.close", on.reopen_queue),
    ]
