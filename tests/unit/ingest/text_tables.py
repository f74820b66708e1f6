"""Text tables for the tests of recognising: cells as text, as the reader gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from crmkpi.ingest.profile import ColumnProfile, profile, typed
from crmkpi.ingest.source import Source
from crmkpi.ingest.text_table import TextTable


def text_table(
    columns: Mapping[str, Sequence[object]], delimiter: str = ",", file: str = "export.csv"
) -> TextTable:
    """A table of the given cells; None is an empty cell."""
    cells = {name: [None if v is None else str(v) for v in values] for name, values in columns.items()}
    frame = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))
    source = Source(path=Path(file), file=file, sha256="", bytes=0, kind="csv", delimiter=delimiter)
    names = list(columns)
    return TextTable(source, frame, names, names, frame.height, 0, 0, 0, 0, pl.DataFrame(), [])


def one(
    values: Sequence[object], name: str = "x", delimiter: str = ",", answers: Mapping[str, str] | None = None
) -> tuple[ColumnProfile, list[object]]:
    """Profile of a single column and its typed values."""
    table = text_table({name: values}, delimiter)
    found = profile(table, answers)[0]
    return found, table.collect().select(typed(found)).to_series().to_list()
