"""Time from message to order against pandas' as-of join."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from crmkpi.analysis.timing import message_to_purchase
from crmkpi.engine.data import DataDir, NoTableError
from crmkpi.engine.evaluate import Where
from tests.unit.engine.shop import twelve_orders


@pytest.mark.parametrize("where", [(), (Where("channel", ("Store",)),)], ids=["all", "store"])
def test_hours_equal_an_as_of_join(sample: DataDir, where: tuple[Where, ...]) -> None:
    found = message_to_purchase(sample, date(2025, 3, 1), date(2026, 2, 28), where)
    known = pl.col("cust").is_not_null()
    orders = sample.frame("orders").filter(known).collect().to_pandas().sort_values("ts")
    days = pd.to_datetime(orders["day"], unit="D")
    orders = orders[(days >= "2025-03-01") & (days <= "2026-02-28")]
    if where:
        orders = orders[orders["channel"] == "Store"]
    messages = sample.frame("messages").filter(known).collect().to_pandas()
    offers = messages[
        (messages["control"] != 1) & (messages["delivered"] == 1) & (messages["kind"] != "transactional")
    ]
    offers = offers[["cust", "ts"]].rename(columns={"ts": "sent"}).sort_values("sent")
    last = pd.merge_asof(orders, offers, left_on="ts", right_on="sent", by="cust")
    gaps = ((last["ts"] - last["sent"]) / 3600).dropna()
    assert (found.orders, found.touched) == (len(orders), len(gaps))
    assert found.median_hours == pytest.approx(gaps.median())
    for row in found.hours.iter_rows(named=True):
        low, high = row["from"], float("inf") if row["to"] is None else row["to"]
        inside = ((gaps > low) | ((low == 0) & (gaps == 0))) & (gaps <= high)
        assert row["orders"] == inside.sum()
    assert found.hours["share"].sum() == pytest.approx(1) and found.hours["running"][-1] == pytest.approx(1)
    assert found.touches["orders"].sum() == len(orders)
    near = offers.merge(orders[["order", "cust", "ts"]], on="cust")
    near = near[(near["sent"] <= near["ts"]) & (near["sent"] > near["ts"] - 30 * 86_400)]
    per = orders["order"].map(near.groupby("order").size()).fillna(0).clip(upper=6)
    # a message exactly 30 days before the order may fall on either side
    ours = dict(found.touches.select("touches", "orders").iter_rows())
    assert sum(abs(ours[k] - (per == k).sum()) for k in ours) <= 2


def test_without_messages_there_is_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(NoTableError):
        message_to_purchase(twelve_orders(tmp_path))
