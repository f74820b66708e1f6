"""Opening the store: the place is checked, the tables are brought to today's form, and every part stands ready."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from crmkpi.store.audit import Audit
from crmkpi.store.backup import back_up_sqlite, copies, daily_copy, looks_whole, newest_good
from crmkpi.store.blobs import Blobs, LocalBlobs, ObjectBlobs
from crmkpi.store.datasets import Datasets
from crmkpi.store.disk import prepare, refuse_unsafe_place
from crmkpi.store.editions import Editions
from crmkpi.store.engine import Database
from crmkpi.store.errors import StoreDamagedError
from crmkpi.store.links import Links
from crmkpi.store.members import Members
from crmkpi.store.migrate import migrate
from crmkpi.store.projects import Projects
from crmkpi.store.retention import Retention
from crmkpi.store.viewers import Viewers

DATABASE_URL, BLOBS = "CRMKPI_DATABASE_URL", "CRMKPI_BLOBS"
# folders of the home that hold one folder a project
FOLDERS = ("projects", "inbox")


@dataclass(frozen=True)
class Store:
    """The parts of the store, all over one database. `shared`: other processes or machines see the same projects."""

    home: Path
    database: Database
    blobs: Blobs
    shared: bool
    projects: Projects
    datasets: Datasets
    links: Links
    editions: Editions
    viewers: Viewers
    members: Members
    audit: Audit
    retention: Retention

    def close(self) -> None:
        """Give connections back; the store can be opened again."""
        self.database.close()

    def back_up(self) -> Path | None:
        """A checked copy of the database now; None on Postgres, which has tools of its own."""
        if self.database.file is None:
            return None
        return back_up_sqlite(self.database.file, self.home)


def open_store(
    home: Path,
    url: str | None = None,
    blobs: str | None = None,
    clock: Callable[[], float] | None = None,
) -> Store:
    """Open the store of a home directory: SQLite in `home/store.db`, or the database at `url`.

    `url` and `blobs` default to CRMKPI_DATABASE_URL and CRMKPI_BLOBS. Raises StorePlaceError (network disk),
    StoreReadOnlyError, StoreDamagedError (names the newest good copy), StoreNewerError, StoreAddressError,
    StoreUnavailableError.
    """
    url = url or os.environ.get(DATABASE_URL) or None
    blobs = blobs or os.environ.get(BLOBS) or None
    if not url:
        refuse_unsafe_place(home)
    prepare(home)
    with ExitStack() as undo:
        database = Database(home, url, clock)
        undo.callback(database.close)
        _refuse_damaged(database)
        migrate(database)
        new_day = database.file is not None and daily_copy(database.file, home)
        undo.pop_all()  # from here on the store closes it
    kept: Blobs = ObjectBlobs.at(blobs) if blobs else LocalBlobs(home)
    store = _assembled(home, database, kept, shared=bool(url or blobs))
    if new_day and not blobs:
        store.retention.sweep()
    return store


def _refuse_damaged(database: Database) -> None:
    file = database.file
    if file is None or not file.is_file() or not file.stat().st_size:
        return
    if not looks_whole(file):
        good = newest_good(database.home)
        raise StoreDamagedError(file=file.name, backup=good.name if good else "—")


def _assembled(home: Path, database: Database, blobs: Blobs, shared: bool) -> Store:
    return Store(
        home=home,
        database=database,
        blobs=blobs,
        shared=shared,
        projects=Projects(database),
        datasets=Datasets(database, blobs),
        links=Links(database),
        editions=Editions(database),
        viewers=Viewers(database),
        members=Members(database),
        audit=Audit(database),
        retention=Retention(database, blobs, [home / name for name in FOLDERS]),
    )


def health(store: Store) -> dict[str, object]:
    """What a readiness check wants to know: kind of database, its version, free room, newest copy. No secrets."""
    with store.database.read() as tx:
        kind = "sqlite" if store.database.sqlite else "postgres"
        question = "SELECT sqlite_version()" if store.database.sqlite else "SHOW server_version"
        version = tx.conn.exec_driver_sql(question).scalar()
    newest = next(iter(copies(store.home)), None)
    return {
        "database": kind,
        "version": version,
        "free_mb": shutil.disk_usage(store.home).free // 1024**2,
        "copy": newest.name if newest else None,
    }
