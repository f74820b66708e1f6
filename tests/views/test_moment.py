"""Touches before an order counted by pandas; offers on time by the engine's own fraction."""

from __future__ import annotations

import pytest

from crmkpi.analysis.timing import message_to_purchase
from crmkpi.engine.evaluate import evaluate
from crmkpi.i18n import Words
from crmkpi.views.moment import moment_view, touches_view


def test_bars_are_shares_of_all_orders(sample):
    _, data = sample
    words = Words("ru", "RUB")
    view = touches_view(data, (), words)
    assert sum(p.value for p in view.parts) == pytest.approx(1.0)
    rows = message_to_purchase(data).touches
    assert [p.value for p in view.parts] == pytest.approx(rows["share"].to_list())
    assert view.parts[0].name == "без предложений"
    line = [n for n, orders in rows.select("touches", "orders").iter_rows() for _ in range(orders) if n > 0]
    assert str(sorted(line)[(len(line) - 1) // 2]) in view.text


def test_the_right_moment_is_the_metric_of_the_last_whole_month(sample):
    _, data = sample
    words = Words("ru", "RUB")
    view = moment_view(data, (), words)
    result = evaluate(data, ["ontime_offer_share"], "month")
    last = [r for r in result.rows.iter_rows(named=True) if r["complete"] and r["value"] is not None][-1]
    assert view.points[-1].value == last["value"] == pytest.approx(last["numerator"] / last["denominator"])
    assert words.percent(last["value"]) in view.text


def test_without_messages_there_is_nothing(data, t):
    assert touches_view(data, (), t) is None
    assert moment_view(data, (), t) is None
