"""Routes of signing in and out, of the first start, and of oneself."""

from __future__ import annotations

from starlette.responses import Response

from gateway.platform.http.errors import json_response
from gateway.platform.http.route import Call, Route
from gateway.tenancy.http.authenticator import login_of
from gateway.tenancy.http.cookies import clear_login, device_cookie, set_login
from gateway.tenancy.service import SignedIn, TenancyService
from gateway.tenancy.wire import (
    LinkSignInBody,
    MeView,
    PasswordBody,
    PreferencesBody,
    SetUpBody,
    SignInBody,
)


class SignInRoutes:
    """Handlers that give or take the login cookie."""

    def __init__(self, tenancy: TenancyService) -> None:
        self._tenancy = tenancy

    async def _welcome(self, signed_in: SignedIn) -> Response:
        response = json_response(await self._tenancy.users.me(signed_in.login))
        set_login(response, signed_in, self._tenancy.addresses.is_tls)
        return response

    async def sign_in(self, call: Call) -> Response:
        """Sign in with e-mail address and password; sets the login cookie."""
        body: SignInBody = call.body
        device = call.request.cookies.get(device_cookie(self._tenancy.addresses.is_tls))
        signed_in = await self._tenancy.logins.sign_in(body.email, body.password, device)
        return await self._welcome(signed_in)

    async def sign_in_link(self, call: Call) -> Response:
        """Use up a one-time link or an invitation and sign in; sets the login cookie.

        With `password` it becomes the person's password; an invitation needs one.
        """
        body: LinkSignInBody = call.body
        return await self._welcome(await self._tenancy.links.redeem(body.token, body.password))

    async def set_up(self, call: Call) -> Response:
        """Make the first tenant and its administrator with the token the gateway printed."""
        return await self._welcome(await self._tenancy.set_up.run(call.body))

    async def sign_out(self, call: Call) -> Response:
        """End this login; its sockets are closed at once."""
        await self._tenancy.logins.sign_out(login_of(call.request))
        response = Response(status_code=204, headers={"cache-control": "no-store"})
        clear_login(response, self._tenancy.addresses.is_tls)
        return response

    async def me(self, call: Call) -> MeView:
        """Who is signed in, with the CSRF token for writes."""
        return await self._tenancy.users.me(login_of(call.request))

    async def set_preferences(self, call: Call) -> None:
        """Replace what the desk stores for this person."""
        body: PreferencesBody = call.body
        login = login_of(call.request)
        await self._tenancy.users.set_preferences(login.actor, body.preferences)

    async def change_password(self, call: Call) -> Response:
        """Change one's own password. Every login ends; this browser gets a fresh one."""
        body: PasswordBody = call.body
        login = login_of(call.request)
        signed_in = await self._tenancy.logins.change_password(
            login.actor, body.old_password, body.new_password
        )
        return await self._welcome(signed_in)


def sign_in_routes(tenancy: TenancyService) -> list[Route]:
    """Return the rows of sign-in and of oneself."""
    on, base = SignInRoutes(tenancy), "/api/v1"
    return [
        Route(
            "POST",
            f"{base}/sign-in",
            "sign_in",
            on.sign_in,
            body=SignInBody,
            response=MeView,
            access="public",
            rate="sign_in",
        ),
        Route(
            "POST",
            f"{base}/sign-in/link",
            "sign_in.link",
            on.sign_in_link,
            body=LinkSignInBody,
            response=MeView,
            access="public",
            rate="sign_in",
        ),
        Route(
            "POST",
            f"{base}/set-up",
            "set_up",
            on.set_up,
            body=SetUpBody,
            response=MeView,
            access="public",
            rate="set_up",
        ),
        Route("POST", f"{base}/sign-out", "me.change", on.sign_out),
        Route("GET", f"{base}/me", "me.read", on.me, response=MeView),
        Route(
            "PUT", f"{base}/me/preferences", "me.change", on.set_preferences, body=PreferencesBody
        ),
        Route(
            "POST",
            f"{base}/me/password",
            "me.change",
            on.change_password,
            body=PasswordBody,
            response=MeView,
            rate="sign_in",
        ),
    ]
