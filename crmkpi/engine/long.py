"""From the wide table to rows that explain themselves: numerator, denominator, rows behind, warnings."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import polars as pl

from crmkpi.catalog.metric import Metric
from crmkpi.engine.cells import expression, formula
from crmkpi.engine.notices import Notices, complete
from crmkpi.engine.reduce import KNOWN, ROWS, Reduced
from crmkpi.engine.result import SCHEMA
from crmkpi.measures import ADDITIVE

NOTHING = pl.lit(None, dtype=pl.Float64)
FAR = 1.5  # a model this many times off what was observed says so
# metrics that have their own reason to be unknown in a cell
UNSAID = {"cac_payback": "not_paid_back", "reach": "reach_not_added"}
NO_CODES = pl.lit([], dtype=pl.List(pl.String))
PERIODS: dict[str, pl.DataType] = {
    "rank": pl.Int32(),
    "t": pl.Int32(),
    "period": pl.String(),
    "from": pl.Date(),
    "to": pl.Date(),
    "complete": pl.Boolean(),
    "notes": pl.List(pl.String),
}


def metric_rows(
    metrics: Sequence[Metric], cells: pl.DataFrame, reduced: Reduced, notices: Notices
) -> pl.DataFrame:
    """Rows of all metrics, in their order: every shown period that a metric's table covers, every segment seen."""
    ranks = {metric.id: rank for rank, metric in enumerate(metrics)}
    tables: dict[str, list[Metric]] = {}
    for metric in metrics:
        table = notices.availability.table_of(metric)
        if table in notices.prep.coverages:
            tables.setdefault(table, []).append(metric)
    parts = [_table_rows(table, some, ranks, cells, reduced, notices) for table, some in tables.items()]
    if not parts:
        return pl.DataFrame(schema=SCHEMA)
    return pl.concat(parts).sort("rank", "t", "seg").select(list(SCHEMA))


def _table_rows(
    table: str,
    metrics: list[Metric],
    ranks: dict[str, int],
    cells: pl.DataFrame,
    reduced: Reduced,
    notices: Notices,
) -> pl.DataFrame:
    """Rows of the metrics that one table dates and counts."""
    periods = _periods(metrics, ranks, notices)
    shown = periods["t"].unique().to_list()
    kept = cells.filter(pl.col("t").is_in(shown), pl.col("seg").is_in(_seen(table, reduced, cells, shown)))
    values = pl.concat([_values(metric, ranks[metric.id], kept, notices) for metric in metrics])
    rows = values.join(periods, on=["rank", "t"], how="inner")
    rows = _with_counts(rows, [ranks[m.id] for m in metrics if m.anonymous], reduced.counts.get(table))
    by = notices.prep.by
    segment = pl.lit(None, dtype=pl.String)
    if by is not None:
        names = pl.Series(notices.prep.segments, dtype=pl.String)
        segment = pl.lit(names).gather(pl.col("seg").cast(pl.UInt32))
    return rows.with_columns(
        dimension=pl.lit(by, dtype=pl.String),
        segment=segment,
        value=pl.when(pl.col("value").is_finite()).then(pl.col("value")),
        warnings=pl.concat_list("notes", "codes").list.drop_nulls().list.unique(maintain_order=True),
    )


def _values(metric: Metric, rank: int, cells: pl.DataFrame, notices: Notices) -> pl.DataFrame:
    given = metric.id in notices.availability.given
    above, below = (None, None) if given else fraction(metric)
    return cells.select(
        "t",
        "seg",
        pl.lit(metric.id).alias("metric"),
        pl.lit(rank, dtype=pl.Int32).alias("rank"),
        value=pl.col(metric.id),
        numerator=expression(above).cast(pl.Float64) if above else NOTHING,
        denominator=expression(below).cast(pl.Float64) if below else NOTHING,
        codes=NO_CODES if given else _cell_codes(metric, cells, notices, below),
    )


def fraction(metric: Metric) -> tuple[str | None, str | None]:
    """Numerator and denominator as formulas: declared, or the two sides of the formula's own division."""
    if metric.numerator and metric.denominator:
        return metric.numerator, metric.denominator
    if metric.formula is None or metric.klass != "ratio":
        return None, None
    tree = formula(metric.formula).tree
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
        return ast.unparse(tree.left), ast.unparse(tree.right)
    return None, None


