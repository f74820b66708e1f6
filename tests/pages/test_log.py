"""The log page: an entry is written in a few touches, its grade stands on its card, the rest follows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crmkpi.project.drafts import Drafts
from tests.views.sample_shop import sample_project


@pytest.fixture(scope="module")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sample_log")
    sample_project(home)
    return home


def texts(app) -> str:
    return "\n".join(m.value for m in app.markdown)


def test_three_entries_get_grades_a_c_and_d_in_a_few_touches(sample_home, monkeypatch, opened):
    monkeypatch.setenv("CRMKPI_HOME", str(sample_home))
    app = opened("log")
    assert app.subheader[0].value == "В журнале пока пусто"
    app.button(key="suggest_WINBACK-2026-02").click().run()
    assert not app.exception, app.exception
    assert "A — случайная контрольная группа" in texts(app) and "Прирост доказан" in texts(app)

    app.button(key="add_initiative").click().run()
    # a chosen mailing already gives the title and the day
    next(m for m in app.multiselect if m.key.startswith("log_campaigns")).set_value(["M-2026-09-1"]).run()
    shown = next(x for x in app.text_input if x.key.startswith("log_title"))
    assert shown.value == "Осенняя коллекция 2026"
    app.button(key="save_initiative").click().run()
    assert "D — приписано" in texts(app) and "верхняя граница" in texts(app)

    app.button(key="add_initiative").click().run()
    next(g for g in app.button_group if g.key.startswith("log_kind")).set_value("everyone").run()
    assert app.button(key="save_initiative").disabled
    next(x for x in app.text_input if x.key.startswith("log_title")).set_value("Корзина").run()
    next(x for x in app.date_input if x.key.startswith("log_shipped")).set_value(date(2026, 4, 1)).run()
    next(x for x in app.selectbox if x.key.startswith("log_metric")).set_value("aov").run()
    next(x for x in app.number_input if x.key.startswith("log_window")).set_value(91).run()
    app.button(key="save_initiative").click().run()
    assert not app.exception, app.exception
    assert "C — до и после с поправкой на сезон" in texts(app)
    assert app.subheader[0].value == "В журнале 3 инициативы, доказано эффектов\\: 2"
    assert [len(app.get("download_button"))] == [4]

    drafts = Drafts(sample_home)
    saved = drafts.place(drafts.last()).read().initiatives
    assert [e.title for e in saved] == ["Мы скучаем", "Осенняя коллекция 2026", "Корзина"]
    app.button(key=f"change_{saved[2].id}").click().run()
    assert next(x for x in app.text_input if x.key.startswith("log_title")).value == "Корзина"
    app.button(key="cancel_initiative").click().run()
    app.button(key=f"del_{saved[2].id}").click().run()
    assert [e.title for e in drafts.place(drafts.last()).read().initiatives] == [e.title for e in saved[:2]]


def test_a_shop_without_mailings_can_log_and_sees_why_nothing_is_measured(shop_home, opened):
    app = opened("log", "en")
    assert app.title[0].value == "My contribution"
    next(x for x in app.text_input if x.key.startswith("log_title")).set_value("Idea").run()
    next(x for x in app.date_input if x.key.startswith("log_shipped")).set_value(date(2010, 12, 10)).run()
    app.button(key="save_initiative").click().run()
    assert not app.exception, app.exception
    assert "no method fits" in texts(app) and "Cannot be measured yet" in texts(app)


def test_people_with_wrong_shares_are_told_before_saving(shop_home, opened):
    app = opened("log")
    next(x for x in app.text_input if x.key.startswith("log_title")).set_value("Идея").run()
    next(x for x in app.text_input if x.key.startswith("log_people")).set_value("Анна 60, Борис 30").run()
    assert app.button(key="save_initiative").disabled
    assert any("ровно 1" in c.value for c in app.caption)


def test_before_the_first_file_the_page_leads_to_it(home, opened):
    app = opened("log")
    assert app.title[0].value == "Мой вклад"
    assert not app.exception
