"""Where a metric hangs in the trees, and what one unit of it is worth at the root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from crmkpi.catalog.trees import Node, TreeTemplate
from crmkpi.tree.attribution import attribute_tree


@dataclass(frozen=True)
class Link:
    """Path of a metric to the root of one tree.

    path: metric ids from the metric up to the root. influence: some edge on the way is a belief. multiplier: root
    units per unit of the metric by the chain rule of methods.md 1, None where arithmetic does not reach or a
    value on the way is unknown. goal_root: the root is a business goal (level 1).
    """

    template: str
    root: str
    path: tuple[str, ...]
    influence: bool
    multiplier: float | None
    goal_root: bool

    def effect(self, change: float | None) -> float | None:
        """What a change of the metric does to the root: multiplier x change, others unchanged."""
        if self.multiplier is None or change is None:
            return None
        return self.multiplier * change


def link_of(
    metric: str,
    templates: Iterable[TreeTemplate],
    values: Mapping[str, float | None],
    preferred: str | None = None,
    related: Sequence[str] = (),
) -> Link | None:
    """The best path of a metric to a root; None if it is in no tree.

    Order: the project's own tree, then a path of arithmetic whose worth is known, then a business goal at the
    root, then the order of the templates. `values`: metric -> value now. `related`: metrics that share its
    definition or are its pair; a metric outside all trees hangs on the first of them by influence.
    """
    known = list(templates)
    links = [found for t in known if (found := _in_tree(metric, t, values)) is not None]
    if not links:
        beside = next((link for r in related if (link := link_of(r, known, {}, preferred))), None)
        return replace(beside, path=(metric, *beside.path), influence=True) if beside else None
    return min(
        links,
        key=lambda link: (
            link.template != preferred,
            link.multiplier is None,
            link.influence,
            not link.goal_root,
            len(link.path),
        ),
    )


def _in_tree(metric: str, template: TreeTemplate, values: Mapping[str, float | None]) -> Link | None:
    ways = _ways(template.root, metric)
    if not ways:
        return None
    way = min(ways, key=lambda nodes: (any(n.edge == "influence" for n in nodes), len(nodes)))
    influence = any(node.edge == "influence" for node in way)
    multiplier = None
    if not influence and values.get(template.root.metric) is not None:
        multiplier = attribute_tree(template.root, values, values).multipliers.get(way[0].id)
    return Link(
        template=template.id,
        root=template.root.metric,
        path=tuple(node.metric for node in way),
        influence=influence,
        multiplier=multiplier,
        goal_root=template.root.level == "goal",
    )


def _ways(node: Node, metric: str) -> list[list[Node]]:
    """All paths from a node of this metric up to `node`, the metric's own node first."""
    found = [[node]] if node.metric == metric else []
    for child in node.children:
        found += [[*way, node] for way in _ways(child, metric)]
    return found
