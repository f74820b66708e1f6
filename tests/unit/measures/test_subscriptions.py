"""Laws of recurring revenue on any set of subscriptions."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.engine.evaluate import evaluate
from tests.unit.engine.shop import Shop

FIRST = date(2024, 1, 1)
ROW = st.tuples(
    st.sampled_from("abcd"),
    st.integers(0, 150),
    st.integers(1, 9),
    st.one_of(st.none(), st.integers(0, 90)),
    st.sampled_from(["payment", "customer", None]),
)
NAMES = ["mrr", "start_mrr", "retained_mrr", "new_mrr", "reactivation_mrr", "nrr", "grr", "expansion_rate"]
NAMES += ["contraction_rate", "churn_mrr_rate", "churn_mrr_voluntary", "churn_mrr_involuntary"]
NAMES += ["new_subscriptions", "arpu_new"]


@settings(max_examples=25, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=14))
def test_recurring_revenue_is_exactly_what_its_movements_make_it(rows):
    table = [
        (
            who,
            FIRST + timedelta(days=start),
            float(mrr),
            None if n is None else FIRST + timedelta(days=start + n),
            why,
        )
        for who, start, mrr, n, why in [*rows, ("last", 181, 1, None, None)]
    ]
    raw = pd.DataFrame(table, columns=["customer_id", "started_at", "mrr", "ended_at", "end_reason"])
    raw["started_at"], raw["ended_at"] = pd.to_datetime(raw["started_at"]), pd.to_datetime(raw["ended_at"])
    with tempfile.TemporaryDirectory() as folder:
        found = evaluate(Shop(Path(folder)).rows("subscriptions", raw, "started_at").done(), NAMES, "month")
    months = [f"2024-0{m}" for m in range(1, 8) if found.value("mrr", f"2024-0{m}") is not None]
    for month in months:
        v = {name: found.value(name, month) for name in NAMES}
        assert v["mrr"] == pytest.approx(v["retained_mrr"] + v["new_mrr"] + v["reactivation_mrr"])
        if v["start_mrr"]:
            assert v["retained_mrr"] == pytest.approx(v["start_mrr"] * v["nrr"])
            assert v["nrr"] == pytest.approx(v["grr"] + v["expansion_rate"])
            assert v["grr"] == pytest.approx(1 - v["churn_mrr_rate"] - v["contraction_rate"], abs=1e-9)
            assert v["churn_mrr_rate"] == pytest.approx(v["churn_mrr_voluntary"] + v["churn_mrr_involuntary"])
            assert 0 <= v["grr"] <= 1
        if v["new_subscriptions"]:
            assert v["new_mrr"] == pytest.approx(v["new_subscriptions"] * v["arpu_new"])
    for month, after in pairwise(months):
        assert found.value("mrr", month) == found.value("start_mrr", after)
