"""`crmkpi check`: what left its usual range or its plan in the last complete periods; one message per root cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crmkpi.catalog.metric import metrics
from crmkpi.catalog.trees import Node, trees
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.targets.assess import Assessment
from crmkpi.targets.deviations import Signal, limits_for, signal_of
from crmkpi.targets.gather import Filter, Gather, data_to, facts_of, filter_of
from crmkpi.targets.own_kpi import metric_of, today
from crmkpi.targets.plan import assess_all, metric_name
from crmkpi.targets.sentence import where_text
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.target import Target
from crmkpi.tree.attribution import attribute_tree

# a month without a reason to look is fine; about one false alarm in it is what people bear
FALSE_ALARMS = 1.0
TREE_GRAINS = ("week", "month")
# a child that moved its parent by this part of the parent's change explains it
EXPLAINS = 0.25


@dataclass(frozen=True)
class Finding:
    """One deviation. code: jump | drift | milestone_missed. causes: metric -> part of this metric's change.

    where: the filter of the target the series belongs to; target: whose control point was missed.
    """

    code: str
    signal: Signal
    where: Filter = ()
    causes: Mapping[str, float] = field(default_factory=dict)
    target: Target | None = None


def check(
    data: DataDir,
    targets: Sequence[Target] = (),
    as_of: date | None = None,
    words: Words | None = None,
    template: str | None = None,
    false_alarms: float | None = FALSE_ALARMS,
    settings: TargetSettings | None = None,
) -> dict[str, Any]:
    """The JSON of `check`: deviations of the targets' metrics and of the tree, newest known period of each.

    false_alarms: how many a month a person bears (None: 3 sigma and L 2.86). Nothing later than as_of is read;
    incomplete periods are never judged. Findings are ordered: bad before good, strongest first.
    """
    t = words or Words("en", data.meta.currency)
    day = as_of or today(data_to(data), targets)
    found, watched = deviations(data, targets, day, template, false_alarms)
    assessed = assess_all(data, targets, day, settings, template) if targets else []
    found += missed_points(assessed)
    found.sort(key=lambda f: (f.signal.good is not False, -f.signal.score))
    return {
        "as_of": day.isoformat(),
        "watched": watched,
        "false_alarms_per_month": false_alarms,
        "findings": [finding_json(f, t) for f in found],
    }


def deviations(
    data: DataDir, targets: Sequence[Target], day: date, template: str | None, false_alarms: float | None
) -> tuple[list[Finding], dict[str, int]]:
    """Jumps and drifts, one finding per root cause, and how many series of each grain were watched."""
    gather = Gather(data, day)
    asked = _asked(gather, targets, template)
    counts: dict[str, int] = {}
    for grain, _, _ in asked:
        counts[grain] = counts.get(grain, 0) + 1
    jump, drift = limits_for(false_alarms, counts)
    signals: dict[tuple[str, Filter], dict[str, Signal]] = {}
    for grain, where, name in asked:
        hit = signal_of(facts_of(name), gather.series(name, grain, where), jump, drift)
        if hit is not None:
            signals.setdefault((grain, where), {})[name] = hit
    found = [f for key, hits in signals.items() for f in grouped(gather, key, hits, template)]
    return one_per_metric(found), counts


def _asked(gather: Gather, targets: Sequence[Target], template: str | None) -> list[tuple[str, Filter, str]]:
    """Series to watch: each target's metric at its grain and segment, and the tree's metrics by week and month."""
    found: dict[tuple[str, Filter, str], None] = {}
    for target in targets:
        found[(target.grain, filter_of(target), target.metric)] = None
    tree = trees().get(template or "")
    for node in tree.root.walk() if tree else ():
        for grain in TREE_GRAINS:
            found[(grain, (), node.metric)] = None
    usable = [key for key in found if key[2] in metrics() and not metrics()[key[2]].cohort]
    for grain, where, name in usable:
        gather.want([name], grain, where)
    return [key for key in usable if gather.missing(key[2], key[0], key[1]) is None]


def grouped(
    gather: Gather, key: tuple[str, Filter], hits: Mapping[str, Signal], template: str | None
) -> list[Finding]:
    """One finding per root cause: a child that explains its alerted parent is named inside the parent's message."""
    grain, where = key
    tree = trees().get(template or "")
    nodes = list(tree.root.walk()) if tree else []
    inside: dict[str, dict[str, float]] = {}
    hidden: set[str] = set()
    for node in nodes:
        signal = hits.get(node.metric)
        below = [n.metric for n in node.walk() if n.metric in hits and n.metric != node.metric]
        if signal is None or not below or node.identity is None:
            continue
        for name, part in _explained(gather, node, signal, below, grain, where).items():
            inside.setdefault(node.metric, {})[name] = part
            hidden.add(name)
    return [
        Finding(signal.kind, signal, where, inside.get(name, {}))
        for name, signal in hits.items()
        if name not in hidden
    ]


