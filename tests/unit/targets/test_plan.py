"""`plan` on a made shop: the JSON of the contract, and that a past day reads nothing later."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from crmkpi.catalog.metric import metrics
from crmkpi.engine.available import UnknownMetricError
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import DEFINITION_VERSION
from crmkpi.i18n import Words
from crmkpi.targets.gather import Gather, data_to, facts_of, ripens_after
from crmkpi.targets.plan import assess_all, freeze, plan, read_targets
from crmkpi.targets.reading import assessment_json
from crmkpi.targets.resolve import ImpossibleGoalError
from crmkpi.targets.target import Target
from tests.unit.targets.shop import raw_orders, shop

FIRST, LAST = date(2022, 11, 1), date(2025, 8, 20)
IDS = (
    *("aov", "active_customers", "revenue_base", "retention_rate", "churn_rate", "repeat_purchase_rate"),
    *("new_customers", "lost_customers", "purchase_frequency", "dormant_order_share", "reactivation_rate"),
    *("lost_share_90", "base_size", "interpurchase_days", "orders_count", "arpu"),
)


@pytest.fixture(scope="module")
def raw():
    return raw_orders(FIRST, LAST)


@pytest.fixture(scope="module")
def data(raw, tmp_path_factory) -> DataDir:
    return shop(tmp_path_factory.mktemp("shop"), raw)


def toml(*tables: str) -> bytes:
    return "\n".join("[[target]]\n" + t for t in tables).encode()


def one(data: DataDir, table: str, as_of: date | None = None) -> dict:
    return plan(data, read_targets(toml(table)), as_of)["targets"][0]


def test_shape_of_the_json(data):
    found = plan(
        data, read_targets(toml('metric = "aov"\ngoal = 110\ndue = 2025-12-31')), words=Words("ru", "GBP")
    )
    json.dumps(found, allow_nan=False)
    assert found["as_of"] == "2025-08-20"
    entry = found["targets"][0]
    wanted = {
        *(
            "metric",
            "owner",
            "baseline",
            "current",
            "goal",
            "due",
            "gap",
            "gap_relative",
            "gap_sigmas",
            "rating",
        ),
        *(
            "split_into_stages",
            "progress",
            "smart",
            "history_percentile",
            "benchmark",
            "milestones",
            "forecast",
        ),
        *("probability", "interval_coverage", "pace", "status", "root_effect", "guardrails"),
    }
    assert wanted <= set(entry)
    assert set(entry["smart"]) == {"specific", "measurable", "achievable", "relevant", "time_bound"}
    assert all(set(v) == {"ok", "reasons", "message"} for v in entry["smart"].values())
    assert {m["grain"] for m in entry["milestones"]} == {"week", "month"}
    assert {"grain", "due", "value", "low", "high", "actual", "status"} <= set(entry["milestones"][0])
    assert set(entry["forecast"][0]) == {"period", "value", "low", "high"}
    assert found["focus"]["per_owner"][0]["kpis"] == ["aov"]


def test_baseline_and_current_equal_a_second_way(data):
    entry = one(data, 'metric = "aov"\ngoal = 110\ndue = 2025-12-31\nbaseline_date = 2025-03-31')
    rows = duckdb.sql(
        f"""select strftime(date '1970-01-01' + day::int, '%Y-%m') m, sum(amount) / 100.0 / count(*) aov
        from '{data.path("orders")}' group by 1"""
    ).fetchall()
    truth = dict(rows)
    assert entry["baseline"]["value"] == pytest.approx(truth["2025-03"])
    assert entry["current"] == {
        "value": pytest.approx(truth["2025-07"]),
        "period": "2025-07",
        "complete": True,
    }
    assert entry["gap"] == pytest.approx(110 - truth["2025-07"])
    assert entry["progress"] == pytest.approx(
        (truth["2025-07"] - truth["2025-03"]) / (110 - truth["2025-03"])
    )
    actual = {m["due"]: m["actual"] for m in entry["milestones"] if m["grain"] == "month"}
    assert actual["2025-05-31"] == pytest.approx(truth["2025-05"])
    assert actual["2025-08-31"] is None


def test_total_counts_orders_up_to_the_day(data):
    table = 'metric = "orders_count"\ngoal = 2500\nmeasure = "total"\ndue = 2025-12-31\nbaseline_date = 2025-06-30'
    for day in (None, date(2025, 7, 12)):
        entry = one(data, table, day)
        until = day or LAST
        ((truth,),) = duckdb.sql(
            f"""select count(*) from '{data.path("orders")}' where date '1970-01-01' + day::int
            between date '2025-07-01' and date '{until}'"""
        ).fetchall()
        assert entry["current"]["value"] == truth
        assert entry["current"]["complete"] is False
        assert entry["progress"] == pytest.approx(truth / 2500)
        assert sum(m["value"] for m in entry["milestones"] if m["grain"] == "week") == 2500


@pytest.mark.parametrize("day", [date(2024, 6, 30), date(2025, 5, 18)])
def test_a_past_day_reads_nothing_later(raw, data, tmp_path, day):
    """Every field equals that of a file which ended on that day (both days close a week, one a month)."""
    change = "goal = 0.1\nchange_type = 'relative'\ndue = 2025-12-31\nbaseline_date = 2024-03-31"
    tables = [f"id = '{name}'\nmetric = '{name}'\n{change}" for name in IDS]
    tables += [
        f"id = 'total'\nmetric = 'revenue_base'\nmeasure = 'total'\n{change}",
        "id = 'week'\nmetric = 'aov'\ngoal = 120\ngrain = 'week'\ndue = 2025-09-28\nwhere = { country = 'UK' }",
        "id = 'quarter'\nmetric = 'revenue_base'\ngoal = 99000\ngrain = 'quarter'\ndue = 2025-12-31",
    ]
    document = read_targets(toml(*tables))
    cut = shop(tmp_path, raw, until=day)
    then, file = plan(data, document, day), plan(cut, document)
    assert then["as_of"] == file["as_of"]
    for a, b in zip(then["targets"], file["targets"], strict=True):
        assert a == b, a["id"]
    assert then["focus"] == file["focus"]


def test_values_that_ripen_later_wait_for_their_day():
    assert ripens_after(metrics()["aov"], past=True) == 0
    late = [m for m in metrics().values() if m.table == "sends" and m.settle_days and m.measure]
    assert late
    assert all(ripens_after(m, past=True) >= m.settle_days for m in late)


def test_segment_filters_and_unknown_segments(data):
    whole = one(data, 'metric = "orders_count"\ngoal = 1000\ndue = 2025-12-31')
    parts = [
        one(data, f'metric = "orders_count"\ngoal = 1000\ndue = 2025-12-31\nwhere = {{ country = "{c}" }}')
        for c in ("UK", "France", "Germany")
    ]
    assert sum(p["current"]["value"] for p in parts) == whole["current"]["value"]
    lost = one(data, 'metric = "aov"\ngoal = 110\ndue = 2025-12-31\nwhere = { country = "Narnia" }')
    assert lost["smart"]["specific"]["reasons"] == ["segment_unknown"]
    assert lost["status"] == "not_enough_data" and lost["current"]["value"] is None


def test_a_metric_without_data_is_advice_with_nulls(data):
    entry = one(data, 'metric = "open_rate"\ngoal = 0.3\ndue = 2025-12-31')
    assert entry["smart"]["specific"]["reasons"] == ["metric_unavailable"]
    assert entry["baseline"]["value"] is None and entry["probability"] is None and entry["milestones"] == []
    assert entry["benchmark"]["rows"] > 3
    assert entry["status"] == "not_enough_data"
    relative = one(data, 'metric = "open_rate"\ngoal = 0.1\nchange_type = "relative"\ndue = 2025-12-31')
    assert relative["goal"] is None


def test_worth_at_the_root_is_the_multiplier_times_the_change(data):
    entry = one(data, 'metric = "aov"\ngoal = 110\ndue = 2025-12-31')
    orders = one(data, 'metric = "orders_count"\ngoal = 999\ndue = 2025-12-31')["current"]["value"]
    assert entry["root"] == "revenue_base"
    assert entry["root_effect"] == pytest.approx((110 - entry["baseline"]["value"]) * orders)


def test_a_broken_pair_keeps_a_kpi_from_being_done(data):
    reached = 'metric = "aov"\ngoal = 50\ndue = 2025-12-31\nbaseline_date = 2025-01-31\n'
    assert one(data, reached + 'guardrail = [{ metric = "orders_count", floor = 1 }]')["status"] == "done"
    held = one(data, reached + 'guardrail = [{ metric = "orders_count", floor = 100000 }]')
    assert held["guardrails"][0]["ok"] is False
    assert held["status"] == "at_risk"


def test_the_impossible_is_refused_and_unknown_metrics_are_named(data):
    with pytest.raises(ImpossibleGoalError):
        one(data, 'metric = "retention_rate"\ngoal = 1.2\ndue = 2025-12-31')
    with pytest.raises(UnknownMetricError):
        one(data, 'metric = "aovv"\ngoal = 1\ndue = 2025-12-31')


def test_periods_before_the_data_are_no_baseline(data):
    entry = one(data, 'metric = "aov"\ngoal = 110\ndue = 2025-12-31\nbaseline_date = 2020-01-31')
    assert entry["baseline"]["value"] is None
    assert entry["status"] in ("on_track", "at_risk", "not_enough_data")


def test_freezing_keeps_value_date_period_definition_and_hash(data):
    made = Target(metric="aov", goal=110, due=date(2025, 12, 31))
    frozen = freeze(data, made).baseline
    assert frozen is not None
    assert (frozen.period, frozen.date) == ("2025-07", date(2025, 7, 31))
    assert (frozen.definition_version, frozen.data_hash) == (DEFINITION_VERSION, data.meta.data_hash)
    again = assess_all(data, [freeze(data, made)])[0]
    assert again.resolved.baseline_value == frozen.value and again.resolved.restated is None


def test_one_engine_question_serves_targets_of_one_grain(data, monkeypatch):
    gather = Gather(data, data_to(data))
    gather.want(["aov", "orders_count"], "month", ())
    gather.series("aov", "month", ())
    first = gather.answers[("month", ())]
    gather.series("orders_count", "month", ())
    assert gather.answers[("month", ())] is first


def test_how_metrics_are_cut_into_shorter_periods():
    assert facts_of("revenue_base").splitting == "sum"
    assert facts_of("aov").splitting == "level"
    assert facts_of("open_rate").splitting == "level"
    assert facts_of("base_size").splitting == "level"
    for name in ("active_customers", "purchase_frequency", "retention_rate", "repeat_purchase_rate"):
        assert facts_of(name).splitting == "own"


def test_every_metric_of_the_catalogue_can_be_a_target(data):
    names = [m.id for m in metrics().values() if not m.cohort]
    made = [
        Target(id=n, metric=n, goal=-0.1, change_type="relative", due=date(2025, 12, 31), owner=n)
        for n in names
    ]
    found = assess_all(data, made)
    assert [a.target.metric for a in found] == names
    known = [a for a in found if a.resolved.baseline_value is not None]
    assert len(known) > 20
    for one_found in found:
        json.dumps(assessment_json(one_found, Words("ru"), str), allow_nan=False)


def test_the_file_of_a_plan_needs_no_directory(tmp_path: Path, raw):
    assert data_to(shop(tmp_path, raw.head(50))) <= LAST
