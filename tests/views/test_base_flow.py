"""The flow of the base against pandas, and lists with the ids of the file."""

from __future__ import annotations

import io

import pandas as pd
import polars as pl
import pytest

from crmkpi.analysis.ltv import holdout
from crmkpi.analysis.purchases import purchases
from crmkpi.charts.proof import proof_chart
from crmkpi.charts.theme import palette
from crmkpi.engine.calendar import day_number
from crmkpi.i18n import Words
from crmkpi.views.base_flow import flow_list, flow_view, group_list, rfm_of, rfm_view
from crmkpi.views.ltv import ltv_view, model_view, proof_curve


def people(rows, month):
    return set(rows[rows["month"] == month]["customer"])


def test_the_bridge_is_that_of_pandas(data, rows, t):
    now, before = people(rows, "2026-03"), people(rows, "2026-02")
    view = flow_view(data, "2026-03", (), t)
    values = {part.name: part.value for part in view.parts}
    assert values["Покупали в прошлом периоде"] == len(before)
    assert values["Покупают в этом периоде"] == len(now)
    assert values["Не купили в этом периоде"] == -len(before - now)


def test_a_list_holds_the_ids_of_the_file(data, rows, t):
    lost = people(rows, "2026-02") - people(rows, "2026-03")
    written = flow_list(data, "lost", "2026-03", (), t)
    found = pd.read_csv(io.BytesIO(written), sep=";", encoding="utf-8-sig", decimal=",")
    assert set(found["Клиент"]) == lost


def test_without_a_period_before_the_flow_is_unknown(data, t):
    view = flow_view(data, "2024-01", (), t)
    assert not view.parts
    assert view.direction == "neutral"


def test_every_customer_is_in_one_group_and_one_cell(data, rows, t):
    found = rfm_of(data, ())
    view = rfm_view(found, t)
    assert sum(group.part.value for group in view.groups) == rows["customer"].nunique()
    assert len(view.grid.cells) == 25
    biggest = max((g for g in view.groups if not g.empty), key=lambda g: g.part.value)
    written = group_list(data, found, biggest.name, t)
    assert len(pd.read_csv(io.BytesIO(written), sep=";", encoding="utf-8-sig")) == biggest.part.value


def test_observed_money_by_age_is_that_of_pandas(data, rows, t):
    view = ltv_view(data, (), t)
    first = rows.groupby("customer")["day"].transform("min")
    whole = rows[(first <= pd.Timestamp("2024-01-31"))]
    assert view.curve[0].value > 0
    assert [p.value for p in view.curve] == sorted(p.value for p in view.curve)
    assert "выручки" in view.headline, "no margin is known"
    assert len(whole) > 0


def test_ninety_customers_are_too_few_for_the_model(data, t):
    view = model_view(data, (), t)
    assert view.closed
    assert "сейчас 90" in view.closed[0]
    assert not view.numbers


@pytest.mark.parametrize("tab", ["flow", "rfm", "ltv"])
def test_texts_are_there_in_english(data, tab):
    from crmkpi.i18n import Words

    words = Words("en", "USD")
    made = {
        "flow": lambda: flow_view(data, "2026-03", (), words),
        "rfm": lambda: rfm_view(rfm_of(data, ()), words),
    }
    assert made.get(tab, lambda: ltv_view(data, (), words))().headline


def test_the_proof_of_the_model_is_a_line_of_what_happened(sample):
    project, data = sample
    found = holdout(data)
    points = proof_curve(found)
    assert (points[0].week, points[0].actual, points[0].model) == (0, 0.0, 0.0)
    for line in ([p.actual for p in points], [p.model for p in points], [p.naive for p in points]):
        assert line == sorted(line)
    # what happened, by the purchase days after the cut of customers known at the cut
    days = purchases(data).select("cust", "day").unique().collect()
    known = days.filter(pl.col("day") <= day_number(found.cut))["cust"].unique().implode()
    later = days.filter((pl.col("day") > day_number(found.cut)) & pl.col("cust").is_in(known))
    assert points[-1].actual == later.height
    assert proof_chart(points, Words("ru"), palette(False)).to_dict()["layer"]
    assert project.name
