"""One wide table: a row per period and segment, a column per measure and metric.

Covered cells without rows are 0 for sums and counts, unknown for distributions; cells outside a table's days are
unknown. Stocks are running sums of their events. Formulas run on the columns; a zero denominator is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import polars as pl

from crmkpi.catalog.metric import PERIOD_NAMES, Metric, order
from crmkpi.engine import facts
from crmkpi.engine.calendar import Slot, day_number
from crmkpi.engine.prepare import Preparation
from crmkpi.engine.reduce import KNOWN, ROWS, Reduced
from crmkpi.formula import Formula
from crmkpi.measures import ADDITIVE, KEYS, MEASURES, Measure
from crmkpi.periods import Coverage

MONTH_DAYS = 365.25 / 12


def wide(prep: Preparation, reduced: Reduced, names: Sequence[str], segments: Iterable[int]) -> pl.DataFrame:
    """Measures by cell, zeros and unknowns in place, money in units of the currency."""
    periods = pl.DataFrame({"t": range(prep.calendar.n)}, schema={"t": pl.Int32})
    cells = periods.join(pl.DataFrame({"seg": list(segments)}, schema={"seg": pl.Int32}), how="cross")
    for part in reduced.parts:
        keyed = part.with_columns(pl.col("t").cast(pl.Int32), pl.col("seg").cast(pl.Int32))
        if prep.by is not None and _company_wide(prep, part.columns):
            cells = cells.join(keyed.drop("seg"), on="t", how="left")
        else:
            cells = cells.join(keyed, on=list(KEYS), how="left")
    cells = cells.sort("seg", "t")
    cells = cells.with_columns([_measure(prep, n) for n in names if n in cells.columns])
    return cells.with_columns(_period_columns(prep))


def _company_wide(prep: Preparation, columns: Sequence[str]) -> bool:
    """Whether a part ignores the split (a company-wide measure under a split by an order's column)."""
    ids = [c for c in columns if c in MEASURES]
    return bool(ids) and all(MEASURES[c].scope == "company" for c in ids) and not prep.split_by_customer


def _measure(prep: Preparation, name: str) -> pl.Expr:
    measure = MEASURES[name]
    value = pl.col(name).cast(pl.Int64) if measure.cumulative else pl.col(name)
    if measure.cumulative:
        value = value.fill_null(0).cum_sum().over("seg")
    elif measure.empty is not None:
        value = value.fill_null(measure.empty)
    value = value.cast(pl.Float64)
    if measure.money:
        value = value / prep.data.meta.scale
    if name in ADDITIVE and ADDITIVE[name].blank:
        blank = (pl.col(name + ROWS) > 0) & (pl.col(name + KNOWN) == 0)
        value = pl.when(blank.fill_null(False)).then(None).otherwise(value)
    inside = [t for t, slot in enumerate(prep.calendar.slots) if covered(measure, slot, prep.coverages)]
    return pl.when(pl.col("t").is_in(inside)).then(value).alias(name)


def covered(measure: Measure, slot: Slot, coverages: Mapping[str, Coverage]) -> bool:
    """Whether a period touches the days that a measure needs."""
    coverage = coverages.get(measure.covered_by or measure.table)
    if coverage is None:
        return False
    return slot.last >= coverage.first and slot.first <= coverage.last


def remembers(measure: Measure, slot: Slot, coverages: Mapping[str, Coverage]) -> bool:
    """Whether the data reach as far back before the period's end as the measure looks."""
    coverage = coverages.get(measure.covered_by or measure.table)
    begin = None if coverage is None else coverage.first + timedelta(days=max(measure.memory_days - 1, 0))
    return begin is None or slot.last >= begin


def _period_columns(prep: Preparation) -> list[pl.Expr]:
    """Numbers about the period itself, by t."""
    slots = prep.calendar.slots
    coverage = prep.coverages.get("sends") or prep.coverages.get("orders")
    days: list[float | None] = [_days_inside(slot, coverage) for slot in slots]
    table: dict[str, list[float | None]] = {
        "period_days": days,
        "period_months": [_months(slot) for slot in slots],
        "visit_days": [_days_inside(slot, prep.coverages.get("visits")) for slot in slots],
        "typed_margin": [prep.data.meta.margin_rate] * len(slots),
    }
    season = facts.high_season(prep.data) if prep.data.has("orders") else ()
    inside = [_season_days(slot, season, prep.coverages.get("orders")) for slot in slots]
    table["days_in_season"] = [n for n, _ in inside]
    table["days_off_season"] = [n for _, n in inside]
    at = pl.col("t").cast(pl.UInt32)
    return [pl.lit(pl.Series(v, dtype=pl.Float64)).gather(at).alias(k) for k, v in table.items()]


def _days_inside(slot: Slot, coverage: Coverage | None) -> float:
    """Days of the period that the data cover (an unfinished week of messages is not seven days)."""
    if coverage is None:
        return float((slot.last - slot.first).days + 1)
    first, last = max(slot.first, coverage.first), min(slot.last, coverage.last)
    return float(max((last - first).days + 1, 0))


def _months(slot: Slot) -> float:
    months = {"month": 1.0, "quarter": 3.0, "year": 12.0}
    return months.get(slot.period.grain) or slot.period.days / MONTH_DAYS


def _season_days(
    slot: Slot, season: tuple[int, ...], coverage: Coverage | None
) -> tuple[float | None, float | None]:
    if not season or coverage is None:
        return None, None
    first = max(day_number(slot.first), day_number(coverage.first))
    last = min(day_number(slot.last), day_number(coverage.last))
    months = pl.int_range(first, last + 1, eager=True, dtype=pl.Int32).cast(pl.Date).dt.month()
    inside = int(months.is_in(list(season)).sum())
    return float(inside), float(len(months) - inside)


def with_formulas(
    cells: pl.DataFrame, metrics: dict[str, Metric], unknown: dict[str, list[int]]
) -> pl.DataFrame:
    """Add a column per metric, each after those it stands on; `unknown`: periods without a value, by metric.
    Metrics whose values stand in the table already (a sheet gave them) are not among `metrics`."""
    missing = {n for m in metrics.values() for n in _names(m)} - set(cells.columns) - set(metrics)
    cells = cells.with_columns([pl.lit(None, dtype=pl.Float64).alias(n) for n in sorted(missing)])
    for layer in _layers(metrics):
        cells = cells.with_columns([_column(metric, unknown.get(metric.id, [])) for metric in layer])
    return cells


def _layers(metrics: dict[str, Metric]) -> list[list[Metric]]:
    """Metrics in layers: each stands on measures and on metrics of earlier layers."""
    depth: dict[str, int] = {}
    for name in order(metrics):
        below = [depth[n] for n in metrics[name].names if n in depth and n != name]
        depth[name] = 1 + max(below, default=-1)
    layers: list[list[Metric]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for name, level in depth.items():
        layers[level].append(metrics[name])
    return layers


def _column(metric: Metric, unknown: list[int]) -> pl.Expr:
    assert metric.text is not None
    value = expression(metric.text)
    if unknown:
        value = pl.when(pl.col("t").is_in(unknown)).then(None).otherwise(value)
    return value.cast(pl.Float64).alias(metric.id)


def _names(metric: Metric) -> tuple[str, ...]:
    texts = [t for t in (metric.text, metric.numerator, metric.denominator, metric.check) if t]
    return tuple(n for t in texts for n in formula(t).names)


@cache
def formula(text: str) -> Formula:
    """A parsed formula; the catalogue's texts are parsed once."""
    return Formula(text)


def expression(text: str) -> pl.Expr:
    """A formula over columns; dividing by zero or by the unknown is unknown."""
    built: Any = formula(text).expression(pl.col, _divide, _call)
    return built if isinstance(built, pl.Expr) else pl.lit(built, dtype=pl.Float64)


def _divide(a: Any, b: Any) -> Any:
    below = b if isinstance(b, pl.Expr) else pl.lit(b)
    return pl.when(below != 0).then(a / below)


def _call(name: str, args: list[Any]) -> pl.Expr:
    exprs = [a if isinstance(a, pl.Expr) else pl.lit(a, dtype=pl.Float64) for a in args]
    if name == "coalesce":
        return pl.coalesce(exprs)
    if name == "abs":
        return exprs[0].abs()
    known = pl.all_horizontal([e.is_not_null() for e in exprs])
    return pl.when(known).then(pl.min_horizontal(exprs) if name == "min" else pl.max_horizontal(exprs))


assert set(PERIOD_NAMES) == {
    "period_days",
    "period_months",
    "days_in_season",
    "days_off_season",
    "typed_margin",
    "visit_days",
}
