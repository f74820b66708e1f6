"""Formulas never leave by an export of ours, and Streamlit's own export is off where strangers' data are shown."""

from __future__ import annotations

import csv
import io

import polars as pl

from crmkpi.i18n import Words
from crmkpi.mode import Mode
from crmkpi.views.base_flow import COLUMNS, list_file
from crmkpi.views.rows import csv_bytes
from crmkpi.web.start import server_options

PAYLOADS = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "\0=1",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|'/C calc'!'A1'",
)


def cells(written: bytes, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), delimiter=separator))


def test_no_csv_of_ours_holds_a_formula():
    table = pl.DataFrame({"name": PAYLOADS, "=2+2": PAYLOADS, "n": [-1.5] * len(PAYLOADS)})
    found = cells(csv_bytes(table))
    assert [row[0] for row in found[1:]] == [f"'{x}" for x in PAYLOADS]
    assert found[0][1] == "'=2+2" and {row[2] for row in found[1:]} == {"-1.5"}
    people = pl.DataFrame({c: PAYLOADS if c == "customer_id" else [1.0] * len(PAYLOADS) for c in COLUMNS})
    for lang, separator in (("ru", ";"), ("en", ",")):
        rows = cells(list_file(people, Words(lang)), separator)
        assert [row[0] for row in rows[1:]] == [f"'{x}" for x in PAYLOADS]


def test_the_built_in_download_of_tables_is_off():
    for name in ("hosted", "demo"):
        assert server_options(Mode(name=name))["client.disableDataExport"] is True  # type: ignore[arg-type]
    assert "client.disableDataExport" not in server_options(Mode())
