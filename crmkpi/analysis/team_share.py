"""How much of a KPI's change the team's initiatives explain, and one person's part of it.

The change of the KPI is split over its tree without a rest (methods.md 1). An effect that a comparison proved (grade
A to C) may take at most the part of its own node; what nobody proved stays "unexplained" (methods.md 7). Attributed
orders and opinions (grade D) never take a part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from crmkpi.analysis.grading import Graded
from crmkpi.analysis.initiative import Initiative
from crmkpi.catalog import metrics
from crmkpi.periods import Period
from crmkpi.tree.explain import Explained
from crmkpi.tree.shown import ShownNode

# roots in whose units extra revenue of known customers may be counted as it is
MONEY_ROOTS = ("revenue_base", "revenue_total", "revenue_net")
# step of the work with customers -> the metrics that measure it
STAGES: dict[str, tuple[str, ...]] = {
    "reach": (
        "sends_count",
        "reachable_customers",
        "messages_per_reachable",
        "reachable_share",
        "list_growth",
    ),
    "delivery": ("delivery_rate", "undelivered_rate", "bounce_rate"),
    "open": ("open_rate", "open_rate_human"),
    "click": ("click_rate", "ctor", "sms_click_rate", "push_ctr"),
    "order": ("click_to_order", "conversion_message", "aov_attributed", "aov", "orders_count"),
    "repeat": (
        "purchase_frequency",
        "retention_rate",
        "retained_customers",
        "returned_customers",
        "reactivated_customers",
        "reactivation_rate",
        "repeat_purchase_rate",
        "repeat_orders",
        "comeback_rate",
    ),
}
CONTROL = ("yes", "partly", "no")
Pair = tuple[Initiative, Graded]


@dataclass(frozen=True)
class Claim:
    """One initiative against the KPI, in the root's units over the compared periods.

    `amount`: the effect in the period minus the effect in the period of comparison; `credited` of it after the cap;
    `reason` why nothing can be counted: not_shown, grade_d, other_metric, outside (no day in the periods), opposite
    (the KPI moved the other way: the effect held the change back), full (the cap was used up), None when counted.
    """

    id: str
    node: str | None
    amount: float | None
    credited: float
    reason: str | None
    mine: float = 0.0


@dataclass(frozen=True)
class TeamShare:
    """`change` of the root = `explained` + `unexplained`; `mine` <= explained is the person's agreed part.

    `control`: the change by how far a team can move the leaf: yes, partly, no; it sums to `change`.
    """

    root: str
    change: float
    explained: float
    mine: float
    claims: tuple[Claim, ...]
    control: dict[str, float]

    @property
    def unexplained(self) -> float:
        """What no initiative accounts for."""
        return self.change - self.explained

    @property
    def share(self) -> float | None:
        """The person's part of the whole change, 0..1; None where parts of different signs make no share."""
        part = self.mine / self.change if self.change else None
        return part if part is not None and 0 <= part <= 1 else None


@dataclass(frozen=True)
class StageShare:
    """One step of the process: the exact part of the root's change, and how much of it initiatives explain."""

    stage: str
    change: float
    explained: float
    mine: float
    claims: int


def team_share(found: Explained, pairs: Sequence[Pair], person: str) -> TeamShare | None:
    """What the initiatives explain of the root's change between the tree's two periods; None while it is unknown.

    Claims on one node are capped together at the node's own part; claims on the whole at what is then left of the
    change. Above the cap all are cut in proportion.
    """
    if found.top.change is None:
        return None
    claims = [_claim(found, entry, graded) for entry, graded in pairs]
    parts = {n.id: n.contribution for n in found.nodes if n.contribution is not None and n.parent}
    for node in sorted({c.node for c in claims if c.node in parts}, key=str):
        claims = _capped(claims, node, parts[node] or 0.0)
    rest = found.top.change - sum(c.credited for c in claims)
    same_way = rest * found.top.change > 0
    claims = _capped(claims, found.root, rest if same_way else 0.0)
    shares = [entry.share_of(person) for entry, _ in pairs]
    claims = [replace(c, mine=c.credited * s) for c, s in zip(claims, shares, strict=True)]
    return TeamShare(
        root=found.root,
        change=found.top.change,
        explained=math.fsum(c.credited for c in claims),
        mine=math.fsum(c.mine for c in claims),
        claims=tuple(claims),
        control=_control(found),
    )


def _claim(found: Explained, entry: Initiative, graded: Graded) -> Claim:
    """The uncapped claim of one initiative."""
    if graded.grade == "D":
        return Claim(entry.id, None, None, 0.0, "grade_d")
    if not graded.shown:
        return Claim(entry.id, None, None, 0.0, "not_shown")
    if (
        found.top.metric in MONEY_ROOTS
        and graded.money is not None
        and graded.money[1] <= 0 <= graded.money[2]
    ):
        # more buyers are proven, more money is not
        return Claim(entry.id, None, None, 0.0, "not_shown")
    node, amount = _amount(found, entry, graded)
    if amount is None:
        return Claim(entry.id, None, None, 0.0, "other_metric")
    if amount == 0:
        return Claim(entry.id, node, 0.0, 0.0, "outside")
    return Claim(entry.id, node, amount, 0.0, None)


