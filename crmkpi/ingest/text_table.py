"""TextTable: what `read` gives, every cell still text, every row accounted for."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field

import polars as pl

from crmkpi.ingest.source import Source

ROW = "__row"
REJECTED_SCHEMA = {"row": pl.Int64, "reason": pl.String, "text": pl.String}


@dataclass
class Finding:
    """One remark on the file. `level` is info, warning or error; the sentence is i18n `issue.<code>`,
    filled with count, column and params."""

    code: str
    level: str
    column: str | None = None
    count: int = 1
    params: dict[str, object] = field(default_factory=dict)


@dataclass
class TextTable:
    """A table as text.

    `frame` has the columns of `columns`, all String with null for an empty cell, and `__row`: the 1-based line
    (or sheet row) the record begins at. Law: rows_in = rows used + rows_rejected + rows_empty +
    dropped_total_rows; title and header rows are not counted. `rejected` keeps at most `kept_rejected` rows
    (rejected, footer and dropped total rows) with the reason code; the counts are exact.
    """

    source: Source
    frame: pl.LazyFrame | pl.DataFrame
    columns: list[str]
    original_headers: list[str]
    rows_in: int
    rows_rejected: int
    rows_empty: int
    dropped_total_rows: int
    skipped_title_rows: int
    rejected: pl.DataFrame
    findings: list[Finding]
    rows_used: int = 0
    # dropped total rows as they stand in the file, columns of `frame`: a person may want them back
    totals: pl.DataFrame | None = None
    # keeps a temporary folder of Parquet parts alive as long as the table
    spool: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)

    def collect(self) -> pl.DataFrame:
        """The whole table in memory."""
        return self.frame.collect() if isinstance(self.frame, pl.LazyFrame) else self.frame
