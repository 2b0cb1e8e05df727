"""The same house as tenancy's tests."""

from tests.tenancy.conftest import desk, home

__all__ = ["desk", "home"]
