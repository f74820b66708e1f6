"""Numbers people get wrong on leads, subscriptions, visits, requests and on calendars."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, evaluate
from tests.unit.engine.shop import Shop, random_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return random_shop(tmp_path_factory.mktemp("others"), seed=12, orders=350)


def dated(days: list[str], **columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns).assign(at=pd.to_datetime(days, format="ISO8601"))


# calendars ------------------------------------------------------------------------------------------------
def orders(
    days: list[str], who: list[str | None] | None = None, amounts: list[float] | None = None
) -> pd.DataFrame:
    n = len(days)
    return dated(
        days, order_id=[f"o{i}" for i in range(n)], customer_id=who or ["x"] * n, amount=amounts or [1.0] * n
    )


def test_the_fifty_third_week_holds_days_of_two_years(tmp_path):
    data = (
        Shop(tmp_path)
        .orders(orders(["2020-12-20", "2020-12-28", "2021-01-03", "2021-01-04", "2021-01-10"]))
        .done()
    )
    weeks = evaluate(data, ["orders_count"], "week")
    assert weeks.value("orders_count", "2020-W53") == 2  # Monday 28 December to Sunday 3 January
    assert weeks.value("orders_count", "2021-W01") == 2
    years = evaluate(data, ["orders_count"], "year")
    assert (years.value("orders_count", "2020"), years.value("orders_count", "2021")) == (2, 3)


def test_the_week_after_the_fifty_third_knows_its_predecessor(tmp_path):
    days = ["2020-12-14", "2020-12-28", "2021-01-04", "2021-01-17"]
    data = Shop(tmp_path).orders(orders(days)).done()
    assert evaluate(data, ["retained_customers"], "week").value("retained_customers", "2021-W01") == 1


def test_the_doubled_hour_of_autumn_neither_moves_nor_splits_a_day(tmp_path):
    # wall time of the project's zone: 2023-10-29 has two hours from 02:00 to 03:00 in Europe
    days = ["2023-10-28 23:59:59", "2023-10-29 00:00:00", "2023-10-29 02:30:00", "2023-10-29 02:30:00",
            "2023-10-29 23:59:59", "2023-10-30 00:00:00"]  # fmt: skip
    data = Shop(tmp_path).orders(orders(days)).done()
    found = evaluate(data, ["orders_count"], "day")
    assert [found.value("orders_count", f"2023-10-{d}") for d in (28, 29, 30)] == [1, 4, 1]


def test_a_second_before_midnight_is_still_today(tmp_path):
    data = Shop(tmp_path).orders(orders(["2024-01-31 23:59:59", "2024-02-01 00:00:00"])).done()
    found = evaluate(data, ["orders_count"], "month")
    assert (found.value("orders_count", "2024-01"), found.value("orders_count", "2024-02")) == (1, 1)


def test_years_before_1970_have_days_too(tmp_path):
    tickets = pd.DataFrame(
        {"ticket_id": ["a", "b"], "created_at": pd.to_datetime(["1969-12-31 23:00", "1970-01-01 00:00"])}
    )
    tickets["first_reply_at"] = tickets["created_at"] + pd.Timedelta(hours=2)
    found = evaluate(Shop(tmp_path).rows("tickets", tickets, "created_at").done(), ["support_frt"], "day")
    assert (found.value("support_frt", "1969-12-31"), found.value("support_frt", "1970-01-01")) == (2, 2)


# customers ------------------------------------------------------------------------------------------------
def test_a_customer_in_two_segments_counts_in_both_and_once_in_all(tmp_path):
    raw = orders(["2024-01-05", "2024-01-06", "2024-01-07"], ["x", "x", "y"]).assign(
        country=["UK", "FR", "UK"]
    )
    data = Shop(tmp_path).orders(raw).done()
    parts = evaluate(data, ["active_customers"], "month", by="country")
    assert [parts.value("active_customers", "2024-01", c) for c in ("FR", "UK")] == [1, 2]
    assert "segments_overlap" in parts.get("active_customers", "2024-01", "UK").warnings
    assert evaluate(data, ["active_customers"], "month").value("active_customers", "2024-01") == 2


def test_visitors_without_a_name_are_not_one_giant_user(shop):
    visits = pl.read_parquet(shop.path("sessions"))
    assert visits["cust"].null_count() > 100
    known = visits.filter(platform="app")["cust"].drop_nulls().n_unique()
    assert evaluate(shop, ["mau"], "all").value("mau", "all") == known


def test_monthly_users_do_not_add_up_to_the_year(shop):
    months = evaluate(shop, ["mau"], "month").rows["value"].sum()
    assert months > 1.5 * evaluate(shop, ["mau"], "all").value("mau", "all")


# ratios ---------------------------------------------------------------------------------------------------
RATIOS = [
    "lead_win_rate",
    "conversion_site",
    "points_redemption_rate",
    "ad_ctr",
    "cpc",
    "csat",
    "web_bounce_rate",
]


@pytest.mark.parametrize("metric", RATIOS)
def test_a_ratio_of_months_is_not_their_mean(shop, metric):
    months = evaluate(shop, [metric], "month").rows
    year = evaluate(shop, [metric], "all").get(metric, "all")
    assert months["numerator"].sum() / months["denominator"].sum() == pytest.approx(year.value)
    assert months["value"].mean() != pytest.approx(year.value, rel=1e-6)


def test_reach_of_several_rows_is_unknown_and_says_why(tmp_path):
    rows = pd.DataFrame(
        {
            "date": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-02-02"]),
            "cost": 1.0,
            "reach": [900, 500, 500],
        }
    )
    found = evaluate(Shop(tmp_path).rows("ads", rows, "date").done(), ["reach"], "month")
    assert found.value("reach", "2024-01") == 900
    assert found.value("reach", "2024-02") is None  # not 1000: the same people may have seen both
    assert "reach_not_added" in found.get("reach", "2024-02").warnings


def test_no_requests_is_no_median_of_zero(tmp_path):
    tickets = pd.DataFrame(
        {
            "ticket_id": ["a", "b"],
            "created_at": pd.to_datetime(["2024-01-05", "2024-03-05"]),
            "first_reply_at": pd.NaT,
        }
    )
    tickets.loc[0, "first_reply_at"] = pd.Timestamp("2024-01-05 03:00")
    found = evaluate(Shop(tmp_path).rows("tickets", tickets, "created_at").done(), ["support_frt"], "month")
    assert [found.value("support_frt", f"2024-0{m}") for m in (1, 2, 3)] == [3, None, None]


def test_nps_is_between_minus_and_plus_a_hundred(tmp_path):
    rows = pd.DataFrame(
        {"answered_at": pd.to_datetime(["2024-01-05"] * 4), "kind": "nps", "score": [10.0, 9.0, 8.0, 0.0]}
    )
    found = evaluate(Shop(tmp_path).rows("surveys", rows, "answered_at").done(), ["nps"], "month")
    assert found.value("nps", "2024-01") == 25
    assert (found.get("nps", "2024-01").numerator, found.get("nps", "2024-01").denominator) == (100, 4)


@pytest.mark.parametrize(
    ("scores", "share"), [([5, 4, 3, 1], 0.5), ([10, 8, 7, 4], 0.5), ([1, 0, 1, 1], 0.75)]
)
def test_satisfaction_on_other_scales(tmp_path, scores, share):
    rows = pd.DataFrame(
        {"answered_at": pd.Timestamp("2024-01-05"), "kind": "csat", "score": [float(s) for s in scores]}
    )
    found = evaluate(Shop(tmp_path).rows("surveys", rows, "answered_at").done(), ["csat"], "month")
    assert found.value("csat", "2024-01") == share


# leads ----------------------------------------------------------------------------------------------------
def lead_shop(root: Path) -> DataDir:
    """Ten leads of January; four won in spring, one of them without any earlier stage."""
    at = pd.to_datetime(["2024-01-10"] * 10 + ["2024-06-30"])
    blank = [None] * 7
    leads = pd.DataFrame(
        {
            "lead_id": [f"l{i}" for i in range(11)],
            "created_at": at,
            "valid": pd.array([1] * 8 + [0, 0, 1], dtype="Int8"),
            "mql_at": pd.to_datetime(["2024-01-11"] * 5 + [None] * 6),
            "sql_at": pd.to_datetime(["2024-01-12", None, "2024-01-12", None, *blank]),
            "opportunity_at": pd.to_datetime(["2024-01-13", "2024-01-13", None, None, *blank]),
            "won_at": pd.to_datetime(
                ["2024-03-10", "2024-04-10", None, "2024-05-10", None, None, None, "2024-02-10"] + [None] * 3
            ),
            "lost_at": pd.to_datetime([None] * 11),
            "deal_amount": [100.0, 300.0, 999.0, 200.0, None, None, None, 400.0, None, None, None],
        }
    )
    return Shop(root).rows("leads", leads, "created_at").done()


def test_a_lead_with_a_later_stage_counts_in_all_earlier_ones(tmp_path):
    names = ["leads_count", "lead_mql_rate", "mql_sql_rate", "sql_opp_rate", "opp_win_share", "lead_win_rate"]
    found = evaluate(lead_shop(tmp_path), names, "month")
    leads, mql, sql, opp, win, whole = (found.value(n, "2024-01") for n in names)
    # 8 valid; MQL: five stated and l7 (won); SQL: l0, l1 (opportunity), l2, l3 (won), l7; opportunities l0 l1 l3 l7
    assert (leads, mql, sql, opp, win) == (8, 6 / 8, 5 / 6, 4 / 5, 4 / 4)
    assert whole == pytest.approx(mql * sql * opp * win) == 0.5


def test_a_deal_belongs_to_the_month_of_its_lead(tmp_path):
    found = evaluate(lead_shop(tmp_path), ["lead_revenue", "avg_deal", "sales_cycle_days"], "month")
    assert (found.value("lead_revenue", "2024-01"), found.value("avg_deal", "2024-01")) == (1000, 250)
    assert found.value("lead_revenue", "2024-04") == 0
    assert found.value("sales_cycle_days", "2024-01") is None  # nothing was won in January
    assert found.value("sales_cycle_days", "2024-04") == 91


def test_young_leads_still_ripen(tmp_path):
    found = evaluate(lead_shop(tmp_path), ["lead_win_rate", "leads_count"], "month")
    assert "unsettled" in found.get("lead_win_rate", "2024-05").warnings
    assert "unsettled" not in found.get("lead_win_rate", "2024-01").warnings
    assert "unsettled" not in found.get("leads_count", "2024-05").warnings


# subscriptions --------------------------------------------------------------------------------------------
def test_recurring_revenue_moves_by_hand(tmp_path):
    rows = pd.DataFrame(
        [
            ("stay", "2024-01-05", 10.0, None, None),
            ("up", "2024-01-05", 10.0, "2024-02-10", "customer"),
            (
                "up",
                "2024-02-10",
                25.0,
                None,
                None,
            ),  # a new price on the day the old one ends: no gap, no churn
            ("down", "2024-01-05", 30.0, "2024-02-10", "customer"),
            ("down", "2024-02-10", 20.0, None, None),
            ("gone", "2024-01-05", 40.0, "2024-02-15", "customer"),
            ("failed", "2024-01-05", 50.0, "2024-02-15", "payment"),
            ("back", "2024-01-05", 7.0, "2024-01-20", "customer"),
            ("back", "2024-02-20", 8.0, None, None),
            ("new", "2024-02-20", 60.0, None, None),
            ("tried", "2024-02-02", 99.0, "2024-02-09", "customer"),  # came and went inside the month
            ("end", "2024-03-31", 0.0, None, None),
        ],
        columns=["customer_id", "started_at", "mrr", "ended_at", "end_reason"],
    )
    rows["started_at"], rows["ended_at"] = (
        pd.to_datetime(rows["started_at"]),
        pd.to_datetime(rows["ended_at"]),
    )
    data = Shop(tmp_path).rows("subscriptions", rows, "started_at").done()
    expected = {
        "start_mrr": 140,
        "churn_mrr_voluntary": 40 / 140,
        "churn_mrr_involuntary": 50 / 140,
        "contraction_rate": 10 / 140,
        "expansion_rate": 15 / 140,
        "grr": 40 / 140,
        "nrr": 55 / 140,
        "retained_mrr": 55,
        "new_mrr": 60,
        "new_subscriptions": 1,
        "reactivation_mrr": 8,
        "mrr": 123,
        "churn_voluntary": 1 / 5,
        "churn_involuntary": 1 / 5,
    }
    found = evaluate(data, list(expected), "month")
    assert {n: found.value(n, "2024-02") for n in expected} == pytest.approx(expected)
    assert found.value("mrr", "2024-02") == found.value("start_mrr", "2024-03")


def test_recurring_revenue_of_a_quarter_is_that_of_its_last_month(shop):
    months, quarters = evaluate(shop, ["mrr"], "month"), evaluate(shop, ["mrr"], "quarter")
    assert quarters.value("mrr", "2023-Q2") == months.value("mrr", "2023-06")
    assert quarters.value("mrr", "2023-Q2") != sum(months.value("mrr", f"2023-0{m}") for m in (4, 5, 6))


# funnels of the app ---------------------------------------------------------------------------------------
def test_an_order_of_somebody_who_never_opened_the_app_is_not_its_revenue(tmp_path):
    visits = dated(["2024-01-05", "2024-01-20"], session_id=["s1", "s2"], customer_id=["x", "z"]).assign(
        platform="app"
    )
    bought = orders(["2024-01-02", "2024-01-30", "2024-01-30"], ["x", "y", "x"], [10.0, 500.0, 30.0])
    data = Shop(tmp_path).orders(bought).rows("sessions", visits, "at").done()
    found = evaluate(data, ["app_revenue", "mau", "payer_share", "arppu"], "month")
    assert [found.value(n, "2024-01") for n in ("app_revenue", "mau", "payer_share", "arppu")] == [
        40,
        2,
        0.5,
        40,
    ]


def test_a_cart_is_recovered_only_after_a_reminder_and_within_a_week(tmp_path):
    seen = "2024-01-05 10:00"
    people = ["told", "untold", "late", "before", "bought"]
    visits = pd.DataFrame(
        {"session_id": people, "at": pd.Timestamp(seen), "customer_id": people, "cart": pd.array([1] * 5, dtype="Int8"),
         "order_id": [None, None, None, None, "o9"]}
    )  # fmt: skip
    told = ["told", "late", "before", "bought"]
    sent = pd.DataFrame({"customer_id": told, "sent_at": pd.Timestamp("2024-01-06 10:00")})
    sent = sent.assign(delivered=1, kind="trigger")
    bought = orders(
        [
            "2024-01-12 10:00",
            "2024-01-07",
            "2024-01-12 10:01",
            "2024-01-06 09:00",
            "2024-01-07",
            "2024-02-20",
        ],
        ["told", "untold", "late", "before", "bought", "z"],
    )
    shop = Shop(tmp_path).orders(bought).messages(sent).rows("sessions", visits, "at")
    shop.meta.coverage["sessions"] = shop.meta.coverage["orders"]
    found = evaluate(shop.done(), ["cart_recovery_rate"], "month").get("cart_recovery_rate", "2024-01")
    assert (found.numerator, found.denominator) == (1, 3)  # of told, late, before: told alone


# LTV ------------------------------------------------------------------------------------------------------
def test_ltv_by_formula_depends_on_the_step_and_is_checked_against_what_was_paid(tmp_path):
    """Customers who buy every second month: monthly churn is 100 %, so a month's formula sees one order of each."""
    days = pd.date_range("2022-01-05", "2023-12-20", freq="D")
    rows = [(day, f"c{k}") for k in range(10) for day in days if day.day == 5 and day.month % 2 == k % 2]
    raw = orders([str(d) for d, _ in rows], [c for _, c in rows], [10.0] * len(rows))
    data = Shop(tmp_path).orders(raw).done(margin_rate=1.0)
    month = evaluate(data, ["ltv_simple", "ltv_observed"], "month").get("ltv_simple", "2023-11")
    quarter = evaluate(data, ["ltv_simple"], "quarter").get("ltv_simple", "2023-Q3")
    observed = evaluate(data, ["ltv_observed"], "month").value("ltv_observed", "2023-11")
    assert month.value == pytest.approx(10)
    assert observed > 100
    assert "differs_from_observed" in month.warnings
    assert quarter.value is None or quarter.value > 5 * month.value


# speed ----------------------------------------------------------------------------------------------------
def test_tables_that_are_not_there_cost_nothing(tmp_path, monkeypatch):
    data = Shop(tmp_path).orders(orders(["2024-01-05", "2024-02-06"])).done()
    opened: list[str] = []
    real = DataDir.frame
    monkeypatch.setattr(DataDir, "frame", lambda self, name: opened.append(name) or real(self, name))
    evaluate(data, None, "month")
    assert set(opened) <= {"orders"}


def test_a_filter_that_a_table_lacks_makes_its_metrics_unavailable_not_empty(shop):
    found = evaluate(shop, ["nps", "mrr", "leads_count"], "month", where=[Where("plan", ("pro",))])
    assert {u.metric: u.reason for u in found.unavailable} == {
        "nps": "not_by_dimension",
        "leads_count": "not_by_dimension",
    }
    assert found.value("mrr", "2023-06") > 0
