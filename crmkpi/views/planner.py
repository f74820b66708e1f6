"""The planner of a test in words: what it will notice, how many to leave alone, how long to wait."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.analysis.criteria import EVERYONE, Criterion, TestPlan, plan_test
from crmkpi.analysis.rfm import SEGMENTS
from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.targets.plan import metric_name
from crmkpi.views.parts import Part

AUDIENCES = (EVERYONE, *SEGMENTS)


@dataclass(frozen=True)
class PlannerView:
    """The verdict on a plan, its criteria (nodes of the tree) and the windows to choose from."""

    headline: str
    tone: str
    sentences: tuple[str, ...]
    criteria: tuple[Part, ...]
    windows: tuple[Part, ...]
    advice: tuple[str, ...]


def audience_name(name: str, t: Words) -> str:
    """Everybody, or the name of an RFM group."""
    return t("planner.everyone") if name == EVERYONE else t(f"rfm_segment.{name}")


def planner_view(
    data: DataDir, name: str, window_days: int, control_share: float, expected: float | None, t: Words
) -> PlannerView:
    """Plan a test on an audience; TooFewToPlanError for a handful of people."""
    plan = plan_test(data, name, window_days=window_days, control_share=control_share, expected=expected)
    buyers = plan.criteria[0]
    headline = t("planner.headline_none", days=window_days)
    if buyers.mde is not None:
        headline = t("planner.headline", days=window_days, mde=t.points(buyers.mde))
    said = [
        t("planner.text", people=plan.people, control=plan.control, base=t.percent(buyers.base)),
    ]
    tone = "neutral"
    if expected is not None and buyers.mde is not None:
        text, tone = _expected(plan, buyers.mde, expected, t)
        said.append(text)
    return PlannerView(
        headline=headline,
        tone=tone,
        sentences=tuple(said),
        criteria=tuple(_criterion(c, t) for c in plan.criteria),
        windows=tuple(
            Part(
                t("planner.window_line", days=days),
                mde,
                t("planner.blind") if mde is None else f"{t.points(mde)} ({t.percent(mde / share, 0)})",
                "good" if days == window_days else "neutral",
            )
            for days, share, mde in plan.by_window
        ),
        advice=(t("planner.holdout"), t("planner.peeking")),
    )


def _expected(plan: TestPlan, mde: float, expected: float, t: Words) -> tuple[str, str]:
    hoped = t.points(expected)
    if mde <= expected:
        return t("planner.enough", expected=hoped), "good"
    if plan.needed is not None and plan.needed > plan.control:
        return t("planner.more_control", expected=hoped, n=plan.needed), "warn"
    if plan.days is not None:
        return t("planner.longer", expected=hoped, days=plan.days), "warn"
    return t("planner.impossible", expected=hoped), "bad"


def _criterion(one: Criterion, t: Words) -> Part:
    share = one.metric == "active_customers"
    unit = "share" if share else metrics()[one.metric].unit
    base = t.percent(one.base) if share else t.value(one.base, unit)
    name = metric_name(t)(one.metric)
    note = t("planner.criterion_share" if share else "planner.criterion", base=base)
    if one.mde is None or one.relative is None:
        return Part(name, None, t("planner.blind"), "neutral", note)
    if one.with_before is not None:
        note = t("planner.criterion_before", base=base, before=t.value(one.with_before, unit))
    mde = t.points(one.mde) if share else t.value(one.mde, unit)
    return Part(
        name, one.mde, t("planner.seen", mde=mde, relative=t.percent(one.relative, 0)), "neutral", note
    )
