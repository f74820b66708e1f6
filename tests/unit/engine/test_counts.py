"""Customers behind a number are counted by runs of the sorted store; a set of customers per cell says the same."""

from __future__ import annotations

import polars as pl
import pytest

from crmkpi.engine import reduce as room
from crmkpi.engine.evaluate import ANSWERS, Where, evaluate
from tests.unit.engine.shop import random_shop


@pytest.mark.parametrize("where", [(), (Where("channel", ("web",)),)], ids=["all", "filtered"])
def test_runs_count_what_sets_count(tmp_path, monkeypatch, where):
    store = random_shop(tmp_path, seed=3, orders=300)
    asked = ["sends_count", "open_rate", "ticket_count", "revenue_base"]
    asked = [m for m in asked if m in {*evaluate(store, None, "month").rows["metric"]}]
    ANSWERS.clear()
    by_runs = evaluate(store, asked, "month", where=where).rows
    monkeypatch.setattr(room, "_runs", lambda frame: False)
    ANSWERS.clear()
    assert evaluate(store, asked, "month", where=where).rows.equals(by_runs)
    assert by_runs["n_customers"].sum()


def test_scattered_customers_are_no_runs():
    sorted_rows = pl.DataFrame({"cust": [1, 1, 2, None], "t": [0, 1, 0, 0], "seg": 0})
    assert room._runs(sorted_rows)
    assert not room._runs(sorted_rows.with_columns(cust=pl.Series([1, 2, 1, None])))
    assert not room._runs(sorted_rows.with_columns(t=pl.Series([1, 0, 0, 0])))
    assert not room._runs(sorted_rows.with_columns(seg=pl.Series([0, 1, 0, 0])))
