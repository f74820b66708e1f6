"""The catalogue of metrics: complete, readable in both languages, acyclic, and fed by columns that exist."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from crmkpi.catalog import Metric, metrics
from crmkpi.catalog.metric import PERIOD_NAMES, order
from crmkpi.formula import Formula
from crmkpi.measures import MEASURES
from crmkpi.tables import TABLES

EVERY = list(metrics().values())
READY = [m for m in EVERY if m.status == "ready" and not m.cohort]


def test_ids_that_people_already_know_are_there():
    known = "revenue_base orders_count active_customers purchase_frequency aov retention_rate churn_rate ltv_simple"
    assert set(known.split()) <= set(metrics())
    assert len(metrics()) >= 200


@pytest.mark.parametrize("metric", EVERY, ids=lambda m: m.id)
def test_both_languages_say_something_of_their_own(metric):
    assert re.search(
        "[а-яА-Я]|LTV|RFM|CTR|CTOR|UTOR|NPS|CSAT|MAU|DRR|CAC|CRC|MRR|NRR|GRR|MQL|SQL", metric.label.ru
    )
    assert re.search("[а-я]", metric.definition.ru), metric.id
    assert metric.definition.ru.rstrip().endswith((".", "»"))
    assert not re.search("[а-яА-Я]", metric.label.en + metric.definition.en), metric.id
    assert metric.definition.en.rstrip().endswith((".", "”"))
    assert len(metric.definition.ru) > 25


@pytest.mark.parametrize("metric", EVERY, ids=lambda m: m.id)
def test_required_columns_exist_in_the_canonical_tables(metric):
    needs = list(metric.requires)
    for name in metric.names:
        if name in MEASURES:
            needs += MEASURES[name].requires
    for need in needs:
        for option in need.split("|"):
            table, column = option.split(".")
            assert TABLES[table].column(column), need


def test_a_metric_of_a_model_names_what_it_needs():
    assert [m.id for m in EVERY if m.status == "model"] == ["ltv_pred"]
    assert all(m.requires for m in EVERY if m.status == "model")


def test_pairs_are_metrics():
    assert all(p in metrics() for m in EVERY for p in m.pair)


def test_a_target_can_be_guarded():
    kpis = [m for m in EVERY if m.kind == "kpi" and m.status == "ready" and not m.cohort]
    assert len(kpis) > 30
    assert len([m for m in kpis if m.pair]) > 30


@pytest.mark.parametrize("metric", READY, ids=lambda m: m.id)
def test_names_of_a_formula_are_measures_metrics_or_the_period(metric):
    known = {*MEASURES, *metrics(), *PERIOD_NAMES}
    assert set(Formula(metric.text).names) <= known
    if metric.id in MEASURES:
        assert metric.measure == metric.id, "one id, one number"


@pytest.mark.parametrize("metric", [m for m in READY if m.klass == "ratio"], ids=lambda m: m.id)
def test_a_ratio_has_a_numerator_and_a_denominator(metric):
    text = metric.text
    declared = metric.numerator is not None and metric.denominator is not None
    assert declared or "/" in text


def test_shares_are_never_percent():
    assert not [m.id for m in EVERY if "100 *" in (m.formula or "")]


def test_every_measure_serves_a_metric():
    used = set()
    for metric in READY:
        texts = [t for t in (metric.text, metric.numerator, metric.denominator, metric.check) if t]
        used |= {n for t in texts for n in Formula(t).names}
    assert set(MEASURES) <= used


def test_definitions_do_not_go_in_circles():
    places = {name: i for i, name in enumerate(order(dict(metrics())))}
    for metric in READY:
        for name in metric.names:
            if name in places and name != metric.id:
                assert places[name] < places[metric.id]


def test_a_circle_is_refused():
    base = metrics()["aov"].model_dump()
    one = Metric(**{**base, "id": "one", "formula": "two / 2"})
    two = Metric(**{**base, "id": "two", "formula": "one * 2"})
    with pytest.raises(ValueError, match="circle"):
        order({"one": one, "two": two})


def test_a_metric_is_computed_in_exactly_one_way():
    base = metrics()["aov"].model_dump()
    with pytest.raises(ValidationError, match="a formula or a measure"):
        Metric(**{**base, "measure": "orders_count"})
    with pytest.raises(ValidationError):
        Metric(**{**base, "formula": None})


def test_the_catalogue_cannot_be_changed():
    with pytest.raises(ValidationError):
        metrics()["aov"].unit = "share"
    with pytest.raises(TypeError):
        metrics()["aov"] = metrics()["arpu"]
