"""Content: what every kind of report tells, computed once, texts ready to print."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from crmkpi import __version__
from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import DEFINITION_VERSION, evaluate_periods
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.project.place import Place
from crmkpi.project.record import data_of
from crmkpi.report.options import LONGEST_TITLE, ReportOptions, ReportUnknownKpiError
from crmkpi.report.plain_text import every_text, plain
from crmkpi.tree.coverage import coverages
from crmkpi.tree.explain import Explained
from crmkpi.tree.shown import ShownNode
from crmkpi.views.data import ReceiptView, receipt_view
from crmkpi.views.drivers import DriversView, drivers_view
from crmkpi.views.node import formula_text, fraction_text, warning_texts
from crmkpi.views.rows import data_span
from crmkpi.views.tree import Asked, TreeView, explained_tree, signed_value, tree_view
from crmkpi.views.verdict import VerdictView, verdict_view

HASH_SHOWN = 12
METHODS = ("parts", "influence", "progress", "chance", "payback", "unknown")


@dataclass(frozen=True)
class Source:
    """Where the numbers come from: tables, the document with only the KPIs asked for, words with the currency."""

    data: DataDir
    project: Project
    words: Words
    asked: Asked


@dataclass(frozen=True)
class Definition:
    """One metric: meaning, formula, and its number in the shown period with numerator, denominator and rows."""

    id: str
    name: str
    definition: str
    formula: str | None
    value: str
    fraction: str | None
    behind: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One thing to do: about which KPI or branch, and what."""

    name: str
    text: str


@dataclass(frozen=True)
class Content:
    """The whole report. `tree` is None where no tree can be shown; `no_tree` then says why."""

    lang: str
    title: str
    period: str
    data_line: str
    stamp: str
    verdict: VerdictView
    tree: TreeView | None
    no_tree: str | None
    drivers: DriversView | None
    next: tuple[Step, ...]
    issues: tuple[tuple[str, str], ...]
    definitions: tuple[Definition, ...]
    method: tuple[str, ...]
    receipt: ReceiptView | None

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the sections that hold something, in order."""
        held = {
            "verdict": bool(self.verdict.rows),
            "why": self.drivers is not None,
            "tree": self.tree is not None,
            "kpis": any(row.gap.paths for row in self.verdict.rows),
            "next": bool(self.next),
            "quality": self.receipt is not None,
            "definitions": bool(self.definitions),
            "method": True,
        }
        return tuple(name for name, there in held.items() if there)


def source(place: Place, words: Words, options: ReportOptions) -> Source:
    """The project at this place, with the chosen KPIs and a tree.

    Errors: ProjectWithoutDataError, ReportUnknownKpiError.
    """
    data = data_of(place)
    project = place.read()
    if project.tree.template is None:
        best = next((c.template for c in coverages(data) if c.root_computable), None)
        project = project.model_copy(update={"tree": project.tree.model_copy(update={"template": best})})
    project = project.model_copy(update={"targets": _chosen(project, options.kpis)})
    asked = Asked(project.tree.period, project.tree.comparison)
    return Source(data, project, Words(words.lang, data.meta.currency or words.currency), asked)


def _chosen(project: Project, kpis: tuple[str, ...] | None) -> list[Any]:
    if kpis is None:
        return list(project.targets)
    known = {x for target in project.targets for x in (target.id, target.metric)}
    for name in kpis:
        if name not in known:
            raise ReportUnknownKpiError(
                name=name, known=", ".join(sorted({t.metric for t in project.targets}))
            )
    return [t for t in project.targets if t.id in kpis or t.metric in kpis]


def content(origin: Source, options: ReportOptions) -> Content:
    """Everything that the report tells. Nothing in it depends on the clock: the same project gives the same report.

    A tree that these data cannot show is said in a sentence; the rest of the report stands.
    """
    data, project, t = origin.data, origin.project, origin.words
    tree = found = None
    reason = None
    try:
        tree, found = tree_view(data, project, origin.asked, t), explained_tree(data, project, origin.asked)
    except CrmKpiError as error:
        reason = t(error.key, **error.params)
    verdict = verdict_view(data, project, t)
    receipt = receipt_view(data, t)
    first, last = data_span(data)
    return every_text(
        Content(
            lang=t.lang,
            title=(options.title or project.name or t("report.untitled"))[:LONGEST_TITLE],
            period=t("report.period", period=tree.period_text, vs=tree.vs_text) if tree else "",
            data_line=_data_line(project, t("report.data_line", first=first, last=last), t),
            stamp=t(
                "report.stamp",
                hash=data.meta.data_hash[:HASH_SHOWN] or None,
                definitions=DEFINITION_VERSION,
                app=__version__,
            ),
            verdict=verdict,
            tree=_with_root_first(tree),
            no_tree=reason,
            drivers=drivers_view(found, False, t) if found else None,
            next=_next(found, verdict, t),
            issues=receipt.issues if receipt else (),
            definitions=_definitions(origin, found),
            method=tuple(t(f"report.method.{name}") for name in METHODS),
            receipt=receipt,
        ),
        plain,
    )  # type: ignore[no-any-return]


def _data_line(project: Project, span: str, t: Words) -> str:
    """The days of the data; a copy for showing says so beside them on every kind of paper."""
    return f"{span} {t('mask.report')}" if project.presentation else span


def _with_root_first(tree: TreeView | None) -> TreeView | None:
    """The tree's drawn nodes; those without data are told in the notes of the tree, not drawn."""
    return None if tree is None else replace(tree, cards=tuple(c for c in tree.cards if c.missing is None))


