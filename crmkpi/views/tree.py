"""The tree page: the answer in words and the cards of the picture."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from crmkpi.catalog import metrics
from crmkpi.catalog.roles import role_of
from crmkpi.catalog.trees import Node
from crmkpi.catalog.trees import template as template_of
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, available, evaluate
from crmkpi.formula import Formula
from crmkpi.i18n import Words
from crmkpi.periods import Period, parse_period, period_of
from crmkpi.project.document import Project
from crmkpi.tree.answer import answer
from crmkpi.tree.coverage import chosen_root
from crmkpi.tree.explain import Explained, explain
from crmkpi.tree.opening import coverage_of, opening, partner
from crmkpi.tree.shown import MissingNode, ShownNode
from crmkpi.views.columns import column_list

SPARK_PERIODS = 13
DEFAULT_TREE = "ecommerce_revenue"
# a change smaller than this share of the value before is printed but not called better or worse
CALM = 0.005
OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "−", ast.Mult: "×", ast.Div: "÷"}


@dataclass(frozen=True)
class TreeCard:
    """One node as the screen shows it. Texts are ready to print.

    `direction`: good, bad or neutral for the business (not up or down). `contribution_share`: this node's part of
    the root's change beside the largest part, -1..1, None where there is no part; `direction_of_part` says whether
    the part helped the root. `missing` = why there is no number. `operator` = how the children make the node.
    `outside` = says that the team does not control the node, empty where it does.
    """

    id: str
    parent: str | None
    name: str
    value_text: str = ""
    change_text: str = ""
    direction: str = "neutral"
    status_text: str = ""
    contribution_text: str | None = None
    contribution_share: float | None = None
    direction_of_part: str = "neutral"
    spark: tuple[float | None, ...] = ()
    edge: str = "identity"
    level: str | None = None
    missing: str | None = None
    starred: bool = False
    outside: str = ""
    operator: str | None = None


@dataclass(frozen=True)
class Asked:
    """What the reader asked to see: a period (None = the opening one), a comparison, filters.

    comparison: `auto`, `previous`, `year_ago` or `to_date` (the unfinished month, like for like).
    """

    period: str | None = None
    comparison: str = "auto"
    where: tuple[Where, ...] = ()


@dataclass(frozen=True)
class TreeView:
    """Everything the tree page shows."""

    template: str
    title: str
    cards: tuple[TreeCard, ...]
    period: Period
    vs: Period
    period_text: str
    vs_text: str
    headline: str
    sentences: tuple[str, ...]
    direction: str
    notices: tuple[str, ...]


def tree_key(project: Project, asked: Asked) -> tuple[Hashable, ...]:
    """What the numbers of a tree depend on besides the data: a key for keeping them."""
    tree = project.tree
    return (asked, tree.template, tree.root, tuple(tree.hidden), tuple(tree.starred))


def tree_view(data: DataDir, project: Project, asked: Asked, t: Words) -> TreeView:
    """The chosen tree for the asked period. Errors are those of `explain` (a sentence each)."""
    found = explained_tree(data, project, asked)
    template = template_of(found.template)
    sparks = _sparks(data, found, asked.where)
    sentences = answer(found, t)
    return TreeView(
        template=template.id,
        title=template.title[t.lang],
        cards=(*_cards(found, project, sparks, t), *_missing_cards(found.missing, t)),
        period=found.period,
        vs=found.vs,
        period_text=t.period(found.period),
        vs_text=t.period(found.vs),
        headline=sentences[0],
        sentences=tuple(sentences[1:]),
        direction=direction(found.top.change, found.top.before, found.top.better),
        notices=_notices(data, found, asked, t),
    )


def explained_tree(data: DataDir, project: Project, asked: Asked) -> Explained:
    """The tree's numbers for what was asked; without a choice, the opening view of definitions.md."""
    chosen = project.tree.template or DEFAULT_TREE
    to_date = asked.comparison == "to_date"
    root = chosen_top(data, project).metric if project.tree.root else None
    table = root_table(data, chosen, root)
    covered = coverage_of(data, table)
    compare = {"previous": "previous", "year_ago": "year"}.get(asked.comparison)
    period: Period | str | None = asked.period
    vs: Period | None = None
    if to_date and period is None:
        period = period_of(covered.last, "month")
        vs = period.year_ago() if period.year_ago().first >= covered.first else period.previous()
    elif compare and period is None:
        opened = opening(data, table, compare)
        period, vs = opened.period, opened.vs
    elif compare and isinstance(period, str):
        vs = partner(covered, parse_period(period), compare)
    hidden = frozenset(project.tree.hidden)
    return explain(data, chosen, period, vs, asked.where, hidden=hidden, to_date=to_date, root=root)


def chosen_top(data: DataDir, project: Project) -> Node:
    """The root that is shown: the person's choice where the template offers it and the data feed it."""
    tree, gaps = template_of(project.tree.template or DEFAULT_TREE), available(data)
    wanted = project.tree.root
    offered = {tree.root.metric, *(choice.metric for choice in tree.instead)}
    if wanted in offered and gaps.get(wanted, "") is None:
        return tree.with_root(wanted)
    return chosen_root(tree, gaps)


def root_node(project: Project) -> Node:
    """The top of the project's tree as it is edited, whichever other top the picture shows."""
    return template_of(project.tree.template or DEFAULT_TREE).root


def root_table(data: DataDir, template: str, root: str | None = None) -> str:
    """The table that dates the root of a template under these data (orders, or messages for a funnel)."""
    found = root or chosen_root(template_of(template), available(data)).metric
    return metrics()[found].table


