"""The book of projects: versions, no silent overwriting, owner keys, members, the audit chain."""

from __future__ import annotations

import json
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from crmkpi.project.document import Project
from crmkpi.store import open_store
from crmkpi.store.errors import (
    ChangedByAnotherError,
    ChangedElsewhereError,
    LastOwnerError,
    ProjectGoneError,
    StoreNewerError,
)
from crmkpi.store.projects import KEPT_VERSIONS
from crmkpi.store.schema import AUDIT, METADATA


def renamed(project: Project, name: str) -> Project:
    return project.model_copy(update={"name": name})


def test_the_migrations_build_exactly_the_declared_tables(store):
    with store.database.engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"target_metadata": METADATA, "compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_what_was_saved_is_read_by_another_process(store, home, url, project):
    store.projects.save(renamed(project, "Весна"), 1, "anna@example.com")
    other = open_store(home, url)
    found = other.projects.read(project.id)
    assert (found.project.name, found.version, found.by) == ("Весна", 2, "anna@example.com")
    other.close()


def test_the_second_editor_is_told_who_was_first_and_nothing_is_lost(store, clock, project):
    store.projects.save(renamed(project, "Анна"), 1, "anna@example.com")
    clock.forward(minutes=3)
    with pytest.raises(ChangedByAnotherError) as caught:
        store.projects.save(renamed(project, "Борис"), 1, "boris@example.com")
    assert caught.value.params == {"who": "anna@example.com", "minutes": 3, "version": 2}
    assert store.projects.read(project.id).project.name == "Анна"
    assert store.projects.at_version(project.id, 1).name == "Лавка «Ромашка»"


def test_where_nobody_is_named_the_other_tab_is(store, project):
    store.projects.save(renamed(project, "A"), 1)
    with pytest.raises(ChangedElsewhereError):
        store.projects.save(renamed(project, "B"), 1)


def test_of_many_editors_at_once_exactly_one_wins_each_version(store, project):
    won, lost = [], []

    def edit(n: int) -> None:
        try:
            store.projects.save(renamed(project, f"editor {n}"), 1)
            won.append(n)
        except ChangedByAnotherError:
            lost.append(n)

    threads = [threading.Thread(target=edit, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    assert store.projects.read(project.id).project.name == f"editor {won[0]}"


def test_creating_twice_neither_doubles_nor_overwrites(store, project):
    again = store.projects.create(renamed(project, "other"))
    assert (again.project.name, again.version) == (project.name, 1)
    assert len(store.projects.entries()) == 1


def test_renaming_keeps_what_was_saved_meanwhile(store, project):
    store.projects.save(project.model_copy(update={"lang": "en"}), 1)
    saved = store.projects.rename(project.id, "Осень")
    assert (saved.project.name, saved.project.lang, saved.version) == ("Осень", "en", 3)


def test_only_the_last_versions_are_kept(store, project):
    for n in range(1, KEPT_VERSIONS + 5):
        store.projects.save(renamed(project, str(n)), n)
    assert store.projects.at_version(project.id, 3) is None
    assert store.projects.at_version(project.id, 6) is not None


def test_a_project_that_is_not_there_is_a_sentence(store):
    with pytest.raises(ProjectGoneError):
        store.projects.read("0" * 16)
    with pytest.raises(ProjectGoneError):
        store.projects.save(Project(), 1)


def test_an_owner_key_opens_one_project_and_a_new_key_ends_the_old(store, project):
    first = store.projects.new_owner_key(project.id)
    assert store.projects.owned_by_key(first) == project.id
    second = store.projects.new_owner_key(project.id)
    assert store.projects.owned_by_key(first) is None
    assert store.projects.owned_by_key(second) == project.id
    assert store.projects.owned_by_key("") is None


def test_members_see_only_their_projects_and_roles_change_at_once(store, project):
    other = store.projects.create(Project(name="Чужой")).project
    store.members.put(project.id, "anna@example.com", "owner")
    store.members.put(project.id, "boris@example.com", "viewer")
    store.members.put(project.id, "boris@example.com", "editor")
    assert store.members.role(project.id, "boris@example.com") == "editor"
    assert store.members.role(other.id, "boris@example.com") is None
    assert [e.id for e in store.projects.entries("boris@example.com")] == [project.id]
    store.members.remove(project.id, "boris@example.com")
    assert store.projects.entries("boris@example.com") == []
    for change in (
        lambda: store.members.remove(project.id, "anna@example.com"),
        lambda: store.members.put(project.id, "anna@example.com", "viewer"),
    ):
        with pytest.raises(LastOwnerError):
            change()
    assert store.members.role(project.id, "anna@example.com") == "owner"


def test_signing_out_everywhere_raises_the_epoch_of_one_person(store):
    assert store.members.epoch("anna") == 0
    assert store.members.sign_out_everywhere("anna") == 1
    assert store.members.sign_out_everywhere("anna") == 2
    assert store.members.epoch("boris") == 0


def test_the_audit_chain_shows_any_line_that_was_changed_or_taken_out(store, project):
    for n in range(1, 6):
        store.projects.save(renamed(project, str(n)), n, "anna@example.com")
    assert store.audit.broken_at() is None
    lines = store.audit.lines(project.id)
    assert [line.action for line in lines] == ["project.save"] * 5 + ["project.create"]
    with store.database.write() as tx:
        tx.run(AUDIT.update().where(AUDIT.c.id == lines[2].id).values(actor="somebody"))
    assert store.audit.broken_at() == lines[2].id
    with store.database.write() as tx:
        tx.run(AUDIT.delete().where(AUDIT.c.id == lines[2].id))
    assert store.audit.broken_at() == lines[1].id


def test_the_audit_names_no_person_and_no_text(store, project):
    store.projects.save(renamed(project, "Секретное имя"), 1, "anna@example.com")
    with store.database.read() as tx:
        text = json.dumps([list(map(str, row)) for row in tx.run(sa.select(AUDIT))], ensure_ascii=False)
    assert "anna" not in text and "Секретное" not in text and "Ромашка" not in text


def test_a_store_of_a_newer_version_is_left_alone(home, url):
    open_store(home, url).close()
    changed = open_store(home, url)
    with changed.database.write() as tx:
        tx.conn.exec_driver_sql("UPDATE alembic_version SET version_num = 'v9999'")
    changed.close()
    with pytest.raises(StoreNewerError):
        open_store(home, url)
