"""Targets: which metrics can be chosen, what the form proposes, and what the coach says to a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crmkpi.catalog import metrics
from crmkpi.catalog.trees import trees
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import available
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.periods import parse_period, period_of
from crmkpi.project.document import Project
from crmkpi.targets.own_kpi import metric_of
from crmkpi.targets.plan import freeze, plan
from crmkpi.targets.resolve import ImpossibleGoalError, PercentOrShareError
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.target import Target, TargetsDocument
from crmkpi.tree.opening import coverage_of
from crmkpi.views.gap import LetterLine, letter_lines

# units that people type in per cent
TYPED_IN_PERCENT = ("share",)
# a first due date: this many months after the last complete one, on its last day
FIRST_HORIZON = {"tactical": 1, "strategic": 3}


@dataclass(frozen=True)
class MetricChoice:
    """One metric that can get a target. `percent`: its values are typed in per cent."""

    id: str
    name: str
    starred: bool
    percent: bool
    unit: str
    additive: bool


@dataclass(frozen=True)
class Advice:
    """What the coach says to a draft. `refused` = the sentence of an impossible goal, nothing else is said."""

    sentence: str
    baseline: str
    letters: tuple[LetterLine, ...]
    verdict: str
    chance: float | None


def metric_choices(data: DataDir, project: Project, t: Words) -> tuple[MetricChoice, ...]:
    """Metrics that the data feed: starred ones first, then those of the project's tree, then the others."""
    gaps = available(data)
    starred = _metrics_of(project, project.tree.starred)
    tree = _metrics_of(project, None)
    usable = [m for m in metrics().values() if gaps.get(m.id, 0) is None and not m.cohort]
    ranked = sorted(
        usable, key=lambda m: (m.id not in starred, m.id not in tree, m.local, m.label[t.lang].casefold())
    )
    return tuple(
        MetricChoice(
            m.id, m.label[t.lang], m.id in starred, m.unit in TYPED_IN_PERCENT, m.unit, m.klass == "sum"
        )
        for m in ranked
    )


def _metrics_of(project: Project, nodes: list[str] | None) -> set[str]:
    template = trees().get(project.tree.template or "")
    if template is None:
        return set()
    return {n.metric for n in template.root.walk() if nodes is None or n.id in nodes}


def first_due(data: DataDir, metric: str) -> date:
    """A due date to begin with: the end of a month, one month ahead for tactical metrics, three for strategic."""
    last = coverage_of(data, metrics()[metric].table).last
    period = period_of(last, "month")
    for _ in range(FIRST_HORIZON[metrics()[metric].horizon]):
        period = period.next()
    return period.last


def refusal(error: CrmKpiError, t: Words) -> str:
    """Why a goal cannot be, in the words of the screen: names instead of ids, shares in per cent."""
    params: dict[str, Any] = dict(error.params)
    metric = metrics().get(str(params.get("metric")))
    if metric is None:
        return t(error.key, **params)
    params["metric"] = metric.label[t.lang]
    if isinstance(error, ImpossibleGoalError):
        for name in ("goal", "low", "high"):
            params[name] = t.value(params[name], metric.unit)
        bounded = error.params["high"] is not None
        return t("coachbox.impossible" if bounded else "coachbox.impossible_low", **params)
    if isinstance(error, PercentOrShareError):
        params["goal"], params["share"] = t.percent(params["goal"], 0), t.percent(params["share"], 0)
        return t("coachbox.percent_or_share", **params)
    return t(error.key, **params)


def advice(
    data: DataDir,
    target: Target,
    template: str | None,
    t: Words,
    rules: TargetSettings | None = None,
    others: Sequence[Target] = (),
) -> Advice:
    """The five letters on a draft. An impossible goal raises its own error; everything else is advice.

    others: the project's other targets; of those on a business goal the draft closes a share.
    """
    frozen = target if target.baseline else freeze(data, target)
    above = [x for x in others if x.id != target.id and x.own is None and metrics()[x.metric].level == "goal"]
    document = TargetsDocument(target=(frozen, *above), settings=rules or TargetSettings())
    found = plan(data, document, None, t, template)["targets"][0]
    metric = metric_of(target)
    base = found["baseline"]
    period = t.period(parse_period(base["period"])) if base["period"] else ""
    letters = letter_lines(found["smart"], t)
    return Advice(
        sentence=found["sentence"],
        baseline=t("targets.baseline", value=t.value(base["value"], metric.unit), period=period),
        letters=letters,
        verdict=found["verdict"],
        chance=found["probability"],
    )
