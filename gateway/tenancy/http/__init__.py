"""Tenancy over REST."""

from __future__ import annotations

from gateway.platform.http.route import Route
from gateway.tenancy.http.administration import people_routes, site_routes
from gateway.tenancy.http.sign_in import sign_in_routes
from gateway.tenancy.service import TenancyService


def routes(tenancy: TenancyService) -> list[Route]:
    """Return the rows of this room."""
    return [*sign_in_routes(tenancy), *people_routes(tenancy), *site_routes(tenancy)]
