"""Which evidence an initiative has: the strongest method that its entry and the data allow, and the effect by it.

A random control group, B difference in differences with a passed placebo, C seasonal before and after,
D attribution window or judgement (methods.md 7). A method that was tried and does not hold is named with the reason,
so that a weaker grade never looks like a choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from crmkpi.analysis.before_after import WEEK, DidAnswer
from crmkpi.analysis.experiment import NoControlError, TestAnswer, campaign_people, read_people
from crmkpi.analysis.initiative import Initiative
from crmkpi.analysis.purchases import order_coverage
from crmkpi.analysis.seasonal import SeasonalAnswer, seasonal_effect
from crmkpi.analysis.segment_did import segment_did
from crmkpi.analysis.uplift import Effect, benjamini_hochberg, quantile
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.errors import CrmKpiError
from crmkpi.periods import Period

DEFAULT_METRIC = "revenue_base"
# what a test with a control group reads, whatever the entry watches
TEST_METRIC = "buyers"
POWER = 0.8
GRADES = ("A", "B", "C", "D")
Span = tuple[float, float, float]


@dataclass(frozen=True)
class Tried:
    """A stronger method that could not be used: `method` control | did | seasonal | attribution, and why."""

    method: str
    key: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Graded:
    """What an initiative changed, and how far one may believe it.

    `method`: control | did | seasonal | attribution | judgement | none. `metric`: what the effect is about.
    `effect`: estimate with interval as the method gives it (a share of buyers, a relative change); `change`: the
    same as an amount of the metric's unit over the whole audience and window, `money`: extra revenue (estimate,
    low, high), low and high equal to the estimate where no interval can be had; `mde`: the smallest effect that the
    comparison could have noticed, in the unit of `effect`; `days` after the start are covered
    by both. `verdict`: up | down | not_shown |
    absent | too_early | broken_split | failed_placebo | attributed | judged | unknown. `adjusted_p`: corrected for
    the number of initiatives graded together.
    """

    id: str
    grade: str
    method: str
    metric: str
    verdict: str
    effect: Effect | None = None
    change: Span | None = None
    money: Span | None = None
    mde: float | None = None
    days: int = 0
    adjusted_p: float | None = None
    tried: tuple[Tried, ...] = ()
    notes: tuple[str, ...] = ()
    test: TestAnswer | None = None
    did: DidAnswer | None = None
    seasonal: SeasonalAnswer | None = None

    @property
    def shown(self) -> bool:
        """Whether the effect may be credited: an interval of a real comparison that excludes zero."""
        return self.grade in "ABC" and self.verdict in ("up", "down")


def grade_all(
    data: DataDir, entries: Sequence[Initiative], lists: Callable[[str], pl.DataFrame | None]
) -> tuple[Graded, ...]:
    """Every entry graded; p values corrected together (Benjamini-Hochberg): many looks find something by chance.

    `lists` gives the people of an issued list by id: cust, control (0/1), start (epoch seconds), or None.
    An effect that no longer stands after the correction is `not_shown`.
    """
    found = [grade(data, entry, lists) for entry in entries]
    raw = [g.effect.p_value if g.effect is not None and g.grade != "D" else None for g in found]
    adjusted = benjamini_hochberg(raw)
    return tuple(_corrected(g, p) for g, p in zip(found, adjusted, strict=True))


def _corrected(found: Graded, p: float | None) -> Graded:
    weak = found.verdict in ("up", "down") and p is not None and p >= 1 - _level(found)
    notes = (*found.notes, "corrected_away") if weak else found.notes
    return replace(found, adjusted_p=p, verdict="not_shown" if weak else found.verdict, notes=notes)


def _level(found: Graded) -> float:
    return found.effect.level if found.effect is not None else 0.95


def grade(data: DataDir, entry: Initiative, lists: Callable[[str], pl.DataFrame | None]) -> Graded:
    """The effect of one entry by the strongest method that holds."""
    tried: list[Tried] = []
    steps: list[tuple[str, Callable[[], Graded]]] = []
    if entry.audience.kind in ("campaign", "list"):
        # people chosen by what they did regress to the mean: without a control group only attribution is left
        steps = [
            ("control", lambda: _by_control(data, entry, lists)),
            ("attribution", lambda: _by_attribution(data, entry)),
        ]
    elif entry.audience.kind == "segment":
        steps = [
            ("did", lambda: _by_did(data, entry)),
            ("seasonal", lambda: _by_season(data, entry)),
        ]
    else:
        steps = [("seasonal", lambda: _by_season(data, entry))]
    for method, step in steps:
        try:
            return replace(step(), tried=tuple(tried))
        except CrmKpiError as error:
            # also a metric or segment that the data no longer have: one entry must not close the whole log
            tried.append(Tried(method, error.key, dict(error.params)))
    return replace(_by_judgement(entry), tried=tuple(tried))


class _NotHereError(CrmKpiError):
    """A method has nothing to work on: `what`."""

    code = "grading_nothing"


class PlaceboFailedError(_NotHereError):
    """The groups moved apart before the action already: `p`."""

    code = "grading_placebo"


class NoListError(_NotHereError):
    """The issued list of the entry is not in the project any more: `name`."""

    code = "grading_no_list"


def _by_control(data: DataDir, entry: Initiative, lists: Callable[[str], pl.DataFrame | None]) -> Graded:
    people, notes = _people(data, entry, lists)
    test = read_people(
        data,
        entry.title,
        people,
        entry.window_days,
        control_share=entry.control_share,
        expected=entry.expected,
        notes=notes,
    )
    early = test.verdict == "too_early"
    return Graded(
        id=entry.id,
        grade="A",
        method="control",
        metric=TEST_METRIC,
        verdict=test.verdict,
        # before the window is over nobody looks: looking ten times at 5 % gives 19 % false alarms
        effect=None if early else test.buyers,
        change=None if early else test.extra_buyers,
        money=None if early else test.extra_money,
        mde=test.mde,
        days=entry.window_days,
        notes=test.notes,
        test=None if early else test,
    )


def _people(
    data: DataDir, entry: Initiative, lists: Callable[[str], pl.DataFrame | None]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """cust, control, start of everybody in the audience; a person of several campaigns counts from the first."""
    if entry.audience.kind == "list":
        people = lists(entry.audience.list_id or "")
        if people is None:
            raise NoListError(name=entry.audience.list_id)
        return people, ()
    found = [campaign_people(data, name) for name in entry.audience.campaigns]
    if not found:
        raise NoControlError(name=entry.title, treated=0, control=0)
    rows = pl.concat([people for people, _ in found])
    per = rows.group_by("cust").agg(
        pl.col("control").max(), least=pl.col("control").min(), start=pl.col("start").min()
    )
    clean = per.filter(pl.col("control") == pl.col("least")).drop("least").sort("cust")
    both = sum(n for _, n in found) + per.height - clean.height
    if not clean["control"].sum():
        raise NoControlError(name=entry.title, treated=clean.height, control=0)
    return clean, ("in_both_arms",) if both else ()


def _by_did(data: DataDir, entry: Initiative) -> Graded:
    answer = segment_did(data, entry.shipped, _days(data, entry), wheres(entry))
    if answer.passed is not True:
        worst = min((p.p_value for p in answer.did.placebos if p.p_value is not None), default=None)
        raise PlaceboFailedError(p=worst, what="did")
    effect = answer.did.effect
    return Graded(
        id=entry.id,
        grade="B",
        method="did",
        metric=DEFAULT_METRIC,
        verdict=_verdict(effect),
        effect=effect,
        mde=_noticeable(effect),
        change=answer.change,
        money=answer.change,
        days=answer.days,
        notes=effect.notes,
        did=answer.did,
    )


def _by_season(data: DataDir, entry: Initiative) -> Graded:
    metric = entry.metrics[0] if entry.metrics else DEFAULT_METRIC
    answer = seasonal_effect(data, metric, entry.shipped, _days(data, entry), wheres(entry))
    return Graded(
        id=entry.id,
        grade="C",
        method="seasonal",
        metric=metric,
        verdict=_verdict(answer.effect),
        effect=answer.effect,
        mde=_noticeable(answer.effect),
        change=answer.change,
        money=answer.change if metric == DEFAULT_METRIC else None,
        days=answer.weeks * WEEK,
        notes=answer.effect.notes,
        seasonal=answer,
    )


def _by_attribution(data: DataDir, entry: Initiative) -> Graded:
    """Orders credited to the campaigns by the last click (or by the file): an upper bound, never a proof."""
    if not entry.audience.campaigns:
        raise _NotHereError(what="campaigns")
    last = min(_end(data, entry), order_coverage(data).last)
    window = Period(entry.shipped, last)
    where = (Where("campaign_id", entry.audience.campaigns),)
    found = evaluate_periods(data, ["conversion_message", "crm_revenue"], [window], where=where)
    counted = found.get("conversion_message", window.text)
    orders = counted.numerator if counted else None
    money = found.value("crm_revenue", window.text)
    if not orders and not money:
        raise _NotHereError(what="attributed_orders")
    return Graded(
        id=entry.id,
        grade="D",
        method="attribution",
        metric="crm_revenue" if money is not None else "attributed_orders",
        verdict="attributed",
        change=_sure(money if money is not None else orders),
        money=_sure(money),
        days=(last - entry.shipped).days + 1,
        notes=("upper_bound",),
    )


def _by_judgement(entry: Initiative) -> Graded:
    said = entry.judgement.amount if entry.judgement else None
    metric = entry.metrics[0] if entry.metrics else DEFAULT_METRIC
    verdict = "judged" if entry.judgement else "unknown"
    method = "judgement" if entry.judgement else "none"
    return Graded(entry.id, "D", method, metric, verdict, change=_sure(said))


def wheres(entry: Initiative) -> tuple[Where, ...]:
    """The segment of the audience as filters of the engine; nothing for other audiences."""
    if entry.audience.kind != "segment":
        return ()
    return tuple(Where(name, values) for name, values in entry.audience.where.items())


def _end(data: DataDir, entry: Initiative) -> date:
    return entry.until or entry.shipped + timedelta(days=entry.window_days - 1)


def _days(data: DataDir, entry: Initiative) -> int:
    """Days after the start that are read: until the end of the action, or the window; never past the data."""
    last = min(max(_end(data, entry), entry.shipped), order_coverage(data).last)
    return (last - entry.shipped).days + 1


def _sure(value: float | None) -> Span | None:
    return None if value is None else (value, value, value)


def _noticeable(effect: Effect) -> float | None:
    """The smallest relative effect that such a comparison finds four times in five, from its interval's width."""
    if effect.low is None or effect.high is None:
        return None
    z = quantile(effect.level)
    return (effect.high - effect.low) / 2 * (z + quantile(2 * POWER - 1)) / z


def _verdict(effect: Effect) -> str:
    if effect.low is None or effect.high is None:
        return "unknown"
    if effect.low > 0:
        return "up"
    return "down" if effect.high < 0 else "not_shown"
