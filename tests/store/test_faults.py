"""Processes that write at once, processes that are killed, disks that are full, files that are damaged."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.store import Store, open_store
from crmkpi.store import store as store_module
from crmkpi.store.backup import KEPT, copies, newest_good, restore, whole
from crmkpi.store.blobs import digest_of
from crmkpi.store.book import Book
from crmkpi.store.disk import BALLAST, network_kind, refuse_unsafe_place
from crmkpi.store.editions import EditionDraft
from crmkpi.store.engine import FILE, pragmas, wal_is_safe
from crmkpi.store.errors import (
    StoreAddressError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StorePlaceError,
    StoreUnavailableError,
)
from crmkpi.store.links import LinkOptions
from crmkpi.store.migrate import migrate
from crmkpi.store.schema import PROJECT
from tests.store.writers import Writer, create, everything

# CI kills 60 times; `make soak` asks for 500
KILLS = int(os.environ.get("CRMKPI_KILLS", "60"))


@pytest.fixture
def home(tmp_path: Path):
    """A home in memory where there is one: these tests write thousands of times, and a kill is no power cut."""
    memory = Path("/dev/shm")
    folder = Path(
        tempfile.mkdtemp(prefix="crmkpi-faults-", dir=memory if os.access(memory, os.W_OK) else tmp_path)
    )
    yield folder / "home"
    shutil.rmtree(folder)


def test_three_processes_write_at_once_and_every_row_is_there(home, url):
    each = 300 if url is None else 60
    open_store(home, url).close()
    running = [Writer(create(each), home, seed, url) for seed in range(3)]
    for process in running:
        assert process.join() == ([], 0)
    store = open_store(home, url)
    names = {entry.name for entry in store.projects.entries()}
    assert names == {f"{seed}-{n}" for seed in range(3) for n in range(each)}
    assert store.audit.broken_at() is None
    store.close()


def acknowledged(store: Store, lines: list[str]) -> None:
    """What a killed process was told is written must be there, and whole."""
    last = {}
    for line in lines:
        kind, name, *rest = line.split()
        if kind in ("project", "data"):
            last[kind, name] = int(rest[0])
        elif kind == "link":
            assert store.viewers.door(rest[0]) is not None, line
        elif kind == "edition":
            assert store.editions.of(rest[1], name)[0].number >= int(rest[0]), line
    for (kind, project_id), number in last.items():
        if kind == "project":
            assert store.projects.read(project_id).version >= number
        else:
            assert store.datasets.latest(project_id).number >= number


def kill_rounds(home: Path, rounds: int, url: str | None = None) -> None:
    """Several kills on one store: each time it is whole, what was acknowledged is there, blobs are not torn."""
    rng, written = random.Random(7), 0
    for seed in range(rounds):
        process = Writer(everything, home, seed, url)
        # every second one is killed after its first write, the others while they start too
        first = [process.out.readline().rstrip("\n")] if seed % 2 else []
        time.sleep(rng.random() * 0.15)
        lines = [*first, *process.kill()]
        assert not [line for line in lines if line.startswith("error")], lines
        assert url or not (home / FILE).exists() or whole(home / FILE), f"round {seed}"
        store = open_store(home, url)
        acknowledged(store, lines)
        written += len(lines)
        store.close()
    store = open_store(home, url)
    assert store.audit.broken_at() is None
    store.close()
    assert written >= rounds // 2, "the kills came before anything was written"
    for path in (home / "blobs").rglob("*"):
        assert not path.is_file() or path.name.startswith(".part-") or digest_of(path) == path.name


def test_a_killed_process_loses_nothing_that_it_was_told_is_safe(home):
    kill_rounds(home, KILLS)


def test_a_write_that_a_kill_left_half_done_on_disk_is_rolled_back_and_is_no_damage(home):
    """The dangerous moment: pages of an unfinished transaction are in the file already, the journal beside it."""
    store = open_store(home)
    project = store.projects.create(Project(name="Было")).project
    store.links.create(project.id, EditionDraft({"text": "x" * 3_000_000}), LinkOptions())
    store.close()
    pid = os.fork()
    if pid == 0:
        conn = sqlite3.connect(home / FILE, isolation_level=None)
        conn.execute("PRAGMA journal_mode=DELETE")
        conn.execute("PRAGMA cache_size=1")
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("UPDATE project SET name = 'half'")
        conn.execute("UPDATE edition SET document = replace(document, 'x', 'y')")
        os._exit(0 if (home / f"{FILE}-journal").stat().st_size else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert (home / f"{FILE}-journal").exists()
    shutil.copytree(home, home.parent / "second")
    assert whole(home.parent / "second" / FILE)
    store = open_store(home)
    assert store.projects.read(project.id).project.name == "Было"
    assert store.links.of(project.id)[0].edition == 1
    store.close()
    assert whole(home / FILE)


def test_the_same_with_clients_of_postgres(home, postgres_url):
    kill_rounds(home, max(5, KILLS // 10), postgres_url)


# migration --------------------------------------------------------------------------------------------
def test_a_migration_killed_half_way_leaves_the_old_form_and_the_next_start_finishes(home, url, monkeypatch):
    class Killed(BaseException):
        pass

    def stop(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("alembic.operations.base.Operations.create_index", stop)
        with pytest.raises(Killed):
            open_store(home, url)
    store = open_store(home, url)
    assert store.projects.create(Project(name="Дальше")).version == 1
    assert migrate(store.database) == migrate(store.database)
    store.close()


def test_processes_that_start_at_once_build_the_tables_once(home, url):
    for process in [Writer(create(2), home, seed, url) for seed in range(4)]:
        assert process.join() == ([], 0)


# the file ---------------------------------------------------------------------------------------------
def test_sqlite_keeps_a_write_ahead_log_only_where_that_is_safe():
    assert [wal_is_safe(v) for v in ("3.40.1", "3.51.2", "3.50.6", "3.44.5", "3.45.9")] == [False] * 5
    assert [wal_is_safe(v) for v in ("3.51.3", "3.52.0", "4.0.0", "3.50.7", "3.44.6")] == [True] * 5
    assert "PRAGMA journal_mode=DELETE" in pragmas("3.40.1")
    assert "PRAGMA journal_mode=WAL" in pragmas("3.51.3")


def test_every_connection_follows_the_rules(home):
    store = open_store(home)
    with store.database.read() as tx:
        found = {
            name: tx.conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "foreign_keys", "secure_delete", "trusted_schema", "busy_timeout")
        }
        journal = tx.conn.exec_driver_sql("PRAGMA journal_mode").scalar()
    assert found == {
        "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "trusted_schema": 0, "busy_timeout": 5000
    }  # fmt: skip
    assert journal == ("wal" if wal_is_safe(sqlite3.sqlite_version) else "delete")
    store.close()


def test_a_damaged_file_is_refused_and_the_newest_good_copy_named_and_restored(home):
    store = open_store(home)
    project = store.projects.create(Project(name="Спасённый")).project
    good = store.back_up()
    for n in range(2000):
        store.projects.rename(project.id, f"n{n}") if n < 40 else None
    store.close()
    file = home / FILE
    content = bytearray(file.read_bytes())
    content[4096 : len(content) - 4096] = os.urandom(len(content) - 8192)
    file.write_bytes(bytes(content))
    with pytest.raises(StoreDamagedError) as caught:
        open_store(home)
    assert caught.value.params["backup"] == good.name
    restore(home, newest_good(home))
    store = open_store(home)
    assert store.projects.read(project.id).project.name == "Спасённый"
    assert list(home.glob("store-damaged-*.db"))
    store.close()


def test_a_file_that_is_no_database_is_refused(home):
    home.mkdir()
    (home / FILE).write_bytes(b"hello" * 2000)
    with pytest.raises(StoreDamagedError):
        open_store(home)
    assert (home / FILE).read_bytes() == b"hello" * 2000


def test_seven_copies_are_kept(home):
    store = open_store(home)
    made = [store.back_up() for _ in range(KEPT + 3)]
    assert copies(home) == made[::-1][:KEPT]
    assert all(whole(path) for path in copies(home))
    store.close()


def test_a_copy_is_made_before_the_form_changes(home, monkeypatch):
    open_store(home).close()
    store = open_store(home)
    with store.database.write() as tx:
        tx.conn.exec_driver_sql("UPDATE alembic_version SET version_num = 'v0000'")
    monkeypatch.setattr(
        "crmkpi.store.migrate.ScriptDirectory.walk_revisions",
        lambda self: [type("R", (), {"revision": "v0000"})],
    )
    monkeypatch.setattr("crmkpi.store.migrate._run", lambda *_: None)
    migrate(store.database)
    assert [p.name.rpartition("-")[2] for p in copies(home)] == ["upgrade.db", "daily.db"]
    store.close()


def test_a_network_or_synchronised_disk_is_refused(tmp_path):
    mounts = tmp_path / "mounts"
    line = "36 25 0:31 / {} rw,relatime shared:1 - {} server:/export rw\n"
    mounts.write_text(
        line.format("/", "ext4") + line.format("/mnt/team", "nfs4") + line.format("/mnt/my\\040disk", "cifs")
    )
    assert network_kind(Path("/mnt/team/crm"), mounts) == "nfs4"
    assert network_kind(Path("/mnt/my disk"), mounts) == "cifs"
    assert network_kind(Path("/srv/crm"), mounts) is None
    assert network_kind(Path("/mnt/teamwork"), mounts) is None
    with pytest.raises(StorePlaceError):
        refuse_unsafe_place(Path("/mnt/team/crm"), mounts)
    for name in ("Dropbox", "OneDrive - Firma", "Yandex.Disk"):
        with pytest.raises(StorePlaceError):
            open_store(tmp_path / name / "crm")
        assert not (tmp_path / name).exists()


# a full disk, a busy or dead database -----------------------------------------------------------------
@pytest.fixture
def small_disk():
    """A file system of 24 MB of its own; skipped where the tests may not mount one."""
    folder = tempfile.mkdtemp(prefix="crmkpi-small-")
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
        os.rmdir(folder)
        pytest.skip("a small disk cannot be mounted here")
    yield Path(folder)
    subprocess.run(["umount", folder], check=True)
    os.rmdir(folder)


def test_on_a_full_disk_the_store_is_readable_and_deletion_still_works(small_disk, monkeypatch):
    # the ballast wants four times its size free; the small disk stands for a large one
    monkeypatch.setattr("crmkpi.store.disk.BALLAST_BYTES", 4 * 1024**2)
    store = open_store(small_disk)
    book = Book(store, Drafts(small_disk))
    project = book.create(Project(name="Полный диск")).project
    link = store.links.create(project.id, EditionDraft({"text": "x" * 300_000}), LinkOptions())
    assert (small_disk / BALLAST).stat().st_size == 4 * 1024**2
    with pytest.raises(OSError, match="No space"), (small_disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 65536)
    with contextlib.suppress(OSError), (small_disk / "filler").open("ab", buffering=0) as file:
        while True:
            file.write(b"0" * 64)
    with pytest.raises(StoreFullError):
        store.projects.create(Project(name="Больше не влезает", targets=[]))
    assert store.projects.read(project.id).project.name == "Полный диск"
    assert store.viewers.door(link.token) is not None
    receipt = book.delete(project.id)
    assert receipt.found == ()
    assert store.projects.entries() == []
    store.close()
    assert whole(small_disk / FILE)


def test_a_store_held_by_another_for_too_long_says_so(home, monkeypatch):
    monkeypatch.setattr("crmkpi.store.engine.WAIT_SECONDS", 0.05)
    store = open_store(home)
    with contextlib.closing(sqlite3.connect(home / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError):
            store.projects.create(Project())
        other.execute("ROLLBACK")
    assert store.projects.create(Project()).version == 1
    store.close()


def test_a_pool_that_is_used_up_is_a_sentence_and_no_deadlock(home, monkeypatch):
    monkeypatch.setattr("crmkpi.store.engine.WAIT_SECONDS", 0.05)
    store = open_store(home)
    with contextlib.ExitStack() as stack:
        for _ in range(32):
            stack.enter_context(store.database.read())
        with pytest.raises(StoreBusyError):
            store.projects.entries()
    assert store.projects.entries() == []
    store.close()


def test_an_error_inside_a_write_leaves_nothing_behind(store, project):
    class StopError(BaseException):
        pass

    with pytest.raises(StopError), store.database.write() as tx:
        tx.run(PROJECT.update().values(name="half"))
        raise StopError
    assert store.projects.read(project.id).project.name == project.name
    with store.database.read() as tx:
        assert tx.run(sa.select(PROJECT.c.name)).scalar() == project.name


def test_a_database_that_does_not_answer_is_a_sentence_without_its_address(home):
    secret = "postgresql://crm:top-secret@127.0.0.1:9/crm"
    with pytest.raises(StoreUnavailableError) as caught:
        open_store(home, secret)
    assert "top-secret" not in str(caught.value)
    for wrong in ("mysql://u:top-secret@h/d", "sqlite:///x.db", "nonsense"):
        with pytest.raises(StoreAddressError) as refused:
            open_store(home, wrong)
        assert "top-secret" not in str(refused.value)


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(store_module, "prepare", store_module.prepare)
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StoreError):
        open_store(tmp_path / "closed")
