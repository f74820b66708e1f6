"""The verdict page of a reader: what it shows, that nothing else opens, and that it goes dark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from crmkpi.project.drafts import Drafts
from crmkpi.report.edition import EditionOptions, edition
from crmkpi.store import Store
from crmkpi.store.editions import EditionDraft
from crmkpi.store.links import LinkOptions, NewLink, Scope
from crmkpi.store.one import one_store
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from crmkpi.ui import rights
from tests.pages.conftest import MAIN

Share = Callable[..., tuple[Store, NewLink]]


def with_target(home: Path) -> str:
    drafts = Drafts(home)
    project = drafts.place(drafts.last() or "").read()
    target = Target(metric="aov", goal=9000.0, due=date(2026, 9, 30), baseline_date=date(2025, 12, 31))
    frozen = freeze(drafts.place(project.id).data, target)
    drafts.save(project.model_copy(update={"targets": [frozen]}))
    return project.id


@pytest.fixture
def share(shop_home: Path, monkeypatch: pytest.MonkeyPatch) -> Share:
    """Share the shop on a server and sit down as its reader."""

    def made(**options: object) -> tuple[Store, NewLink]:
        monkeypatch.setenv("CRMKPI_MODE", "hosted")
        project_id = with_target(shop_home)
        place, store = Drafts(shop_home).place(project_id), one_store(shop_home)
        store.projects.create(place.read())
        document = edition(place, None, EditionOptions(title="Магазин", drill=True))
        new = store.links.create(project_id, EditionDraft(document), LinkOptions(**options))  # type: ignore[arg-type]
        session = store.viewers.enter(new.token or "").session_id
        held = {rights.SHARE: session}
        monkeypatch.setattr(rights, "cookie", lambda settings, what: held.get(what, ""))
        return store, new

    return made


def look(stem: str | None = None) -> AppTest:
    app = AppTest.from_file(str(MAIN), default_timeout=30)
    app.query_params["lang"] = "ru"
    app.query_params["p"] = "0123456789abcdef"
    app.run()
    if stem:
        app.switch_page(f"../../../pages/{stem}.py").run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption")
    return "\n".join(str(x.value) for kind in kinds for x in app.get(kind)).replace("\\", "")


def test_the_reader_gets_the_three_answers_the_edition_and_the_day_of_the_data(share):
    share(sharer="Анна", questions=True)
    said = words(look())
    for piece in (
        "Хорошо или плохо?",
        "Помогает бизнесу?",
        "Окупается?",
        "издание 1",
        "31 марта 2026",
        "Анна",
    ):
        assert piece in said, piece


def test_no_other_page_is_there_and_any_address_leads_to_the_verdict(share):
    share()
    app = look("start")
    assert "Хорошо или плохо?" in words(app)
    keys = {x.key for kind in ("button", "download_button", "checkbox") for x in app.get(kind)}
    assert not {"delete_project", "save_project", "new_project", "reader_export", "sample"} & keys
    for stem in ("share", "data", "targets", "tree", "gap", "glossary"):
        with pytest.raises(ValueError, match="navigation page"):
            look(stem)


def test_a_sign_off_reaches_the_owner_once(share):
    store, new = share()
    app = look()
    next(b for b in app.button if "Прочитано" in b.label).click().run()
    replies = store.editions.replies(new.link.project_id)
    assert [r.kind for r in replies] == ["seen"] and "Вы подтвердили издание 1" in words(app)


def test_a_question_is_asked_only_where_the_owner_allowed_it(share):
    store, new = share(questions=True)
    app = look()
    app.text_area[0].set_value("Почему <b>так</b>?")
    next(b for b in app.button if b.label == "Отправить").click().run()
    assert [r.text for r in store.editions.replies(new.link.project_id)] == ["Почему <b>так</b>?"]
    assert not look().text_area


def test_without_leave_there_is_no_box_for_a_question(share):
    share(questions=False)
    assert not look().text_area


def test_a_revoked_link_shows_no_number_any_more(share):
    store, new = share()
    app = look()
    store.links.revoke(new.link.project_id, new.link.id)
    app.run()
    said = words(app)
    assert "Хорошо или плохо?" not in said and "4 811" not in said


def test_a_new_edition_says_what_changed_since_the_last_look(share, shop_home):
    store, new = share()
    look()
    drafts = Drafts(shop_home)
    place = drafts.place(new.link.project_id)
    project = place.read()
    lower = project.targets[0].model_copy(update={"goal": 4000.0})
    drafts.save(project.model_copy(update={"targets": [lower]}))
    document = edition(place, None, EditionOptions(title="Магазин"))
    store.editions.publish(new.link.project_id, new.link.id, EditionDraft(document))
    said = words(look())
    assert "Что изменилось с прошлого раза (издание 1" in said and "Цель:" in said


def test_live_totals_follow_the_project_and_a_table_may_be_taken(share, shop_home):
    _, new = share(scope=Scope(live=True, export=True))
    drafts = Drafts(shop_home)
    project = drafts.place(new.link.project_id).read()
    drafts.save(project.model_copy(update={"name": "Другое имя"}))
    app = look()
    assert "Другое имя" in words(app) and "сегодняшние итоги" in words(app)
    assert "reader_export" in {b.key for b in app.get("download_button")}


def test_on_an_own_computer_there_are_no_links(shop_home):
    app = look("verdict")
    assert "Эта ссылка не открывается" in words(app)