def _explained(
    gather: Gather, node: Node, signal: Signal, below: Iterable[str], grain: str, where: Filter
) -> dict[str, float]:
    """Parts of the parent's last change by its alerted children, those that explain a good part of it."""
    before_period = signal.period.previous()
    assert before_period is not None
    names = [n.metric for n in node.walk()]
    after = gather.values(names, signal.period, grain, where)
    before = gather.values(names, before_period, grain, where)
    split = attribute_tree(node, before, after)
    if not split.change:
        return {}
    found = {}
    for name in below:
        ids = [n.id for n in node.walk() if n.metric == name]
        part = sum(split.contributions.get(i, 0.0) for i in ids[:1]) / split.change
        if part >= EXPLAINS:
            found[name] = part
    return found


def one_per_metric(found: Sequence[Finding]) -> list[Finding]:
    """A metric that left its range by week and by month is one message: the stronger one."""
    best: dict[tuple[str, Filter], Finding] = {}
    for finding in found:
        key = (finding.signal.metric, finding.where)
        if key not in best or finding.signal.score > best[key].signal.score:
            best[key] = finding
    named = {cause for f in best.values() for cause in f.causes}
    return [f for f in best.values() if f.signal.metric not in named or f.causes]


def missed_points(assessed: Sequence[Assessment]) -> list[Finding]:
    """Targets whose latest judged control point of their own grain lies outside the band of normal noise."""
    found = []
    for a in assessed:
        own = [
            m
            for m in a.milestones
            if m.grain == a.target.grain and m.status in ("met", "within_band", "missed")
        ]
        if not own or own[-1].status != "missed" or a.resolved.due_passed or own[-1].actual is None:
            continue
        m = own[-1]
        assert m.actual is not None
        low, high = m.low if m.low is not None else m.value, m.high if m.high is not None else m.value
        off = abs(m.actual - m.value) / abs(m.value) if m.value else 1.0
        signal = Signal(
            a.target.metric,
            "jump",
            m.period,
            m.actual,
            m.value,
            low,
            high,
            off,
            m.actual > m.value,
            good=False,
        )
        found.append(Finding("milestone_missed", signal, filter_of(a.target), {}, a.target))
    return found


def finding_json(f: Finding, t: Words) -> dict[str, Any]:
    """One entry of `findings` with its sentence."""
    s = f.signal
    return {
        "code": f.code,
        "metric": s.metric,
        "grain": s.period.grain,
        "period": s.period.text,
        "from": s.period.first.isoformat(),
        "to": s.period.last.isoformat(),
        "where": {w.dimension: list(w.values) for w in f.where},
        "value": s.value,
        "expected": s.expected,
        "low": s.low,
        "high": s.high,
        "direction": "up" if s.up else "down",
        "good": s.good,
        "causes": [{"metric": name, "part": part} for name, part in _ordered(f.causes)],
        "target": f.target.id if f.target else None,
        "message": finding_text(f, t),
    }


def _ordered(causes: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(causes.items(), key=lambda c: -c[1])


def finding_text(f: Finding, t: Words) -> str:
    """The finding as one message, with the main cause inside the metric's arithmetic."""
    s, named = f.signal, metric_name(t)
    unit = metric_of(f.target).unit if f.target else metrics()[s.metric].unit
    key = f.code if f.code == "milestone_missed" else f"{f.code}_{'up' if s.up else 'down'}"
    text = t(
        f"deviation.{key}",
        metric=named(s.metric),
        period=t.period(s.period),
        value=t.value(s.value, unit),
        expected=t.value(s.expected, unit),
        low=t.value(s.low, unit),
        high=t.value(s.high, unit),
        where=_where(f, t),
    )
    if not f.causes:
        return text
    causes = ", ".join(
        t("deviation.cause", metric=named(n), part=t.percent(p, 0)) for n, p in _ordered(f.causes)
    )
    return f"{text} {t('deviation.causes', causes=causes)}"


def _where(f: Finding, t: Words) -> str:
    if not f.where:
        return ""
    segments = {w.dimension: w.values for w in f.where}
    return where_text(Target(metric=f.signal.metric, goal=0, due=date.max, where=segments), t)
