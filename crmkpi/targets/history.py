"""What a series did before: its own changes over h periods, its noise, its usual improvement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmkpi.forecast.season import seasonal_part
from crmkpi.forecast.series import Array, Scale, Series, cycle_of, known_tail, scale_of, slot_of, slots
from crmkpi.periods import Period

# mean moving range of two neighbours over sigma, for normal noise (XmR charts)
D2 = 1.128
# fewer changes than this have no spread worth naming
MIN_CHANGES = 3


@dataclass(frozen=True)
class History:
    """Complete periods with known values, de-seasonalised on the transformed scale where two years allow it.

    z [n]; `season` is the part taken out per place of the season (`slot_of`), None where none was.
    """

    scale: Scale
    z: Array
    season: Array | None = None

    @property
    def seasonal(self) -> bool:
        """Whether a season was taken out."""
        return self.season is not None

    def level(self, value: float | None, period: Period | None = None) -> float | None:
        """A value on the transformed scale, free of its period's season; None where it has no place there."""
        if value is None or not self.scale.fits(value):
            return None
        return self.scale.forward(value) - self.season_of(period)

    def season_of(self, period: Period | None) -> float:
        """Seasonal part of a period on the transformed scale, 0 where no season is known."""
        return float(self.season[slot_of(period)]) if self.season is not None and period else 0.0

    def distance(
        self, now: float | None, goal: float | None, at: Period | None = None, due: Period | None = None
    ) -> float | None:
        """Goal minus now on the transformed scale, seasons of both periods taken out; None if one is unknown.

        Without periods the plain difference of the two values.
        """
        first, last = self.level(now, at), self.level(goal, due)
        return None if first is None or last is None else last - first

    @property
    def periods(self) -> int:
        """Complete periods with known values, without a hole."""
        return len(self.z)

    def changes(self, h: int) -> Array:
        """All overlapping h-period changes on the transformed scale; empty if history is shorter."""
        return self.z[h:] - self.z[:-h] if 0 < h < len(self.z) else np.empty(0)

    def independent(self, h: int) -> float:
        """Effective number of h-period changes: overlapping windows tell the same story (n / h)."""
        return len(self.changes(h)) / h if h > 0 else 0.0

    def sigma(self, h: int) -> float | None:
        """Standard deviation of h-period changes.

        Where fewer than three such changes exist, that of one period times sqrt(h) (a random walk's growth);
        None if even that is unknown or zero.
        """
        own = self.changes(h)
        if len(own) >= MIN_CHANGES:
            return _positive(float(own.std(ddof=1)))
        single = self.changes(1)
        if len(single) < MIN_CHANGES or h < 1:
            return None
        return _positive(float(single.std(ddof=1)) * float(np.sqrt(h)))

    def noise(self) -> float | None:
        """Sigma of one period around its level: mean moving range / 1.128; None below four periods."""
        steps = np.abs(self.changes(1))
        return _positive(float(steps.mean()) / D2) if len(steps) >= MIN_CHANGES else None

    def percentile(self, change: float, h: int, up: bool) -> float | None:
        """Place of a wanted change among the past h-period changes in the good direction, 0..1.

        (rank + 0.5) / (n + 1), rank = how many past changes were smaller; None without three changes.
        """
        own = self.changes(h) * (1 if up else -1)
        if len(own) < MIN_CHANGES:
            return None
        wanted = change if up else -change
        return float(((own < wanted).sum() + 0.5) / (len(own) + 1))

    def improvement(self, quantile: float, up: bool) -> float | None:
        """Quantile of the one-period changes that went the good way (positive number); None if none did."""
        steps = self.changes(1) * (1 if up else -1)
        good = steps[steps > 0]
        return float(np.quantile(good, quantile)) if len(good) >= MIN_CHANGES else None


def history_of(
    series: Series, share: bool = False, limits: tuple[float | None, float | None] = (None, None)
) -> History:
    """History of the complete, known, unbroken tail of a series. Pure; never reads incomplete periods."""
    tail = known_tail(series)
    values = [float(p.value) for p in tail if p.value is not None]
    scale = scale_of(values, share, limits)
    z = np.array([scale.forward(v) for v in values])
    if not tail:
        return History(scale, z)
    grain = tail[0].period.grain
    places = np.array([slot_of(p.period) for p in tail])
    part = seasonal_part(z, places, cycle_of(grain), slots(grain))
    return History(scale, z if part is None else z - part[places], part)


def _positive(value: float) -> float | None:
    return value if value > 1e-12 else None
