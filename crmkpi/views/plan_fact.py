"""Plan against fact for the whole tree: what was meant, what came, and which nodes made the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, available, evaluate_periods
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.project.document import Project, TypedPlan
from crmkpi.targets.gather import Gather, data_to, facts_of
from crmkpi.targets.movement import movement
from crmkpi.targets.planned_points import planned_points
from crmkpi.tree.answer import answer
from crmkpi.tree.explain import Explained, between
from crmkpi.tree.opening import coverage_of, partner
from crmkpi.tree.planned import Planned, planned_values
from crmkpi.tree.whatif import identity_nodes
from crmkpi.views.drivers import DriversView, drivers_view
from crmkpi.views.tree import Asked, direction, explained_tree
from crmkpi.views.whatif import movable


@dataclass(frozen=True)
class PlanLine:
    """One number that may be planned. `plan`: as it stands, None without one; `typed`: somebody typed it here."""

    metric: str
    name: str
    unit: str
    plan: float | None
    fact: float | None
    typed: bool
    text: str


@dataclass(frozen=True)
class PlanFact:
    """The verdict on one period, the bridge from plan to fact, and the numbers that a person may plan.

    `bridge` None: nothing is planned for this period yet; `headline` and `text` say what to do.
    """

    period: Period
    headline: str
    direction: str
    sentences: tuple[str, ...]
    bridge: DriversView | None
    lines: tuple[PlanLine, ...]
    notes: tuple[str, ...]
    found: Explained | None = None


def plan_fact(data: DataDir, project: Project, asked: Asked, leaves: bool, t: Words) -> PlanFact:
    """The tree of the asked whole period against its plan: targets of the project, and what was typed for it.

    Planned leaves keep their plan, the others carry the plan from above (see tree.planned), starting from the same
    period a year earlier or the one before. Errors are those of `explain`.
    """
    whole = asked if asked.comparison != "to_date" else replace(asked, comparison="auto", period=None)
    shown = explained_tree(data, project, whole)
    period, root = shown.period, shown.drawn
    base = partner(coverage_of(data, shown.table), period) or shown.vs
    names = sorted({node.metric for node in identity_nodes(root)})
    result = evaluate_periods(data, names, [base, period], where=whole.where)
    before = {name: result.value(name, base.text) for name in names}
    fact = {name: result.value(name, period.text) for name in names}
    typed = typed_plans(project, period, whole.where)
    plans = {**planned_points(data, project.targets, period, whole.where), **typed}
    planned = _planned(data, shown, whole.where, before, plans)
    lines = tuple(_lines(shown, fact, plans, typed, planned, t))
    if planned is None or root.identity is None:
        key = "planfact.none" if root.identity is not None else "planfact.no_identity"
        return PlanFact(period, t(key, period=t.period(period)), "neutral", (), None, lines, ())
    gaps = {**available(data), **{lack.metric: lack for lack in result.unavailable}}
    found = between(shown.template, root, period, period, gaps, planned.values, fact, _hidden(project))
    found = replace(found, planned=True)
    said = answer(found, t)
    top = found.top
    notes = _notes(planned, base, found, t)
    tone = direction(top.change, top.before, top.better)
    view = drivers_view(found, leaves, t)
    return PlanFact(period, said[0], tone, tuple(said[1:]), view, lines, notes, found)


def typed_plans(project: Project, period: Period, where: tuple[Where, ...]) -> dict[str, float]:
    """What was typed for this period and filter: metric -> planned value."""
    asked = _plain(where)
    return {p.metric: p.value for p in project.plans if p.period == period.text and dict(p.where) == asked}


def with_plans(
    project: Project, period: Period, where: tuple[Where, ...], values: Mapping[str, float]
) -> Project:
    """The project with exactly these typed plans for the period and filter; the others stay."""
    asked = _plain(where)
    others = [p for p in project.plans if p.period != period.text or dict(p.where) != asked]
    new = [TypedPlan(period=period.text, metric=m, value=v, where=asked) for m, v in values.items()]
    return project.model_copy(update={"plans": [*others, *new]})


def _plain(where: tuple[Where, ...]) -> dict[str, tuple[str | None, ...]]:
    return {w.dimension: tuple(w.values) for w in where}


def _hidden(project: Project) -> frozenset[str]:
    return frozenset(project.tree.hidden)


def _planned(
    data: DataDir,
    shown: Explained,
    where: tuple[Where, ...],
    base: Mapping[str, float | None],
    plans: Mapping[str, float],
) -> Planned | None:
    if not plans:
        return None
    facts = {name: facts_of(name) for name in base}
    gather = Gather(data, data_to(data))
    volatility, _ = movement(gather, facts, base, shown.period.grain, where, 1)
    control = {name: about.controllable for name, about in facts.items()}
    tops = {name: top for name, about in facts.items() if (top := about.limits[1]) is not None}
    return planned_values(shown.drawn, base, plans, volatility, control, tops)


def _lines(
    shown: Explained,
    fact: Mapping[str, float | None],
    plans: Mapping[str, float],
    typed: Mapping[str, float],
    planned: Planned | None,
    t: Words,
) -> list[PlanLine]:
    """What people plan: the root, its drivers, the levers below them and whatever has a plan already."""
    root = shown.drawn
    people = {root.metric, *(n.metric for n in (*root.drivers, *movable(root, fact)))}
    found: list[PlanLine] = []
    for node in identity_nodes(root):
        if node.metric not in people and node.metric not in plans:
            continue
        metric = node.metric
        plan = plans.get(metric)
        shown_plan = plan if plan is not None else planned.values.get(metric) if planned else None
        source = "typed" if metric in typed else "target" if metric in plans else None
        source = source or (planned.sources.get(metric, "sum") if planned else "empty")
        unit = metrics()[metric].unit
        text = t(f"planfact.from_{source}")
        closing = node.hide_when_zero and not fact.get(metric) and not shown_plan
        if closing or any(line.metric == metric for line in found):
            continue
        found.append(
            PlanLine(metric, node.label[t.lang], unit, shown_plan, fact.get(metric), metric in typed, text)
        )
    return found


def _notes(planned: Planned, base: Period, found: Explained, t: Words) -> tuple[str, ...]:
    names = {node.metric: node.label[t.lang] for node in identity_nodes(found.drawn)}
    # what is zero in the plan only closes the arithmetic: nothing to tell
    said = [(m, source) for m, source in planned.sources.items() if planned.values.get(m)]
    shared = [names[m] for m, source in said if source == "shared"]
    kept = [names[m] for m, source in said if source == "base"]
    notes = []
    if shared:
        notes.append(t("planfact.shared", names=", ".join(shared)))
    if kept:
        notes.append(t("planfact.base", names=", ".join(kept), base=t.period(base)))
    notes += [t("planfact.unmet", name=names[m]) for m in planned.unmet]
    return tuple(notes)
