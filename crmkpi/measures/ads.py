"""Measures over advertising, a row per ad or campaign and day.

Prepared columns of `ads`: cost in minor units, impressions, reach, clicks (null: unknown), t, seg.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, additive, reduces


@additive("ads", requires=("ads.cost",), money=True, blank=True)
def ad_cost() -> nw.Expr:
    """Advertising spend."""
    return nw.col("cost")


@additive("ads", requires=("ads.impressions",), blank=True)
def impressions() -> nw.Expr:
    """How often ads were shown."""
    return nw.col("impressions")


@additive("ads", requires=("ads.clicks",), blank=True)
def ad_clicks() -> nw.Expr:
    """Clicks on ads."""
    return nw.col("clicks")


@reduces(
    Measure("reach", "ads", "unique", ("ads.reach",), empty=None),
    tables=("ads",),
)
def people_reached(frames: Frames) -> Frame:
    """People who saw the ads, as the platform says: only where one row stands for the whole cell.

    People seen by two ads or on two days are counted twice by a sum, so there is none: with several rows the
    number of different people is unknown.
    """
    rows = frames["ads"].filter((nw.col("t") >= 0) & ~nw.col("reach").is_null())
    per = rows.group_by(*KEYS).agg(most=nw.col("reach").max(), n=nw.len())
    return per.select(*KEYS, reach=nw.when(nw.col("n") == 1).then(nw.col("most")))
