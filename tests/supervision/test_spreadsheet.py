"""CSV that a spreadsheet reads and does not compute."""

from __future__ import annotations

import csv
import io

import pytest

from gateway.supervision.model.spreadsheet import safe, write


@pytest.mark.parametrize(
    "text",
    [
        "=HYPERLINK(1)",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\uff1d1+1",
        "\u00a0=1",
        "\ufeff=1",
        "\u200b=cmd",
    ],
)
def test_formulas_are_disarmed(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "General", "客服", "1-2", "a=b"])
def test_names_stay_as_they_are(text: str) -> None:
    assert safe(text) == text


def test_rows_come_back_as_they_were() -> None:
    raw = write(["name", "n"], [['Say "hi", all', 1], ["客服\r\nzwei", None], ["x", 2.5]])
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == 5
    found = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert found == [["name", "n"], ['Say "hi", all', "1"], ["客服\r\nzwei", ""], ["x", "2.5"]]
