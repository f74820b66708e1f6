"""Texts that repeat from row to row, kept as codes: four bytes a row instead of sixteen and more.

Sales are the only tables of millions of rows with several texts in each. Their dimensions and products are codes
from typing until the tables are written; ids stay texts, and so do columns whose words the product must understand.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from crmkpi.ingest.clean import REPEATS_FOR_DISTINCT, CleanTable
from crmkpi.ingest.profile import ColumnProfile
from crmkpi.tables import TABLES

SALES = ("orders", "order_lines")
SPOKEN = ("currency",)


def coded(table: CleanTable, profiles: Sequence[ColumnProfile]) -> pl.DataFrame:
    """The typed rows of a sales file with its dimensions and texts as Categorical where each stands on at least
    three rows on average; rows of other tables as they are."""
    if table.table not in SALES:
        return table.frame
    distinct = {p.name: p.distinct for p in profiles}
    texts = [c.name for c in TABLES[table.table].columns if c.kind in ("category", "text")]
    often = [
        name
        for name in (*texts, *table.dimensions)
        if name in table.labels
        and name not in SPOKEN
        and distinct.get(table.labels[name], 0) * REPEATS_FOR_DISTINCT <= table.frame.height
    ]
    frame = table.frame.clone()
    # one column after the other, so that the texts never stand beside all of their codes
    for name in often:
        if frame.schema[name] == pl.String:
            frame.replace_column(frame.columns.index(name), frame[name].cast(pl.Categorical))
    return frame
