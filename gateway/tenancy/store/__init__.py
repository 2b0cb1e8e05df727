"""Tenancy's SQL, by noun."""

from gateway.tenancy.store import (
    answers,
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
    "answers",
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
