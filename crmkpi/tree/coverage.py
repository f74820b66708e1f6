"""Coverage: which nodes of a template the data feed, and what would feed the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from crmkpi.catalog.metric import metrics
from crmkpi.catalog.trees import Node, TreeTemplate, trees
from crmkpi.engine.available import available
from crmkpi.engine.data import DataDir
from crmkpi.engine.result import Unavailable
from crmkpi.i18n import Words

Gaps = Mapping[str, Unavailable | None]


@dataclass(frozen=True)
class NodeCoverage:
    """One node: computable or not, and the `table.column` names that it lacks. `reason` is the engine's code."""

    id: str
    metric: str
    level: str | None
    edge: str
    computable: bool
    missing: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Unlock:
    """Add these columns of one table and `metrics` of the tree become computable."""

    table: str
    columns: tuple[str, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """What the data give to one template.

    total and covered count metrics (one drawn twice counts once). tied counts those computable metrics that hang
    on the root by identities: the part of the tree that explains the root. suited: the data carry a sign that the
    tree is meant for them (a restaurant's tree wants guests or points). unlocks: largest first.
    """

    template: str
    root: str
    root_computable: bool
    total: int
    covered: int
    tied: int
    nodes: tuple[NodeCoverage, ...]
    unlocks: tuple[Unlock, ...]
    suited: bool = True


def coverage(data: DataDir, template: TreeTemplate) -> Coverage:
    """Which nodes of the template the data feed. From the description of the data only: no rows are read."""
    return _suited(template, template_coverage(template, available(data)), data)


def coverages(data: DataDir) -> list[Coverage]:
    """Every template, the best fed first: root computable, suited, then most nodes tied to the root.

    Equal ones stay in the order of the templates, so the shop's tree comes before the six levels.
    """
    gaps = available(data)
    found = [_suited(t, template_coverage(t, gaps), data) for t in trees().values()]
    return sorted(found, key=lambda c: (not c.root_computable, not c.suited, -c.tied))


def template_list(data: DataDir, words: Words) -> list[dict[str, Any]]:
    """The JSON of `crmkpi tree --list`: every template with how many of its metrics the data feed, best first."""
    return [
        {
            "id": found.template,
            "title": trees()[found.template].title[words.lang],
            "suits": trees()[found.template].suits[words.lang],
            "root": found.root,
            "root_computable": found.root_computable,
            "suited": found.suited,
            "nodes": found.total,
            "computable": found.covered,
            "unlocks": [
                {"table": u.table, "columns": list(u.columns), "metrics": list(u.metrics)}
                for u in found.unlocks
            ],
        }
        for found in coverages(data)
    ]


def _suited(template: TreeTemplate, found: Coverage, data: DataDir) -> Coverage:
    signals = [name.split(".", 1) for name in template.signals]
    return replace(found, suited=not signals or any(data.meta.has(t, c) for t, c in signals))


def template_coverage(template: TreeTemplate, gaps: Gaps) -> Coverage:
    """The same from the engine's answer per metric (None = computable)."""
    root = chosen_root(template, gaps)
    nodes = tuple(_node(node, gaps) for node in root.walk())
    by_metric = {node.metric: node for node in nodes}
    covered = {metric for metric, node in by_metric.items() if node.computable}
    return Coverage(
        template=template.id,
        root=root.metric,
        root_computable=root.metric in covered,
        total=len(by_metric),
        covered=len(covered),
        tied=len(_tied(root, covered)),
        nodes=nodes,
        unlocks=_unlocks(by_metric),
    )


def chosen_root(template: TreeTemplate, gaps: Gaps) -> Node:
    """The template's own root, or the first of its other roots with an identity when the data lack the own one."""
    if computable(template.root.metric, gaps):
        return template.root
    for choice in template.instead:
        if choice.identity is not None and computable(choice.metric, gaps):
            return template.with_root(choice.metric)
    return template.root


def computable(metric: str, gaps: Gaps) -> bool:
    """Whether the data give this metric; a metric that the engine does not know is not computable."""
    return metric in gaps and gaps[metric] is None


def _node(node: Node, gaps: Gaps) -> NodeCoverage:
    gap = gaps.get(node.metric)
    missing = () if gap is None else tuple(gap.missing)
    reason = None if gap is None else gap.reason
    ok = computable(node.metric, gaps)
    if not ok and gap is None:
        reason = "not_yet"
    return NodeCoverage(node.id, node.metric, node.level, node.edge, ok, missing, reason)


def _tied(node: Node, covered: set[str]) -> set[str]:
    if node.metric not in covered:
        return set()
    found = {node.metric}
    if all(child.metric in covered for child in node.drivers):
        for child in node.drivers:
            found |= _tied(child, covered)
    return found


def _unlocks(by_metric: Mapping[str, NodeCoverage]) -> tuple[Unlock, ...]:
    """Tables that would feed further nodes: all that a node lacks can come from that one table.

    A lack is written `table.column`, or `a.x|b.y` where either would do; the first table that serves all is taken,
    with its first column for each lack.
    """
    columns: dict[str, dict[str, None]] = {}
    unlocked: dict[str, list[str]] = {}
    for metric, node in by_metric.items():
        lacks = [lack.split("|") for lack in node.missing]
        if not lacks or not _ready(metric):
            continue
        for table in dict.fromkeys(option.partition(".")[0] for option in lacks[0]):
            own = [[o for o in options if o.partition(".")[0] == table] for options in lacks]
            if all(own):
                unlocked.setdefault(table, []).append(metric)
                columns.setdefault(table, {}).update(dict.fromkeys(options[0] for options in own))
                break
    found = [Unlock(table, tuple(columns[table]), tuple(names)) for table, names in unlocked.items()]
    return tuple(sorted(found, key=lambda u: (-len(u.metrics), u.table)))


def _ready(metric: str) -> bool:
    """Whether the product can compute the metric once its columns are there (promise nothing else)."""
    known = metrics()
    if metric not in known:
        return False
    return known[metric].status == "ready" and all(
        _ready(name) for name in known[metric].names if name in known and name != metric
    )
