"""Edition: what a share link shows, frozen. Built from an allow-list: what is not named here stays in the project.

It holds aggregates and sentences in both languages (the reader chooses), never a row, a file name, a note, a check-in
or a risk the owner wrote down. Groups of fewer than five people are hidden, and enough beside them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import evaluate
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import LANGUAGES, Words
from crmkpi.periods import Period, parse_period, period_of
from crmkpi.project.place import Place
from crmkpi.report.content import Source, source
from crmkpi.report.options import ReportOptions
from crmkpi.report.small_groups import few, hidden, people, segment_sizes, sizes
from crmkpi.targets.gather import data_to, filter_of
from crmkpi.tree.explain import Explained
from crmkpi.tree.shown import ShownNode
from crmkpi.views.drivers import drivers_view
from crmkpi.views.node import dimension_choices, formula_text, split_view, tick
from crmkpi.views.rows import data_span
from crmkpi.views.tree import TreeCard, explained_tree, tree_view
from crmkpi.views.verdict import VerdictRow, verdict_view

FORM = 1
SERIES_PERIODS = 13
# dimensions of a node that a reader may open, and how many values one may have
MOST_DIMENSIONS = 4
MOST_VALUES = 40


@dataclass(frozen=True)
class EditionOptions:
    """What the owner shares. `drill`: series and segments behind the nodes. `kpis`: ids of targets, None = all."""

    title: str = ""
    drill: bool = False
    kpis: tuple[str, ...] | None = None


def edition(place: Place, currency: str | None, options: EditionOptions) -> dict[str, Any]:
    """The edition of the project as it is saved now, as plain JSON values. Errors: those of `report.content.source`."""
    report = ReportOptions(title=options.title or None, kpis=options.kpis)
    told = {lang: _told(source(place, Words(lang, currency), report), options) for lang in LANGUAGES}
    return {"form": FORM, "lang": told}


def _told(origin: Source, options: EditionOptions) -> dict[str, Any]:
    data, project, t = origin.data, origin.project, origin.words
    verdict = verdict_view(data, project, t)
    first, last = data_span(data)
    small = _small_targets(origin)
    rows = [_kpi(row, t) if row.id not in small else _hidden_kpi(row, t) for row in verdict.rows]
    return {
        "title": options.title or project.name,
        "data": {"from": t.date(first), "to": t.date(last)},
        "headline": verdict.headline,
        "tone": verdict.tone,
        "kpis": rows,
        "tree": _tree(origin, options),
    }


def _small_targets(origin: Source) -> frozenset[str]:
    """Targets whose current number speaks of fewer than five people."""
    last = data_to(origin.data)
    found = set()
    for target in origin.project.targets:
        at = period_of(last, target.grain)
        behind = [p for p in (at, at.previous()) if p is not None]
        if few(sizes(origin.data, [target.metric], behind, filter_of(target)).get(target.metric)):
            found.add(target.id)
    return frozenset(found)


def _kpi(row: VerdictRow, t: Words) -> dict[str, Any]:
    """One KPI: the three answers, where it stands, what is next, and its way by months (else by weeks)."""
    gap = row.gap
    paths = dict(gap.paths)
    path = paths.get("month") or next(iter(paths.values()), None)
    return {
        "id": row.id,
        "name": row.name,
        "owner": row.owner,
        "tone": row.tone,
        "status": row.status,
        "good": asdict(row.good),
        "helps": asdict(row.helps),
        "pays": asdict(row.pays),
        "chance": row.chance,
        "steps": list(row.steps),
        "sentence": gap.sentence,
        "now": gap.now,
        "start": gap.start,
        "goal": gap.goal,
        "left": gap.left,
        "progress": gap.progress,
        "progress_text": gap.progress_text,
        "path": asdict(path) if path else None,
        "hidden": False,
    }


def _hidden_kpi(row: VerdictRow, t: Words) -> dict[str, Any]:
    """A KPI whose number would tell of single people: its name and the reason stay."""
    nothing = {"tone": "neutral", "text": t("edition.few")}
    return {
        "id": row.id,
        "name": row.name,
        "owner": row.owner,
        "tone": "neutral",
        "status": t("edition.hidden"),
        "good": nothing,
        "helps": nothing,
        "pays": nothing,
        "chance": None,
        "steps": [],
        "sentence": "",
        "now": t.value(None, "count"),
        "start": t.value(None, "count"),
        "goal": t.value(None, "count"),
        "left": "",
        "progress": None,
        "progress_text": None,
        "path": None,
        "hidden": True,
    }


# the tree ------------------------------------------------------------------------------------------------
def _tree(origin: Source, options: EditionOptions) -> dict[str, Any] | None:
    """The drawn tree with what stands behind its nodes; None where the data show none."""
    data, project, t = origin.data, origin.project, origin.words
    try:
        view = tree_view(data, project, origin.asked, t)
        found = explained_tree(data, project, origin.asked)
    except CrmKpiError:
        return (
            None  # the owner reads the reason on the Tree page; a reader gets the verdict without a picture
        )
    gone = _hidden_nodes(data, found)
    series = _series(data, found, t)
    cards = tuple(card for card in view.cards if card.missing is None)
    metric_of = {node.id: node.metric for node in found.nodes}
    drivers = drivers_view(found, False, t)
    return {
        "title": view.title,
        "period": view.period_text,
        "vs": view.vs_text,
        "direction": view.direction,
        # sentences and parts name numbers of single nodes: with a hidden node only the headline is safe
        "headline": view.headline,
        "sentences": [] if gone else list(view.sentences),
        "notices": list(view.notices),
        "cards": [
            _card(card, card.id in gone, series.get(metric_of.get(card.id) or "", ()), t) for card in cards
        ],
        "drivers": [] if gone else [asdict(part) for part in drivers.parts],
        "nodes": {
            node.id: _behind(data, node, found, series.get(node.metric, ()), options, t)
            for node in found.nodes
            if node.metric is not None and node.id not in gone
        },
    }


def _hidden_nodes(data: DataDir, found: Explained) -> frozenset[str]:
    """Nodes about too few people, and beside them the smallest sibling that would give them back."""
    names = sorted({n.metric for n in found.nodes if n.metric})
    behind = sizes(data, names, [found.vs, found.period])
    gone: set[str] = set()
    for parent in {n.parent for n in found.nodes}:
        children = [n for n in found.nodes if n.parent == parent]
        places = hidden([behind.get(n.metric or "") for n in children])
        gone |= {children[i].id for i in places}
    return frozenset(gone)


def _card(card: TreeCard, gone: bool, points: tuple[dict[str, Any], ...], t: Words) -> dict[str, Any]:
    spark = tuple(point["value"] for point in points)
    if gone:
        card = TreeCard(
            id=card.id, parent=card.parent, name=card.name, value_text=t("edition.hidden"), edge=card.edge,
            level=card.level, operator=card.operator, starred=card.starred,
        )  # fmt: skip
    return asdict(replace(card, spark=() if gone else spark))


def _series(data: DataDir, found: Explained, t: Words) -> dict[str, tuple[dict[str, Any], ...]]:
    """The last values of every drawn metric; those about too few people are unknown to the reader."""
    grain = found.period.grain if found.period.grain not in ("window", "all") else "month"
    names = sorted({n.metric for n in found.nodes if n.metric})
    rows = evaluate(data, names, grain, last=found.period.last).rows
    kept: dict[str, list[dict[str, Any]]] = {}
    for metric, text, value, count, customers in rows.select(
        "metric", "period", "value", "n_rows", "n_customers"
    ).iter_rows():
        shown = None if few(people(metric, value, count, customers)) else value
        kept.setdefault(metric, []).append(_point(parse_period(text), shown, metrics()[metric].unit, t))
    return {metric: tuple(points[-SERIES_PERIODS:]) for metric, points in kept.items()}


def _point(period: Period, value: float | None, unit: str, t: Words) -> dict[str, Any]:
    return {"label": t.period(period), "tick": tick(period, t), "value": value, "text": t.value(value, unit)}


def _behind(
    data: DataDir,
    node: ShownNode,
    found: Explained,
    points: tuple[dict[str, Any], ...],
    options: EditionOptions,
    t: Words,
) -> dict[str, Any]:
    """What a reader may open behind a node: its meaning; with drill-down also its series and segments."""
    metric = metrics()[node.metric or ""]
    told: dict[str, Any] = {
        "definition": metric.definition[t.lang],
        "formula": formula_text(metric, t),
        "unit": metric.unit,
        "additive": metric.klass in ("sum", "unique", "stock"),
        "series": [],
        "segments": [],
    }
    if options.drill:
        told["series"] = list(points)
        told["segments"] = _segments(data, metric.id, found, t)
    return told


def _segments(data: DataDir, metric: str, found: Explained, t: Words) -> list[dict[str, Any]]:
    """The metric by the few dimensions that a person reads, small groups folded into one row without a number."""
    out = []
    info = data.meta.dimensions
    names = [
        n
        for n in dimension_choices(data, t, metric).items()
        if n[0] in info and info[n[0]].values <= MOST_VALUES
    ]
    for dimension, label in names[:MOST_DIMENSIONS]:
        try:
            behind = segment_sizes(data, metric, dimension, [found.vs, found.period])
            order = list(behind)
            gone = frozenset(order[i] for i in hidden([behind[s] for s in order]))
            split = split_view(data, metric, dimension, found.period, found.vs, (), t, hidden=gone)
        except CrmKpiError:
            continue  # a metric without this dimension is not split by it
        if any(
            part.value is not None for part in split.parts
        ):  # with every group hidden there is nothing to show
            out.append({"by": label, **asdict(split)})
    return out
