"""Targets on real data: the command line's `plan`, and the same answers for the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from crmkpi.catalog import benchmarks
from crmkpi.catalog.metric import metrics
from crmkpi.catalog.trees import trees
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import DEFINITION_VERSION
from crmkpi.i18n import Words
from crmkpi.targets import gather as room
from crmkpi.targets.assess import Assessment, Inputs, assess
from crmkpi.targets.facts import Facts
from crmkpi.targets.focus import focus
from crmkpi.targets.gather import Gather, data_to, facts_for, filter_of
from crmkpi.targets.link import Link, link_of
from crmkpi.targets.outlook import usable
from crmkpi.targets.own_kpi import today
from crmkpi.targets.reading import assessment_json, focus_json
from crmkpi.targets.resolve import resolve
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.target import OWN, Baseline, Target, TargetsDocument, read_target, read_targets

__all__ = ["assess_all", "freeze", "plan", "read_target", "read_targets"]


def plan(
    data: DataDir,
    document: TargetsDocument,
    as_of: date | None = None,
    words: Words | None = None,
    template: str | None = None,
) -> dict[str, Any]:
    """The JSON of `plan` (cli.md). `as_of` defaults to the last day of the data; nothing later is read.

    Errors: what `resolve` refuses (an impossible goal), UnknownMetricError, UnknownDimensionError. Everything
    else is advice inside the letters.
    """
    t = words or Words("en", data.meta.currency)
    day = as_of or today(data_to(data), document.target)
    found = assess_all(data, document.target, day, document.settings, template)
    facts = {a.target.metric: a.facts for a in found}
    values = {a.target.metric: a.resolved.current_value for a in found}
    values |= _cac(data, day, document.target)
    watched = {(a.target.metric, g.metric) for a in found for g in a.guards if g.floor is not None}
    owners, warnings = focus(document.target, facts, values, document.settings, watched)
    return {
        "as_of": day.isoformat(),
        "definition_version": DEFINITION_VERSION,
        "data_hash": data.meta.data_hash,
        "targets": [assessment_json(a, t, metric_name(t)) for a in found],
        "focus": focus_json(owners, warnings, t, metric_name(t)),
    }


def metric_name(t: Words) -> Any:
    """Printed name of a metric id in the reader's language."""

    def named(name: str) -> str:
        metric = metrics().get(name)
        return metric.label[t.lang] if metric else name.removeprefix(OWN)

    return named


def assess_all(
    data: DataDir,
    targets: Sequence[Target],
    as_of: date | None = None,
    settings: TargetSettings | None = None,
    template: str | None = None,
) -> list[Assessment]:
    """Every target assessed on the data, in order. One evaluation per grain and segment serves them all."""
    day = as_of or today(data_to(data), targets)
    rules = settings or TargetSettings()
    gather = Gather(data, day)
    all_facts = {t.metric: facts_for(t) for t in targets}
    for target in targets:
        _announce(gather, target, all_facts[target.metric])
    gaps = root_gaps(gather, targets, rules)
    return [_assess(gather, t, all_facts[t.metric], rules, template, gaps) for t in targets]


def _announce(gather: Gather, target: Target, facts: Facts) -> None:
    if target.own is not None:
        return
    where = filter_of(target)
    names = {target.metric, *facts.pair, *(rail.metric for rail in target.guardrail)}
    names |= set(room.metrics_of(room.templates_with(target.metric)))
    gather.want([n for n in names if n in metrics() and not metrics()[n].cohort], target.grain, where)
    for grain in _grains(target, facts):
        gather.want([target.metric], grain, where)


def _grains(target: Target, facts: Facts) -> list[str]:
    """Grains beside the target's own: months for the season, weeks to steer by, days to cut a sum."""
    if target.own is not None:
        # what is typed by month has no weeks
        return []
    wanted = ["month", "week", "day"] if facts.splitting == "sum" else ["month", "week"]
    return [g for g in wanted if g != target.grain]


def _assess(
    gather: Gather,
    target: Target,
    facts: Facts,
    settings: TargetSettings,
    template: str | None,
    gaps: Mapping[str, float],
) -> Assessment:
    return assess(inputs_of(gather, target, settings, template, gaps, facts))


