"""Sheets of one workbook that hold the same metrics for the same dates: a city or a channel per sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from crmkpi.ingest.inspect import Seen
from crmkpi.ingest.match import header_set
from crmkpi.ingest.quality import finding

KEY = ("metric", "date")


def sheets_apart(seen: Sequence[Seen]) -> list[Seen]:
    """Where two KPI sheets of a file give different values for one metric and date, their metrics take the
    sheet's name («Выручка / Москва»): neither is the metric of the whole company."""
    out = list(seen)
    for one in out:
        twins = [o for o in out if o is not one and _twins(one, o)]
        if twins:
            for sheet in (one, *twins):
                _rename(sheet)
    return out


def _twins(one: Seen, other: Seen) -> bool:
    for seen in (one, other):
        if (
            seen.report.table != "dated_values"
            or seen.report.sheet is None
            or not set(KEY) <= set(seen.text.columns)
        ):
            return False
    if one.report.sha256 != other.report.sha256 or one.report.header_set != other.report.header_set:
        return False
    return not one.text.collect().join(other.text.collect(), on=KEY, how="semi").is_empty()


def _rename(seen: Seen) -> None:
    name = f" / {seen.report.sheet}"
    frame = seen.text.collect()
    if frame["metric"].drop_nulls().str.ends_with(name).all():
        return
    seen.text = replace(seen.text, frame=frame.with_columns(pl.col("metric") + name))
    report = seen.report
    report.header_set = header_set([report.header_set, str(report.sheet)])
    example = seen.text.collect()["metric"].drop_nulls().min()
    report.issues += finding("sheets_apart", "info", frame["metric"].n_unique(), example, ())
