"""Start: a newcomer sees what to do; whoever has a project comes back with one click."""

from __future__ import annotations

import pytest


def test_a_newcomer_sees_the_promise_and_the_sample(home, opened):
    app = opened("start")
    assert "выручка" in app.title[0].value
    assert [b.label for b in app.button] == ["Открыть пример"]


def test_the_open_project_is_one_click_away(shop_home, opened):
    app = opened("start")
    assert "Продолжить" in [b.label for b in app.button]
    assert app.subheader[0].value == "Магазин"


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_both_languages_stand_on_their_own(home, opened, lang):
    app = opened("start", lang)
    latin = [m.value for m in app.markdown if lang == "ru" and m.value.isascii() and m.value.isalpha()]
    assert not latin
