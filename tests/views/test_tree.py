"""The tree page: cards carry the numbers that pandas counts from the same export."""

from __future__ import annotations

import pytest

from crmkpi.engine.evaluate import Where
from crmkpi.views.tree import Asked, direction, operator_of, periods_to_choose, tree_view


def cards(view):
    return {card.id: card for card in view.cards}


def test_the_opening_view_is_the_last_month_against_a_year_earlier(data, shop, t):
    view = tree_view(data, shop, Asked(), t)
    assert (view.period.text, view.vs.text) == ("2026-03", "2025-03")


def test_cards_show_what_pandas_counts(data, shop, rows, t):
    found = cards(tree_view(data, shop, Asked(), t))
    month = rows[rows["month"] == "2026-03"]
    assert found["active_customers"].value_text == t.value(month["customer"].nunique(), "count", short=True)
    assert found["revenue_base"].value_text == t.value(month["amount"].sum(), "money", short=True)
    aov = month["amount"].sum() / len(month)
    assert found["aov"].value_text == t.value(aov, "money", short=True)


def test_a_filter_counts_only_its_rows(data, shop, rows, t):
    asked = Asked(where=(Where("channel", ("Сайт",)),))
    found = cards(tree_view(data, shop, asked, t))
    month = rows[(rows["month"] == "2026-03") & (rows["channel"] == "Сайт")]
    assert found["revenue_base"].value_text == t.value(month["amount"].sum(), "money", short=True)


def test_the_widest_edge_is_the_largest_part(data, shop, t):
    parts = [c.contribution_share for c in tree_view(data, shop, Asked(), t).cards if c.contribution_share]
    assert max(map(abs, parts)) == pytest.approx(1.0)


def test_every_card_hangs_on_a_card_that_exists(data, shop, t):
    found = cards(tree_view(data, shop, Asked(), t))
    assert all(c.parent is None or c.parent in found for c in found.values())
    assert [c.id for c in found.values() if c.parent is None] == ["revenue_base"]


def test_missing_nodes_name_the_columns_in_words(data, shop, t):
    gone = [c for c in tree_view(data, shop, Asked(), t).cards if c.missing]
    assert gone
    assert not [c.missing for c in gone if "_" in c.missing]


def test_periods_to_choose_are_whole_months_latest_first(data, rows):
    assert list(periods_to_choose(data, "ecommerce_revenue")) == sorted(rows["month"].unique(), reverse=True)


@pytest.mark.parametrize(
    ("change", "before", "better", "expected"),
    [
        (5.0, 100.0, "up", "good"),
        (-5.0, 100.0, "up", "bad"),
        (5.0, 100.0, "down", "bad"),
        (0.1, 100.0, "up", "neutral"),
        (50.0, 100.0, "band", "neutral"),
        (None, 100.0, "up", "neutral"),
        (5.0, 0.0, "up", "good"),
    ],
)
def test_good_and_bad_are_for_the_business_not_up_and_down(change, before, better, expected):
    assert direction(change, before, better) == expected


def test_the_operator_is_the_topmost_one():
    assert operator_of("a * b * c") == "×"
    assert operator_of("a * b + c") == "+"
    assert operator_of("1 - a") == "−"
    assert operator_of("a") is None
    assert operator_of(None) is None
