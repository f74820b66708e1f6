"""Canonical tables -> one number per period and segment. The only room that touches rows.

One file per canonical table, and some that look at several in time (flows, stocks, moment, carts, holdouts ...).
A new table is a new file here that declares its measures and is imported below; nothing else needs to know.
"""

from crmkpi.measures import (
    ads,
    carts,
    cohorts,
    costs,
    customers,
    flows,
    holdouts,
    leads,
    loyalty_points,
    moment,
    order_lines,
    orders,
    payback,
    reach,
    returns,
    rfm,
    sends,
    stocks,
    subscriptions,
    surveys,
    tickets,
    visits,
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
    "ads",
    "carts",
    "cohorts",
    "costs",
    "customers",
    "flows",
    "holdouts",
    "leads",
    "loyalty_points",
    "moment",
    "order_lines",
    "orders",
    "payback",
    "reach",
    "returns",
    "rfm",
    "sends",
    "stocks",
    "subscriptions",
    "surveys",
    "tickets",
    "visits",
]
