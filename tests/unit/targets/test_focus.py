"""Focus, guardrails, benchmarks and links to the root."""

from __future__ import annotations

import math
from datetime import date

import pytest

from crmkpi.catalog.benchmarks import Benchmark, benchmarks, match
from crmkpi.catalog.metric import Texts
from crmkpi.catalog.trees import Node, TreeTemplate
from crmkpi.forecast.series import Point
from crmkpi.periods import periods_between
from crmkpi.targets.facts import Facts
from crmkpi.targets.focus import focus
from crmkpi.targets.guardrails import default_floor, guards, holds
from crmkpi.targets.link import link_of
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.target import Guardrail
from tests.unit.targets.series_of import target

RULES = TargetSettings()
LEADS = Facts("leads_count", pair=("lead_win_rate", "cpl"))
FACTS = {
    "leads_count": LEADS,
    "lead_win_rate": Facts("lead_win_rate", unit="share"),
    "sends_count": Facts("sends_count", kind="process"),
    "ltv_simple": Facts("ltv_simple", unit="money"),
    "retention_rate": Facts("retention_rate", unit="share"),
    "churn_rate": Facts("churn_rate", unit="share", better="down"),
} | {name: Facts(name) for name in "abcdef"}
MONTHS = periods_between(date(2025, 1, 1), date(2025, 6, 30), "month")


def of(*names: str, owner: str = "me"):
    return [target(metric=name, owner=owner) for name in names]


@pytest.mark.parametrize(
    ("names", "verdict"),
    [("ab", "few"), ("abc", "fine"), ("abcde", "fine"), ("abcdef", "many")],
)
def test_three_to_five_kpis(names, verdict):
    owners, _ = focus(of(*names), FACTS, {}, RULES)
    assert owners[0].verdict == verdict and owners[0].kpis == tuple(names)


def test_only_activity_is_no_result():
    owners, warnings = focus(of("sends_count"), FACTS, {}, RULES)
    assert owners[0].verdict == "no_results"
    assert warnings[0].code == "process_metric"


def test_leads_need_a_pair_of_quality():
    _, warnings = focus(of("leads_count"), FACTS, {}, RULES)
    assert [(w.code, w.other) for w in warnings] == [("pair_missing", "lead_win_rate")]
    rail = Guardrail(metric="lead_win_rate", floor=0.2)
    assert focus([target(metric="leads_count", guardrail=(rail,))], FACTS, {}, RULES)[1] == []
    assert focus(of("leads_count", "lead_win_rate"), FACTS, {}, RULES)[1] == []
    assert focus(of("leads_count"), FACTS, {}, RULES, {("leads_count", "cpl")})[1] == []


def test_owners_are_judged_apart():
    owners, _ = focus([*of("a", "b", "c"), *of("a", owner="Анна")], FACTS, {}, RULES)
    assert [(o.owner, o.verdict) for o in owners] == [("me", "fine"), ("Анна", "few")]


def test_ltv_below_three_times_the_cost_of_a_customer():
    _, warnings = focus(of("ltv_simple"), FACTS, {"ltv_simple": 290.0, "cac": 100.0}, RULES)
    assert [w.code for w in warnings] == ["ltv_below_cac"]
    assert focus(of("ltv_simple"), FACTS, {"ltv_simple": 300.0, "cac": 100.0}, RULES)[1] == []


def test_retention_and_churn_are_one_fact():
    _, warnings = focus(of("retention_rate", "churn_rate"), FACTS, {}, RULES)
    assert [w.code for w in warnings] == ["same_fact"]


# guardrails ------------------------------------------------------------------------------------------------
def pair_series(values):
    return [Point(p, v) for p, v in zip(MONTHS, values, strict=True)]


def test_default_floor_is_the_baseline_minus_one_sigma():
    values = [0.20, 0.22, 0.20, 0.22, 0.20, 0.22]
    fact = Facts("lead_win_rate", unit="share")

    def logit(p):
        return math.log(p / (1 - p))

    sigma = (logit(0.22) - logit(0.20)) / 1.128
    floor = default_floor(fact, pair_series(values), MONTHS[-1])
    assert floor is not None and logit(floor) == pytest.approx(logit(0.22) - sigma)
    ceiling = default_floor(Facts("unsub_rate", unit="share", better="down"), pair_series(values), MONTHS[-1])
    assert ceiling is not None and logit(ceiling) == pytest.approx(logit(0.22) + sigma)