def _periods(metrics: list[Metric], ranks: dict[str, int], notices: Notices) -> pl.DataFrame:
    """Names, days, completeness and warnings of every metric in every shown period."""
    prep = notices.prep
    rows = []
    for metric in metrics:
        coverage = prep.coverages[notices.availability.table_of(metric)]
        fixed = notices.of_metric(metric)
        for t in prep.calendar.shown:
            slot = prep.calendar.slots[t]
            if slot.last < coverage.first or slot.first > coverage.last:
                continue
            first, last = slot.first, slot.last
            if slot.period.grain == "all":
                first, last = max(first, coverage.first), min(last, coverage.last)
            notes = [*fixed, *notices.of_period(metric, t, coverage), *_overlap(metric, t, notices)]
            done = complete(slot, coverage)
            rows.append((ranks[metric.id], t, slot.period.text, first, last, done, notes))
    return pl.DataFrame(rows, schema=PERIODS, orient="row")


def _overlap(metric: Metric, t: int, notices: Notices) -> list[str]:
    overlap = notices.overlap
    if not overlap:
        return []
    counts_customers = metric.klass == "unique" and metric.table == "orders"
    roots = notices.roots(metric.id)
    counts_orders = metric.klass == "sum" and bool(roots & {"orders_count", "orders_total", "repeat_orders"})
    if counts_customers and t in overlap.get("customers", ()):
        return ["segments_overlap"]
    return ["segments_overlap"] if counts_orders and t in overlap.get("orders", ()) else []


def _seen(table: str, reduced: Reduced, cells: pl.DataFrame, shown: list[int]) -> list[int]:
    """Segments that have rows of the table in the shown periods (lists of customers: any segment)."""
    counts = reduced.counts.get(table)
    if counts is None:
        return cells["seg"].unique().to_list()
    seen = counts.filter(pl.col("t").is_in(shown))["seg"].unique().to_list()
    return seen or ([0] if cells["seg"].n_unique() == 1 else [])


def _with_counts(rows: pl.DataFrame, anonymous: list[int], counts: pl.DataFrame | None) -> pl.DataFrame:
    """Rows and customers behind each number; metrics of anonymous orders count all rows."""
    if counts is None:
        nothing = pl.lit(None, dtype=pl.Int64)
        return rows.with_columns(n_rows=nothing, n_customers=nothing)
    ints = {"t": pl.Int32, "seg": pl.Int32, "n": pl.Int64, "all": pl.Int64, "who": pl.Int64}
    small = counts.select([pl.col(name).cast(kind) for name, kind in ints.items()])
    rows = rows.join(small, on=["t", "seg"], how="left")
    n = pl.when(pl.col("rank").is_in(anonymous)).then(pl.col("all")).otherwise(pl.col("n"))
    who = pl.col("who").fill_null(0) if counts["who"].null_count() == 0 else pl.col("who")
    return rows.with_columns(n_rows=n.fill_null(0), n_customers=who).drop("n", "all", "who")


def _cell_codes(metric: Metric, cells: pl.DataFrame, notices: Notices, below: str | None) -> pl.Expr:
    """Warnings that depend on the numbers of the cell."""
    claims: dict[str, pl.Expr] = {}
    roots = notices.roots(metric.id)
    if below is not None:
        claims["zero_denominator"] = expression(below) == 0
    if metric.id in ("return_rate", "return_rate_orders"):
        claims["above_one"] = pl.col(metric.id) > 1
    if "base_size" in roots and {"active_customers", "base_size"} <= set(cells.columns):
        claims["base_by_last_order"] = pl.col("active_customers") > pl.col("base_size")
    if metric.id in UNSAID:
        claims[UNSAID[metric.id]] = pl.col(metric.id).is_null()
    if metric.check is not None:
        ratio = expression(metric.check)
        claims["differs_from_observed"] = (ratio > FAR) | (ratio < 1 / FAR)
    if "retention_rate" in roots and "moved_out" in cells.columns:
        claims["moved_between"] = pl.col("moved_out") > 0
    if roots & {"orders_with_lines"} and "orders_count" in cells.columns:
        claims["partial_lines"] = pl.col("orders_with_lines") < pl.col("orders_count")
    blanks = [n for n in sorted(roots) if n in ADDITIVE and ADDITIVE[n].blank and n + ROWS in cells.columns]
    if blanks:
        known = [(pl.col(n + ROWS), pl.col(n + KNOWN)) for n in blanks]
        claims["all_blank"] = pl.any_horizontal([(r > 0) & (k == 0) for r, k in known])
        claims["partly_blank"] = pl.any_horizontal([(k > 0) & (k < r) for r, k in known])
    if not claims:
        return NO_CODES
    return pl.concat_list([pl.when(claim).then(pl.lit(code)) for code, claim in claims.items()])
