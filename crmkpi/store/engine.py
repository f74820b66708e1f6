"""The one module that opens connections to the database: SQLite beside the projects, or Postgres by its address.

Every transaction is short and of this room only: no code of a page ever runs inside one. Writes on SQLite begin with
BEGIN IMMEDIATE, so that two writers queue instead of failing half way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from crmkpi.store.errors import (
    StoreAddressError,
    StoreBusyError,
    StoreDamagedError,
    StoreFullError,
    StoreReadOnlyError,
    StoreUnavailableError,
)

FILE = "store.db"
WAIT_SECONDS = 5
BEGIN_TRIES = 3
# below this, write-ahead logging can damage the file (WAL-reset bug); these backports have the mend too
WAL_SAFE = (3, 51, 3)
WAL_BACKPORTS = ((3, 50, 7), (3, 44, 6))
POSTGRES = ("postgres://", "postgresql://", "postgresql+psycopg://")
AUDIT_LOCK = 7_235_001


@dataclass
class Transaction:
    """One open transaction: its connection and its one moment in time."""

    conn: sa.Connection
    database: Database

    @cached_property
    def now(self) -> int:
        """Milliseconds since the epoch by the database's clock; the same for everything in this transaction."""
        if self.database.clock is not None:
            return int(self.database.clock() * 1000)
        if self.database.sqlite:
            return int(time.time() * 1000)
        moment = sa.text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        return int(self.conn.execute(moment).scalar_one())

    def run(self, statement: sa.Executable) -> sa.CursorResult[Any]:
        """Execute one statement."""
        return self.conn.execute(statement)  # type: ignore[return-value]

    def in_line(self) -> None:
        """Wait for the turn of this transaction where order matters (the audit chain)."""
        if not self.database.sqlite:
            self.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(AUDIT_LOCK)))


class Database:
    """A pool of connections. `clock` (seconds) replaces the database's clock in tests."""

    def __init__(self, home: Path, url: str | None = None, clock: Callable[[], float] | None = None) -> None:
        self.home, self.clock = home, clock
        self.file = home / FILE if not url else None
        self.engine = sqlite_engine(home / FILE) if not url else postgres_engine(url)

    @property
    def sqlite(self) -> bool:
        """Whether this is the file of this computer."""
        return self.file is not None

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that changes something; all or nothing. Errors of the database become StoreError."""
        with translated(self), self.engine.connect() as plain:
            conn = plain.execution_options(writes=True)
            with conn.begin():
                yield Transaction(conn, self)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that only reads."""
        with translated(self), self.engine.connect() as conn, conn.begin():
            yield Transaction(conn, self)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def sqlite_engine(file: Path, read_only: bool = False) -> sa.Engine:
    """SQLite with the rules of the house: full synchronisation, deleted content overwritten, foreign keys on."""
    address = f"file:{file.absolute().as_posix()}?mode={'ro' if read_only else 'rwc'}"
    engine = sa.create_engine(
        "sqlite+pysqlite://",
        connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
        poolclass=sa.pool.QueuePool,
        pool_size=8,
        max_overflow=24,
        pool_timeout=WAIT_SECONDS,
    )

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, args: list[Any], options: dict[str, Any]) -> Any:
        return dialect.dbapi.connect(address, uri=True, **options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        # the driver must not begin transactions on its own: `begin` below does
        connection.isolation_level = None
        for line in pragmas(connection.execute("SELECT sqlite_version()").fetchone()[0], read_only):
            connection.execute(line)

    @event.listens_for(engine, "begin")
    def begin(conn: sa.Connection) -> None:
        _begin(conn)

    return engine


def _begin(conn: sa.Connection) -> None:
    if not conn.get_execution_options().get("writes"):
        conn.exec_driver_sql("BEGIN")
        return
    for turn in range(1, BEGIN_TRIES + 1):
        try:
            conn.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except exc.OperationalError as error:
            if turn == BEGIN_TRIES or _sqlite_name(error) != "SQLITE_BUSY":
                raise


def wal_is_safe(version: str) -> bool:
    """Whether this SQLite may keep a write-ahead log without the risk of damage."""
    number = tuple(int(part) for part in version.split(".")[:3])
    return number >= WAL_SAFE or any(number[:2] == b[:2] and number >= b for b in WAL_BACKPORTS)


def pragmas(version: str, read_only: bool = False) -> tuple[str, ...]:
    """What every SQLite connection is told first."""
    journal = "WAL" if wal_is_safe(version) else "DELETE"
    first = () if read_only else (f"PRAGMA journal_mode={journal}",)
    return (
        f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}",
        *first,
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        "PRAGMA secure_delete=ON",
        "PRAGMA trusted_schema=OFF",
    )


def postgres_engine(url: str) -> sa.Engine:
    """Postgres by its address; a dead connection is noticed before it is used. Raises StoreAddressError."""
    kind = next((k for k in POSTGRES if url.startswith(k)), None)
    if kind is None:
        raise StoreAddressError(setting="CRMKPI_DATABASE_URL")
    try:
        return sa.create_engine(
            "postgresql+psycopg://" + url.removeprefix(kind),
            pool_size=8,
            max_overflow=8,
            pool_timeout=WAIT_SECONDS,
            pool_pre_ping=True,
            connect_args={"connect_timeout": WAIT_SECONDS, "options": "-c lock_timeout=5000 -c timezone=UTC"},
        )
    except (exc.ArgumentError, ValueError) as error:
        raise StoreAddressError(setting="CRMKPI_DATABASE_URL") from error


@contextmanager
def translated(database: Database) -> Iterator[None]:
    """Errors of the driver as errors of ours; what is our own defect (a broken rule of the schema) stays as it is."""
    try:
        yield
    except exc.TimeoutError as error:
        raise StoreBusyError(seconds=WAIT_SECONDS) from error
    except (exc.OperationalError, exc.DatabaseError, exc.InterfaceError) as error:
        if isinstance(error, (exc.IntegrityError, exc.ProgrammingError, exc.DataError)):
            raise
        raise _translation(database, error) from error


def _translation(database: Database, error: exc.DBAPIError) -> Exception:
    name = _sqlite_name(error)
    if not database.sqlite:
        state = getattr(error.orig, "sqlstate", None) or ""
        if state in ("53100",):
            return StoreFullError(free_mb=0, need_mb=0)
        if state in ("55P03", "40P01", "40001", "57014"):
            return StoreBusyError(seconds=WAIT_SECONDS)
        return StoreReadOnlyError(reason="read only") if state == "25006" else StoreUnavailableError()
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusyError(seconds=WAIT_SECONDS * BEGIN_TRIES)
    if name == "SQLITE_FULL":
        return StoreFullError(free_mb=0, need_mb=1)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StoreDamagedError(file=FILE, backup="—")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StoreReadOnlyError(reason=name.removeprefix("SQLITE_").lower())
    return StoreUnavailableError()


def _sqlite_name(error: exc.DBAPIError) -> str:
    return str(getattr(error.orig, "sqlite_errorname", ""))
