"""Who is behind a request, for REST, event streams and sockets alike.

Desk: a login cookie, whose writes also need the login's CSRF token and must come from our own
page; or an API key. Widget: a visitor token as bearer. Before the first tenant exists nothing
but set-up is served.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection, Request

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.platform.http.route import Route
from gateway.tenancy.authorization import TABLE
from gateway.tenancy.http.cookies import login_token
from gateway.tenancy.model import Login, is_origin_allowed, is_same
from gateway.tenancy.service import TenancyService
from gateway.tenancy.service.sites import origin_refused
from gateway.tenancy.wire import SiteView

_ALWAYS = frozenset({"set_up", "health", "metrics"})
_READS = frozenset({"GET", "HEAD"})
CSRF_HEADER = "x-wecc-csrf"


class Authenticator:
    """Passed to ``assemble``; sockets use ``login_for_socket`` and ``check_visitor_origin``."""

    def __init__(self, tenancy: TenancyService) -> None:
        self._tenancy = tenancy
        self._desk_origin = tenancy.addresses.desk_url
        self._is_tls = tenancy.addresses.is_tls

    async def __call__(self, request: Request, route: Route) -> Actor | None:
        """Return the actor of a request, None for public routes; raises why not."""
        if route.operation not in _ALWAYS and not await self._tenancy.is_set_up():
            raise WeccError("not_ready", "Nobody has set this gateway up yet.", retry_after_s=5)
        if route.access == "public":
            if route.origin == "desk" and route.method not in _READS:
                self._check_same_origin(request)
            return None
        if route.access == "visitor":
            actor = await self._visitor(request)
        else:
            actor = await self._user(request, route.method)
        if actor.role not in TABLE[route.operation].need:
            raise WeccError("forbidden")
        return actor

    async def login_for_socket(self, connection: HTTPConnection) -> Login:
        """Return the login behind a socket or stream of the desk; its ``Origin`` must be ours."""
        if connection.headers.get("origin") != self._desk_origin:
            raise WeccError("origin_refused", "Sockets of the desk open from the desk only.")
        return await self._login(connection)

    def check_visitor_origin(self, connection: HTTPConnection, site: SiteView) -> None:
        """Refuse a visitor's socket or request from a web site that is not on the list."""
        if not is_origin_allowed(site, connection.headers.get("origin")):
            raise origin_refused()

    async def _visitor(self, request: Request) -> Actor:
        actor = await self._tenancy.visitor_for_token(_bearer(request))
        if actor is None:
            raise WeccError("unauthenticated", "The visitor token is not valid.")
        origin = request.headers.get("origin")
        if origin is not None:
            site = await self._tenancy.sites.find(actor.tenant_id, actor.site_id)
            if site is None or not is_origin_allowed(site, origin):
                raise origin_refused()
        return actor

    async def _user(self, request: Request, method: str) -> Actor:
        if "authorization" in request.headers:
            actor = await self._tenancy.actor_for_api_key(_bearer(request))
            if actor is None:
                raise WeccError("unauthenticated", "The API key is not valid.")
            return actor
        login = await self._login(request)
        if method not in _READS:
            self._check_same_origin(request)
            if not is_same(request.headers.get(CSRF_HEADER, ""), login.csrf):
                raise WeccError("csrf_refused", "The X-WECC-CSRF header is missing or wrong.")
        request.state.login = login
        return login.actor

    async def _login(self, connection: HTTPConnection) -> Login:
        token = login_token(connection, self._is_tls)
        login = await self._tenancy.login_for_token(token) if token else None
        if login is None:
            raise WeccError("unauthenticated", "Sign in.")
        return login

    def _check_same_origin(self, request: Request) -> None:
        """Refuse writes that a browser says come from another page (Fetch Metadata, RFC 6454)."""
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        if site not in (None, "same-origin") or origin not in (None, self._desk_origin):
            raise WeccError("csrf_refused")


def login_of(request: Request) -> Login:
    """Return the login the authenticator found; an API key has none."""
    login = getattr(request.state, "login", None)
    if not isinstance(login, Login):
        raise WeccError("wrong_state", "An API key is nobody's login.")
    return login


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise WeccError("unauthenticated", "Send `Authorization: Bearer` with a token.")
    return token.strip()