def test_a_guardrail_holds_on_its_own_good_side():
    up, down = Facts("aov"), Facts("unsub_rate", unit="share", better="down")
    assert holds(up, 10, 10) and not holds(up, 10, 9)
    assert holds(down, 0.01, 0.01) and not holds(down, 0.01, 0.02)
    assert holds(up, None, 9) is None and holds(up, 9, None) is None


def test_catalogue_pairs_guard_by_themselves_where_data_allow():
    known = {"lead_win_rate": (FACTS["lead_win_rate"], pair_series([0.2, 0.22, 0.2, 0.22, 0.2, 0.1]))}
    found = guards(target(metric="leads_count"), LEADS, known, MONTHS[4], MONTHS[5])
    assert [(g.metric, g.ok, g.automatic) for g in found] == [("lead_win_rate", False, True)]
    typed = target(metric="leads_count", guardrail=(Guardrail(metric="margin", floor=5),))
    assert [(g.metric, g.ok) for g in guards(typed, LEADS, known, MONTHS[4], MONTHS[5])] == [("margin", None)]


# links -----------------------------------------------------------------------------------------------------
def node(name, edge, *children, identity=None, level=None):
    return Node(
        id=name,
        metric=name,
        label=Texts(ru=name, en=name),
        edge=edge,
        level=level,
        identity=identity,
        children=children,
    )


TREE = TreeTemplate(
    id="small",
    title=Texts(ru="", en=""),
    suits=Texts(ru="", en=""),
    root=node(
        "revenue", "root", node("customers", "identity"),
        node("arpu", "identity", node("open_rate", "influence")),
        identity="customers * arpu", level="goal",
    ),
)  # fmt: skip
VALUES = {"revenue": 1000.0, "customers": 50.0, "arpu": 20.0, "open_rate": 0.2}


def test_worth_of_one_unit_at_the_root():
    link = link_of("customers", [TREE], VALUES)
    assert link is not None and not link.influence
    assert link.multiplier == pytest.approx(20)
    assert link.effect(5) == pytest.approx(100)
    assert link.path == ("customers", "revenue")


def test_a_belief_is_never_worth_money():
    link = link_of("open_rate", [TREE], VALUES)
    assert link is not None and link.influence and link.multiplier is None
    assert link.effect(0.1) is None


def test_unknown_values_give_no_worth_and_strangers_no_path():
    link = link_of("customers", [TREE], {"revenue": None})
    assert link is not None and link.multiplier is None
    assert link_of("weather", [TREE], VALUES) is None
    beside = link_of("weather", [TREE], VALUES, related=["nothing", "arpu"])
    assert beside is not None and beside.influence and beside.path == ("weather", "arpu", "revenue")


# benchmarks ------------------------------------------------------------------------------------------------
def test_library_is_whole_and_every_row_has_a_source():
    rows = benchmarks()
    assert len(rows) == 344
    assert all(r.publisher and r.url.startswith("http") and r.metric_id for r in rows)
    assert all(0 <= r.value_in_unit <= 2 for r in rows if r.unit == "%")


def test_a_band_comes_from_comparable_rows_only():
    band = match("open_rate", "share")
    assert band is not None and 0.1 < band.low < band.high < 0.6
    assert {r.era for r in band.rows} == {"after_mpp"}
    assert all(
        r.medium in (None, "email") and r.role == "typical" and r.channel_class != "trigger"
        for r in band.rows
    )
    trigger = match("open_rate", "share", channel_class="trigger")
    assert trigger is not None and trigger.low > band.low


def test_money_needs_the_same_currency_and_subscriptions_are_no_norm_for_a_shop():
    assert match("aov", "money", currency="GBP") is None
    assert match("aov", "money", currency="RUB") is not None
    assert match("churn_rate", "share") is None
    assert match("churn_rate", "share", channel_class="subscription", industry="subscription B2C") is not None


def test_weak_old_and_foreign_rows_carry_labels():
    weak = match("retention_rate", "share")
    assert weak is not None and weak.labels == ("low_confidence",)
    old = match("conversion_site", "share")
    assert old is not None and "old" in old.labels
    foreign = match("open_rate", "share", industry="space travel")
    assert foreign is not None and "other_industry" in foreign.labels


def test_own_rows_of_a_user_match_by_the_same_rule():
    row = benchmarks()[0].model_copy(
        update={
            "metric_id": "aov",
            "unit": "RUB",
            "value": 5.0,
            "industry": "all",
            "channel": "",
            "channel_class": "",
        }
    )
    assert isinstance(row, Benchmark)
    band = match("aov", "money", currency="RUB", rows=[row])
    assert band is not None and (band.low, band.high) == (5.0, 5.0)
