"""The editor page: the tree as an indented list, own metrics, and the history of versions. Texts are ready to print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from crmkpi.catalog.in_force import current, in_force
from crmkpi.catalog.metric import metrics
from crmkpi.catalog.trees import Node, templates, trees
from crmkpi.engine.available import available
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.project.document import Project
from crmkpi.project.own_catalogue import catalogue_of_state
from crmkpi.project.tree_versions import Change, TreeState, TreeVersion
from crmkpi.tree.coverage import computable
from crmkpi.tree.own_metric import OWN_SOURCE, PREFIX, OwnMetric
from crmkpi.tree.spoken import spoken
from crmkpi.views.node import belief_text
from crmkpi.views.tree import DEFAULT_TREE, missing_text, root_node

CONTROLS = ("yes", "partly", "no")


@dataclass(frozen=True)
class EditorRow:
    """One node of the list. kind: root, exact or belief; `made_of` = its formula in words; `note` = why, or that none
    was given; `value` is printed for the shown period, «—» where unknown; `lacks` says why there is no number."""

    id: str
    depth: int
    name: str
    kind: str
    made_of: str
    note: str
    value: str
    lacks: str
    own: bool


@dataclass(frozen=True)
class OwnRow:
    """One own metric: its name, formula in words, value in the shown period, and what it means."""

    id: str
    name: str
    formula: str
    value: str
    meaning: str


@dataclass(frozen=True)
class VersionRow:
    """One step of the history. `number` 0 stands for the templates as they came."""

    number: int
    when: str
    who: str
    what: str
    tree: str
    in_use: bool


@dataclass(frozen=True)
class EditorView:
    """Everything the editor page shows. `changed` = edits of this tree; `broken` = why they could not be applied."""

    tree: str
    title: str
    headline: str
    text: str
    rows: tuple[EditorRow, ...]
    own: tuple[OwnRow, ...]
    versions: tuple[VersionRow, ...]
    changed: int
    broken: str | None


def editor_view(data: DataDir, project: Project, period: Period, t: Words) -> EditorView:
    """The chosen tree as it is edited, with values of one period. Errors are those of the engine."""
    tree = project.tree.template or DEFAULT_TREE
    state = project.own_trees.state
    root = root_node(project)
    own_ids = [one.id for one in state.own]
    values = _values(data, [*(n.metric for n in root.walk()), *own_ids], period)
    changed = len(state.edits.get(tree, ()))
    said = "editor.changed" if changed else "editor.as_template"
    return EditorView(
        tree=tree,
        title=trees()[tree].title[t.lang],
        headline=t(said, title=trees()[tree].title[t.lang]),
        text=t("editor.text", period=t.period(period)),
        rows=tuple(_rows(data, root, values, t)),
        own=tuple(_own_row(one, values, t) for one in state.own),
        versions=version_rows(project, t),
        changed=changed,
        broken=broken_text(tree, t),
    )


def broken_text(tree: str, t: Words) -> str | None:
    """Why the edits of a tree (or an own metric) are not in use, None where everything fits."""
    found = current()
    for name, error in found.broken.items() if found else ():
        if isinstance(error, CrmKpiError) and (name == tree or name.startswith(PREFIX)):
            return t("editor.broken", reason=t(error.key, **error.params))
    return None


def version_list(data: DataDir, project: Project, number: int, t: Words) -> tuple[EditorRow, ...]:
    """The list of nodes as a version had it, without values; number 0 = the template."""
    found = project.own_trees.version(number)
    state = found.state if found else TreeState()
    tree = project.tree.template or DEFAULT_TREE
    with in_force(catalogue_of_state(state, data)):
        return tuple(_rows(None, trees()[tree].root, {}, t))


def version_rows(project: Project, t: Words) -> tuple[VersionRow, ...]:
    """The history, the newest first, and the start at its end."""
    versions = project.own_trees.versions
    if not versions:
        return ()
    last = versions[-1]
    rows = [_version(v, v is last, project, t) for v in reversed(versions)]
    start = VersionRow(0, "", "", t("editor.did_start"), "", False)
    return (*rows, start)


def change_sentence(change: Change, t: Words) -> str:
    """What was done, as one sentence."""
    other = change.other[t.lang] if change.other else ""
    key = f"editor.did_{change.what}"
    if change.what == "controlled":
        key = f"editor.did_controlled_{other}"
    return t(key, name=change.name[t.lang], other=other)


def _version(version: TreeVersion, in_use: bool, project: Project, t: Words) -> VersionRow:
    return VersionRow(
        number=version.number,
        when=_when(version.at, project.settings.zone, t),
        who=version.who or t("editor.nobody"),
        what=change_sentence(version.change, t),
        tree=templates()[version.template].title[t.lang] if version.template in templates() else "",
        in_use=in_use,
    )


def _when(at: datetime, zone: str | None, t: Words) -> str:
    local = at.astimezone(ZoneInfo(zone)) if zone else at.astimezone()
    return format_datetime(local, "d MMM y, HH:mm", locale=t.locale)


def _values(data: DataDir, names: list[str], period: Period) -> dict[str, float | None]:
    gaps = available(data)
    known = sorted({name for name in names if computable(name, gaps)})
    result = evaluate_periods(data, known, [period])
    return {name: result.value(name, period.text) for name in known}


def _rows(data: DataDir | None, root: Node, values: dict[str, float | None], t: Words) -> Iterator[EditorRow]:
    gaps = available(data) if data is not None else {}
    for depth, node in _walk(root):
        facts = metrics().get(node.metric)
        gap = gaps.get(node.metric)
        yield EditorRow(
            id=node.id,
            depth=depth,
            name=node.label[t.lang],
            kind={"root": "root", "identity": "exact"}.get(node.edge, "belief"),
            made_of=spoken(node.identity)[t.lang] if node.identity else "",
            note=_note(node, t),
            value=t.value(values.get(node.metric), facts.unit, short=True) if facts and data else "",
            lacks=missing_text(tuple(gap.missing), gap.reason, t) if gap is not None else "",
            own=facts is not None and facts.source == OWN_SOURCE,
        )


def _note(node: Node, t: Words) -> str:
    if node.edge != "influence":
        return ""
    return belief_text(node.why, node.elasticity, node.grade, t) or t("editor.no_why")


def _walk(node: Node, depth: int = 0) -> Iterator[tuple[int, Node]]:
    yield depth, node
    for child in node.children:
        yield from _walk(child, depth + 1)


def _own_row(own: OwnMetric, values: dict[str, float | None], t: Words) -> OwnRow:
    return OwnRow(
        id=own.id,
        name=own.label[t.lang],
        formula=spoken(own.formula)[t.lang],
        value=t.value(values.get(own.id), own.unit, short=True),
        meaning=own.meaning,
    )


@dataclass(frozen=True)
class NodeForm:
    """What the drawer of one node starts from."""

    id: str
    metric: str
    name: str
    ru: str
    en: str
    kind: str
    formula: str
    why: str
    elasticity: float | None
    grade: str | None
    parent: str | None
    places: int
    place: int
    control: str
    said_control: str | None
    below: int


def node_form(project: Project, node_id: str, t: Words) -> NodeForm | None:
    """The node as it can be edited; None where it is not in the tree."""
    root = root_node(project)
    node = root.find(node_id)
    if node is None:
        return None
    parent = next((n for n in root.walk() if any(c.id == node_id for c in n.children)), None)
    order = [c.id for c in parent.children] if parent else [node_id]
    facts = metrics().get(node.metric)
    return NodeForm(
        id=node.id,
        metric=node.metric,
        name=node.label[t.lang],
        ru=node.label.ru,
        en=node.label.en,
        kind={"root": "root", "identity": "exact"}.get(node.edge, "belief"),
        formula=node.identity or "",
        why=node.why[t.lang] if node.why else "",
        elasticity=node.elasticity,
        grade=node.grade,
        parent=parent.id if parent else None,
        places=len(order),
        place=order.index(node_id),
        control=facts.controllable if facts else "no",
        said_control=project.own_trees.state.control.get(node.metric),
        below=sum(1 for _ in node.walk()) - 1,
    )


def places_to_hang(project: Project, node_id: str, t: Words) -> dict[str, str]:
    """Nodes that this one may be hung on, with indented names, in the order of the tree."""
    root = root_node(project)
    node = root.find(node_id)
    inside = {n.id for n in node.walk()} if node else set()
    return {n.id: f"{'· ' * depth}{n.label[t.lang]}" for depth, n in _walk(root) if n.id not in inside}


def metrics_to_add(data: DataDir, t: Words) -> dict[str, str]:
    """Metrics to put into a tree or a formula, by name: own ones first, then those with data, then the others."""
    gaps = available(data)
    rows = [m for m in metrics().values() if not m.cohort and (not m.local or m.id in gaps)]
    rows.sort(key=lambda m: (m.source != OWN_SOURCE, not computable(m.id, gaps), m.label[t.lang].casefold()))
    lacking = t("editor.no_data")
    return {
        m.id: m.label[t.lang] if computable(m.id, gaps) else f"{m.label[t.lang]} — {lacking}" for m in rows
    }
