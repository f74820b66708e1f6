"""Tests read from data: a campaign with a control group, a list with one, any table with a row per person.

Grade A evidence (methods.md 7): random control, everybody counted in the arm they were assigned to, whether or not
the message arrived. The unit is the customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from crmkpi.analysis.planning import SplitCheck, mde_share, split_check, verdict
from crmkpi.analysis.purchases import order_coverage
from crmkpi.analysis.revenue import RevenueEffect, bootstrap_effect, revenue_effect
from crmkpi.analysis.uplift import Cuped, Effect, benjamini_hochberg, cuped, two_proportions
from crmkpi.engine import facts
from crmkpi.engine.calendar import EPOCH
from crmkpi.engine.data import DataDir, NoTableError
from crmkpi.errors import CrmKpiError

WINDOW_DAYS = 30
# a year: those who are written to because they are silent have nothing in the last 90 days
BEFORE_DAYS = 365
DAY_SECONDS = 86_400
# under so many customers in an arm nothing is worth printing
SMALLEST_ARM = 2


class NoControlError(CrmKpiError):
    """The campaign or list has no people in one of the arms: `name`, `treated`, `control`."""

    code = "no_control_group"


class UnknownColumnError(CrmKpiError):
    """A test table lacks a column or an arm: `name`, `known`."""

    code = "unknown_test_column"


@dataclass(frozen=True)
class TestAnswer:
    """What a test with a random control group says about the orders within `window_days` after its start.

    `buyers`: share of customers with an order. `revenue`: money per customer with the sensitivity line.
    `adjusted`: the same money by CUPED with the customers' `BEFORE_DAYS` before the start. `split`: whether the
    arms have the planned sizes (None if nobody planned them). `mde`: the smallest difference of shares this test
    could see, at the share of both arms together. `ready`: all had the whole window; before `ready_on` the verdict
    is `too_early`, and p values should not be shown (looking ten times at 5 % gives 19 % false alarms). `verdict`:
    code of `effect_verdict`.
    """

    __test__ = False
    name: str
    window_days: int
    buyers: Effect
    revenue: RevenueEffect
    adjusted: Cuped
    split: SplitCheck | None
    mde: float | None
    ready: bool
    ready_on: date
    verdict: str
    grade: str = "A"
    notes: tuple[str, ...] = ()

    @property
    def extra_buyers(self) -> tuple[float, float, float] | None:
        """Customers who ordered because of it, with the interval."""
        return self.buyers.total

    @property
    def extra_money(self) -> tuple[float, float, float] | None:
        """Money of the treated group above the control's, with the interval."""
        return self.revenue.effect.total


def campaign_people(data: DataDir, campaign_id: str) -> tuple[pl.DataFrame, int]:
    """cust, control (0/1), start (epoch seconds of the first send) of a campaign; how many stood in both arms and
    were left out. NoTableError without messages, NoControlError without both arms."""
    if not data.has("messages"):
        raise NoTableError(table="messages", known=", ".join(data.tables()) or "—")
    have = data.columns("messages")
    if "campaign_id" not in have or "control" not in have:
        raise NoControlError(name=campaign_id, treated=0, control=0)
    rows = data.frame("messages").filter(
        (pl.col("campaign_id").cast(pl.String) == campaign_id) & pl.col("cust").is_not_null()
    )
    flag = pl.col("control").fill_null(0).cast(pl.Int8)
    per = rows.group_by("cust").agg(control=flag.max(), least=flag.min(), start=pl.col("ts").min())
    found = per.sort("cust").collect()
    clean = found.filter(pl.col("control") == pl.col("least")).select("cust", "control", "start")
    return clean, found.height - clean.height


def outcomes(
    data: DataDir, people: pl.DataFrame, window_days: int = WINDOW_DAYS, before_days: int = BEFORE_DAYS
) -> pl.DataFrame:
    """people + orders, bought (0/1), revenue in the window of `window_days` x 24 h after each one's start, and
    revenue_before in the `before_days` before it. Money in units of the currency; nobody is dropped."""
    shift = DAY_SECONDS - 1 if facts.dates_only(data) else 0
    rows = data.frame("orders").select("cust", "amount", at=pl.col("ts") + shift)
    joined = rows.join(people.lazy().select("cust", "start"), on="cust")
    since = pl.col("at") - pl.col("start")
    inside = (since >= 0) & (since <= window_days * DAY_SECONDS)
    earlier = (since < 0) & (since >= -before_days * DAY_SECONDS)
    scale = data.meta.scale
    per = joined.group_by("cust").agg(
        orders=inside.sum().cast(pl.Int64),
        revenue=pl.col("amount").filter(inside).sum() / scale,
        revenue_before=pl.col("amount").filter(earlier).sum() / scale,
    )
    full = people.join(per.collect(), on="cust", how="left", maintain_order="left")
    filled = full.with_columns(pl.col("orders", "revenue", "revenue_before").fill_null(0))
    return filled.with_columns(bought=(pl.col("orders") > 0).cast(pl.Int8))


def read_campaign(
    data: DataDir,
    campaign_id: str,
    window_days: int = WINDOW_DAYS,
    *,
    control_share: float | None = None,
    expected: float | None = None,
) -> TestAnswer:
    """The effect of a campaign whose messages hold a control group (messages.control).

    `control_share`: planned share of the control group, for the sample-ratio check; `expected`: the difference of
    shares hoped for in advance, without which "no effect shown" never becomes "no effect".
    """
    people, both = campaign_people(data, campaign_id)
    notes = ("in_both_arms",) if both else ()
    return read_people(
        data, campaign_id, people, window_days, control_share=control_share, expected=expected, notes=notes
    )


