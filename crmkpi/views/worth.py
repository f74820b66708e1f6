"""Which metric the form of a target opens with: the one worth most among those that a goal can be suggested for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.project.document import Project
from crmkpi.targets.coach import goals
from crmkpi.targets.target import Target
from crmkpi.tree.shown import ShownNode
from crmkpi.views.targets import MetricChoice, first_due
from crmkpi.views.tree import Asked, explained_tree

# where no loss has a suggestion: what repeat buying usually hangs on
USUAL = ("purchase_frequency", "repeat_order_share", "retention_rate")
# a suggestion costs a look into the whole history: further down the list a metric is worth little anyway
MOST_TRIED = 6


def first_metric(data: DataDir, project: Project, choices: Sequence[MetricChoice]) -> str | None:
    """The metric a new target begins with; None where nothing can be chosen.

    Order: starred metrics, then the nodes that the team controls by what they took from the root (largest loss
    first), then repeat frequency and retention. The first with a suggested goal that passes the five checks and no
    target yet; without any, the first of that order.
    """
    allowed = {c.id for c in choices} - {x.metric for x in project.targets}
    order = [m for m in dict.fromkeys(_wanted(data, project, choices)) if m in allowed]
    tried = (m for m in order[:MOST_TRIED] if _has_goals(data, project, m))
    return next(tried, next(iter([*order, *(c.id for c in choices)]), None))


def _wanted(data: DataDir, project: Project, choices: Sequence[MetricChoice]) -> Iterator[str]:
    yield from (c.id for c in choices if c.starred)
    yield from losses(data, project)
    yield from USUAL


def losses(data: DataDir, project: Project) -> list[str]:
    """Metrics of the tree that a team controls and that worked against the root, the largest part first.

    Parts are those of `explain`: in root units, only on arithmetic edges. Where the root cannot be explained at all
    there are no losses.
    """
    try:
        found = explained_tree(data, project, Asked())
    except CrmKpiError:
        return []
    sign = -1.0 if found.top.better == "down" else 1.0
    lost = [
        n for n in found.nodes if n.parent is not None and _ours(n) and sign * (n.contribution or 0.0) < 0
    ]
    return [str(n.metric) for n in sorted(lost, key=lambda n: sign * (n.contribution or 0.0))]


def _ours(node: ShownNode) -> bool:
    """The team controls it, and it is a result: a process is a means, not a KPI."""
    if node.metric is None or node.controllable == "no":
        return False
    facts = metrics()[node.metric]
    return facts.level != "goal" and facts.kind != "process"


def _has_goals(data: DataDir, project: Project, metric: str) -> bool:
    draft = Target(id="draft", metric=metric, goal=0.0, due=first_due(data, metric))
    try:
        found = goals(
            data,
            draft,
            settings=project.rules,
            template=project.tree.template,
            library=project.library,
            others=project.targets,
        )
    except CrmKpiError:
        return False
    return bool(found.found)
