"""What a target must know about its metric: unit, direction, limits, and how it behaves over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# what the metric does when a period is cut into shorter ones (definitions.md, last table but one)
Splitting = Literal["sum", "level", "own"]

# shares by unit that arithmetic does not hold below 1, or above 0
_OVER_ONE = frozenset(
    {"romi_attributed", "romi_incremental", "nrr", "return_rate", "return_rate_orders", "drr", "list_growth"}
)
_BELOW_ZERO = frozenset(
    {"romi_attributed", "romi_incremental", "gross_margin", "margin_rate", "incremental_revenue"}
    | {"revenue_net", "list_growth", "ltv_simple", "ltv_cac"}
)
_OWN_LIMITS: dict[str, tuple[float | None, float | None]] = {"nps": (-100.0, 100.0)}


@dataclass(frozen=True)
class Facts:
    """One metric as the targets room sees it.

    unit: share | money | count | ratio | days ... ; better: up | down | band; level: goal ... technical or None;
    kind: kpi | process; klass: sum | ratio | unique | stock | distribution | model; horizon: tactical |
    strategic; splitting: how a period's goal becomes goals of shorter periods. bounded: a typed KPI has no limits.
    """

    id: str
    label: dict[str, str] = field(default_factory=dict)
    unit: str = "count"
    better: str = "up"
    level: str | None = None
    kind: str = "kpi"
    klass: str = "sum"
    horizon: str = "tactical"
    controllable: str = "partly"
    pair: tuple[str, ...] = ()
    splitting: Splitting = "sum"
    bounded: bool = True

    @property
    def share(self) -> bool:
        """Whether the value is a share of something, 0..1 below the screen."""
        return self.unit == "share"

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The least and the greatest value the metric can ever have; None = no limit."""
        if not self.bounded:
            return None, None
        if self.id in _OWN_LIMITS:
            return _OWN_LIMITS[self.id]
        low = None if self.id in _BELOW_ZERO else 0.0
        high = 1.0 if self.share and self.id not in _OVER_ONE else None
        return low, high
