"""Measures over requests to support, by the period in which a request came.

Prepared columns of `tickets`: created_ts, first_reply_ts, resolved_ts (null: not yet), t, seg.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, reduces

HOUR_SECONDS = 3600


def _median_hours(frames: Frames, until: str, name: str) -> Frame:
    """Median hours from the request to an event, over requests that have it."""
    rows = frames["tickets"].filter((nw.col("t") >= 0) & (nw.col(until) >= nw.col("created_ts")))
    hours = (nw.col(until) - nw.col("created_ts")).cast(nw.Float64) / HOUR_SECONDS
    return rows.select(*KEYS, hours=hours).group_by(*KEYS).agg(nw.col("hours").median().alias(name))


@reduces(
    Measure("support_frt", "tickets", "distribution", ("tickets.first_reply_at",), empty=None),
    tables=("tickets",),
)
def first_reply(frames: Frames) -> Frame:
    """Median hours from the request to the first reply, by the clock, nights included."""
    return _median_hours(frames, "first_reply_ts", "support_frt")


@reduces(
    Measure("support_resolution", "tickets", "distribution", ("tickets.resolved_at",), empty=None),
    tables=("tickets",),
)
def resolution(frames: Frames) -> Frame:
    """Median hours from the request to its resolution."""
    return _median_hours(frames, "resolved_ts", "support_resolution")
