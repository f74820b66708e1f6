"""The editor's views: the list with values, sentences of the history, and the live check of formulas."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crmkpi.catalog.in_force import in_force
from crmkpi.engine.evaluate import evaluate
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.project.own_catalogue import catalogue_of_project
from crmkpi.project.tree_work import Hand, with_control, with_edit, with_own_metric
from crmkpi.tree.edits import Add, Move, Remove, Rename
from crmkpi.tree.own_metric import OwnMetric
from crmkpi.views.editor import editor_view, metrics_to_add, node_form, places_to_hang, version_list
from crmkpi.views.formula_check import identity_check, own_check
from crmkpi.views.tree import Asked, tree_view

HAND = Hand("Аня", datetime(2026, 3, 1, 12, 5, tzinfo=UTC))
TREE = "ecommerce_revenue"
PERIOD = parse_period("2026-03")
OWN = OwnMetric(id="own_pair", ru="Пара чеков", en="Two baskets", formula="aov * 2", unit="money")


@pytest.fixture(scope="module")
def changed(data, shop):
    project = with_own_metric(shop, data, OWN, TREE, HAND)
    with in_force(catalogue_of_project(project, data)):
        for edit in (
            Rename(id="aov", ru="Чек", en="Basket"),
            Remove(id="engagement_rate"),
            Add(id="own_pair", metric="own_pair", parent="aov", why="для примера", elasticity=0.3, grade="D"),
            Move(id="own_pair", parent="aov", place=0),
        ):
            project, _ = with_edit(project, data, TREE, edit, HAND)
        return with_control(project, "aov", "yes", TREE, HAND)


def test_the_list_shows_the_template_with_values(data, shop, rows, t):
    view = editor_view(data, shop, PERIOD, t)
    march = rows[rows["month"] == "2026-03"]
    found = {row.id: row for row in view.rows}
    assert found["revenue_base"].value == t.value(march["amount"].sum(), "money", short=True)
    assert found["revenue_base"].made_of.startswith("Активные клиенты × ")
    assert (found["aov"].kind, found["engagement_rate"].kind) == ("exact", "belief")
    assert found["support_frt"].lacks and not found["aov"].lacks
    assert view.changed == 0 and not view.versions and view.broken is None


def test_the_list_shows_what_was_changed(data, changed, rows, t):
    with in_force(catalogue_of_project(changed, data)):
        view = editor_view(data, changed, PERIOD, t)
        found = {row.id: row for row in view.rows}
        assert found["aov"].name == "Чек" and "engagement_rate" not in found
        assert "плюс 1 % здесь даёт 0,3 % выше" in found["own_pair"].note
        assert found["own_pair"].own
        mean = rows[rows["month"] == "2026-03"]["amount"].mean()
        assert view.own[0].value == t.value(2 * mean, "money", short=True)
        cards = {card.id: card for card in tree_view(data, changed, Asked("2026-03"), t).cards}
        assert cards["aov"].name == "Чек" and "own_pair" in cards


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_history_is_told_in_sentences(data, changed, lang):
    with in_force(catalogue_of_project(changed, data)):
        view = editor_view(data, changed, PERIOD, Words(lang))
    said = [row.what for row in view.versions]
    assert len(said) == len(set(said)) == 7 and not any("{" in text for text in said)
    assert view.versions[0].in_use and view.versions[-1].number == 0
    assert "Аня" in view.versions[0].who and "2026" in view.versions[0].when


def test_an_older_version_is_shown_as_it_was(data, changed, t):
    names = {row.id: row.name for row in version_list(data, changed, 1, t)}
    assert names["aov"] == "Средний чек" and "engagement_rate" in names
    assert {row.id: row.name for row in version_list(data, changed, 2, t)}["aov"] == "Чек"


def test_the_check_gives_the_value_or_the_sentence(data, shop, rows, t):
    good = own_check(data, shop, "own_new", "[Средний чек] * 2", PERIOD, t)
    mean = rows[rows["month"] == "2026-03"]["amount"].mean()
    assert good.direction == "good" and good.formula == "aov * 2" and good.unit == "money"
    assert t.value(2 * mean, "money") in good.text
    typo = own_check(data, shop, "own_new", "[Средний чекк] * 2", PERIOD, t)
    assert typo.direction == "bad" and "[Средний чек]" in typo.text and typo.formula is None
    assert own_check(data, shop, "own_new", "aov *", PERIOD, t).direction == "bad"
    assert own_check(data, shop, "own_new", " ", PERIOD, t).direction == "neutral"
    lacking = own_check(data, shop, "own_new", "open_rate / 2", PERIOD, t)
    assert lacking.direction == "warn" and "«" in lacking.text


def test_an_identity_is_checked_against_every_month(data, shop, t):
    good = identity_check(data, shop, "revenue_base", "orders_count * aov", t)
    months = evaluate(data, ["revenue_base"], "month").rows["complete"].sum()
    assert good.direction == "good" and str(months) in good.text
    bad = identity_check(data, shop, "revenue_base", "active_customers * aov", t)
    assert bad.direction == "bad" and "разница" in bad.text and bad.formula is None
    assert identity_check(data, shop, "aov", "revenue_base / orders_count", t).direction == "bad"
    warn = identity_check(data, shop, "support_frt", "csat * 2", t)
    assert warn.direction == "warn" and warn.formula == "csat * 2"


def test_the_drawer_starts_from_the_node(data, changed, t):
    with in_force(catalogue_of_project(changed, data)):
        form = node_form(changed, "own_pair", t)
        assert form is not None and (form.parent, form.place, form.elasticity) == ("aov", 0, 0.3)
        assert node_form(changed, "gone", t) is None
        aov = node_form(changed, "aov", t)
        assert aov is not None and aov.said_control == "yes"
        assert "own_pair" not in places_to_hang(changed, "aov", t)
        assert next(iter(metrics_to_add(data, t))) == "own_pair"