def _amount(found: Explained, entry: Initiative, graded: Graded) -> tuple[str | None, float | None]:
    """Node and effect in root units: revenue as it is, another metric by its multiplier in the tree."""
    if found.top.metric in MONEY_ROOTS and graded.money is not None:
        known = {n.id for n in found.nodes if n.contribution is not None}
        node = entry.node if entry.node in known else found.root
        inside = _inside(found.period, entry, graded) - _inside(found.vs, entry, graded)
        return node, graded.money[0] * inside
    match = next((n for n in found.nodes if n.metric == graded.metric and _moves(n)), None)
    if match is None or graded.change is None:
        return None, None
    whole = 1.0 if match.parent is None else match.multiplier or 0.0
    klass = metrics()[graded.metric].klass
    if klass == "sum":
        inside = _inside(found.period, entry, graded) - _inside(found.vs, entry, graded)
    elif klass == "ratio":
        inside = _filled(found.period, entry, graded) - _filled(found.vs, entry, graded)
    else:
        # people counted over one window say nothing about people counted over another
        return None, None
    return match.id, graded.change[0] * whole * inside


def _moves(node: ShownNode) -> bool:
    return node.parent is None or (node.edge == "identity" and node.multiplier is not None)


def _common(period: Period, entry: Initiative, graded: Graded) -> int:
    """Days that the effect's window and the period share."""
    end = entry.shipped + timedelta(days=max(graded.days, 1) - 1)
    return max(0, (min(end, period.last) - max(entry.shipped, period.first)).days + 1)


def _inside(period: Period, entry: Initiative, graded: Graded) -> float:
    """Part of the effect's days that lie in the period: sums are spread evenly over the window."""
    return _common(period, entry, graded) / max(graded.days, 1)


def _filled(period: Period, entry: Initiative, graded: Graded) -> float:
    """Part of the period in which the effect was at work: a rate is moved only on those days."""
    return _common(period, entry, graded) / ((period.last - period.first).days + 1)


def _capped(claims: Sequence[Claim], node: str | None, cap: float) -> list[Claim]:
    """The claims on one node cut so that together they do not pass its part of the change."""
    own = [c for c in claims if c.node == node and c.amount and c.reason is None]
    along = [c.amount or 0.0 for c in own if (c.amount or 0.0) * cap > 0]
    total = math.fsum(along)
    factor = min(1.0, cap / total) if total else 0.0
    out = []
    for claim in claims:
        if claim not in own:
            out.append(claim)
        elif (claim.amount or 0.0) * cap > 0:
            out.append(replace(claim, credited=(claim.amount or 0.0) * factor))
        else:
            out.append(replace(claim, reason="opposite" if cap else "full"))
    return out


def _control(found: Explained) -> dict[str, float]:
    """The root's change by controllability of the undivided parts; empty where the change is not split."""
    if not found.split:
        return {}
    parts = dict.fromkeys(CONTROL, 0.0)
    for node in undivided(found):
        parts[side_of(node, found)] += node.contribution or 0.0
    return parts


def side_of(node: ShownNode, found: Explained) -> str:
    """Who can move an undivided part: yes, partly, no. An only part (churn = 1 - retention) is its parent itself."""
    parts = [n for n in found.children(node.parent or "") if n.contribution is not None]
    parent = next((n for n in found.nodes if n.id == node.parent), None)
    told = parent if parent is not None and parent.parent and len(parts) == 1 else node
    return told.controllable if told.controllable in CONTROL else "no"


def stage_of(metric: str | None) -> str | None:
    """The step of the process that a metric measures, None for metrics of the whole."""
    return next((stage for stage, names in STAGES.items() if metric in names), None)


def stage_shares(found: Explained, share: TeamShare) -> tuple[StageShare, ...]:
    """The root's change by steps of the process, each with what initiatives on its own nodes explain.

    Every undivided part goes to its own step or that of the nearest node above it; parts without a step (new
    customers, movements between channels) are the step `other`. The steps add up to the root's change.
    """
    if not found.split:
        return ()
    nodes = {n.id: n for n in found.nodes}
    steps: dict[str, float] = {}
    for node in undivided(found):
        step = _step(node, nodes)
        steps[step] = steps.get(step, 0.0) + (node.contribution or 0.0)
    out = []
    for step in (*STAGES, "other"):
        if step not in steps:
            continue
        own = [c for c in share.claims if c.credited and c.node in nodes and c.node != found.root]
        own = [c for c in own if _step(nodes[c.node or ""], nodes) == step]
        credited, mine = (math.fsum(getattr(c, name) for c in own) for name in ("credited", "mine"))
        out.append(StageShare(step, steps[step], credited, mine, len(own)))
    return tuple(out)


def undivided(found: Explained) -> list[ShownNode]:
    """Parts of the change that have no parts of their own."""
    parents = {n.parent for n in found.nodes if n.edge == "identity" and n.contribution is not None}
    return [n for n in found.nodes if n.parent and n.contribution is not None and n.id not in parents]


def _step(node: ShownNode, nodes: Mapping[str, ShownNode]) -> str:
    """The step of a node, else of the nearest one above that has a step."""
    at: ShownNode | None = node
    while at is not None:
        step = stage_of(at.metric)
        if step is not None:
            return step
        at = nodes.get(at.parent or "")
    return "other"
