"""How polars, pandas and DuckDB read a file when nobody helps them: plain values, judged by the same truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

from tests.exports.corpus import Case


@dataclass
class Grid:
    """What a reader made of a file: names and, per column, python values."""

    columns: list[str]
    values: list[list[object]]

    @property
    def rows(self) -> int:
        """Rows of data."""
        return len(self.values[0]) if self.values else 0


def with_polars(path: Path) -> Grid:
    """`pl.read_csv`, `pl.read_excel`, `pl.read_parquet` without arguments, dates tried."""
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
    elif path.suffix in (".xlsx", ".xls"):
        frame = pl.read_excel(path)
    else:
        frame = pl.read_csv(path, try_parse_dates=True)
    return Grid(frame.columns, [column.to_list() for column in frame.get_columns()])


def with_pandas(path: Path) -> Grid:
    """`pd.read_csv`, `pd.read_excel`, `pd.read_parquet` without arguments."""
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".parquet": pd.read_parquet,
        ".xlsx": pd.read_excel,
        ".xls": pd.read_excel,
    }
    frame = readers.get(path.suffix, pd.read_csv)(path)
    blank = frame.astype(object).where(frame.notna(), None)
    return Grid(
        [str(c) for c in frame.columns],
        [blank[c].tolist() if not isinstance(blank[c], pd.DataFrame) else [] for c in frame.columns],
    )


def with_duckdb(path: Path) -> Grid:
    """`SELECT * FROM 'file'` with the sniffer's own choice."""
    call = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM {call}(?)", [str(path)])
        names = [d[0] for d in found.description]
        rows = found.fetchall()
    return Grid(names, [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in names])


@dataclass
class Outcome:
    """Which aspects of a case came out right (None: the case does not test it); `failed`: the reader refused."""

    failed: bool
    aspects: dict[str, bool | None]

    @property
    def right(self) -> bool:
        """Everything that the case tests."""
        return all(v is not False for v in self.aspects.values())


ASPECTS = ("columns", "rows", "sums", "dates", "flags", "ids", "refusal or question")


def outcome(
    case: Case, read: Callable[[Path], Grid], path: Path, errors: tuple[type[BaseException], ...]
) -> Outcome:
    """One peer before one case."""
    blank: dict[str, bool | None] = dict.fromkeys(ASPECTS)
    try:
        grid = read(path)
    except errors:
        return Outcome(True, {**blank, "refusal or question": bool(case.error)})
    if case.error or case.asks:
        return Outcome(False, {**blank, "refusal or question": False})
    found = dict(zip(grid.columns, grid.values, strict=False))
    got: dict[str, bool | None] = dict(blank)
    got["columns"] = None if case.columns is None else tuple(grid.columns) == case.columns
    got["rows"] = None if case.rows is None else grid.rows == case.rows
    got["sums"] = _all(case.sums, lambda name, total: _sum(found.get(name, []), total))
    got["dates"] = _all(case.dates, lambda name, days: _days(found.get(name, [])) == _days(days))
    got["flags"] = _all(case.flags, lambda name, marks: _marks(found.get(name, [])) == marks)
    got["ids"] = _all(case.ids, lambda name, keys: _keys(found.get(name, [])) == keys)
    return Outcome(False, got)


def _all(wanted: dict, check: Callable[[str, object], bool]) -> bool | None:
    return all(check(name, value) for name, value in wanted.items()) if wanted else None


def _sum(values: Sequence[object], total: object) -> bool:
    numbers = [v for v in values if v is not None]
    if any(isinstance(v, (str, bool)) for v in numbers):
        return False
    return abs(sum(float(v) for v in numbers) - float(total)) < 0.01  # type: ignore[arg-type]


def _days(values: Sequence[object]) -> list[object]:
    """Days only: a peer need not agree about offsets and seconds."""
    out: list[object] = []
    for value in values:
        whole = value.date() if isinstance(value, datetime) else value
        out.append(whole if isinstance(whole, date) else (None if whole is None else str(whole)))
    return out


def _marks(values: Sequence[object]) -> list[object]:
    return [int(v) if isinstance(v, (bool, int)) else v for v in values]


def _keys(values: Sequence[object]) -> list[object]:
    return [None if v is None else str(v) for v in values]
