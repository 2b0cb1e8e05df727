"""Routes of users, invitations, sites, API keys and the audit log."""

from __future__ import annotations

from starlette.responses import Response

from gateway.kernel.errors import WeccError
from gateway.platform.http.codec import encode
from gateway.platform.http.route import Call, Route
from gateway.tenancy.service import TenancyService
from gateway.tenancy.wire import (
    ApiKeyBody,
    ApiKeyView,
    AuditPage,
    IdentityKey,
    InvitationBody,
    InvitationView,
    SiteBody,
    SiteConfig,
    SiteView,
    UserPatch,
    UserView,
)


class PeopleRoutes:
    """Handlers of users, invitations, API keys and the audit log."""

    def __init__(self, tenancy: TenancyService) -> None:
        self._tenancy = tenancy

    async def users(self, call: Call) -> list[UserView]:
        """The users of the tenant."""
        return await self._tenancy.users.list(call.user)

    async def change_user(self, call: Call) -> UserView:
        """Change a user; a new role or an end of `active` ends their logins at once."""
        return await self._tenancy.users.change(call.user, call.path["id"], call.body)

    async def invitations(self, call: Call) -> list[InvitationView]:
        """The invitations of the tenant, without their links."""
        return await self._tenancy.links.invitations(call.user)

    async def invite(self, call: Call) -> InvitationView:
        """Invite a person. The link in the answer works once and is shown only here."""
        return await self._tenancy.links.invite(call.user, call.body)

    async def withdraw(self, call: Call) -> None:
        """Make an invitation worthless."""
        await self._tenancy.links.withdraw(call.user, call.path["id"])

    async def api_keys(self, call: Call) -> list[ApiKeyView]:
        """The API keys of the tenant, without their secrets."""
        return await self._tenancy.api_keys.list(call.user)

    async def make_api_key(self, call: Call) -> ApiKeyView:
        """Make an API key. Its secret is shown only here."""
        return await self._tenancy.api_keys.create(call.user, call.body)

    async def remove_api_key(self, call: Call) -> None:
        """Delete an API key; it opens nothing from then on."""
        await self._tenancy.api_keys.remove(call.user, call.path["id"])

    async def audit(self, call: Call) -> AuditPage:
        """The audit log, newest first."""
        return await self._tenancy.audit_log.page(call.user, _position(call.query.get("before")))


class SiteRoutes:
    """Handlers of sites, and of the one public question the widget asks."""

    def __init__(self, tenancy: TenancyService) -> None:
        self._tenancy = tenancy

    async def list(self, call: Call) -> list[SiteView]:
        """The web sites that embed the widget."""
        return await self._tenancy.sites.list(call.user)

    async def create(self, call: Call) -> SiteView:
        """Add a web site; the answer holds its key, the snippet and the CSP lines it needs."""
        return await self._tenancy.sites.create(call.user, call.body)

    async def change(self, call: Call) -> SiteView:
        """Replace the settings of a web site; its key stays."""
        return await self._tenancy.sites.change(call.user, call.path["id"], call.body)

    async def remove(self, call: Call) -> None:
        """Delete a web site; the widget no longer loads there."""
        await self._tenancy.sites.remove(call.user, call.path["id"])

    async def new_identity_key(self, call: Call) -> IdentityKey:
        """Make a new key for signing visitor identities, shown once; an older one dies."""
        return await self._tenancy.sites.new_identity_key(call.user, call.path["id"])

    async def config(self, call: Call) -> Response:
        """What the widget's loader needs before anything is clicked."""
        origin = call.request.headers.get("origin")
        config = await self._tenancy.sites.config(call.path["key"], origin)
        headers = {"cache-control": "public, max-age=60", "vary": "origin"}
        return Response(encode(config), headers=headers, media_type="application/json")


def people_routes(tenancy: TenancyService) -> list[Route]:
    """Return the rows of users, invitations, API keys and the audit log."""
    on, base = PeopleRoutes(tenancy), "/api/v1"
    one = "{id}"
    return [
        Route("GET", f"{base}/users", "user.read", on.users, response=list[UserView]),
        Route(
            "PATCH",
            f"{base}/users/{one}",
            "user.change",
            on.change_user,
            body=UserPatch,
            response=UserView,
        ),
        Route(
            "GET",
            f"{base}/invitations",
            "invitation.read",
            on.invitations,
            response=list[InvitationView],
        ),
        Route(
            "POST",
            f"{base}/invitations",
            "invitation.change",
            on.invite,
            body=InvitationBody,
            response=InvitationView,
            status=201,
        ),
        Route("DELETE", f"{base}/invitations/{one}", "invitation.change", on.withdraw),
        Route("GET", f"{base}/api-keys", "api_key.read", on.api_keys, response=list[ApiKeyView]),
        Route(
            "POST",
            f"{base}/api-keys",
            "api_key.change",
            on.make_api_key,
            body=ApiKeyBody,
            response=ApiKeyView,
            status=201,
        ),
        Route("DELETE", f"{base}/api-keys/{one}", "api_key.change", on.remove_api_key),
        Route(
            "GET",
            f"{base}/audit",
            "audit.read",
            on.audit,
            response=AuditPage,
            query={"before": "only entries before this position"},
        ),
    ]


def site_routes(tenancy: TenancyService) -> list[Route]:
    """Return the rows of sites."""
    on, base, one = SiteRoutes(tenancy), "/api/v1/sites", "{id}"
    return [
        Route("GET", base, "site.read", on.list, response=list[SiteView]),
        Route("POST", base, "site.change", on.create, body=SiteBody, response=SiteView, status=201),
        Route("PUT", f"{base}/{one}", "site.change", on.change, body=SiteBody, response=SiteView),
        Route("DELETE", f"{base}/{one}", "site.change", on.remove),
        Route(
            "POST",
            f"{base}/{one}/identity-key",
            "site.change",
            on.new_identity_key,
            response=IdentityKey,
            status=201,
        ),
        Route(
            "GET",
            "/v1/sites/{key}/config",
            "site.config",
            on.config,
            response=SiteConfig,
            origin="widget",
            access="public",
            rate="config",
        ),
    ]


def _position(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise WeccError("bad_value", "`before` is a position of the log.", field="before")
    return int(text)
