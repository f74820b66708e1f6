"""The twelve-order shop, checked on paper; windows, predecessors, warnings and errors."""

from __future__ import annotations

from datetime import date

import pandas as pd
import polars as pl
import pytest

from crmkpi.engine.data import DataDir, NoDataError, NoTableError
from crmkpi.engine.evaluate import (
    UnknownDimensionError,
    UnknownMetricError,
    Where,
    available,
    evaluate,
    evaluate_periods,
)
from crmkpi.periods import BadGrainError, parse_period
from tests.unit.engine.shop import Shop, random_shop, twelve_orders

# by hand, from the list of orders in shop.py; "-" = unknown
#                     Jan     Feb     Mar    Apr    May
PAPER = """
revenue_base          180     130     70     0      120
revenue_total         180     229     70     0      120
revenue_net           180     104     70     0      110
revenue_repeat        0       110     70     0      95
orders_count          3       3       2      0      3
orders_total          3       4       2      0      3
anonymous_revenue     0       99      0      0      0
active_customers      3       3       1      0      3
aov                   60      43.3333 35     -      40
purchase_frequency    1       1       2      -      1
base_size             3       4       4      4      5
new_customers         3       1       0      0      1
acquired_customers    3       1       0      0      1
retained_customers    -       -       1      0      0
returned_customers    -       -       0      0      2
lost_customers        -       -       2      1      0
active_customers_prev -       -       3      1      0
lapsed_customers      -       -       1      3      4
comeback_rate         -       -       0      0      0.5
retention_rate        -       -       0.3333 0      -
churn_rate            -       -       0.6667 1      -
lifetime_periods      -       -       1.5    1      -
repeat_purchase_rate  0       0       1      -      0
repeat_order_share    0       0.6667  1      -      0.6667
repeat_rate_90        0.6667  0       -      -      -
dormant_customers     -       -       -      0      1
reactivation_rate     -       -       -      -      1
reactivated_customers -       -       -      0      2
dormant_orders        -       -       -      0      2
lost_share_90         -       -       -      0.25   0.4
interpurchase_days    -       30.5    13.5   -      110.5
return_rate           0       0.2     0      -      0.08333
return_rate_orders    0       0.3333  0      -      0.3333
return_rate_customers 0       0.3333  0      -      0.25
"""
MONTHS = ("2024-01", "2024-02", "2024-03", "2024-04", "2024-05")


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> DataDir:
    return twelve_orders(tmp_path_factory.mktemp("twelve"))


@pytest.mark.parametrize("line", PAPER.strip().splitlines(), ids=lambda line: line.split()[0])
def test_the_twelve_order_shop_on_paper(shop, line):
    name, *expected = line.split()
    found = evaluate(shop, [name], "month")
    for month, text in zip(MONTHS, expected, strict=True):
        value = found.value(name, month)
        assert value == (None if text == "-" else pytest.approx(float(text), rel=2e-4)), month


def test_a_row_explains_itself(shop):
    row = evaluate(shop, ["aov"], "month").get("aov", "2024-02")
    assert (row.numerator, row.denominator) == (130, 3)
    assert (row.n_rows, row.n_customers) == (3, 3)
    assert (row.first, row.last, row.complete) == (date(2024, 2, 1), date(2024, 2, 29), True)


def test_churn_shows_its_own_fraction(shop):
    row = evaluate(shop, ["churn_rate"], "month").get("churn_rate", "2024-03")
    assert (row.numerator, row.denominator) == (2, 3)


def test_first_and_left_incomplete_periods_do_not_know_who_was_there_before(shop):
    found = evaluate(shop, ["retained_customers"], "month")
    assert "first_period" in found.get("retained_customers", "2024-01").warnings
    # January begins before the data do, so February has no whole predecessor
    assert "first_period" in found.get("retained_customers", "2024-02").warnings
    assert found.get("retained_customers", "2024-03").warnings == ()


def test_left_censoring_hides_pauses_and_only_warns_of_new_customers(shop):
    found = evaluate(shop, ["reactivated_customers", "new_customers"], "month")
    assert found.get("reactivated_customers", "2024-03").value is None
    assert "left_censored" in found.get("reactivated_customers", "2024-03").warnings
    # April ends after 2024-01-05 + 90 days and begins before it: a value with the warning
    assert found.get("reactivated_customers", "2024-04").warnings == ("left_censored",)
    assert found.get("reactivated_customers", "2024-05").warnings == ()
    assert found.get("new_customers", "2024-01").value == 3
    assert "left_censored" in found.get("new_customers", "2024-01").warnings
    assert found.get("new_customers", "2024-05").warnings == ()


