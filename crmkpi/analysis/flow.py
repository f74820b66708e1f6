"""The base flow: where the active customers of a period came from and went, as the steps of a waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from crmkpi.analysis.purchases import order_coverage, purchases
from crmkpi.analysis.uplift import wilson
from crmkpi.engine.calendar import day_number
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.periods import Period

# metric, sign: active before + ... = active now (definitions.md "Flow under any filter F")
STEPS = (
    ("active_customers_prev", 1),
    ("new_customers", 1),
    ("returned_customers", 1),
    ("moved_in", 1),
    ("lost_customers", -1),
    ("moved_out", -1),
    ("active_customers", 1),
)
MOVES = ("moved_in", "moved_out")
TOTALS = ("active_customers_prev", "active_customers")
FLOW_METRICS = [*(name for name, _ in STEPS), "reactivated_customers"]


@dataclass(frozen=True)
class Step:
    """One bar: metric id, signed number of customers, where the bar begins and ends."""

    metric: str
    value: float
    start: float
    stop: float


@dataclass(frozen=True)
class Waterfall:
    """Bars from the active customers of the period before to those of this one; empty where the flow is unknown.

    `reactivated`: of the active, those who came back after more than N days (company-wide, part of new or returned or
    retained, so no bar of its own); `warnings` of the numbers, once each.
    """

    period: Period
    steps: tuple[Step, ...]
    reactivated: float | None
    warnings: tuple[str, ...]


def waterfalls(data: DataDir, periods: Sequence[Period], where: Sequence[Where] = ()) -> list[Waterfall]:
    """The flow of each period. Bars of customers moved between filters stand only where somebody moved."""
    result = evaluate_periods(data, FLOW_METRICS, periods, where=where)
    found = []
    for period in periods:
        values = {name: result.value(name, period.text) for name in FLOW_METRICS}
        rows = [result.get(name, period.text) for name in FLOW_METRICS]
        warnings = dict.fromkeys(w for row in rows if row is not None for w in row.warnings)
        steps = _steps({n: v for n, v in values.items() if v is not None})
        found.append(Waterfall(period, steps, values["reactivated_customers"], tuple(warnings)))
    return found


def _steps(values: dict[str, float]) -> tuple[Step, ...]:
    if any(name not in values for name, _ in STEPS):
        return ()
    steps, level = [], 0.0
    for name, sign in STEPS:
        value = sign * values[name]
        if name in TOTALS:
            steps.append(Step(name, value, 0.0, value))
            level = value
        elif name not in MOVES or value:
            steps.append(Step(name, value, level, level + value))
            level += value
    return tuple(steps)


@dataclass(frozen=True)
class NaturalReturn:
    """What dormant customers do without any action: the baseline that a win-back result must beat.

    `share` of customers silent for more than N days who ordered within the window, over `dates` past dates;
    `low`, `high`: the smallest and largest share among them, or the Wilson interval of a single date.
    """

    dormant: int
    came_back: int
    share: float | None
    low: float | None
    high: float | None
    dates: int


def natural_return(
    data: DataDir,
    window_days: int = 90,
    *,
    dormant_days: int | None = None,
    before: date | None = None,
    where: Sequence[Where] = (),
) -> NaturalReturn:
    """Historic return of the dormant, on dates one window apart, all windows ending before `before`.

    On simulated customers without any treatment 34.6 % of those dormant for 90 days bought in the next 90
    (methods.md 7): without a holdout most of a win-back "result" is this. `before` defaults to the day after the
    data; give the start of the campaign to keep its effect out.
    """
    coverage = order_coverage(data)
    idle = data.meta.inactivity_days if dormant_days is None else dormant_days
    end = min(before or coverage.last + timedelta(days=1), coverage.last + timedelta(days=1))
    rows = purchases(data, where).select("cust", "day").unique().sort("cust", "day").collect()
    rows = rows.with_columns(next_day=pl.col("day").shift(-1).over("cust"))
    counts = []
    start = end - timedelta(days=window_days)
    while (start - coverage.first).days > idle:
        day = day_number(start)
        stopped = pl.col("next_day").is_null() | (pl.col("next_day") >= day)
        silent = rows.filter((pl.col("day") + idle < day) & stopped)
        back = silent.filter(pl.col("next_day") < day + window_days).height
        if silent.height:
            counts.append((back, silent.height))
        start -= timedelta(days=window_days)
    if not counts:
        return NaturalReturn(0, 0, None, None, None, 0)
    hits, sizes = (np.array(column) for column in zip(*counts, strict=True))
    shares = hits / sizes
    low, high = (shares.min(), shares.max()) if len(counts) > 1 else (b[0] for b in wilson(hits, sizes))
    total, back = int(sizes.sum()), int(hits.sum())
    return NaturalReturn(total, back, back / total, float(low), float(high), len(counts))
