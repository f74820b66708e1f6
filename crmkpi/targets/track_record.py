"""How often chances told in the past came true on this project's own series: announced p against hits.

At every past period the forecast is made from what lay before it, for goals around the value of that day; then the
truth, known today, is set against the chance. A table on one's own data says more than any promise of calibration.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from crmkpi.engine.data import DataDir
from crmkpi.forecast.chance import chance_at
from crmkpi.forecast.forecast import MIN_HISTORY, Forecast, forecast
from crmkpi.forecast.series import Point, Series, known_tail
from crmkpi.targets.facts import Facts
from crmkpi.targets.gather import Gather, data_to, facts_for
from crmkpi.targets.history import history_of
from crmkpi.targets.own_kpi import today
from crmkpi.targets.target import Target

# the edges of the coach's own bands
EDGES = (0.0, 0.2, 0.5, 0.8, 1.0)
# goals at these places of the usual spread of changes, in the good direction
PLACES = (-0.5, 0.0, 0.5, 1.0, 1.5)
HORIZON = 3
ORIGINS = 12
PATHS = 500
# below this many goals a share is chance, not evidence
MIN_GOALS = 10


@dataclass(frozen=True)
class Band:
    """Goals whose chance lay in [low, high). said, hit: means over them, None with no goal in the band."""

    low: float
    high: float
    goals: int
    said: float | None
    hit: float | None


@dataclass(frozen=True)
class TrackRecord:
    """The table. metrics: how many series it rests on; brier: mean squared error of the chances, None without any."""

    bands: tuple[Band, ...]
    goals: int
    metrics: int
    brier: float | None

    @property
    def enough(self) -> bool:
        """Whether the table may be shown as evidence."""
        return self.goals >= MIN_GOALS


def told(series: Series, facts: Facts, horizon: int = HORIZON) -> list[tuple[float, bool]]:
    """(chance announced, came true) for goals at past origins of one series; reads complete periods only."""
    tail = known_tail(series)
    found: list[tuple[float, bool]] = []
    up = facts.better != "down"
    for origin in range(max(MIN_HISTORY, len(tail) - horizon - ORIGINS + 1), len(tail) - horizon + 1):
        seen, truth = tail[:origin], tail[origin + horizon - 1]
        forecasted = forecast(seen, truth.period, share=facts.share, limits=facts.limits, paths=PATHS)
        if not isinstance(forecasted, Forecast) or truth.value is None:
            continue
        for goal in _goals(seen, facts, horizon, up):
            came = truth.value >= goal if up else truth.value <= goal
            found.append((chance_at(forecasted, goal, up), came))
    return found


def _goals(seen: Sequence[Point], facts: Facts, horizon: int, up: bool) -> Iterable[float]:
    history = history_of(seen, facts.share, facts.limits)
    sigma, now = history.sigma(1), seen[-1].value
    if sigma is None or now is None or not history.scale.fits(now):
        return
    for place in PLACES:
        step = place * sigma * math.sqrt(horizon)
        yield history.scale.back_one(history.scale.forward(now) + (step if up else -step))


def table(pairs: Sequence[tuple[float, bool]], metrics: int) -> TrackRecord:
    """The pairs by band of the chance."""
    bands = []
    for low, high in pairwise(EDGES):
        inside = [(p, came) for p, came in pairs if low <= p < high or (high == 1.0 and p == 1.0)]
        n = len(inside)
        said = sum(p for p, _ in inside) / n if n else None
        hit = sum(came for _, came in inside) / n if n else None
        bands.append(Band(low, high, n, said, hit))
    brier = sum((p - came) ** 2 for p, came in pairs) / len(pairs) if pairs else None
    return TrackRecord(tuple(bands), len(pairs), metrics, brier)


def track_record(data: DataDir, targets: Sequence[Target], as_of: date | None = None) -> TrackRecord:
    """The table over the series of the project's targets, each metric, segment and grain once."""
    gather = Gather(data, as_of or today(data_to(data), targets))
    pairs: list[tuple[float, bool]] = []
    seen: set[object] = set()
    metrics = 0
    for target in targets:
        key = (target.metric, target.grain, tuple(sorted(target.where.items())))
        if key in seen:
            continue
        seen.add(key)
        own = told(gather.of(target), facts_for(target))
        metrics += bool(own)
        pairs += own
    return table(pairs, metrics)