def test_ninety_day_cohorts_wait_until_they_are_ripe(shop):
    found = evaluate(shop, ["repeat_rate_90"], "month")
    # data_to is 2024-05-31: February ended 92 days before it, March 61
    assert found.get("repeat_rate_90", "2024-02").warnings == ("left_censored",)
    assert found.get("repeat_rate_90", "2024-03").warnings == (
        "immature",
        "left_censored",
        "zero_denominator",
    )


def test_returns_of_the_last_days_still_settle(shop):
    found = evaluate(shop, ["return_rate"], "month")
    assert "unsettled" in found.get("return_rate", "2024-05").warnings
    assert "unsettled" not in found.get("return_rate", "2024-04").warnings


def test_a_return_rate_above_one_says_so(tmp_path):
    orders = pd.DataFrame(
        {"order_id": ["a"], "customer_id": ["x"], "at": pd.to_datetime(["2024-01-31"]), "amount": [10.0]}
    )
    back = pd.DataFrame(
        {"doc_id": ["b"], "customer_id": ["x"], "at": pd.to_datetime(["2024-01-31"]), "amount": [15.0]}
    )
    data = Shop(tmp_path).orders(orders).returns(back).done()
    row = evaluate(data, ["return_rate"], "month").get("return_rate", "2024-01")
    assert row.value == 1.5
    assert "above_one" in row.warnings


def test_the_whole_span_is_one_row_without_a_predecessor(shop):
    found = evaluate(shop, ["revenue_base", "retention_rate"], "all")
    row = found.get("revenue_base", "all")
    assert (row.value, row.first, row.last, row.complete) == (500, date(2024, 1, 5), date(2024, 5, 31), True)
    assert found.get("retention_rate", "all").value is None
    assert "no_previous_period" in found.get("retention_rate", "all").warnings


def test_uniques_are_reduced_again_at_every_grain(shop):
    found = evaluate(shop, ["active_customers"], "quarter")
    assert found.value("active_customers", "2024-Q1") == 4  # not 3 + 3 + 1
    assert found.value("active_customers", "2024-Q2") == 3
    assert evaluate(shop, ["active_customers"], "all").value("active_customers", "all") == 5


def test_a_window_cuts_periods_but_not_the_history(shop):
    found = evaluate(
        shop,
        ["orders_count", "new_customers", "retained_customers"],
        "month",
        first=date(2024, 2, 12),
        last=date(2024, 5, 11),
    )
    assert found.rows["period"].unique().sort().to_list() == ["2024-02", "2024-03", "2024-04", "2024-05"]
    row = found.get("orders_count", "2024-02")
    assert (row.value, row.first, row.last, row.complete) == (1, date(2024, 2, 12), date(2024, 2, 29), False)
    assert "incomplete" in row.warnings
    assert found.value("new_customers", "2024-02") == 1
    assert found.value("orders_count", "2024-05") == 1
    # March has the whole February behind it, not the piece in the window
    assert found.value("retained_customers", "2024-03") == 1


def test_a_window_outside_the_data_has_no_rows(shop):
    assert evaluate(shop, None, "month", first=date(2030, 1, 1)).rows.is_empty()
    assert evaluate_periods(shop, None, [parse_period("1999-05"), parse_period("2044-05")]).rows.is_empty()


def test_windows_have_the_window_before_them(shop):
    # 2024-02-03..2024-02-29 after 2024-01-07..2024-02-02: bob and cid were there, bob came again
    window = parse_period("2024-02-03..2024-02-29")
    found = evaluate_periods(shop, ["retained_customers", "active_customers_prev", "base_size"], [window])
    assert found.value("active_customers_prev", window.text) == 2
    assert found.value("retained_customers", window.text) == 1
    assert found.value("base_size", window.text) == 4


def test_single_periods_equal_the_same_periods_of_a_series(tmp_path):
    data = random_shop(tmp_path, seed=3, orders=250)
    series = evaluate(data, None, "month", where=[Where("channel", ("web",))])
    some = [parse_period("2023-09"), parse_period("2023-04")]
    pair = evaluate_periods(data, None, some, where=[Where("channel", ("web",))])
    kept = series.rows.filter(pl.col("period").is_in([p.text for p in some]))
    order = ["metric", "period", "segment"]
    assert pair.rows.sort(order).equals(kept.sort(order))


def test_a_window_equal_to_a_month_gives_the_month(tmp_path):
    data = random_shop(tmp_path, seed=4, orders=250)
    month, window = parse_period("2023-10"), parse_period("2023-10-01..2023-10-31")
    found = evaluate_periods(data, None, [month, window])
    # October follows the 31 days before it, not the 30 of September; stocks and sums are equal
    for name in (
        "revenue_base",
        "orders_count",
        "active_customers",
        "base_size",
        "lost_share_90",
        "crm_revenue",
    ):
        assert found.value(name, month.text) == found.value(name, window.text), name


