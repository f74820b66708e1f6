"""What moved the root: its change as a bridge from before to after, by first-level drivers or by leaves."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.usual import usual_change
from crmkpi.tree.explain import Explained
from crmkpi.tree.intervals import with_intervals
from crmkpi.tree.shown import ShownNode
from crmkpi.tree.stability import stability
from crmkpi.views.parts import Part
from crmkpi.views.tree import Asked, arrow, direction, explained_tree, signed_value

MOST = 10


@dataclass(frozen=True)
class DriversView:
    """Bridge rows, the check sentence, and influences that moved too but get no part."""

    parts: tuple[Part, ...]
    check: str | None
    reason: str | None
    moved_together: tuple[Part, ...]
    interval: str | None = None


def explained_with_intervals(data: DataDir, project: Project, asked: Asked) -> Explained:
    """The tree's numbers for what was asked, every part with its 80 % interval where customers allow one."""
    return with_intervals(data, explained_tree(data, project, asked), asked.where)


def drivers_view(found: Explained, leaves: bool, t: Words) -> DriversView:
    """The bridge by leaves (the last nodes that are split) or by the root's own drivers."""
    together = tuple(_influence(node, t) for node in found.moved_together)
    if not found.split:
        return DriversView((), None, t(f"why.{found.reason}") if found.reason else None, together)
    top = found.top
    nodes = _leaves(found) if leaves else list(found.children(top.id))
    rows = [_part(n, top, t) for n in nodes if n.contribution is not None and n.edge == "identity"]
    rows.sort(key=lambda p: -abs(p.value or 0.0))
    names = (
        (t("planfact.plan"), t("planfact.fact"))
        if found.planned
        else (t.period(found.vs), t.period(found.period))
    )
    ends = (
        Part(names[0], top.before, t.value(top.before, top.unit, short=True), "total"),
        Part(names[1], top.after, t.value(top.after, top.unit, short=True), "total"),
    )
    check = t(
        "check.sums_hold",
        sum=signed_value(found.attribution.sum_of_leaves or 0.0, top.unit, t),
        change=signed_value(top.change or 0.0, top.unit, t),
    )
    known = any(row.low is not None for row in rows)
    interval = t("why_more.interval") if known else None
    return DriversView((ends[0], *_bounded(rows, top, t), ends[1]), check, None, together, interval)


def usual_note(data: DataDir, found: Explained, where: tuple[Where, ...], t: Words) -> str | None:
    """Says when the root's change is no larger than it usually is between two such periods; None when it is."""
    top = found.top
    if top.metric is None or not top.change:
        return None
    usual = usual_change(data, top.metric, found.period, found.vs, where)
    if usual is None or not usual.inside:
        return None
    low, high = t.value(usual.low, top.unit, short=True), t.value(usual.high, top.unit, short=True)
    return t("why_more.usual", low=low, high=high)


def stability_note(data: DataDir, found: Explained, where: tuple[Where, ...], t: Words) -> str | None:
    """One sentence: whether another reference period names another main cause; None where there is no other."""
    held = stability(data, found, t, where)
    return None if held is None else held.sentence(t)


def _leaves(found: Explained) -> list[ShownNode]:
    parents = {n.parent for n in found.nodes if n.edge == "identity" and n.contribution is not None}
    return [n for n in found.nodes if n.id not in parents and n.parent is not None]


def _part(node: ShownNode, top: ShownNode, t: Words) -> Part:
    value = node.contribution or 0.0
    note = "" if node.metric is None else arrow(node.change) + t.change(node.before, node.after, node.unit)
    if node.low is not None and node.high is not None:
        low, high = signed_value(node.low, top.unit, t), signed_value(node.high, top.unit, t)
        note = "; ".join(x for x in (note, t("why_more.range", low=low, high=high)) if x)
    return Part(
        node.text(t),
        value,
        signed_value(value, top.unit, t),
        direction(value, None, top.better),
        note,
        node.low,
        node.high,
    )


def _bounded(rows: list[Part], top: ShownNode, t: Words) -> list[Part]:
    """At most MOST rows; the small ones together, so that the bridge still ends at the right place."""
    if len(rows) <= MOST:
        return rows
    rest = sum(p.value or 0.0 for p in rows[MOST - 1 :])
    name = t.plural("node.rest", len(rows) - MOST + 1)
    return [
        *rows[: MOST - 1],
        Part(name, rest, signed_value(rest, top.unit, t), direction(rest, None, top.better)),
    ]


def _influence(node: ShownNode, t: Words) -> Part:
    tone = direction(node.change, node.before, node.better)
    text = arrow(node.change) + t.change(node.before, node.after, node.unit)
    note = node.why[t.lang] if node.why else ""
    return Part(node.text(t), node.change, text, tone, note)
