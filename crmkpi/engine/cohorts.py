"""The cohort triangle in rows of the command line: retention_cohort, cohort_customers, _orders, _revenue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import narwhals as nw
import polars as pl

from crmkpi.engine.calendar import Calendar, Slot
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where, resolve, resolve_all
from crmkpi.engine.prepare import Preparation
from crmkpi.engine.result import SCHEMA
from crmkpi.engine.slots import coverages
from crmkpi.measures.cohorts import cohort_cells
from crmkpi.periods import Coverage, periods_between

COHORT_METRICS = ("retention_cohort", "cohort_customers", "cohort_orders", "cohort_revenue")
COHORT_SCHEMA = {**SCHEMA, "cohort": pl.String(), "age": pl.Int64()}


def cohorts(
    data: DataDir,
    grain: str,
    *,
    metrics: Sequence[str] = COHORT_METRICS,
    first: date | None = None,
    last: date | None = None,
    by: str | None = None,
    where: Sequence[Where] = (),
) -> pl.DataFrame:
    """Cohort metrics by cohort (period of the first order) and age (periods since then).

    denominator = cohort size = customers of age 0; retention_cohort = active / size. Only ages whose period has
    begun; every such cell has a row. `first`, `last` bound the rows' periods: a period counts if it begins in the
    window. Grain `all` has no triangle: no rows.
    """
    coverage = coverages(data).get("orders")
    if coverage is None or grain == "all":
        return pl.DataFrame(schema=COHORT_SCHEMA)
    dimension = resolve(data, by) if by is not None else None
    slots = tuple(Slot(p, p.first, p.last) for p in periods_between(coverage.first, coverage.last, grain))
    prep = Preparation(data, Calendar(slots), dimension, resolve_all(data, where), {"orders": coverage})
    cells = cohort_cells(nw.from_native(prep.orders({"amount", "t_first"}))).collect("polars").to_native()
    table = _triangle(cells, len(slots), data.meta.scale)
    table = table.join(_named(slots, coverage), on="t").join(_cohort_names(slots), on="t_first")
    if first is not None:
        table = table.filter(pl.col("from") >= first)
    if last is not None:
        table = table.filter(pl.col("from") <= last)
    parts = [_rows(table, metric, prep) for metric in COHORT_METRICS if metric in metrics]
    return pl.concat([pl.DataFrame(schema=COHORT_SCHEMA), *parts])


def _triangle(cells: pl.DataFrame, n: int, scale: int) -> pl.DataFrame:
    """Every cohort and age that has begun, zeros where nobody came."""
    ints = [pl.col(c).cast(pl.Int32) for c in ("t", "t_first", "seg")]
    cells = cells.with_columns(ints)
    size = cells.filter(pl.col("t") == pl.col("t_first")).select("t_first", "seg", size=pl.col("customers"))
    periods = pl.DataFrame({"t": range(n)}, schema={"t": pl.Int32})
    grid = size.join(periods, how="cross").filter(pl.col("t") >= pl.col("t_first"))
    full = grid.join(cells, on=["t_first", "t", "seg"], how="left").sort("seg", "t_first", "t")
    filled = [pl.col(c).fill_null(0).cast(pl.Float64) for c in ("customers", "orders", "revenue")]
    return full.with_columns(filled).with_columns(
        revenue=pl.col("revenue") / scale, age=(pl.col("t") - pl.col("t_first")).cast(pl.Int64)
    )


def _named(slots: Sequence[Slot], coverage: Coverage) -> pl.DataFrame:
    rows = [
        (t, s.period.text, s.first, s.last, coverage.complete(s.period), coverage.closed_by_pause(s.period))
        for t, s in enumerate(slots)
    ]
    names = ("t", "period", "from", "to", "complete", "paused")
    kinds = (pl.Int32, pl.String, pl.Date, pl.Date, pl.Boolean, pl.Boolean)
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def _cohort_names(slots: Sequence[Slot]) -> pl.DataFrame:
    names = [s.period.text for s in slots]
    return pl.DataFrame(
        {"t_first": range(len(slots)), "cohort": names}, schema_overrides={"t_first": pl.Int32}
    )


def _rows(table: pl.DataFrame, metric: str, prep: Preparation) -> pl.DataFrame:
    size = pl.col("size").cast(pl.Float64)
    column = {"cohort_orders": "orders", "cohort_revenue": "revenue"}.get(metric, "customers")
    value = pl.col(column) / size if metric == "retention_cohort" else pl.col(column)
    # customers of the first period in the data may have ordered before it
    notes = [
        pl.when(pl.col("t_first") == 0).then(pl.lit("left_censored")),
        pl.when(~pl.col("complete")).then(pl.lit("incomplete")),
        pl.when(pl.col("paused")).then(pl.lit("closed_by_pause")),
    ]
    segment = pl.lit(pl.Series(prep.segments, dtype=pl.String)).gather(pl.col("seg").cast(pl.UInt32))
    built = table.select(
        metric=pl.lit(metric),
        period=pl.col("period"),
        to=pl.col("to"),
        complete=pl.col("complete"),
        dimension=pl.lit(prep.by, dtype=pl.String),
        segment=segment,
        value=value,
        numerator=pl.col(column),
        denominator=size,
        n_rows=pl.col("orders").cast(pl.Int64),
        n_customers=pl.col("customers").cast(pl.Int64),
        warnings=pl.concat_list(notes).list.drop_nulls(),
        cohort=pl.col("cohort"),
        age=pl.col("age"),
        **{"from": pl.col("from")},
    )
    return built.select(list(COHORT_SCHEMA))
