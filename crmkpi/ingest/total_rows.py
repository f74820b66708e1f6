"""«Итого» rows of sales files: left out, kept beside the table, and brought back when a person says so.

Beside the kept rows of a table: `files/<sha256>/<n>.totals.parquet`, the same typed columns. A total row that was
none (a sale to a customer called «Всего») has a number, a date and a sum; a true one usually lacks the date and
changes nothing when it comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from crmkpi.engine.data import DamagedDataError
from crmkpi.ingest.documents import DocumentRules, classify
from crmkpi.ingest.files import FOLDER, Entry, part_path
from crmkpi.ingest.sales_tables import sales_rows
from crmkpi.ingest.switches import SwitchEffect

SWITCH = "drop_totals"
Parts = Sequence[tuple[Entry, pl.DataFrame]]
Totals = Mapping[tuple[str, str], pl.DataFrame]


def totals_path(root: Path, entry: Entry) -> Path:
    """Where the total rows of an entry stand, if there are any."""
    return part_path(root, entry).with_suffix(".totals.parquet")


def write_totals(root: Path, entry: Entry, rows: pl.DataFrame) -> None:
    """Keep the total rows of one table."""
    path = totals_path(root, entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(path, compression="lz4", statistics=False)


def read_totals(root: Path, entries: Sequence[Entry]) -> dict[tuple[str, str], pl.DataFrame]:
    """The kept total rows by file and part; DamagedDataError if a file of them is unreadable."""
    found = {}
    for entry in entries:
        path = totals_path(root, entry)
        if not path.is_file():
            continue
        try:
            found[entry.sha256, entry.part] = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DamagedDataError(
                path=f"{FOLDER}/{entry.sha256}/{path.name}", detail="unreadable"
            ) from error
    return found


def with_totals(parts: Parts, totals: Totals) -> list[tuple[Entry, pl.DataFrame]]:
    """The rows of every table with its total rows behind them."""
    return [
        (entry, pl.concat([frame, totals[entry.sha256, entry.part]], how="diagonal_relaxed"))
        if (entry.sha256, entry.part) in totals
        else (entry, frame)
        for entry, frame in parts
    ]


def totals_effect(
    parts: Parts, totals: Totals, source: str, rules: DocumentRules, everyone: bool, on: bool, scale: int
) -> list[SwitchEffect]:
    """What leaving out the total rows of the sales files does to revenue (currency); [] where there are none.

    `source`: the table that says what was sold; `on`: they are left out now. Only rows that could be orders (a
    number, a date, a sum above zero, for the tree of the base a customer) carry money.
    """
    own = [(e, totals[e.sha256, e.part]) for e, _ in parts if (e.sha256, e.part) in totals]
    own = [(e, rows) for e, rows in own if e.table == source and rows.height]
    if not own:
        return []
    rows = classify(sales_rows(source, own, scale).rows, rules).rows
    sold = pl.col("what") == "sale"
    if not everyone:
        sold &= pl.col("customer_id").is_not_null()
    money = int(rows.filter(sold)["amount"].sum() or 0) / scale
    metric = "revenue_total" if everyone else "revenue_base"
    return [SwitchEffect(SWITCH, on, rows.height, money if on else -money, metric)]
