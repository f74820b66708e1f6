"""Seasonal before and after for any metric: what changed beyond last year's season (methods.md 7, grade C)."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scipy import stats

from crmkpi.analysis.before_after import WEEK, YEAR, WindowError
from crmkpi.analysis.purchases import order_coverage
from crmkpi.analysis.uplift import LEVEL, Effect, known
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.periods import Period

LEAST_WEEKS, MOST_WEEKS = 2, 13


@dataclass(frozen=True)
class SeasonalAnswer:
    """The relative effect, the metric's value in the four windows, and what it means in the metric's unit.

    `change` = after - before x usual growth: the metric's own unit, with `low`, `high` from the effect's interval.
    """

    effect: Effect
    before: float
    after: float
    usual_before: float
    usual_after: float
    weeks: int

    @property
    def change(self) -> tuple[float, float, float] | None:
        """What is left after the season, in the metric's unit: estimate, low, high."""
        e = self.effect
        if e.estimate is None or e.low is None or e.high is None:
            return None
        expected = self.before * self.usual_after / self.usual_before
        return expected * e.estimate, expected * e.low, expected * e.high


def seasonal_effect(
    data: DataDir,
    metric: str,
    start: date,
    days: int,
    where: Sequence[Where] = (),
    level: float = LEVEL,
) -> SeasonalAnswer:
    """(post/pre this year) / (post/pre last year) - 1 for a metric of any kind, each window reduced anew.

    Windows are whole weeks: up to 13 on both sides of `start`, as many as `days` and the data allow, and the same
    weekdays 52 weeks earlier. The error comes from the variation of the weeks inside the four windows on a log
    scale. WindowError when the data do not reach or a window holds nothing.
    """
    weeks = min(days // WEEK, MOST_WEEKS, _weeks_after(data, start))
    span = weeks * WEEK
    first, need = start - timedelta(days=YEAR + span), LEAST_WEEKS * WEEK
    if weeks < LEAST_WEEKS or first < order_coverage(data).first:
        raise WindowError(first=first, last=start + timedelta(days=max(span, need) - 1), need=need)
    starts = [start, start - timedelta(days=span)]
    starts += [s - timedelta(days=YEAR) for s in starts]
    windows = [Period(s, s + timedelta(days=span - 1)) for s in starts]
    blocks = [_weeks(s, weeks) for s in starts]
    found = evaluate_periods(data, [metric], [*windows, *(p for b in blocks for p in b)], where=where)
    sums = [found.value(metric, w.text) for w in windows]
    rows = [[found.value(metric, p.text) for p in block] for block in blocks]
    if any(v is None or v <= 0 for v in sums):
        raise WindowError(first=first, last=windows[0].last, need=need)
    after, before, usual_after, usual_before = (float(v or 0.0) for v in sums)
    effect = _effect(after / before, usual_after / usual_before, rows, span, level)
    return SeasonalAnswer(effect, before, after, usual_before, usual_after, weeks)


def _weeks_after(data: DataDir, start: date) -> int:
    return max(0, ((order_coverage(data).last - start).days + 1) // WEEK)


def _weeks(start: date, weeks: int) -> list[Period]:
    firsts = [start + timedelta(days=WEEK * k) for k in range(weeks)]
    return [Period(f, f + timedelta(days=WEEK - 1)) for f in firsts]


def _effect(
    growth: float, usual: float, rows: Sequence[Sequence[float | None]], span: int, level: float
) -> Effect:
    """Interval of growth/usual - 1; unknown when a window has a week without a value or no spread at all."""
    estimate = growth / usual - 1
    bare = Effect("seasonal", span, span, growth, usual, estimate, None, None, None, level=level)
    filled = [[v for v in block if v is not None] for block in rows]
    if any(len(block) < len(rows[0]) or statistics.fmean(block) <= 0 for block in filled):
        return bare
    variances = [statistics.variance(b) / len(b) / statistics.fmean(b) ** 2 for b in filled]
    se = math.sqrt(sum(variances))
    if se == 0:
        return bare
    df = sum(len(b) - 1 for b in filled)
    log, half = math.log(growth / usual), float(stats.t.ppf(0.5 + level / 2, df)) * se
    return Effect(
        method="seasonal",
        n_treated=span,
        n_control=span,
        treated=growth,
        control=usual,
        estimate=estimate,
        low=math.expm1(log - half),
        high=math.expm1(log + half),
        p_value=known(2 * stats.t.sf(abs(log / se), df)),
        statistic=log / se,
        df=df,
        level=level,
        notes=("without_control",),
    )
