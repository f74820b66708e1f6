"""The list of traps: each has its test, and those that are not tested elsewhere stand here."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pandas as pd
import pytest

from crmkpi.catalog.trees import template
from crmkpi.engine.evaluate import evaluate
from crmkpi.formula import Formula
from crmkpi.i18n import UNKNOWN, Words
from crmkpi.ingest.load import LoadSettings
from crmkpi.tree.attribution import attribute, attribute_tree
from crmkpi.tree.explain import IncompletePeriodError, explain
from tests.unit.engine.shop import Shop
from tests.unit.ingest.loaded import shop

HERE = Path(__file__).parent
TRAPS = {
    "averaged ratios": (
        "test_a_ratio_is_never_averaged_over_segments",
        "test_a_ratio_of_months_is_not_their_mean",
    ),
    "added uniques": ("test_a_sum_of_monthly_uniques_is_not_the_number_of_customers",),
    "partial periods": (
        "test_half_a_month_is_refused_or_compared_with_half_a_month",
        "test_a_half_month_is_not_a_fall",
    ),
    "left censoring": (
        "test_the_first_period_does_not_call_everybody_new_and_nobody_lost",
        "test_a_cut_last_period_ends_on_the_last_day_of_the_data",
    ),
    "returns": (
        "test_refunds_never_reduce_the_amount_of_the_order",
        "test_a_return_under_the_orders_own_number_is_not_refunded_twice",
    ),
    "two currencies": ("test_two_currencies_in_one_column_wait_for_a_choice",),
    "weeks over year end": ("test_the_fifty_third_week_holds_days_of_two_years",),
    "time zones": ("test_an_evening_in_london_is_the_next_month_in_moscow",),
    "daylight saving": ("test_the_doubled_hour_of_autumn_neither_moves_nor_splits_a_day",),
    "duplicate lines": ("test_two_equal_lines_are_two_lines_until_somebody_says_otherwise",),
    "customers in several segments": ("test_a_customer_in_two_segments_counts_in_both_and_once_in_all",),
    "anonymous orders": (
        "test_blank_customers_are_not_one_giant_customer",
        "test_guests_are_not_one_giant_customer",
    ),
    "first-in-period flags under a filter": ("test_first_in_period_flags_would_lie_under_a_filter",),
    "zero denominators": ("test_a_zero_denominator_is_unknown_not_infinite",),
    "negative denominators": (
        "test_growth_from_below_zero_has_no_percentage",
        "test_a_negative_factor_still_splits_without_a_rest",
    ),
    "LTV by formula": ("test_ltv_by_formula_depends_on_the_step_and_is_checked_against_what_was_paid",),
}


def test_every_named_trap_has_its_test():
    written = {
        node.name
        for path in HERE.glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    missing = {name: test for name, tests in TRAPS.items() for test in tests if test not in written}
    assert not missing


def orders(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "amount"])
    frame["order_id"] = [f"o{i}" for i in range(len(frame))]
    frame["at"] = pd.to_datetime(frame["at"])
    return frame


def test_the_first_period_does_not_call_everybody_new_and_nobody_lost(tmp_path):
    days = ["2024-01-01", "2024-01-31", "2024-02-10", "2024-03-31"]
    data = Shop(tmp_path).orders(orders([(f"c{i % 2}", day, 1.0) for i, day in enumerate(days)])).done()
    names = ["lost_customers", "retention_rate", "new_customers", "returned_customers"]
    found = evaluate(data, names, "month")
    for name in ("lost_customers", "retention_rate", "returned_customers"):
        first = found.get(name, "2024-01")
        assert first.value is None
        assert "first_period" in first.warnings
        assert found.value(name, "2024-02") is not None
    assert found.value("new_customers", "2024-01") == 2
    assert "left_censored" in found.get("new_customers", "2024-01").warnings


def test_half_a_month_is_refused_or_compared_with_half_a_month(tmp_path):
    # one order a day of equal size: nothing ever changed
    days = pd.date_range("2024-01-01", "2024-05-15", freq="D")
    data = Shop(tmp_path).orders(orders([(f"c{d.day % 7}", str(d), 10.0) for d in days])).done()
    with pytest.raises(IncompletePeriodError):
        explain(data, "ecommerce_revenue", "2024-05", "2024-04")
    found = explain(data, "ecommerce_revenue", "2024-05", "2024-04", to_date=True)
    assert (found.period.days, found.vs.days) == (15, 15)
    assert found.top.change == 0.0
    row = evaluate(data, ["revenue_base"], "month").get("revenue_base", "2024-05")
    assert row.value == 150.0
    assert "incomplete" in row.warnings
    assert not row.complete


def test_an_evening_in_london_is_the_next_month_in_moscow(tmp_path):
    made = shop(tmp_path)
    path = made.file(
        "Order ID,Customer ID,Order Date,Amount\n1,a,2026-01-31T22:30:00Z,10\n2,b,2026-01-15T12:00:00Z,20\n"
        "3,c,2026-02-15T12:00:00Z,40\n",
        "o.csv",
    )
    answers = {"o.csv": {"time_zone": "project"}}
    for zone, january in (("Europe/Moscow", 20.0), ("Europe/London", 30.0)):
        made.load(path, settings=LoadSettings(zone=zone), answers=answers)
        assert evaluate(made.data, ["revenue_base"], "month").value("revenue_base", "2026-01") == january


def test_two_equal_lines_are_two_lines_until_somebody_says_otherwise(tmp_path):
    text = (
        "Order ID,Customer ID,Order Date,SKU,Quantity,Unit Price\n1,a,2026-01-05,X,1,100\n"
        "1,a,2026-01-05,X,1,100\n2,b,2026-01-31,X,1,50\n"
    )
    made = shop(tmp_path)
    result = made.load(text)
    assert sum(made.orders().values()) == 250
    assert any("exact_duplicates" in finding.code for finding in result.issues)
    made.load(text, settings=LoadSettings(drop_exact_duplicates=True))
    assert sum(made.orders().values()) == 150


def test_growth_from_below_zero_has_no_percentage():
    words = Words("en")
    assert words.change(-100.0, 50.0, "money") == UNKNOWN
    assert words.change(-100.0, -50.0, "money") == UNKNOWN
    assert words.change(0.0, 5.0, "money") == UNKNOWN
    assert words.change(100.0, 50.0, "money") == "−50.0%"


def test_a_negative_factor_still_splits_without_a_rest():
    parts = attribute(
        Formula("margin / cost - 1"), {"margin": -50.0, "cost": 100.0}, {"margin": 80.0, "cost": 40.0}
    )
    assert math.fsum(parts.values()) == pytest.approx((80 / 40 - 1) - (-50 / 100 - 1))
    root = template("ecommerce_margin").root
    before = {"romi_incremental": -1.5, "incremental_margin": -50.0, "crm_cost": 100.0}
    after = {"romi_incremental": 1.0, "incremental_margin": 80.0, "crm_cost": 40.0}
    split = attribute_tree(root, before, after)
    assert split.method == "shapley"
    assert split.sum_of_leaves == pytest.approx(2.5)
