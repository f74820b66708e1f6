"""A table that is no canonical one: the user's own columns under their own names, with numbers as numbers.

For files that the project does not keep (a finished test): read by the same forgiving reader as every other file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from crmkpi.ingest.profile import NUMERIC, profile, typed
from crmkpi.ingest.read import read
from crmkpi.ingest.reading_errors import EmptyFileError
from crmkpi.ingest.sniff import sniff
from crmkpi.ingest.text_table import TextTable

# codes that are numbers by their look only stay as written
AS_NUMBERS = NUMERIC | {"flag"}
YES = ("true", "yes", "да", "истина")
NO = ("false", "no", "нет", "ложь")


@dataclass(frozen=True)
class FreeTable:
    """The largest table of a file. `unread`: column -> cells that were filled but are no number there;
    `rejected`: rows that the reader could not place."""

    file: str
    frame: pl.DataFrame
    unread: dict[str, int]
    rejected: int


def free_table(path: Path, name: str | None = None) -> FreeTable:
    """The table of a file (of several the one with most rows), columns Float64 or String.

    Raises the errors of reading (empty_file, not_a_table ...).
    """
    tables = [read(source) for source in sniff(path, file=name)]
    table = max(tables, key=lambda one: one.rows_used, default=None)
    if table is None or not table.rows_used:
        raise EmptyFileError(file=name or path.name)
    return _typed(table, name or path.name)


def _typed(table: TextTable, file: str) -> FreeTable:
    text = table.collect()
    columns: list[pl.Expr] = []
    unread: dict[str, int] = {}
    for one in profile(table):
        answer = _as_flag(text[one.name])
        if answer is not None:
            columns.append(pl.lit(answer).alias(one.name))
        elif one.kind in AS_NUMBERS:
            columns.append(typed(one).cast(pl.Float64))
            if one.unparsed:
                unread[one.name] = one.unparsed
        else:
            columns.append(pl.col(one.name).str.strip_chars())
    return FreeTable(file, text.select(columns), unread, table.rows_rejected)


def _as_flag(column: pl.Series) -> pl.Series | None:
    """True/False, yes/no, да/нет as 1 and 0; None for any other column."""
    low = column.str.strip_chars().str.to_lowercase()
    values = set(low.drop_nulls().unique().head(3).to_list())
    if not values or not values <= {*YES, *NO} or low.drop_nulls().n_unique() > 2:
        return None
    return low.replace_strict({**dict.fromkeys(YES, 1.0), **dict.fromkeys(NO, 0.0)}, return_dtype=pl.Float64)
