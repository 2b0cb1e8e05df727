"""Answers as files that spreadsheets read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from gateway.kernel.errors import WeccError
from gateway.kernel.wire import View
from gateway.platform.http.route import Call
from gateway.supervision.model import spreadsheet
from gateway.supervision.model.intervals import iso

FORMAT = "`json` (default) or `csv`."
CSV_TYPE = "text/csv"


def wants_csv(call: Call) -> bool:
    """Tell whether a file is asked for."""
    form = call.query.get("format", "json")
    if form not in ("json", "csv"):
        raise WeccError("bad_value", "The format is json or csv.", field="format")
    return form == "csv"


def csv_file(
    name: str, heads: Sequence[str], rows: Iterable[Sequence[spreadsheet.Cell]]
) -> Response:
    """Return a table as a file to be saved."""
    return Response(
        spreadsheet.write(heads, rows),
        media_type=f"{CSV_TYPE}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "no-store",
        },
    )


FILE_ROWS = 10_000
"""How many rows of a list one file has; ``cursor`` goes on with the next."""


def view_file(name: str, view: type[View], items: Iterable[View], where: ZoneInfo) -> Response:
    """Return a list of views as a file: a column per field, times in ISO 8601."""
    fields = view.__struct_fields__
    rows = [[_cell(field, getattr(item, field), where) for field in fields] for item in items]
    return csv_file(name, fields, rows)


def _cell(field: str, value: Any, where: ZoneInfo) -> spreadsheet.Cell:
    if value is not None and field.endswith("_at_ms"):
        return iso(value, where, seconds=True)
    return str(value).lower() if isinstance(value, bool) else value
