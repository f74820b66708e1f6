"""Predicted LTV of the base: the gate, the fit, the forecast per customer, and the proof on held-out weeks.

Non-contractual buying only (methods.md 8). A model is never shown without its holdout and the naive alternative.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from crmkpi.analysis.bgnbd import BgNbd, GammaGamma, fit_bgnbd, fit_gamma_gamma
from crmkpi.analysis.purchases import (
    WEEK,
    margin_rate,
    order_coverage,
    purchases,
    repeat_summary,
    usual_gap_days,
)
from crmkpi.analysis.uplift import Array
from crmkpi.engine.calendar import day_number
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where

MIN_CUSTOMERS, MIN_REPEATERS, MIN_INTERVALS = 500, 100, 6
# above this the money of a purchase is not independent of how often the customer buys
CORRELATED = 0.3
# customers used for the fit and the proof: more change the parameters less than the season does
FIT_CUSTOMERS = 20_000
HELD_OUT = 1 / 3
# a fitted chance to leave after a purchase below this: the model sees nobody leaving
NOBODY_LEAVES = 0.005
CURVE_POINTS = 13
MOST_SHOWN = 6
MONTH_WEEKS = 365.25 / 12 / WEEK


@dataclass(frozen=True)
class Gate:
    """Whether the data are enough for the model. `reasons`: codes, `ltv_gate.<code>` in i18n.

    few_customers (< 500), few_repeaters (< 100 came twice), short_history (< 6 median intervals), subscriptions.
    """

    customers: int
    repeaters: int
    intervals: float | None
    reasons: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether the model may be used."""
        return not self.reasons


@dataclass(frozen=True)
class Holdout:
    """What the model, fitted before `cut`, said about the weeks after it.

    `curve`: week, actual, model, naive = cumulative repeat purchases of the customers known at the cut.
    `groups`: purchases (x before the cut, `MOST_SHOWN` = that many or more), customers, actual, model, naive = mean
    purchases per customer after it. naive: everybody goes on at the own rate x / T. Errors are (said - actual) /
    actual for all purchases, and the mean absolute error per customer.
    """

    cut: date
    last: date
    customers: int
    curve: pl.DataFrame
    groups: pl.DataFrame
    model_error: float | None
    naive_error: float | None
    model_mae: float
    naive_mae: float


@dataclass(frozen=True)
class PredictedLtv:
    """The forecast for `horizon_days` from the last day of the data, or the reasons why there is none.

    `customers`: cust, x, one_time, alive (null for one-time buyers: the data cannot tell), expected_orders,
    expected_money (margin if `margin` is known, else revenue; units of the currency, null where the money model
    is lacking). `per_customer` = its mean; `new_customer` = the same horizon for one who comes now, first
    purchase included. `margin_from`: costs, typed or None. `notes`: `ltv_note.<code>`.
    """

    gate: Gate
    horizon_days: int
    orders_model: BgNbd | None = None
    money_model: GammaGamma | None = None
    customers: pl.DataFrame | None = None
    holdout: Holdout | None = None
    per_customer: float | None = None
    new_customer: float | None = None
    margin: float | None = None
    margin_from: str | None = None
    notes: tuple[str, ...] = ()


def gate(data: DataDir, where: Sequence[Where] = (), summary: pl.DataFrame | None = None) -> Gate:
    """Whether BG/NBD may be used: 500 customers, 100 with a repeat, 6 median intervals of history, no contracts.

    `summary`: the `repeat_summary`, if the caller has it already.
    """
    summary = repeat_summary(data, where) if summary is None else summary
    coverage = order_coverage(data)
    usual = usual_gap_days(data, where)
    days = (coverage.last - coverage.first).days + 1
    intervals = days / usual if usual else None
    repeaters = int((summary["x"] > 0).sum())
    claims = {
        "subscriptions": data.has("subscriptions"),
        "few_customers": summary.height < MIN_CUSTOMERS,
        "few_repeaters": repeaters < MIN_REPEATERS,
        "short_history": intervals is None or intervals < MIN_INTERVALS,
    }
    reasons = tuple(code for code, holds in claims.items() if holds)
    return Gate(summary.height, repeaters, intervals, reasons)


