"""The typed line: both readings of «на 15 %» with their results, nothing filled before the answer."""

from __future__ import annotations

import re

import pytest

from crmkpi.i18n import Words
from crmkpi.views.targets import metric_choices
from crmkpi.views.wish import wish_view


@pytest.fixture(scope="module")
def fed(data, shop, t):
    return frozenset(c.id for c in metric_choices(data, shop, t))


def test_a_share_by_per_cent_asks_and_shows_both_results(data, shop, t, fed):
    text = "увеличить уровень удержания на 10% за квартал"
    view = wish_view(data, shop, text, {}, fed, t)
    question = next(q for q in view.questions if q.code == "change_kind")
    assert [o.value for o in question.options] == ["relative", "points"]
    assert "goal" not in view.fields, "the number means two goals until somebody says which"
    assert all("%" in o.label for o in question.options)
    assert question.options[0].label != question.options[1].label


@pytest.mark.parametrize("answer", ["relative", "points"])
def test_an_answer_fills_the_goal(data, shop, t, fed, answer):
    text = "увеличить уровень удержания на 10% за квартал"
    view = wish_view(data, shop, text, {"change_kind": answer}, fed, t)
    assert view.fields["goal"] == pytest.approx(0.1)
    assert view.fields["change_type"] == answer
    question = next(q for q in view.questions if q.code == "change_kind")
    assert [o.value for o in question.options if o.chosen] == [answer]


def test_a_reading_that_cannot_be_is_refused_with_its_reason(data, shop, t, fed):
    view = wish_view(data, shop, "увеличить уровень удержания на 90% за квартал", {}, fed, t)
    points = next(q for q in view.questions if q.code == "change_kind").options[1]
    assert points.refused and "невозможно" in points.refused


def test_a_vague_wish_gets_measurable_offers(data, shop, t, fed):
    view = wish_view(data, shop, "повысить узнаваемость", {}, fed, t)
    assert not view.fields
    usable = [o for o in view.offers if o.fed]
    assert usable and all(o.fields["metric"] in fed for o in usable)
    assert any(not o.fed and not o.fields for o in view.offers), (
        "branded traffic is offered, but has no data here"
    )


def test_what_was_not_understood_is_said(data, shop, t, fed):
    view = wish_view(data, shop, "средний чек 9000 к концу года абракадабра", {}, fed, t)
    assert view.fields["metric"] == "aov" and view.fields["goal"] == 9000
    assert any("абракадабра" in line for line in view.said)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_example_in_the_empty_box_is_understood_itself(data, shop, fed, lang):
    words = Words(lang)
    example = re.sub(r"^(например: |e\.g\. )", "", words("wishline.placeholder"))
    view = wish_view(data, shop, example, {"change_kind": "relative"}, fed, words)
    assert view.fields["metric"] == "dormant_order_share"
    assert view.fields["goal"] == pytest.approx(0.15)
