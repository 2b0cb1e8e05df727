"""The document generated from the route table."""

from __future__ import annotations

from gateway.platform.http.openapi import openapi, reference
from gateway.tenancy.authorization import require_entries
from tests.tenancy.house import House


async def test_every_route_is_described(home: House) -> None:
    table = home.routes()
    document = openapi(table)
    assert document["openapi"] == "3.1.0"
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) == len(table)
    assert len({operation["operationId"] for operation in operations}) == len(table)
    assert all(operation["description"] for operation in operations)
    text = repr(document)
    for name in set(text.split("'#/components/schemas/")[1:]):
        assert name.split("'")[0] in document["components"]["schemas"]


async def test_the_reference_has_a_row_for_every_route(home: House) -> None:
    table = home.routes()
    text = reference(table)
    assert all(f"`{route.method} {route.path}`" in text for route in table)


async def test_no_route_lacks_an_entry(home: House) -> None:
    require_entries(route.operation for route in home.routes())
