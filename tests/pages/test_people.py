"""People of a project on the Share page of a server with sign-in: an owner invites and removes, others only look."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from crmkpi.project.drafts import Drafts
from crmkpi.store.editions import EditionDraft
from crmkpi.store.links import LinkOptions
from crmkpi.store.one import one_store
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from crmkpi.ui import rights
from tests.pages.conftest import MAIN

ANNA, BORIS = "person:anna@shop.ru", "person:boris@shop.ru"


@pytest.fixture
def sit(shop_home: Path, monkeypatch: pytest.MonkeyPatch):
    """Sign in as somebody on a server; Anna owns the shop."""
    monkeypatch.setenv("CRMKPI_MODE", "hosted")
    monkeypatch.setattr(rights, "signs_in", lambda: True)
    monkeypatch.setattr(rights, "cookie", lambda settings, what: "")
    project_id = Drafts(shop_home).last() or ""
    store = one_store(shop_home)
    store.projects.create(Drafts(shop_home).place(project_id).read())
    store.members.put(project_id, ANNA, "owner")

    def at(subject: str) -> AppTest:
        monkeypatch.setattr(rights, "identity", lambda settings: subject)
        app = AppTest.from_file(str(MAIN), default_timeout=30)
        app.query_params["lang"], app.query_params["p"] = "ru", project_id
        app.run()
        app.switch_page("../../../pages/share.py").run()
        assert not app.exception, app.exception
        return app

    return at, store, project_id


def invite(app: AppTest, address: str) -> AppTest:
    next(x for x in app.text_input if "Почта" in x.label).input(address)
    next(x for x in app.button if x.label == "Пригласить").click().run()
    assert not app.exception, app.exception
    return app


def test_an_owner_invites_by_address_and_removes(sit):
    at, store, project_id = sit
    app = invite(at(ANNA), "Boris@Shop.ru ")
    assert store.members.role(project_id, BORIS) == "editor"
    assert any("boris@shop.ru: доступ открыт" in x.value for x in app.success)
    app.button(key=f"remove_{BORIS}").click().run()
    assert store.members.role(project_id, BORIS) is None
    refused = invite(app, "не почта")
    assert any("не похоже на адрес" in x.value for x in refused.error)
    assert [x.subject for x in store.members.of(project_id)] == [ANNA]


def test_the_last_owner_stays(sit):
    at, store, project_id = sit
    app = at(ANNA)
    app.button(key=f"remove_{ANNA}").click().run()
    assert any("хотя бы один владелец" in x.value for x in app.error)
    assert store.members.role(project_id, ANNA) == "owner"


def test_an_editor_sees_the_people_and_changes_none(sit):
    at, store, project_id = sit
    store.members.put(project_id, BORIS, "editor")
    app = at(BORIS)
    assert any("anna" in str(x.value) and "владелец" in str(x.value) for x in app.markdown)
    keys = {str(x.key) for x in app.button}
    assert not [k for k in keys if k.startswith("remove_")] and "sign_out_everywhere" in keys
    assert not [x for x in app.text_input if "Почта" in x.label]
    assert not [x for x in app.selectbox if "Хранить" in x.label]


def test_an_owner_says_how_long_an_unused_project_is_kept(sit):
    at, store, project_id = sit
    app = at(ANNA)
    box = next(x for x in app.selectbox if "Хранить" in x.label)
    assert box.options == ["пока его не удалят", "30 дней", "90 дней", "365 дней"]
    box.select_index(2).run()
    assert store.retention.kept_days(project_id) == 90
    again = next(x for x in at(ANNA).selectbox if "Хранить" in x.label)
    assert again.value == 90


def test_a_member_who_only_looks_neither_makes_nor_closes_links(sit):
    at, store, project_id = sit
    place = Drafts(store.home).place(project_id)
    project = place.read()
    target = Target(metric="aov", goal=9000.0, due=date(2026, 9, 30), baseline_date=date(2025, 12, 31))
    store.projects.save(project.model_copy(update={"targets": [freeze(place.data, target)]}), 1)
    new = store.links.create(project_id, EditionDraft({"form": 1}), LinkOptions())
    store.members.put(project_id, BORIS, "viewer")
    for label in ("Создать", "Закрыть"):
        app = at(BORIS)
        next(x for x in app.button if x.label == label).click().run()
        assert any("не" in x.value for x in app.error), label
    assert [x.id for x in store.links.of(project_id)] == [new.link.id]
    assert store.links.get(project_id, new.link.id).open