def inputs_of(
    gather: Gather,
    target: Target,
    settings: TargetSettings | None = None,
    template: str | None = None,
    gaps: Mapping[str, float] | None = None,
    facts: Facts | None = None,
) -> Inputs:
    """Everything an assessment of this target rests on. gaps: goal minus baseline of roots that have a target."""
    facts = facts or facts_for(target)
    _announce(gather, target, facts)
    where = filter_of(target)
    own = gather.of(target)
    series = {g: gather.series(target.metric, g, where) for g in _grains(target, facts)} | {target.grain: own}
    pairs = [*facts.pair, *(rail.metric for rail in target.guardrail)]
    link = _link(gather, target, template, own)
    return Inputs(
        target=target,
        facts=facts,
        series=series,
        as_of=gather.day_of(target),
        settings=settings or TargetSettings(),
        known=room.known_pairs(gather, pairs, target.grain, where),
        link=link,
        root_unit=metrics()[link.root].unit if link and link.root in metrics() else "money",
        root_gap=(gaps or {}).get(link.root) if link else None,
        benchmark=benchmarks.match(
            facts.id, facts.unit, currency=gather.data.meta.currency, grain=target.grain
        ),
        unknown_segments=_unknown_segments(gather, target, own),
        missing=() if target.own is not None else gather.missing(target.metric, target.grain, where) or (),
    )


def _link(gather: Gather, target: Target, template: str | None, own: Sequence[Any]) -> Link | None:
    """Path to a root, with values of the last complete period; nothing is known about a typed KPI."""
    if target.own is not None:
        return None
    templates = room.templates_with(target.metric)
    last = next((p.period for p in reversed(own) if p.complete and p.value is not None), None)
    values: dict[str, float | None] = {}
    if last is not None and templates:
        where = filter_of(target)
        values = gather.values(room.metrics_of(templates), last, target.grain, where)
    related = [*metrics()[target.metric].names, *metrics()[target.metric].pair]
    return link_of(target.metric, templates or trees().values(), values, template, related)


def root_gaps(gather: Gather, targets: Sequence[Target], settings: TargetSettings) -> dict[str, float]:
    """Goal minus baseline of every target on a business goal: the gap whose share the targets below it close."""
    found = {t.metric: _root_gap(gather, t, facts_for(t), settings) for t in targets}
    return {metric: gap for metric, gap in found.items() if gap}


def _root_gap(gather: Gather, target: Target, facts: Facts, settings: TargetSettings) -> float | None:
    """Goal minus baseline of a target on a business goal, for the shares of the targets below it."""
    if facts.level != "goal" or target.measure == "total" or target.kind != "reach":
        return None
    own = gather.series(target.metric, target.grain, filter_of(target))
    found = resolve(target, facts, own, gather.as_of, settings)
    if found.goal is None or found.baseline_value is None:
        return None
    return found.goal - found.baseline_value


def _unknown_segments(gather: Gather, target: Target, own: Sequence[Any]) -> list[str]:
    """Filters that leave no row in any period."""
    if not target.where or (
        usable(own) and gather.seen_rows(target.metric, target.grain, filter_of(target)) != 0
    ):
        return []
    return [f"{name} = {', '.join(v or '—' for v in values)}" for name, values in target.where.items()]


def _cac(data: DataDir, day: date, targets: Sequence[Target]) -> dict[str, float | None]:
    """The cost of a new customer in the last complete month, when a lifetime value is a target."""
    if not any(t.metric.startswith("ltv") for t in targets) or "cac" not in metrics():
        return {}
    series = Gather(data, day).series("cac", "month", ())
    return {"cac": next((p.value for p in reversed(series) if p.complete and p.value is not None), None)}


def freeze(data: DataDir, target: Target, as_of: date | None = None) -> Target:
    """The target with its baseline frozen: value, last day, period, definition version, data hash.

    Errors as `resolve`: an impossible goal is refused here, before anything is stored.
    """
    gather = Gather(data, as_of or today(data_to(data), [target]))
    found = resolve(target, facts_for(target), gather.of(target), gather.day_of(target), TargetSettings())
    if found.baseline_period is None:
        return target
    baseline = Baseline(
        value=found.baseline_value,
        date=found.baseline_period.last,
        period=found.baseline_period.text,
        definition_version=DEFINITION_VERSION,
        data_hash=data.meta.data_hash,
    )
    return target.model_copy(update={"baseline": baseline})
