"""Metrics that a model computes once for the whole base: no series, no split, and a gate before the number."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from crmkpi.analysis.ltv import predicted_ltv
from crmkpi.analysis.purchases import order_coverage
from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where
from crmkpi.engine.result import SCHEMA, Unavailable

HORIZON_DAYS = 365
PREDICTED = "ltv_pred"


def model_metrics(asked: Sequence[str], grain: str, by: str | None) -> list[str]:
    """Those of the asked metrics that a model computes here: over the whole span, without a split."""
    known = metrics()
    return [m for m in asked if grain == "all" and by is None and m in known and known[m].status == "model"]


def model_rows(
    data: DataDir, names: Sequence[str], where: Sequence[Where] = ()
) -> tuple[pl.DataFrame, list[Unavailable]]:
    """One row per metric as of the last day of the data, or the reason why there is none.

    ltv_pred: mean margin of a customer of the base in the next 365 days (BG/NBD and gamma-gamma, methods.md 8).
    Without a margin rate it is unavailable: predicted revenue is no LTV. `numerator` = margin of the whole base.
    """
    empty = pl.DataFrame(schema=SCHEMA)
    if PREDICTED not in names or not data.has("orders"):
        return empty, []
    found = predicted_ltv(data, HORIZON_DAYS, where)
    if not found.gate.open:
        return empty, [Unavailable(PREDICTED, (), "model_gate")]
    if found.margin is None:
        return empty, [Unavailable(PREDICTED, ("orders.cogs|order_lines.unit_cost",), "missing_columns")]
    if found.customers is None or found.per_customer is None:
        return empty, [Unavailable(PREDICTED, (), "model_gate")]
    covered, count = order_coverage(data), found.customers.height
    warnings = [*found.notes, *(["margin_typed"] if found.margin_from == "typed" else [])]
    row = {
        "metric": PREDICTED,
        "period": "all",
        "from": covered.first,
        "to": covered.last,
        "complete": True,
        "value": found.per_customer,
        "numerator": found.per_customer * count,
        "denominator": float(count),
        "n_rows": int(found.customers["x"].sum()) + count,
        "n_customers": count,
        "warnings": warnings,
    }
    return pl.DataFrame([row], schema=SCHEMA), []
