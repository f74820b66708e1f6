"""Roles and businesses: what they propose exists, comes first where the data feed it, and control follows the role."""

from __future__ import annotations

import pytest

from crmkpi.catalog.in_force import in_force
from crmkpi.catalog.metric import metrics
from crmkpi.catalog.roles import businesses, fitting, roles
from crmkpi.catalog.trees import templates
from crmkpi.i18n import LANGUAGES, Words
from crmkpi.project.own_catalogue import catalogue_of_project
from crmkpi.project.tree_work import Hand, with_control
from crmkpi.views.choose import template_cards
from crmkpi.views.roles import outside_line, role_view
from crmkpi.views.tree import Asked, explained_tree, tree_view
from tests.views.test_editor import HAND


def as_role(shop, role):
    return shop.model_copy(update={"tree": shop.tree.model_copy(update={"role": role})})


def test_everything_that_a_role_names_exists():
    for role in roles().values():
        assert set(role.trees) <= set(templates()), role.id
        assert {*role.kpi, *role.watch, *role.control} <= set(metrics()), role.id
        assert 3 <= len(role.kpi) <= 5, role.id
        for name, control in role.control.items():
            assert control != metrics()[name].controllable, (role.id, name, "says nothing new")
    for kind in businesses().values():
        assert set(kind.trees) <= set(templates()), kind.id
    proposed = {tree for kind in businesses().values() for tree in kind.trees}
    assert proposed == set(templates()), "every tree is made for somebody"


def test_a_tree_for_both_comes_before_one_for_either():
    found = fitting("retention", "subscription")
    assert found[:2] == ("subscription", "customer_flow")
    assert set(found) == {*roles()["retention"].trees, *businesses()["subscription"].trees}
    assert fitting(None, None) == () == fitting("nobody", "nothing")


def test_the_proposal_is_fed_by_the_data_first(data, t):
    plain = [card.id for card in template_cards(data, t)]
    for_b2b = template_cards(data, t, "lead_generation", "b2b")
    assert for_b2b[0].usable and not for_b2b[0].fits, (
        "the shop has no leads: a tree without data is no proposal"
    )
    service = template_cards(data, t, None, "services")
    assert service[0].fits and service[0].usable and service[0].id in businesses()["services"].trees
    assert sorted(card.id for card in service) == sorted(plain)


def test_what_a_person_cannot_move_is_said_in_one_line(data, shop, t):
    analyst, head = as_role(shop, "analyst"), as_role(shop, "head")
    with in_force(catalogue_of_project(analyst, data)):
        said = outside_line(explained_tree(data, analyst, Asked()), analyst, t)
        cards = {c.id: c for c in tree_view(data, analyst, Asked(), t).cards}
    assert "«Аналитик»" in said and "«Удержанные клиенты»" in said and "и ещё" in said
    assert cards["purchase_frequency"].outside == "не зависит от роли «Аналитик»"
    with in_force(catalogue_of_project(head, data)):
        assert "Частота покупок" not in outside_line(explained_tree(data, head, Asked()), head, t)
    said_so = with_control(analyst, "purchase_frequency", "yes", "ecommerce_revenue", Hand("Аня", HAND.at))
    with in_force(catalogue_of_project(said_so, data)):
        cards = {c.id: c for c in tree_view(data, said_so, Asked(), t).cards}
    assert not cards["purchase_frequency"].outside


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_role_says_where_to_begin(data, lang):
    t = Words(lang)
    found = role_view(data, "head", "ecommerce_revenue", t)
    assert found is not None and "revenue_base" in found.nodes and "retention_rate" in found.nodes
    assert "gross_margin" not in found.nodes
    assert ("нет данных" if lang == "ru" else "no data") in found.kpi
    assert role_view(data, None, "ecommerce_revenue", t) is None
