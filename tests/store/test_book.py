"""The book over the places of a disk: take-over, edits from outside, two tabs, deletion, two machines."""

from __future__ import annotations

import json
import shutil

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.errors import CrmKpiError
from crmkpi.project.document import Project, Settings, TreeChoice
from crmkpi.project.drafts import Drafts
from crmkpi.project.errors import ProjectDamagedError
from crmkpi.project.merge import merged
from crmkpi.store import open_store
from crmkpi.store.blobs import FOLDER
from crmkpi.store.book import Book
from crmkpi.store.errors import ChangedByAnotherError, ProjectGoneError


@pytest.fixture
def book(store, home) -> Book:
    return Book(store, Drafts(home))


def changed(project: Project, **fields) -> Project:
    return project.model_copy(update=fields)


def test_a_draft_from_before_the_store_is_taken_over_with_everything(book):
    old = Project(name="Старый", tree=TreeChoice(template="customer_flow", starred=["aov"]))
    book.drafts.save(old)
    saved = book.open(old.id)
    assert (saved.project, saved.version) == (old, 1)
    assert [e.name for e in book.store.projects.entries()] == ["Старый"]


def test_a_damaged_draft_that_was_never_stored_is_refused_in_a_sentence(book):
    place = book.drafts.place("0" * 16)
    place.root.mkdir(parents=True)
    (place.root / "project.json").write_text("{cut", encoding="utf-8")
    with pytest.raises(ProjectDamagedError):
        book.open("0" * 16)
    assert book.store.projects.entries() == []


def test_a_document_damaged_on_disk_comes_back_from_the_store(book):
    saved = book.create(Project(name="Целый"))
    document = book.drafts.place(saved.project.id).root / "project.json"
    for text in ("", "{cut", "[]"):
        document.write_text(text, encoding="utf-8")
        assert book.open(saved.project.id).project.name == "Целый"
        assert json.loads(document.read_text(encoding="utf-8"))["name"] == "Целый"


def test_an_edit_from_outside_becomes_a_version_and_an_old_mirror_does_not(book):
    first = book.create(Project(name="Первый")).project
    second = book.save(changed(first, name="Второй"), first).project
    # an older mirror of ours: renewed
    book.drafts.place(first.id).write(first)
    assert book.open(first.id).project.name == "Второй"
    assert book.drafts.place(first.id).read() == second
    # the command line loaded into the same directory: kept as a new version
    book.drafts.place(first.id).write(changed(second, name="Из командной строки"))
    found = book.open(first.id)
    assert (found.project.name, found.version) == ("Из командной строки", 3)


def test_two_tabs_that_changed_different_things_are_joined(book):
    base = book.create(Project(name="База")).project
    book.save(changed(base, name="Имя"), base)
    both = book.save(changed(base, settings=Settings(inactivity_days=30)), base).project
    assert (both.name, both.settings.inactivity_days) == ("Имя", 30)
    more = book.save(changed(base, settings=Settings(margin_rate=0.4)), base).project
    assert (more.settings.inactivity_days, more.settings.margin_rate) == (30, 0.4)


def test_the_same_thing_changed_twice_is_told_and_not_overwritten(book):
    base = book.create(Project(name="База")).project
    book.save(changed(base, name="Анна"), base, by="anna@example.com")
    with pytest.raises(ChangedByAnotherError) as caught:
        book.save(changed(base, name="Борис", lang="en"), base, by="boris@example.com")
    assert caught.value.params["who"] == "anna@example.com"
    found = book.open(base.id).project
    assert (found.name, found.lang) == ("Анна", "ru")


def test_saving_nothing_new_makes_no_version(book):
    base = book.create(Project(name="База")).project
    assert book.save(base, base).version == 1


def test_a_deleted_project_stays_deleted_even_if_its_files_survived_a_kill(book, tmp_path):
    project = book.create(Project(name="Уходит")).project
    shutil.copytree(book.drafts.place(project.id).root, tmp_path / "copy")
    receipt = book.delete(project.id)
    assert receipt.found == () and receipt.files >= 1
    shutil.copytree(tmp_path / "copy", book.drafts.place(project.id).root)
    assert book.open(project.id) is None
    assert not book.drafts.place(project.id).exists()
    with pytest.raises(ProjectGoneError):
        book.delete(project.id)
    with pytest.raises(ProjectGoneError):
        book.save(project, project)


def test_two_machines_with_one_database_and_one_blob_store_see_the_same_project(postgres_url, tmp_path):
    blobs = (tmp_path / "bucket").as_uri()
    (tmp_path / "bucket").mkdir()
    one, two = (
        Book(open_store(tmp_path / name, postgres_url, blobs), Drafts(tmp_path / name)) for name in "ab"
    )
    project = one.create(Project(name="Общий")).project
    data = one.drafts.place(project.id).root / "data"
    (data / "files").mkdir(parents=True)
    pl.DataFrame({"x": [1, 2, 3]}).write_parquet(data / "orders.parquet")
    (data / "files" / "index.json").write_text("{}", encoding="utf-8")
    saved = one.save(changed(project, name="С данными"), project)
    seen = two.open(project.id)
    assert seen.project == saved.project
    there = two.drafts.place(project.id).root / "data"
    assert pl.read_parquet(there / "orders.parquet")["x"].to_list() == [1, 2, 3]
    assert (there / "files" / "index.json").is_file()
    # the other way round: the second machine loads, the first one sees it
    pl.DataFrame({"x": [7]}).write_parquet(there / "orders.parquet")
    two.save(changed(seen.project, lang="en"), seen.project)
    assert one.open(project.id).project.lang == "en"
    assert pl.read_parquet(data / "orders.parquet")["x"].to_list() == [7]
    assert not (tmp_path / "a" / FOLDER).exists()
    one.store.close(), two.store.close()


# merge: laws ------------------------------------------------------------------------------------------
fields = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["a", "b", "c"]),
        "lang": st.sampled_from(["ru", "en"]),
        "false_alarms": st.sampled_from([0.5, 1.0, 2.0]),
        "settings": st.builds(
            Settings, inactivity_days=st.integers(30, 32), margin_rate=st.sampled_from([None, 0.1])
        ),
    },
)


@settings(max_examples=60, deadline=None)
@given(fields, fields)
def test_what_only_one_side_changed_is_always_kept(his, hers):
    base = Project(id="0" * 16, name="a")
    theirs, mine = changed(base, **his), changed(base, **hers)
    joined, clashes = merged(base, theirs, mine)
    if joined is None:
        assert clashes
        return
    for field in ("name", "lang", "false_alarms"):
        before, other, own = (getattr(p, field) for p in (base, theirs, mine))
        assert getattr(joined, field) == (own if own != before else other)
        assert not (other != before and own != before and own != other)


@settings(max_examples=30, deadline=None)
@given(fields)
def test_an_untouched_side_gives_the_other(his):
    base = Project(id="0" * 16, name="a")
    theirs = changed(base, **his)
    assert merged(base, theirs, base) == (theirs, ())
    assert merged(base, base, theirs) == (theirs, ())
    assert merged(base, theirs, theirs) == (theirs, ())


def test_a_store_that_cannot_be_opened_is_a_sentence(tmp_path):
    with pytest.raises(CrmKpiError):
        open_store(tmp_path / "Dropbox" / "crm")
