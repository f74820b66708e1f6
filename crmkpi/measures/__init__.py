"""Canonical tables -> one number per period and segment. The only room that touches rows.

One file per canonical table (and three that look at orders in time: flows, stocks, moment). A new table is a new
file here that declares its measures and is imported below; nothing else needs to know.
"""

from crmkpi.measures import (
    cohorts,
    costs,
    customers,
    flows,
    moment,
    order_lines,
    orders,
    reach,
    returns,
    sends,
    stocks,
)
from crmkpi.measures.model import KEYS, REGISTRY, Additive, Frames, Measure, Reduction

MEASURES = REGISTRY.measures
ADDITIVE = REGISTRY.additive
REDUCTIONS = REGISTRY.reductions
REDUCTION_OF = REGISTRY.reduction_of

__all__ = [
    "ADDITIVE",
    "KEYS",
    "MEASURES",
    "REDUCTIONS",
    "REDUCTION_OF",
    "Additive",
    "Frames",
    "Measure",
    "Reduction",
    "cohorts",
    "costs",
    "customers",
    "flows",
    "moment",
    "order_lines",
    "orders",
    "reach",
    "returns",
    "sends",
    "stocks",
]
