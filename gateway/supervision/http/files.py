"""Answers as files that spreadsheets read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.responses import Response

from gateway.kernel.errors import WeccError
from gateway.platform.http.route import Call
from gateway.supervision.model import spreadsheet

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
