"""What a test may be judged by, and how small an effect each criterion can show on this audience.

The criteria are nodes of the tree (who buys, how often, for how much), because an open rate says nothing of money.
Base values come from the last `window_days` of the data for the people as they were known before that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from crmkpi.analysis.experiment import DAY_SECONDS, outcomes
from crmkpi.analysis.planning import (
    USUAL_CONTROL,
    BadShareError,
    control_size,
    mde_mean,
    mde_share,
)
from crmkpi.analysis.purchases import order_coverage
from crmkpi.analysis.rfm import rfm
from crmkpi.engine.calendar import day_number
from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError

EVERYONE = "everyone"
WINDOWS = (14, 30, 60, 90)
# metric of the tree -> column of outcomes
CRITERIA = {"active_customers": "bought", "purchase_frequency": "orders", "revenue_base": "revenue"}
# fewer people than this and no useful effect can be seen
LEAST_PEOPLE = 40


class TooFewToPlanError(CrmKpiError):
    """The audience is too small to learn anything from: `people`, `least`."""

    code = "plan_too_few"


@dataclass(frozen=True)
class Criterion:
    """One success criterion. `metric`: id of the tree node; `base`: what happens anyway per customer (a share for
    `active_customers`); `mde`: smallest difference seen with 80 % power; `relative`: the same over the base;
    `with_before`: the same for money and orders where CUPED takes the year before into account."""

    metric: str
    base: float
    mde: float | None
    relative: float | None
    with_before: float | None = None


@dataclass(frozen=True)
class TestPlan:
    """`people` with `control` of them left alone; `criteria` for the asked window; `by_window`: window, usual share
    of buyers, smallest difference (None: nobody or everybody buys); `needed`: control group that would show the
    expected difference (None: no split of this audience does); `days`: shortest window that shows the same growth in
    per cent."""

    __test__ = False
    people: int
    control: int
    window_days: int
    criteria: tuple[Criterion, ...]
    by_window: tuple[tuple[int, float, float | None], ...]
    needed: int | None
    days: int | None


def audience(data: DataDir, name: str, window_days: int) -> pl.DataFrame:
    """cust, start of the people that `name` (everyone, or an RFM group) held `window_days` before the data's end.

    The groups are those of that day: today's groups already know what the window brought.
    """
    cut = order_coverage(data).last - timedelta(days=window_days)
    found = rfm(data, as_of=cut).customers
    if name != EVERYONE:
        found = found.filter(pl.col("segment") == name)
    start = (day_number(cut) + 1) * DAY_SECONDS
    return found.select("cust", start=pl.lit(start, dtype=pl.Int64))


def plan_test(
    data: DataDir,
    name: str = EVERYONE,
    *,
    window_days: int = 30,
    control_share: float = USUAL_CONTROL,
    expected: float | None = None,
) -> TestPlan:
    """What a test on this audience can see. `expected`: hoped-for difference of the share of buyers (0.01 = 1 point).

    TooFewToPlanError under LEAST_PEOPLE; BadShareError on a control share outside 0..1.
    """
    if not 0 < control_share < 1:
        raise BadShareError(value=control_share)
    done = outcomes(data, audience(data, name, window_days), window_days)
    people = done.height
    if people < LEAST_PEOPLE:
        raise TooFewToPlanError(people=people, least=LEAST_PEOPLE)
    control = min(people - 1, max(1, round(people * control_share)))
    criteria = tuple(_criterion(done, metric, people - control, control) for metric in CRITERIA)
    by_window = []
    for days in sorted({*WINDOWS, window_days}):
        seen = done if days == window_days else outcomes(data, audience(data, name, days), days)
        share = float(seen["bought"].mean() or 0.0) if seen.height else 0.0  # type: ignore[arg-type]
        by_window.append(
            (days, share, mde_share(share, people - control, control) if 0 < share < 1 else None)
        )
    usual = criteria[0].base
    needed = control_size(people, usual, expected) if expected and 0 < usual < 1 else None
    # a longer window brings more buyers of both arms, so the hope is carried over in per cent, not in points
    hope = expected / usual if expected and usual else None
    enough = [d for d, share, mde in by_window if hope and mde is not None and mde <= hope * share]
    return TestPlan(
        people, control, window_days, criteria, tuple(by_window), needed, min(enough, default=None)
    )


def _criterion(done: pl.DataFrame, metric: str, treated: int, control: int) -> Criterion:
    values = done[CRITERIA[metric]].to_numpy().astype(float)
    base, spread = float(values.mean()), float(values.std())
    if spread == 0:
        return Criterion(metric, base, None, None)
    if metric == "active_customers":
        mde = mde_share(base, treated, control)
        return Criterion(metric, base, mde, mde / base)
    mde = mde_mean(spread, treated, control)
    before = done["revenue_before"].to_numpy()
    kept = 1.0 if before.std() == 0 else 1 - float(np.corrcoef(values, before)[0, 1]) ** 2
    return Criterion(metric, base, mde, mde / base, mde * kept**0.5)