def predicted_ltv(
    data: DataDir,
    horizon_days: int = 365,
    where: Sequence[Where] = (),
    *,
    discount_per_year: float = 0.0,
) -> PredictedLtv:
    """E[Y(t)] x E[M] x margin rate per customer, discounted by month (metrics.csv ltv_pred).

    Without a margin rate the money is revenue and `margin` is None: never to be compared with CAC.
    """
    summary = repeat_summary(data, where)
    passed = gate(data, where, summary)
    if not passed.open:
        return PredictedLtv(passed, horizon_days)
    orders, money = fit(summary)
    rate, source = margin_rate(data)
    weeks = horizon_days / WEEK
    factor = (rate if rate is not None else 1.0) * _discount(orders, summary, weeks, discount_per_year)
    customers = _forecast(summary, orders, money, weeks, factor)
    proof = holdout(data, where)
    mean = customers["expected_money"].mean()
    return PredictedLtv(
        gate=passed,
        horizon_days=horizon_days,
        orders_model=orders,
        money_model=money,
        customers=customers,
        holdout=proof,
        per_customer=float(mean) if isinstance(mean, (int, float)) else None,
        new_customer=_new_customer(orders, money, weeks, factor),
        margin=rate,
        margin_from=source,
        notes=_notes(orders, money, rate, proof),
    )


def _notes(
    orders: BgNbd, money: GammaGamma | None, rate: float | None, proof: Holdout | None
) -> tuple[str, ...]:
    correlation = money.correlation if money is not None else None
    claims = {
        "no_money_model": money is None,
        "money_depends_on_frequency": correlation is not None and abs(correlation) > CORRELATED,
        "revenue_not_margin": rate is None,
        "nobody_leaves": orders.a / (orders.a + orders.b) < NOBODY_LEAVES,
        "naive_better": proof is not None and proof.naive_mae < proof.model_mae,
    }
    return tuple(code for code, holds in claims.items() if holds)


def fit(summary: pl.DataFrame) -> tuple[BgNbd, GammaGamma | None]:
    """Both models on a `repeat_summary`; above FIT_CUSTOMERS on every k-th customer (ids are in no order of value)."""
    some = _thinned(summary)
    x, t_x, age = _states(some)
    again = some.filter((pl.col("x") > 0) & (pl.col("mean") > 0))
    return fit_bgnbd(x, t_x, age), fit_gamma_gamma(again["x"].to_numpy(), again["mean"].to_numpy())


def _thinned(summary: pl.DataFrame) -> pl.DataFrame:
    return summary.gather_every(max(1, math.ceil(summary.height / FIT_CUSTOMERS)))


def _states(summary: pl.DataFrame) -> tuple[Array, Array, Array]:
    x, t_x, age = (summary[c].to_numpy().astype(float) for c in ("x", "t_x", "age"))
    return x, t_x, age


