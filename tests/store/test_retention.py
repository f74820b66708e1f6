"""Forgetting: nothing of a deleted project is left on disk, a receipt says so, and no token stands anywhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from crmkpi.project.document import FileRecord, Project
from crmkpi.project.drafts import Drafts
from crmkpi.store import open_store
from crmkpi.store.backup import copies
from crmkpi.store.book import Book
from crmkpi.store.editions import EditionDraft
from crmkpi.store.errors import ProjectGoneError
from crmkpi.store.links import LinkOptions
from crmkpi.store.schema import AUDIT, METADATA, PROJECT, RECEIPT

CANARY = "kanareyka-7f3a91"


@pytest.fixture
def book(store, home) -> Book:
    return Book(store, Drafts(home))


def filled(book: Book, canary: str) -> tuple[Project, list[str]]:
    """A project with the canary in every place that holds words of a user; returns it and its secrets."""
    files = [FileRecord(file=f"{canary}.csv", sha256="0" * 64, table="orders")]
    project = book.create(Project(name=canary, files=files), by=f"{canary}@example.com").project
    place, store = book.drafts.place(project.id), book.store
    (place.root / "data").mkdir()
    (place.root / "data" / "meta.json").write_text(json.dumps({"of": canary}), encoding="utf-8")
    (book.drafts.home / "inbox" / project.id).mkdir(parents=True)
    (book.drafts.home / "inbox" / project.id / "up.csv").write_text(canary, encoding="utf-8")
    store.datasets.put(project.id, place.root)
    options = LinkOptions(passphrase=canary, questions=True, sharer=canary)
    new = store.links.create(project.id, EditionDraft({"text": canary}), options, by=canary)
    session = store.viewers.enter(new.token, canary).session_id
    reader = store.viewers.reader(session)
    reader.sign_off(canary)
    reader.ask("aov", canary)
    store.members.put(project.id, f"{canary}@example.com", "owner")
    key = store.projects.new_owner_key(project.id)
    return project, [new.token, session, key]


def bytes_of(home: Path) -> bytes:
    return b"\0".join(
        p.name.encode() + b"\0" + p.read_bytes() for p in sorted(home.rglob("*")) if p.is_file()
    )


def rows_of(store) -> str:
    with store.database.read() as tx:
        return str([list(map(str, row)) for t in METADATA.sorted_tables for row in tx.run(sa.select(t))])


def test_a_deleted_project_leaves_no_byte_and_a_receipt(book, home):
    project, _ = filled(book, CANARY)
    other, _ = filled(book, "sosed-11")
    receipt = book.delete(project.id, by="anna@example.com")
    assert receipt.found == () and receipt.searched > 5
    assert receipt.rows["share_link"] == receipt.rows["edition"] == receipt.rows["viewer"] == 1
    assert (receipt.rows["reply"], receipt.blobs, receipt.files >= 3) == (2, 1, True)
    assert CANARY not in rows_of(book.store)
    assert CANARY.encode() not in bytes_of(home)
    assert book.store.retention.receipts(project.id) == [receipt]
    # the neighbour is whole
    assert book.open(other.id).project.name == "sosed-11"
    assert b"sosed-11" in bytes_of(home) + rows_of(book.store).encode()
    assert book.store.audit.broken_at() is None


def test_the_search_finds_what_a_deletion_would_have_missed(book, home):
    project, _ = filled(book, CANARY)
    traces = [CANARY.encode()]
    found, _ = book.store.retention.search(project.id, traces)
    assert {"table:share_link", "blobs", "folder:projects", "folder:inbox"} <= set(found)
    book.delete(project.id)
    (home / "forgotten.log").write_text(f"opened {CANARY}", encoding="utf-8")
    assert book.store.retention.search(project.id, traces)[0] == ["file:forgotten.log"]


def test_no_token_session_or_key_stands_in_database_files_or_log(book, home):
    _, secrets = filled(book, CANARY)
    book.store.back_up()
    content = bytes_of(home) + rows_of(book.store).encode()
    for secret in secrets:
        assert secret.encode() not in content


def test_the_log_and_the_receipt_hold_no_words_of_a_user(book):
    project, _ = filled(book, CANARY)
    book.delete(project.id, by=f"{CANARY}@example.com")
    with book.store.database.read() as tx:
        kept = str([list(map(str, row)) for t in (AUDIT, RECEIPT) for row in tx.run(sa.select(t))])
    assert project.id in kept and CANARY not in kept


def test_copies_of_the_database_forget_too_or_the_receipt_says_until_when(book, home, monkeypatch):
    project, _ = filled(book, CANARY)
    book.store.back_up()
    assert book.delete(project.id).copies_until is None
    assert CANARY.encode() not in bytes_of(home)
    again, _ = filled(book, CANARY)
    book.store.back_up()
    if not book.store.database.sqlite:
        return

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crmkpi.store.backup.back_up_sqlite", full)
    receipt = book.delete(again.id)
    assert receipt.copies_until == receipt.at + 7 * 86_400_000
    # said twice: by the date and by the search
    assert receipt.found and all(place.startswith("file:store-") for place in receipt.found)


def test_unused_projects_fall_due_after_their_time(store, project, clock):
    assert store.retention.due(within_days=4000) == []
    store.retention.keep_for(project.id, 30)
    clock.forward(days=23)
    assert (store.retention.due(), store.retention.due(within_days=7)) == ([], [project.id])
    store.projects.used(project.id)
    assert store.retention.due(within_days=7) == []
    clock.forward(days=31)
    assert store.retention.due() == [project.id]
    with pytest.raises(ProjectGoneError):
        store.retention.keep_for("0" * 16, 30)


def test_looking_at_a_project_is_not_written_every_time(store, project, clock):
    def used() -> int:
        with store.database.read() as tx:
            return tx.run(sa.select(PROJECT.c.used_at)).scalar_one()

    before = used()
    clock.forward(minutes=59)
    store.projects.used(project.id)
    assert used() == before
    clock.forward(minutes=2)
    store.projects.used(project.id)
    assert used() > before


def test_sessions_of_closed_links_go_with_the_sweep(book, clock):
    project, _ = filled(book, CANARY)
    book.store.retention.sweep()
    assert "viewer': 1" in str({t.name: n for t, n in counts(book.store).items()})
    clock.forward(days=100)
    book.store.retention.sweep()
    assert counts(book.store)[METADATA.tables["viewer"]] == 0
    assert project.id


def counts(store) -> dict[sa.Table, int]:
    with store.database.read() as tx:
        return {
            t: tx.run(sa.select(sa.func.count()).select_from(t)).scalar_one() for t in METADATA.sorted_tables
        }


def test_once_a_day_the_opening_copies_the_book_and_sweeps(home, tmp_path):
    open_store(home).close()
    stray = home / "blobs" / ("9" * 16) / "aa" / "aa" / ("a" * 64)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"left by a killed import")
    for path in [stray, *copies(home)]:
        os.utime(path, (1, 1))
    assert len(copies(home)) == 1
    open_store(home).close()
    assert not stray.exists()
    assert len(copies(home)) == 1 and copies(home)[0].stat().st_mtime > 1
    open_store(home).close()
    assert len(copies(home)) == 1
