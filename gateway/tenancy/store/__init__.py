"""Tenancy's SQL, by noun."""

from gateway.tenancy.store import (
    api_keys,
    audit,
    directory,
    links,
    logins,
    sites,
    tenants,
    users,
    visitors,
)

__all__ = [
    "api_keys",
    "audit",
    "directory",
    "links",
    "logins",
    "sites",
    "tenants",
    "users",
    "visitors",
]
