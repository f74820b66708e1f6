"""Touches before an order, and the share of customers who got an offer when their next order was due."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from crmkpi.analysis.timing import MOST_TOUCHES, message_to_purchase
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import available, evaluate
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.views.node import tick
from crmkpi.views.parts import Part
from crmkpi.views.series import SeriesPoint

ON_TIME = "ontime_offer_share"
MONTHS = 13


@dataclass(frozen=True)
class TouchesView:
    """Orders by the number of offers in the thirty days before, as bars."""

    text: str
    parts: tuple[Part, ...]
    note: str


@dataclass(frozen=True)
class MomentView:
    """The share of due customers who got an offer on time, month by month; `text` says the last whole month."""

    text: str
    points: tuple[SeriesPoint, ...]
    note: str


def touches_view(data: DataDir, where: tuple[Where, ...], t: Words) -> TouchesView | None:
    """How many offers came before an order; None without messages or without an order after one."""
    if not data.has("messages") or not data.has("orders"):
        return None
    found = message_to_purchase(data, where=where)
    if not found.touched:
        return None
    rows = list(found.touches.select("touches", "orders", "share").iter_rows())
    middle = _median(rows)
    parts = tuple(
        Part(_name(n, t), share, t.percent(share, 0), "neutral", t("moment.orders", n=orders))
        for n, orders, share in rows
    )
    text = t("moment.touches_most") if middle >= MOST_TOUCHES else t.plural("moment.touches", middle)
    return TouchesView(text, parts, t("moment.touches_note"))


def _median(rows: list[tuple[int, int, float | None]]) -> int:
    """Median number of offers among orders that had at least one."""
    line = [(n, orders) for n, orders, _ in rows if n > 0]
    half, run = sum(orders for _, orders in line) / 2, 0
    for n, orders in line:
        run += orders
        if run >= half:
            return n
    return 0


def _name(n: int, t: Words) -> str:
    if n == 0:
        return t("moment.none")
    return t("moment.many", n=n) if n == MOST_TOUCHES else t.plural("moment.count", n)


def moment_view(data: DataDir, where: tuple[Where, ...], t: Words) -> MomentView | None:
    """None where the data do not feed the metric, or no month has it yet."""
    if available(data).get(ON_TIME, "") is not None:
        return None
    result = evaluate(data, [ON_TIME], "month", where=where)
    rows = result.rows.filter(pl.col("complete") & pl.col("value").is_not_null()).tail(MONTHS)
    if rows.is_empty():
        return None
    points = tuple(
        SeriesPoint(
            t.period(period), tick(period, t) if (rows.height - i) % 2 else "", value, t.percent(value)
        )
        for i, (text, value) in enumerate(rows.select("period", "value").iter_rows())
        if (period := parse_period(text))
    )
    last = rows.row(-1, named=True)
    text = t("moment.on_time", share=points[-1].text, period=points[-1].label)
    note = t("moment.on_time_note", due=last["denominator"], hit=last["numerator"])
    return MomentView(text, points, note)