def _next(found: Explained | None, verdict: VerdictView, t: Words) -> tuple[Step, ...]:
    """Steps of the KPIs, then the branch that a team can move and that took most away."""
    steps = [Step(row.name, step) for row in verdict.rows for step in row.steps[:2]]
    weak = _weakest(found) if found else None
    if found and weak:
        part = signed_value(weak.contribution or 0.0, found.unit, t)
        steps.append(Step(weak.text(t), t("report.next_branch", part=part, root=found.top.text(t))))
    return tuple(steps)


def _weakest(found: Explained) -> ShownNode | None:
    """The undivided part that hurt the root most and that somebody can move."""
    parents = {n.parent for n in found.nodes if n.edge == "identity" and n.contribution is not None}
    harm = -1.0 if found.top.better == "up" else 1.0
    pulls = [
        n
        for n in found.nodes
        if n.parent and n.id not in parents and n.controllable != "no" and (n.contribution or 0.0) * harm > 0
    ]
    return max(pulls, key=lambda n: abs(n.contribution or 0.0), default=None)


def named_metrics(origin: Source, found: Explained | None) -> tuple[str, ...]:
    """Metrics that the report speaks of: those of the drawn tree, then those of the targets."""
    drawn = [n.metric for n in found.nodes if n.metric] if found else []
    return tuple(dict.fromkeys([*drawn, *(target.metric for target in origin.project.targets)]))


def _definitions(origin: Source, found: Explained | None) -> tuple[Definition, ...]:
    names = [n for n in named_metrics(origin, found) if n in metrics() and not metrics()[n].cohort]
    rows: dict[str, dict[str, Any]] = {}
    if found is not None and names:
        result = evaluate_periods(origin.data, names, [found.period], where=origin.asked.where)
        rows = {row["metric"]: row for row in result.rows.iter_rows(named=True)}
    return tuple(_definition(name, rows.get(name), origin.words) for name in names)


def _definition(name: str, row: dict[str, Any] | None, t: Words) -> Definition:
    metric = metrics()[name]
    return Definition(
        id=name,
        name=metric.label[t.lang],
        definition=metric.definition[t.lang],
        formula=formula_text(metric, t),
        value=t.value(row["value"] if row else None, metric.unit),
        fraction=fraction_text(metric, row["numerator"], row["denominator"], t) if row else None,
        behind=t("node.behind", rows=row["n_rows"], customers=row["n_customers"]) if row else None,
        warnings=warning_texts(row["warnings"] or (), t) if row else (),
    )


def as_json(found: Content) -> dict[str, Any]:
    """The content as plain JSON values; days as ISO texts."""
    return json.loads(json.dumps(asdict(found), default=date.isoformat))  # type: ignore[no-any-return]


def snapshot(place: Place, words: Words, options: ReportOptions | None = None) -> dict[str, Any]:
    """The report's content as plain JSON: aggregates and texts only, no row of a customer, for a frozen link."""
    chosen = options or ReportOptions()
    found = content(source(place, words, chosen), chosen)
    # receipt and notes name files and documents of the owner: not for a reader with a link
    found = replace(found, receipt=None, issues=())
    return {**as_json(found), "sections": list(found.sections)}
