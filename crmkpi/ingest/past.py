"""The data as they were on a past day: every table built again from the rows that existed then.

A row dated later is gone; a later event of an earlier row (a click, a won deal, an end) has not happened. Opens and
clicks of exports carry no time of their own, so sends younger than the time in which they ripen are left out: nobody
could have known them. Undated attributes (segment, tier, consent) stay as they are known today.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.ingest import files
from crmkpi.ingest.build import build
from crmkpi.ingest.load import fill_meta
from crmkpi.ingest.load_record import LoadRecord, write_record
from crmkpi.ingest.load_settings import LoadSettings
from crmkpi.tables import TABLES

# opens and clicks ripen for three days (definitions.md); what an export counts as orders of a send, for five
RIPENS = {"messages": 3, "campaigns": 3}
RIPENS_WITH_ORDERS = 5
ORDERS_OF_A_SEND = {"orders", "revenue", "converted"}
# undated columns that belong to a dated event of the same row
WITH_EVENT = {
    ("leads", "won_at"): ("deal_amount",),
    ("subscriptions", "ended_at"): ("end_reason",),
    ("tickets", "resolved_at"): ("csat",),
}


class NothingThenError(CrmKpiError):
    """No row of the project is so old: `day`, `first` (the first day of the data)."""

    code = "nothing_then"


def known_on(table: str, rows: pl.DataFrame, day: date) -> pl.DataFrame:
    """The rows of one canonical table as they were known at the end of a day."""
    spec = TABLES[table]
    moments = [c.name for c in spec.columns if c.kind in ("date", "datetime") and c.name in rows.columns]
    if spec.time in rows.columns:
        last = day - timedelta(days=_ripens(table, rows))
        rows = rows.filter(pl.col(spec.time).is_null() | _by(spec.time, rows, last))
    changes = []
    for name in moments:
        if name == spec.time:
            continue
        for column in (name, *WITH_EVENT.get((table, name), ())):
            if column in rows.columns:
                changes.append(pl.when(_by(name, rows, day) | pl.col(name).is_null()).then(pl.col(column)))
    return rows.with_columns(changes) if changes else rows


def _by(column: str, rows: pl.DataFrame, day: date) -> pl.Expr:
    """Whether the moment lies before the end of the day (wall clock of the file, as it was read)."""
    if rows.schema[column] == pl.Date:
        return pl.col(column) <= day
    return pl.col(column).dt.replace_time_zone(None) < datetime.combine(day + timedelta(days=1), time.min)


def _ripens(table: str, rows: pl.DataFrame) -> int:
    counted = ORDERS_OF_A_SEND & set(rows.columns)
    return RIPENS_WITH_ORDERS if table in RIPENS and counted else RIPENS.get(table, 0)


def build_past(store: DataDir, root: Path, settings: LoadSettings, day: date) -> DataDir:
    """Write the tables of a past day to `root` (whole or not at all) and return them. Errors: NothingThenError."""
    first = min((c.first for c in store.meta.coverage.values()), default=day)
    parts = [(e, known_on(e.table, files.read_part(store.root, e), day)) for e in _entries(store)]
    parts = [(entry, rows) for entry, rows in parts if rows.height]
    if day < first or not parts:
        raise NothingThenError(day=day, first=first)
    built = build(parts, settings)
    with files.replacing(root) as fresh:
        target = DataDir(fresh)
        for name, frame in built.frames.items():
            target.write(name, frame)
        target.seal(lambda meta: fill_meta(meta, built, settings))
        write_record(fresh, LoadRecord.of(built, settings))
    return DataDir(root)


def _entries(store: DataDir) -> list[files.Entry]:
    return files.read_index(store.root).entries