def test_a_dimension_ignores_case_and_keeps_blanks(shop):
    found = evaluate(shop, ["orders_count"], "month", by="Channel")
    assert found.rows["dimension"].unique().to_list() == ["channel"]
    assert found.value("orders_count", "2024-05", "web") == 1
    assert found.value("orders_count", "2024-05", None) == 1
    assert found.value("orders_count", "2024-04", "web") == 0


def test_filters_or_within_and_across(shop):
    both = evaluate(shop, ["orders_count"], "all", where=[Where("CHANNEL", ("web", None))])
    assert both.value("orders_count", "all") == 7
    none = evaluate(shop, ["orders_count", "aov"], "all", where=[Where("channel", ("moon",))])
    assert none.value("orders_count", "all") == 0
    assert none.get("aov", "all").value is None
    assert "zero_denominator" in none.get("aov", "all").warnings


def test_parts_that_exceed_the_whole_say_so(shop):
    found = evaluate(shop, ["active_customers", "orders_count"], "quarter", by="channel")
    assert (
        "segments_overlap" in found.get("active_customers", "2024-Q1", "web").warnings
    )  # ann: web and store
    assert "segments_overlap" not in found.get("active_customers", "2024-Q2", "web").warnings
    assert "segments_overlap" not in found.get("orders_count", "2024-Q1", "web").warnings


def test_retention_inside_a_filter_names_those_who_moved_out(shop):
    found = evaluate(shop, ["retention_rate"], "month", where=[Where("channel", ("store",))])
    assert "moved_between" in found.get("retention_rate", "2024-03").warnings  # ann: store, then web


def test_what_is_missing_is_named(shop):
    lacking = available(shop)
    assert lacking["aov"] is None
    assert lacking["crc"].missing == ("costs.category",)
    assert lacking["margin_rate"].missing == ("orders.cogs|order_lines.unit_cost",)
    assert lacking["units_per_order"].missing == ("order_lines.quantity",)
    assert lacking["ltv_pred"].reason == "by_model"
    assert lacking["incremental_revenue"].missing == ("messages.control|customers.control",)
    found = evaluate(shop, ["aov", "crc"], "month")
    assert [u.metric for u in found.unavailable] == ["crc"]
    assert found.reason("crc").reason == "missing_columns"


def test_a_typed_margin_unlocks_ltv_and_is_marked(tmp_path):
    data = twelve_orders(tmp_path)
    assert evaluate(data, ["ltv_simple"], "month").reason("ltv_simple") is not None
    data.seal(lambda meta: setattr(meta, "margin_rate", 0.5))
    found = evaluate(data, ["ltv_simple", "ltv_revenue", "margin_rate"], "month")
    row = found.get("ltv_simple", "2024-03")
    assert row.value == pytest.approx(35 * 2 * 1.5 * 0.5)
    assert "margin_typed" in row.warnings
    assert found.value("ltv_revenue", "2024-03") == pytest.approx(105)


def test_unknown_names_are_refused_with_similar_ones(shop):
    with pytest.raises(UnknownMetricError) as metric:
        evaluate(shop, ["revenue_bas"], "month")
    assert "revenue_base" in str(metric.value.params["near"])
    with pytest.raises(UnknownDimensionError) as dimension:
        evaluate(shop, ["aov"], "month", by="chanel")
    assert dimension.value.params["near"] == "channel"
    with pytest.raises(BadGrainError):
        evaluate(shop, ["aov"], "fortnight")


def test_no_data_is_a_clear_error(tmp_path):
    with pytest.raises(NoDataError):
        evaluate(DataDir(tmp_path / "nothing"), ["aov"], "month")
    with pytest.raises(NoTableError):
        DataDir(tmp_path).frame("orders")


def test_changed_data_are_computed_again(tmp_path):
    data = twelve_orders(tmp_path)
    before = evaluate(data, ["orders_count"], "all").value("orders_count", "all")
    data.write("orders", pl.read_parquet(data.path("orders")).filter(pl.col("order_id") != "o01"))
    data.seal()
    assert evaluate(data, ["orders_count"], "all").value("orders_count", "all") == before - 1


def test_a_finished_month_without_rows_in_its_last_days_counts_as_complete(tmp_path):
    days = [d for d in pd.date_range("2024-01-01", "2024-02-28") if d.weekday() < 5]
    raw = pd.DataFrame(
        {"order_id": [f"o{i}" for i in range(len(days))], "customer_id": "x", "at": days, "amount": 1.0}
    )
    row = evaluate(Shop(tmp_path).orders(raw).done(), ["orders_count"], "month").get(
        "orders_count", "2024-02"
    )
    assert row.complete
    assert "closed_by_pause" in row.warnings