def read_people(
    data: DataDir,
    name: str,
    people: pl.DataFrame,
    window_days: int = WINDOW_DAYS,
    *,
    control_share: float | None = None,
    expected: float | None = None,
    notes: tuple[str, ...] = (),
) -> TestAnswer:
    """The effect on any list of people: cust, control (0/1), start (epoch seconds). For issued lists too."""
    done = outcomes(data, people, window_days)
    treated, control = (done.filter(pl.col("control") == arm) for arm in (0, 1))
    if min(treated.height, control.height) < SMALLEST_ARM:
        raise NoControlError(name=name, treated=treated.height, control=control.height)
    bought = [(int(arm["bought"].sum()), arm.height) for arm in (treated, control)]
    buyers = two_proportions(*bought[0], *bought[1])
    money = [arm["revenue"].to_numpy() for arm in (treated, control)]
    past = [arm["revenue_before"].to_numpy() for arm in (treated, control)]
    pooled = (bought[0][0] + bought[1][0]) / done.height
    mde = mde_share(pooled, treated.height, control.height) if 0 < pooled < 1 else None
    split = None
    if control_share is not None:
        split = split_check([treated.height, control.height], [1 - control_share, control_share])
    last_start = int(done["start"].max() or 0)  # type: ignore[arg-type]
    ready_on = EPOCH + timedelta(days=-(-(last_start + window_days * DAY_SECONDS) // DAY_SECONDS))
    ready = order_coverage(data).last >= ready_on - timedelta(days=1)
    said = verdict(buyers, mde, expected)
    if not ready:
        said = "too_early"
    elif split is not None and not split.sound:
        said = "broken_split"
    return TestAnswer(
        name=name,
        window_days=window_days,
        buyers=buyers,
        revenue=revenue_effect(*money),
        adjusted=cuped(money[0], past[0], money[1], past[1]),
        split=split,
        mde=mde,
        ready=ready,
        ready_on=ready_on,
        verdict=said,
        notes=(*notes, *buyers.notes),
    )


# a table with a row per person -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Comparison:
    """One arm against the control on one outcome, in one segment (None: everybody). `adjusted_p`: Benjamini-Hochberg
    over all comparisons of the call; `dropped`: rows with a blank outcome."""

    arm: str
    outcome: str
    segment: str | None
    effect: Effect
    adjusted_p: float | None
    dropped: int


def compare(
    table: pl.DataFrame, arm: str, control: str, outcome_columns: Sequence[str], segment: str | None = None
) -> list[Comparison]:
    """Every other arm against `control` on every outcome, for everybody and for each value of `segment`.

    An outcome of zeros and ones is a share (two proportions), any other a mean (bootstrap over rows). Rows with a
    blank arm stand apart from the test. UnknownColumnError for a column or arm that is not there; arms of a segment
    with fewer than two rows are skipped.
    """
    for name in (arm, *outcome_columns, *([segment] if segment else [])):
        if name not in table.columns:
            raise UnknownColumnError(name=name, known=", ".join(table.columns))
    table = table.with_columns(pl.col(arm).cast(pl.String)).filter(pl.col(arm).is_not_null())
    arms = sorted(set(table[arm].to_list()))
    if control not in arms:
        raise UnknownColumnError(name=control, known=", ".join(arms))
    parts: list[tuple[str | None, pl.DataFrame]] = [(None, table)]
    if segment is not None:
        named = table.with_columns(pl.col(segment).cast(pl.String)).filter(pl.col(segment).is_not_null())
        parts += [(v, named.filter(pl.col(segment) == v)) for v in sorted(set(named[segment].to_list()))]
    found = []
    for value, part in parts:
        for outcome in outcome_columns:
            filled = part.filter(pl.col(outcome).is_not_null())
            dropped = part.height - filled.height
            numbers = {a: filled.filter(pl.col(arm) == a)[outcome].cast(pl.Float64).to_numpy() for a in arms}
            for other in arms:
                sizes = (len(numbers[other]), len(numbers[control]))
                if other != control and min(sizes) >= SMALLEST_ARM:
                    effect = _effect(numbers[other], numbers[control])
                    found.append(Comparison(other, outcome, value, effect, None, dropped))
    return _adjusted(found)


def _effect(treated: np.ndarray, control: np.ndarray) -> Effect:
    values = set(np.unique(np.concatenate([treated, control])).tolist())
    if values <= {0.0, 1.0}:
        return two_proportions(int(treated.sum()), len(treated), int(control.sum()), len(control))
    return bootstrap_effect(treated, control)


def _adjusted(found: list[Comparison]) -> list[Comparison]:
    adjusted = benjamini_hochberg([c.effect.p_value for c in found])
    return [
        Comparison(c.arm, c.outcome, c.segment, c.effect, p, c.dropped)
        for c, p in zip(found, adjusted, strict=True)
    ]


def draw_control(people: pl.DataFrame, size: int, seed: int) -> pl.DataFrame:
    """A list with a random control group of `size`: the same column `control` (0/1) for the same list and seed.

    The list's order does not matter: people are drawn by `customer_id`.
    """
    ordered = people.sort("customer_id")
    chosen = np.zeros(ordered.height, dtype=np.int8)
    places = np.random.default_rng(seed).permutation(ordered.height)[: max(0, size)]
    chosen[places] = 1
    marked = ordered.select("customer_id").with_columns(control=pl.Series(chosen))
    return people.join(marked, on="customer_id", how="left", maintain_order="left")
