"""Planned points: what the targets of a project say that a metric should be in one period."""

from __future__ import annotations

from collections.abc import Sequence

from crmkpi.engine.data import DataDir
from crmkpi.periods import Period
from crmkpi.targets.assess import Assessment
from crmkpi.targets.gather import Filter, filter_of
from crmkpi.targets.plan import assess_all
from crmkpi.targets.target import Target


def planned_points(
    data: DataDir, targets: Sequence[Target], period: Period, where: Filter = ()
) -> dict[str, float]:
    """Metric -> its control point for exactly this period, among targets with this filter.

    The path at the target's own grain counts first, then its monthly or weekly control points. A period beyond the
    target's span, or of a grain that it has no points for, gives nothing: a level is never divided and a quarter is
    never guessed from months.
    """
    own = [t for t in targets if filter_of(t) == tuple(sorted(where, key=lambda w: w.dimension))]
    points = {a.target.metric: _point(a, period) for a in assess_all(data, own)}
    return {metric: value for metric, value in points.items() if value is not None}


def _point(found: Assessment, period: Period) -> float | None:
    own = dict(zip(found.way.periods, found.way.values, strict=True))
    if found.target.own_points == () and period in own:
        return own[period]
    return next((m.value for m in found.milestones if m.period == period), None)
