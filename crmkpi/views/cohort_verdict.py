"""The verdict over the cohort triangle: do the newest customers come back as those before them did?"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from crmkpi.analysis.uplift import two_proportions
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, cohorts
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.tree.opening import coverage_of

# the newest cohorts beside as many more before them: three months against the year before
NEWEST = 3
BEFORE = 12
# a difference that chance brings once in twenty
CHANCE = 0.05


@dataclass(frozen=True)
class CohortVerdict:
    """One headline and one sentence under it; direction: good, bad or neutral."""

    direction: str
    headline: str
    text: str


def cohort_verdict(data: DataDir, grain: str, where: tuple[Where, ...], t: Words) -> CohortVerdict:
    """Share of a cohort that bought again in the very next period: the newest cohorts against those before.

    Share (0..1) = customers back at age 1 / customers of the cohorts, sums over cohorts whose age 1 is complete (a
    share is never averaged). Better or worse only where a pooled two-proportion z test leaves less than 5 % to
    chance; else the same. Fewer than two groups of cohorts: no comparison.
    """
    known = _returns(data, grain, where)
    new, old = known[-NEWEST:], known[-NEWEST - BEFORE : -NEWEST]
    back, size = _sum(new)
    if not size:
        return CohortVerdict("neutral", t("cohortverdict.none"), t("cohortverdict.none_text"))
    names = {
        "share": t.percent(back / size),
        "first": t.period(parse_period(new[0][0])),
        "last": t.period(parse_period(new[-1][0])),
        "customers": t.number(size),
        "next": t(f"cohortverdict.next_{grain}"),
    }
    back_before, size_before = _sum(old)
    if not size_before:
        return CohortVerdict(
            "neutral", t("cohortverdict.alone", **names), t("cohortverdict.alone_text", **names)
        )
    before = back_before / size_before
    names["before"] = t.percent(before)
    sure = two_proportions(back, size, back_before, size_before).p_value
    if sure is None or sure >= CHANCE:
        return CohortVerdict(
            "neutral", t("cohortverdict.same", **names), t("cohortverdict.same_text", **names)
        )
    side = "good" if back / size > before else "bad"
    return CohortVerdict(side, t(f"cohortverdict.{side}", **names), t("cohortverdict.sure_text", **names))


def _returns(data: DataDir, grain: str, where: tuple[Where, ...]) -> list[tuple[str, int, int]]:
    """(cohort, back at age 1, size) of the cohorts whose next period is over, the oldest first."""
    frame = cohorts(data, grain, metrics=["retention_cohort"], where=where).filter(pl.col("age") == 1)
    end = coverage_of(data, "orders").last
    rows = frame.select("cohort", "numerator", "denominator").sort("cohort").iter_rows()
    return [
        (cohort, int(back or 0), int(size))
        for cohort, back, size in rows
        if size and parse_period(cohort).next().last <= end
    ]


def _sum(rows: list[tuple[str, int, int]]) -> tuple[int, int]:
    return sum(r[1] for r in rows), sum(r[2] for r in rows)
