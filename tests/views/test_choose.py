"""Choosing a tree: the best covered first, nodes without data with the reason."""

from __future__ import annotations

from crmkpi.views.choose import node_choices, template_cards


def test_the_best_fed_template_comes_first_and_is_usable(data, t):
    cards = template_cards(data, t)
    assert cards[0].usable
    assert all(0 <= card.share <= 1 for card in cards)


def test_an_order_file_does_not_feed_the_message_funnel(data, t):
    card = next(c for c in template_cards(data, t) if c.id == "email_funnel")
    assert not card.usable
    assert card.unlock


def test_nodes_without_data_say_what_they_need(data, t):
    choices = node_choices(data, "ecommerce_revenue", t)
    assert choices[0].root
    assert all(c.computable or c.missing for c in choices)