def periods_to_choose(data: DataDir, template: str, grain: str = "month") -> tuple[str, ...]:
    """Complete periods of the tree's table, the latest first, as stable texts."""
    covered = coverage_of(data, root_table(data, template))
    found, period = [], covered.last_complete(grain)
    while period is not None and period.first >= covered.first:
        found.append(period.text)
        period = period.previous()
    return tuple(found)


def direction(change: float | None, before: float | None, better: str) -> str:
    """good, bad or neutral for the business; a change below CALM of the value before is neutral."""
    if change is None or change == 0 or better == "band":
        return "neutral"
    if before and abs(change) < CALM * abs(before):
        return "neutral"
    return "good" if (change > 0) == (better == "up") else "bad"


def arrow(change: float | None) -> str:
    """The glyph of a change, so that colour is never the only sign."""
    if change is None or change == 0:
        return ""
    return "▲ " if change > 0 else "▼ "


def _cards(
    found: Explained, project: Project, sparks: Mapping[str, tuple[float | None, ...]], t: Words
) -> list[TreeCard]:
    largest = max((abs(n.contribution or 0.0) for n in found.nodes[1:]), default=0.0)
    drawn = template_of(found.template).with_root(found.root)
    identities = {node.id: node.identity for node in drawn.walk()}
    role = role_of(project.tree.role)
    outside = t("roles.outside", who=role.label[t.lang]) if role else t("look.not_yours")
    return [
        _card(node, found, largest, identities.get(node.id), sparks, project.tree.starred, outside, t)
        for node in found.nodes
    ]


def _card(
    node: ShownNode,
    found: Explained,
    largest: float,
    identity: str | None,
    sparks: Mapping[str, tuple[float | None, ...]],
    starred: Sequence[str],
    outside: str,
    t: Words,
) -> TreeCard:
    tone = direction(node.change, node.before, node.better)
    part = None if node.parent is None else node.contribution
    return TreeCard(
        id=node.id,
        parent=node.parent,
        name=node.text(t),
        value_text=t.value(node.after, node.unit, short=True) if node.metric else "",
        change_text=arrow(node.change) + t.change(node.before, node.after, node.unit) if node.metric else "",
        direction=tone,
        status_text=t(f"tree.status_{_status(node, tone)}"),
        contribution_text=None if part is None else signed_value(part, found.unit, t),
        contribution_share=None if part is None or not largest else part / largest,
        direction_of_part=direction(part, None, found.top.better),
        spark=sparks.get(node.metric or "", ()),
        edge=node.edge,
        level=node.level,
        starred=node.id in starred,
        outside=outside if node.controllable == "no" and node.metric else "",
        operator=operator_of(identity),
    )


def _status(node: ShownNode, tone: str) -> str:
    if node.metric is None or node.change is None:
        return "unknown"
    if tone == "neutral":
        return "moved" if node.better == "band" and node.change else "same"
    return tone


def signed_value(value: float, unit: str, t: Words) -> str:
    """A contribution or change in the unit of its metric, with its sign; shares in points."""
    text = t.points(value) if unit == "share" else t.value(value, unit, short=True)
    return t.signed(text, value)


def operator_of(identity: str | None) -> str | None:
    """The sign that joins the children: of the topmost operation of the identity."""
    if identity is None:
        return None
    top = Formula(identity).tree
    return OPERATORS.get(type(top.op)) if isinstance(top, ast.BinOp) else None


def _missing_cards(missing: Sequence[MissingNode], t: Words) -> list[TreeCard]:
    return [
        TreeCard(
            id=node.id,
            parent=node.parent,
            name=node.label[t.lang],
            edge=node.edge,
            level=node.level,
            missing=missing_text(node.missing, node.reason, t),
        )
        for node in missing
    ]


def missing_text(missing: Sequence[str], reason: str, t: Words) -> str:
    """Why a node has no number: the columns that would give it, else the engine's reason."""
    if missing:
        return t("tree.needs", columns=column_list(missing, t))
    key = f"reason.{reason}"
    return t(key) if t.has(key) else t("tree.not_yet")


def _sparks(data: DataDir, found: Explained, where: tuple[Where, ...]) -> dict[str, tuple[float | None, ...]]:
    """The last SPARK_PERIODS values of every drawn metric, by period up to the one shown."""
    grain = found.period.grain if found.period.grain not in ("window", "all") else "month"
    last = period_of(found.period.last, grain)
    first = last
    for _ in range(SPARK_PERIODS - 1):
        before = first.previous()
        assert before is not None
        first = before
    covered = coverage_of(data, root_table(data, found.template, found.top.metric))
    names = sorted({n.metric for n in found.nodes if n.metric})
    start = max(first.first, covered.first)
    result = evaluate(data, names, grain, first=start, last=min(last.last, covered.last), where=where)
    values: dict[str, list[float | None]] = {}
    for metric, value in result.rows.select("metric", "value").iter_rows():
        values.setdefault(metric, []).append(value)
    return {metric: tuple(points) for metric, points in values.items()}


def _notices(data: DataDir, found: Explained, asked: Asked, t: Words) -> tuple[str, ...]:
    """What the reader must know about the two periods: season, a pause at the end, like for like."""
    covered = coverage_of(data, root_table(data, found.template, found.top.metric))
    notes = []
    if found.to_date or asked.comparison == "to_date":
        notes.append(t("opening.to_date"))
    elif covered.closed_by_pause(found.period):
        notes.append(t("opening.pause", last=covered.last))
    if found.period.grain == "month" and found.vs == found.period.previous() and asked.comparison == "auto":
        notes.append(t("opening.season"))
    return tuple(notes)