def _discount(orders: BgNbd, summary: pl.DataFrame, weeks: float, per_year: float) -> float:
    """Mean discount factor of the base's expected purchases, month by month."""
    if per_year == 0:
        return 1.0
    months = max(1, math.ceil(weeks / MONTH_WEEKS))
    ends = np.minimum(np.arange(1, months + 1) * MONTH_WEEKS, weeks)
    some = summary.gather_every(max(1, summary.height // 2000))
    totals = np.array([float(orders.expected(t, *_states(some)).sum()) for t in ends])
    steps = np.diff(totals, prepend=0.0)
    middle = ends - np.diff(ends, prepend=0.0) / 2
    weights = (1 + per_year) ** (-middle * WEEK / 365.25)
    return float((steps * weights).sum() / steps.sum()) if steps.sum() > 0 else 1.0


def _forecast(
    summary: pl.DataFrame, orders: BgNbd, money: GammaGamma | None, weeks: float, factor: float
) -> pl.DataFrame:
    x, t_x, age = _states(summary)
    expected = orders.expected(weeks, x, t_x, age)
    worth = np.full(len(x), np.nan)
    if money is not None:
        worth = money.expected(x, summary["mean"].fill_null(0.0).to_numpy()) * expected * factor
    return summary.select(
        "cust",
        "x",
        one_time=pl.col("x") == 0,
        alive=pl.when(pl.col("x") > 0).then(pl.Series(orders.alive(x, t_x, age))),
        expected_orders=pl.Series(expected),
        expected_money=pl.Series(worth).fill_nan(None),
    )


def _new_customer(orders: BgNbd, money: GammaGamma | None, weeks: float, factor: float) -> float | None:
    if money is None or money.q <= 1:
        return None
    return float(money.expected(0.0, 0.0) * (1 + orders.expected_new(weeks)) * factor)


# proof --------------------------------------------------------------------------------------------------
def holdout(data: DataDir, where: Sequence[Where] = (), share: float = HELD_OUT) -> Holdout | None:
    """Fit on the first part of the history, predict the last `share` of it, compare with what happened.

    None where nobody bought before the cut, or nothing repeated before it. Above FIT_CUSTOMERS every k-th customer
    stands for all.
    """
    coverage = order_coverage(data)
    weeks = int(((coverage.last - coverage.first).days + 1) * share) // WEEK
    if weeks < 1:
        return None
    cut = coverage.last - timedelta(days=weeks * WEEK)
    before = _thinned(repeat_summary(data, where, as_of=cut))
    if not int((before["x"] > 0).sum()):
        return None
    model = fit_bgnbd(*_states(before))
    after = repeat_summary(data, where).select("cust", total=pl.col("x"))
    known = before.join(after, on="cust", how="left", maintain_order="left")
    x, t_x, age = _states(known)
    said = model.expected(weeks, x, t_x, age)
    naive = np.divide(x, age, out=np.zeros_like(x), where=age > 0) * weeks
    actual = known["total"].to_numpy() - x
    total = float(actual.sum())
    return Holdout(
        cut=cut,
        last=coverage.last,
        customers=known.height,
        curve=_curve(data, where, known, model, naive / weeks, cut, weeks),
        groups=_groups(x, actual, said, naive),
        model_error=float(said.sum()) / total - 1 if total else None,
        naive_error=float(naive.sum()) / total - 1 if total else None,
        model_mae=float(np.abs(said - actual).mean()),
        naive_mae=float(np.abs(naive - actual).mean()),
    )


def _groups(x: Array, actual: Array, said: Array, naive: Array) -> pl.DataFrame:
    frame = pl.DataFrame({"x": x, "actual": actual, "model": said, "naive": naive})
    kept = frame.group_by(purchases=pl.col("x").clip(upper_bound=MOST_SHOWN).cast(pl.Int64))
    means = [pl.col(c).mean() for c in ("actual", "model", "naive")]
    return kept.agg(pl.len().alias("customers"), *means).sort("purchases")


def _curve(
    data: DataDir,
    where: Sequence[Where],
    known: pl.DataFrame,
    model: BgNbd,
    naive_rate: Array,
    cut: date,
    weeks: int,
) -> pl.DataFrame:
    """Cumulative purchases at up to CURVE_POINTS weeks after the cut; equal customers are computed once."""
    points = sorted({round(k) for k in np.linspace(1, weeks, min(weeks, CURVE_POINTS))})
    states = known.group_by("x", "t_x", "age").agg(n=pl.len())
    x, t_x, age = _states(states)
    n = states["n"].to_numpy()
    edge = day_number(cut)
    days = purchases(data, where).filter(pl.col("day") > edge).select("cust", "day").unique()
    later = days.join(known.lazy().select("cust"), on="cust", how="semi")
    week = (pl.col("day") - edge - 1) // WEEK + 1
    per_week = dict(later.group_by(week=week).agg(n=pl.len()).collect().iter_rows())
    actual = [float(sum(k for w, k in per_week.items() if w <= p)) for p in points]
    said = [float((model.expected(p, x, t_x, age) * n).sum()) for p in points]
    naive = [float(naive_rate.sum() * p) for p in points]
    return pl.DataFrame({"week": points, "actual": actual, "model": said, "naive": naive})
