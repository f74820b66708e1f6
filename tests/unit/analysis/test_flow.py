"""The waterfall closes, and the natural return of the dormant is counted right."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from crmkpi.analysis.flow import natural_return, waterfalls
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where
from crmkpi.periods import parse_period, periods_between
from tests.unit.engine.shop import Shop, twelve_orders


@pytest.mark.parametrize("where", [(), (Where("channel", ("App",)),)], ids=["all", "channel"])
@pytest.mark.parametrize("grain", ["month", "quarter"])
def test_every_waterfall_closes(sample: DataDir, grain: str, where: tuple[Where, ...]) -> None:
    periods = periods_between(date(2024, 4, 1), date(2026, 9, 30), grain)
    for found in waterfalls(sample, periods, where):
        first, *middle, last = found.steps
        assert first.value + sum(s.value for s in middle) == last.value
        assert middle[-1].stop == last.value == last.stop and first.start == 0
        for one, other in zip([first, *middle], middle, strict=False):
            assert other.start == one.stop
        moved = [s.metric for s in middle if s.metric.startswith("moved")]
        assert moved == (["moved_in", "moved_out"] if where else [])


def test_paper_shop(tmp_path: Path) -> None:
    data = twelve_orders(tmp_path)
    march, january = waterfalls(data, [parse_period("2024-03"), parse_period("2024-01")])
    assert [(s.metric, s.value) for s in march.steps] == [
        ("active_customers_prev", 3),
        ("new_customers", 0),
        ("returned_customers", 0),
        ("lost_customers", -2),
        ("active_customers", 1),
    ]
    assert january.steps == () and "first_period" in january.warnings


def test_natural_return_equals_pandas(sample: DataDir) -> None:
    found = natural_return(sample, 60, before=date(2026, 2, 10))
    frame = sample.frame("orders").filter(pl.col("cust").is_not_null()).collect().to_pandas()
    hits, total, shares = 0, 0, []
    start = date(2026, 2, 10) - timedelta(days=60)
    while (start - date(2024, 1, 1)).days > 90:
        day = (start - date(1970, 1, 1)).days
        last = frame[frame["day"] < day].groupby("cust")["day"].max()
        silent = set(last[day - last > 90].index)
        back = silent & set(frame.loc[(frame["day"] >= day) & (frame["day"] < day + 60), "cust"])
        if silent:
            hits, total = hits + len(back), total + len(silent)
            shares.append(len(back) / len(silent))
        start -= timedelta(days=60)
    assert (found.came_back, found.dormant, found.dates) == (hits, total, len(shares))
    assert found.share == pytest.approx(hits / total)
    assert (found.low, found.high) == (pytest.approx(min(shares)), pytest.approx(max(shares)))


def test_the_dormant_come_back_without_any_treatment(tmp_path: Path) -> None:
    """Regression to the mean: nobody did anything here, and a third returns (methods.md 7: 34.6 %)."""
    rows = []
    for i in range(400):
        at = pd.Timestamp("2023-01-01") + pd.Timedelta(days=(i * 37) % 120)
        k = 0
        while at < pd.Timestamp("2024-12-31"):
            rows.append((f"o{i}-{k}", f"c{i}", at, 10.0))
            k += 1
            at += pd.Timedelta(days=30 + (i * 13 + k * k * 29) % 240)
    raw = pd.DataFrame(rows, columns=["order_id", "customer_id", "at", "amount"])
    found = natural_return(Shop(tmp_path).orders(raw).done(), 90)
    assert found.share is not None and found.share > 0.3


def test_too_short_a_history_has_no_baseline(tmp_path: Path) -> None:
    found = natural_return(twelve_orders(tmp_path), 90)
    assert (found.share, found.dates) == (None, 0)
