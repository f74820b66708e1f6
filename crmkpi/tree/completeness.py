"""Completeness: a tree that explains a customer base looks at retention, engagement, money, repeats and returns.

The five areas are those of the article on the KPI tree (R41); an area counts as looked at when one of its metrics
stands in the tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

AREAS: dict[str, frozenset[str]] = {
    "retention": frozenset(
        {"retention_rate", "churn_rate", "retained_customers", "lifetime_months", "nrr", "grr"}
        | {"retention_cohort"}
    ),
    "engagement": frozenset(
        {"engagement_rate", "open_rate", "click_rate", "ctor", "mau", "loyalty_active_rate"}
        | {"app_account_activity", "trigger_conversion", "mass_conversion"}
    ),
    "monetisation": frozenset(
        {"aov", "arpu", "arppu", "avg_unit_price", "ltv_hist", "ltv_simple", "gross_margin"}
    ),
    "repeat": frozenset({"purchase_frequency", "repeat_orders", "repeat_rate_90", "orders_count"}),
    "reactivation": frozenset(
        {
            "reactivations_count",
            "reactivation_rate",
            "comeback_rate",
            "returned_customers",
            "reactivated_customers",
        }
    ),
}
# beyond this many nodes nobody reads a tree; the article asks for fewer metrics (R46)
MANY_NODES = 30


@dataclass(frozen=True)
class Area:
    """One of the five areas: `shown` in the tree, `lacking` data in it, or not in this tree at all (both False)."""

    name: str
    shown: bool
    lacking: bool


def areas(shown: Iterable[str], missing: Iterable[str]) -> tuple[Area, ...]:
    """The five areas for the metrics that a tree shows and those that the data cannot feed."""
    there, gone = frozenset(shown), frozenset(missing)
    return tuple(
        Area(name, bool(ids & there), bool(ids & gone) and not ids & there) for name, ids in AREAS.items()
    )
