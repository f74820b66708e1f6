"""Who may open what: two people on one server, a stranger, a reader, a person who signed in."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.ui import rights
from crmkpi.ui.rights import NotYoursError, Principal, may_open, person

NOW = 1_790_000_000.0


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Sit down at another browser of a hosted server; empty = a stranger without a cookie."""
    monkeypatch.setenv("CRMKPI_HOME", str(tmp_path))
    monkeypatch.setenv("CRMKPI_MODE", "hosted")
    monkeypatch.setattr(rights, "signs_in", lambda: False)

    def sit(key: str) -> Drafts:
        held = {rights.OWNER: key}
        monkeypatch.setattr(rights, "cookie", lambda settings, what: held.get(what, ""))
        return rights.drafts()

    return sit


def test_two_people_on_one_server_never_see_each_others_projects(browser):
    keys = [secrets.token_urlsafe(32) for _ in range(2)]
    mine = [Project(name=f"CANARY {i}") for i in range(2)]
    for key, project in zip(keys, mine, strict=True):
        browser(key).save(project)
    for i, key in enumerate(keys):
        drafts = browser(key)
        assert [entry.id for entry in drafts.entries()] == [mine[i].id]
        assert drafts.last() == mine[i].id and not drafts.has(mine[1 - i].id)
        assert rights.sees(mine[i].id) and not rights.sees(mine[1 - i].id)
        assert drafts.confirmed() == {}
    stranger = browser("")
    assert stranger.entries() == [] and stranger.last() is None and not rights.sees(mine[0].id)


def test_the_project_of_another_is_neither_overwritten_nor_claimed(browser):
    owner, other = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    project = Project(name="Mine")
    place = browser(owner).save(project)
    for key in (other, ""):
        drafts = browser(key)
        with pytest.raises(NotYoursError):
            drafts.save(project.model_copy(update={"name": "Stolen"}))
        with pytest.raises(NotYoursError):
            rights.check_save(project.id)
        drafts.delete(project.id)
    assert place.read().name == "Mine"


def test_a_role_changes_what_may_be_done_at_the_next_look(browser):
    owner, guest = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    project = Project(name="Team")
    browser(owner).save(project)
    members = rights.the_store().members
    subject = rights.browser(guest)
    for role, sees, saves, owns in (
        ("viewer", 1, 0, 0),
        ("editor", 1, 1, 0),
        ("owner", 1, 1, 1),
        (None, 0, 0, 0),
    ):
        if role:
            members.put(project.id, subject, role)
        else:
            members.remove(project.id, subject)
        browser(guest)
        done = []
        for check in (rights.check_save, rights.check_owner):
            try:
                check(project.id)
                done.append(1)
            except NotYoursError:
                done.append(0)
        assert (int(rights.sees(project.id)), *done) == (sees, saves, owns), role


def test_drafts_of_the_time_before_belong_to_nobody_on_a_server(browser, tmp_path):
    old = Project(name="Before")
    Drafts(tmp_path).save(old)
    drafts = browser(secrets.token_urlsafe(32))
    assert drafts.entries() == [] and not drafts.has(old.id)


def test_the_name_of_a_browser_does_not_open_what_its_key_opens():
    key = secrets.token_urlsafe(32)
    assert key not in rights.browser(key) and rights.browser(key) == rights.browser(key)


def test_a_person_needs_a_verified_address_and_a_fresh_sign_in():
    fresh = {"email": "Anna@Shop.ru", "email_verified": True, "iat": NOW - 60}
    assert person(fresh, NOW) == "person:anna@shop.ru"
    for bad in (
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": ""},
        {"iat": NOW - 13 * 3600},
    ):
        assert person(fresh | bad, NOW) is None
    assert person({}, NOW) is None


def test_a_reader_opens_the_verdict_and_nothing_else(monkeypatch):
    stems = ("start", "data", "tree", "targets", "gap", "share", "glossary", "verdict")
    assert [x for x in stems if may_open(x, Principal("viewer"))] == ["verdict"]
    monkeypatch.setattr(rights, "signs_in", lambda: True)
    assert [x for x in stems if may_open(x, Principal("anonymous"))] == ["verdict"]
    assert all(may_open(x, Principal("owner", "person:a")) for x in stems)


def test_on_an_own_computer_everything_is_the_visitors(monkeypatch, tmp_path):
    monkeypatch.delenv("CRMKPI_MODE", raising=False)
    monkeypatch.setenv("CRMKPI_HOME", str(tmp_path))
    project = Project(name="Mine")
    rights.drafts().save(project)
    assert rights.sees(project.id) and rights.principal().kind == "owner"
    rights.check_save(project.id)
    rights.check_owner(project.id)
