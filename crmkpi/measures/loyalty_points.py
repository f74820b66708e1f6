"""Measures over movements of loyalty points.

Prepared columns of `loyalty_points`: kind (earned, redeemed, expired), points (positive), value of the points in
minor units (positive, null: unknown), t, seg.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import additive

POINTS = ("loyalty_points.points",)


def _earned() -> nw.Expr:
    return nw.col("kind") == nw.lit("earned")


def _redeemed() -> nw.Expr:
    return nw.col("kind") == nw.lit("redeemed")


@additive("loyalty_points", requires=POINTS, where=_earned)
def points_earned() -> nw.Expr:
    """Points given."""
    return nw.col("points")


@additive("loyalty_points", requires=POINTS, where=_redeemed)
def points_redeemed() -> nw.Expr:
    """Points spent."""
    return nw.col("points")


@additive("loyalty_points", requires=("loyalty_points.value",), where=_redeemed, money=True, blank=True)
def points_value_redeemed() -> nw.Expr:
    """Money value of the points spent."""
    return nw.col("value")
