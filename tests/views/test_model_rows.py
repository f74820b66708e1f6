"""Predicted LTV as a metric: the mean of the customers' own forecasts, behind its gate, never without a margin."""

from __future__ import annotations

import pytest

from crmkpi.analysis.ltv import predicted_ltv
from crmkpi.engine.evaluate import available, evaluate
from crmkpi.views.model_rows import model_metrics, model_rows
from crmkpi.views.rows import metric_document, metric_frame


def test_the_number_is_the_mean_of_the_forecasts_of_the_customers(sample):
    _, data = sample
    rows, lacking = model_rows(data, ["ltv_pred"])
    assert lacking == []
    found = predicted_ltv(data, 365)
    row = rows.row(0, named=True)
    assert row["value"] == pytest.approx(found.customers["expected_money"].mean())
    assert row["n_customers"] == found.customers.height
    assert row["numerator"] / row["denominator"] == pytest.approx(row["value"])
    # by hand: orders expected times money per order times the margin rate
    assert 0 < row["value"] < 10_000
    assert (row["period"], row["to"]) == ("all", data.meta.coverage["orders"].last)
    document = metric_document(data, None, metric_frame(data, None, [], "all", models=rows), "1")
    assert document["rows"][0]["metric"] == "ltv_pred"


def test_it_is_asked_for_by_name_over_the_whole_span_only():
    assert model_metrics(["ltv_pred", "aov"], "all", None) == ["ltv_pred"]
    assert model_metrics(["ltv_pred"], "month", None) == []
    assert model_metrics(["ltv_pred"], "all", "channel") == []


def test_a_small_shop_does_not_pass_the_gate(data):
    rows, lacking = model_rows(data, ["ltv_pred"])
    assert rows.is_empty()
    assert [u.reason for u in lacking] == ["model_gate"]
    assert available(data)["ltv_pred"].reason == "by_model"
    assert [u.reason for u in evaluate(data, ["ltv_pred"], "month").unavailable] == ["by_model"]
