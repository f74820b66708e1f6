"""One server, two people: a session that another browser presents is empty, and an address opens nothing foreign."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from crmkpi.project.drafts import Drafts
from crmkpi.store.one import one_store
from crmkpi.ui import rights
from tests.pages.conftest import MAIN

NAME = "Магазин"


@pytest.fixture
def sit(shop_home: Path, monkeypatch: pytest.MonkeyPatch):
    """Sit down at the browser with this cookie; the shop belongs to the browser `anna`."""
    monkeypatch.setenv("CRMKPI_MODE", "hosted")
    keys = {name: secrets.token_urlsafe(32) for name in ("anna", "boris")}
    drafts = Drafts(shop_home)
    project_id = drafts.last() or ""
    store = one_store(shop_home)
    store.projects.create(drafts.place(project_id).read())
    store.members.put(project_id, rights.browser(keys["anna"]), "owner")

    def at(name: str) -> str:
        held = {rights.OWNER: keys[name]}
        monkeypatch.setattr(rights, "cookie", lambda settings, what: held.get(what, ""))
        return project_id

    return at


def opened(project_id: str = "") -> AppTest:
    app = AppTest.from_file(str(MAIN), default_timeout=30)
    app.query_params["lang"] = "ru"
    if project_id:
        app.query_params["p"] = project_id
    app.run()
    app.switch_page("../../../pages/share.py").run()
    assert not app.exception, app.exception
    return app


def seen(app: AppTest) -> str:
    boxes = [str(x.value) for x in app.text_input]
    return "\n".join([*boxes, *(str(x.value) for kind in ("markdown", "caption") for x in app.get(kind))])


def test_the_owner_sees_the_project_and_another_person_does_not(sit):
    project_id = sit("anna")
    assert NAME in seen(opened(project_id))
    sit("boris")
    for asked in ("", project_id):
        app = opened(asked)
        assert NAME not in seen(app) and not app.text_input
        assert not {b.key for b in app.button} & {"delete_project", "save_project"}


def test_a_session_taken_over_by_another_browser_is_empty(sit):
    app = opened(sit("anna"))
    assert NAME in seen(app)
    sit("boris")
    app.run()
    assert NAME not in seen(app) and not app.exception
    assert "project_id" not in app.session_state


def test_a_removed_person_is_out_at_the_next_run(sit, shop_home):
    project_id = sit("anna")
    app = opened(project_id)
    store = one_store(shop_home)
    store.members.put(project_id, "person:chief@shop.ru", "owner")
    name = next(m.subject for m in store.members.of(project_id) if m.subject.startswith("browser:"))
    store.members.remove(project_id, name)
    app.run()
    assert NAME not in seen(app) and not app.exception
