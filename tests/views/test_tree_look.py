"""Views of the tree: levels are filtered with the way to the root, roots are those that the data feed."""

from __future__ import annotations

from crmkpi.views.tree import Asked, TreeCard, explained_tree, tree_view
from crmkpi.views.tree_look import advice, cards_of, completeness, roots

CARDS = (
    TreeCard("root", None, "root", level="goal"),
    TreeCard("aov", "root", "aov", level="strategic"),
    TreeCard("click", "aov", "click", level="operational"),
    TreeCard("part", "click", "part", level="technical"),
    TreeCard("freq", "root", "freq", level="strategic"),
)


def ids(cards):
    return [card.id for card in cards]


def test_the_strategic_view_leaves_out_operational_branches():
    assert ids(cards_of(CARDS, "strategic")) == ["root", "aov", "freq"]


def test_the_operational_view_keeps_the_way_to_the_root():
    assert ids(cards_of(CARDS, "operational")) == ["root", "aov", "click", "part"]


def test_an_empty_view_shows_everything():
    assert ids(cards_of(CARDS[:2], "operational")) == ["root", "aov"]


def project_of(shop, **changes):
    return shop.model_copy(update={"tree": shop.tree.model_copy(update=changes)})


def test_a_root_that_the_data_feed_can_be_chosen(data, shop, t):
    six = project_of(shop, template="six_levels")
    offered = [r.metric for r in roots(data, six, t)]
    assert offered[0] == "revenue_base"
    assert "romi_attributed" not in offered, "the small shop has no costs"
    stranger = project_of(shop, template="six_levels", root="romi_attributed")
    assert explained_tree(data, stranger, Asked()).top.metric == "revenue_base"


def test_what_the_team_does_not_control_is_marked(data, shop, t):
    cards = {c.id: c for c in tree_view(data, shop, Asked(), t).cards}
    assert cards["active_customers_prev"].outside
    assert not cards["purchase_frequency"].outside


def test_the_checks_speak(data, shop, t):
    found = explained_tree(data, shop, Asked())
    said = completeness(found, t)
    assert len(said) == 5
    assert said[0] == "✓ Удержание"
    assert advice(found, t) is None
