"""The panel of a node: fraction, series and split agree with an independent count."""

from __future__ import annotations

import pytest

from crmkpi.catalog import metrics
from crmkpi.periods import parse_period
from crmkpi.views.node import dimension_choices, formula_text, grains_for, node_view, series, split_view, tick
from crmkpi.views.tree import Asked, explained_tree


def opened(data, shop, t, node_id):
    found = explained_tree(data, shop, Asked())
    node = next(n for n in found.nodes if n.id == node_id)
    return node_view(data, node, found.top, found.period, found.vs, (), t)


def test_a_ratio_opens_to_its_numerator_and_denominator(data, shop, rows, t):
    month = rows[rows["month"] == "2026-03"]
    view = opened(data, shop, t, "aov")
    assert view.fraction == f"{t.number(month['amount'].sum())} ÷ {t.number(len(month))}"
    assert "÷" in view.formula and "_" not in view.formula


def test_the_monthly_series_is_that_of_pandas(data, rows, t):
    points = series(data, "orders_count", "month", (), t)
    assert [p.value for p in points] == rows.groupby("month").size().tolist()
    assert points[12].compare == points[0].value
    assert points[0].compare is None


def test_parts_of_a_split_add_up_to_the_change(data, rows, t):
    split = split_view(
        data, "revenue_base", "channel", parse_period("2026-03"), parse_period("2026-02"), (), t
    )
    after, before = (rows[rows["month"] == m]["amount"].sum() for m in ("2026-03", "2026-02"))
    assert sum(p.value for p in split.parts) == pytest.approx(after - before)


def test_dimensions_have_the_words_people_know(data, t):
    assert dimension_choices(data, t, "revenue_base") == {"channel": "Канал"}


def test_no_formula_shows_the_name_of_a_variable(t):
    for metric in metrics().values():
        text = formula_text(metric, t)
        if text is not None:
            left = [word for word in text.split() if "_" in word]
            assert not left or metric.local, (metric.id, text)


def test_grains_with_one_period_only_are_not_offered(data):
    assert grains_for(data) == ("day", "week", "month", "quarter", "year")


@pytest.mark.parametrize(
    ("period", "expected"),
    [("2026-03", "март 26"), ("2026-Q3", "3 кв. 26"), ("2026", "2026"), ("2026-03-05", "5 мар.")],
)
def test_ticks_are_short_and_russian(period, expected, t):
    assert tick(parse_period(period), t) == expected
