"""How far each metric of a tree usually moves over a horizon: the ground on which a goal is shared out."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from crmkpi.targets.facts import Facts
from crmkpi.targets.gather import Filter, Gather
from crmkpi.targets.history import history_of

# nine times in ten the past stayed below this
CAP = 0.9


def movement(
    gather: Gather,
    facts: Mapping[str, Facts],
    values: Mapping[str, float | None],
    grain: str,
    where: Filter,
    steps: int,
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Per metric: sd of its log change over `steps` periods, and the lowest and highest log growth to expect.

    The caps are what its own past showed nine times in ten; a metric with a ceiling (a share) never passes it.
    Metrics whose history is too short or not positive are left out. Formula: methods.md 2.
    """
    volatility, caps = {}, {}
    for name, about in facts.items():
        value = values.get(name)
        if not value or value <= 0:
            continue
        history = history_of(
            [p for p in gather.series(name, grain, where) if p.value != 0], False, (0.0, None)
        )
        spread = history.sigma(steps)
        if spread is None or history.scale.name != "log":
            continue
        volatility[name] = spread
        changes = history.changes(steps)
        up = max(float(np.quantile(changes, CAP)), spread) if len(changes) else spread
        down = max(float(np.quantile(-changes, CAP)), spread) if len(changes) else spread
        ceiling = about.limits[1]
        top = up if ceiling is None else min(up, math.log(ceiling / value) if value < ceiling else 0.0)
        caps[name] = (-down, top)
    return volatility, caps
