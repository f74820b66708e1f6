"""Shown: a tree as a person sees it. Missing nodes leave the picture, hidden ones become "other"."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crmkpi.catalog.metric import Texts, metrics
from crmkpi.catalog.trees import Node
from crmkpi.i18n import Words
from crmkpi.tree.attribution import Attribution, Values
from crmkpi.tree.coverage import Gaps, computable

OTHER = "other"


@dataclass(frozen=True)
class ShownNode:
    """One node of the picture. Unknown numbers are None.

    contribution: part of the root's change in root units, None on influence edges and below a node that could not
    be split. multiplier: root units per unit of this node. metric and label None: the "other" node that holds the
    parts of hidden siblings. low and high: interval of the contribution, None while it is not computed. elasticity
    and grade: what was stated about a belief (per cent of the parent per one per cent of the node, and its evidence).
    """

    id: str
    parent: str | None
    metric: str | None
    label: Texts | None
    level: str | None
    edge: str
    better: str
    controllable: str
    unit: str
    before: float | None = None
    after: float | None = None
    contribution: float | None = None
    low: float | None = None
    high: float | None = None
    multiplier: float | None = None
    why: Texts | None = None
    warnings: tuple[str, ...] = ()
    elasticity: float | None = None
    grade: str | None = None

    @property
    def change(self) -> float | None:
        """After minus before, None while one is unknown."""
        return None if self.before is None or self.after is None else self.after - self.before

    def text(self, words: Words) -> str:
        """The node's name in the language of the words."""
        return words("branch.other") if self.label is None else self.label[words.lang]

    def as_dict(self, words: Words) -> dict[str, Any]:
        """One entry of `nodes` in the JSON of `crmkpi tree`."""
        return {
            "id": self.id,
            "parent": self.parent,
            "metric": self.metric,
            "label": self.text(words),
            "level": self.level,
            "better": self.better,
            "edge": self.edge,
            "unit": self.unit,
            "before": self.before,
            "after": self.after,
            "change": self.change,
            "contribution": self.contribution,
            "low": self.low,
            "high": self.high,
            "multiplier": self.multiplier,
            "controllable": self.controllable,
            "why": None if self.why is None else self.why[words.lang],
            "elasticity": self.elasticity,
            "grade": self.grade,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class MissingNode:
    """A node that the data cannot feed, with the columns that would unlock it."""

    id: str
    parent: str | None
    metric: str
    label: Texts
    level: str | None
    edge: str
    missing: tuple[str, ...]
    reason: str

    def as_dict(self, words: Words) -> dict[str, Any]:
        """One entry of `missing` in the JSON of `crmkpi tree`."""
        return {
            "id": self.id,
            "parent": self.parent,
            "metric": self.metric,
            "label": self.label[words.lang],
            "level": self.level,
            "edge": self.edge,
            "missing": list(self.missing),
            "reason": self.reason,
        }


def fold_missing(node: Node, gaps: Gaps) -> Node:
    """The tree in which a node with a driver that the data cannot feed loses its identity: it becomes a leaf."""
    complete = all(computable(child.metric, gaps) for child in node.drivers)
    return node.model_copy(
        update={
            "identity": node.identity if complete else None,
            "children": tuple(fold_missing(child, gaps) for child in node.children),
        }
    )


def missing_nodes(root: Node, gaps: Gaps) -> tuple[MissingNode, ...]:
    """Every node that the data cannot feed, in the order of the tree."""
    found: list[MissingNode] = []

    def visit(node: Node, parent: str | None) -> None:
        if not computable(node.metric, gaps):
            gap = gaps.get(node.metric)
            columns = () if gap is None else tuple(gap.missing)
            reason = "not_yet" if gap is None else gap.reason
            found.append(
                MissingNode(node.id, parent, node.metric, node.label, node.level, node.edge, columns, reason)
            )
        for child in node.children:
            visit(child, node.id)

    visit(root, None)
    return tuple(found)


@dataclass(frozen=True)
class _Picture:
    """What every step of the drawing needs."""

    before: Values
    after: Values
    split: Attribution
    gaps: Gaps
    hidden: frozenset[str]
    warnings: Mapping[str, tuple[str, ...]]


def shown_nodes(
    root: Node,
    before: Values,
    after: Values,
    split: Attribution,
    gaps: Gaps,
    hidden: frozenset[str] = frozenset(),
    warnings: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[ShownNode, ...]:
    """The nodes to draw, parents first. Parts of the drawn leaves add up to the root's change.

    A missing node is left out (what hangs below it moves up to the nearest drawn node, as an influence). A hidden
    node goes with its whole branch; its part stays under its parent as "other". A node that is zero in both
    periods and only closes an identity is left out: it has no part. The root is always drawn.
    """
    picture = _Picture(before, after, split, gaps, hidden, warnings or {})
    out = [_shown(root, None, "root", picture)]
    _draw_below(root, root.id, True, picture, out)
    return tuple(out)


def _draw_below(node: Node, parent: str, tied: bool, picture: _Picture, out: list[ShownNode]) -> None:
    """Draw the children of a node under `parent`; `tied` = the node itself is drawn, so identities still hold."""
    dropped = [c for c in node.drivers if c.id in picture.hidden and not _missing(c, picture)]
    kept = [c for c in node.drivers if c.id not in picture.hidden and not _missing(c, picture)]
    for child in node.children:
        if child.id in picture.hidden or _silent(child, picture):
            continue
        if _missing(child, picture):
            _draw_below(child, parent, False, picture, out)
            continue
        edge = child.edge if tied else "influence"
        out.append(_shown(child, parent, edge, picture))
        _draw_below(child, child.id, True, picture, out)
    parts = [picture.split.contributions.get(child.id) for child in dropped]
    if dropped and kept and tied:
        out.append(_other(node, parent, parts, picture))


def _missing(node: Node, picture: _Picture) -> bool:
    return not computable(node.metric, picture.gaps)


def _silent(node: Node, picture: _Picture) -> bool:
    """A closing node that is zero wherever it is known."""
    values = (picture.before.get(node.metric), picture.after.get(node.metric))
    return node.hide_when_zero and not any(values)


def _shown(node: Node, parent: str | None, edge: str, picture: _Picture) -> ShownNode:
    facts = metrics().get(node.metric)
    warnings = picture.warnings.get(node.metric, ())
    if node.id in picture.split.folded:
        warnings = (*warnings, "not_split")
    tied = edge != "influence"
    return ShownNode(
        id=node.id,
        parent=parent,
        metric=node.metric,
        label=node.label,
        level=node.level,
        edge=edge,
        better=facts.better if facts else "up",
        controllable=facts.controllable if facts else "no",
        unit=facts.unit if facts else "count",
        before=picture.before.get(node.metric),
        after=picture.after.get(node.metric),
        contribution=picture.split.contributions.get(node.id) if tied else None,
        multiplier=picture.split.multipliers.get(node.id) if tied else None,
        why=node.why,
        warnings=warnings,
        elasticity=None if tied else node.elasticity,
        grade=None if tied else node.grade,
    )


def _other(node: Node, parent: str, parts: list[float | None], picture: _Picture) -> ShownNode:
    """The parts of hidden drivers together, so that the sum under the parent still holds."""
    known = [part for part in parts if part is not None]
    facts = metrics().get(node.metric)
    return ShownNode(
        id=f"{parent}.{OTHER}",
        parent=parent,
        metric=None,
        label=None,
        level=None,
        edge="identity",
        better="band",
        controllable="no",
        unit=facts.unit if facts else "count",
        contribution=math.fsum(known) if len(known) == len(parts) else None,
    )
