"""Copies of the SQLite file: whole, checked, the last seven kept; and the way back."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from crmkpi.store.engine import FILE, WAIT_SECONDS

FOLDER = "backups"
KEPT = 7
KEPT_DAYS = 7
DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def back_up_sqlite(file: Path, home: Path, label: str = "daily") -> Path:
    """Copy the database while it is in use, check the copy, then drop the oldest ones. Returns the copy's path."""
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    target = folder / f"store-{moment}-{label}.db"
    part = target.with_suffix(".part")
    try:
        with contextlib.closing(_opened(file)) as source, contextlib.closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
        if not whole(part):
            raise sqlite3.DatabaseError("the copy is damaged")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    for old in copies(home)[KEPT:]:
        old.unlink(missing_ok=True)
    return target


def renew_copies(file: Path, home: Path) -> bool:
    """After a deletion: one fresh copy takes the place of all that still hold the deleted rows.

    False if no fresh copy could be made (a full disk): the old ones then stay until they are a week old.
    """
    old = copies(home)
    if not old:
        return True
    try:
        back_up_sqlite(file, home, "after-delete")
    except (OSError, sqlite3.Error):
        return False
    for path in old:
        path.unlink(missing_ok=True)
    return True


def drop_old_copies(home: Path) -> None:
    """Remove copies older than a week, but never the newest one."""
    for path in copies(home)[1:]:
        if time.time() - path.stat().st_mtime > KEPT_DAYS * 86_400:
            path.unlink(missing_ok=True)


def daily_copy(file: Path, home: Path) -> bool:
    """Make a copy if the newest is older than a day; True if one was made now.

    Where none can be made (a full disk) the app works on without it; the health line names the newest copy.
    """
    newest = next(iter(copies(home)), None)
    if newest is not None and time.time() - newest.stat().st_mtime < 86_400:
        return False
    try:
        back_up_sqlite(file, home)
    except (OSError, sqlite3.Error):
        return False
    return True


def copies(home: Path) -> list[Path]:
    """The kept copies, the newest first."""
    return sorted((home / FOLDER).glob("store-*.db"), reverse=True)


def newest_good(home: Path) -> Path | None:
    """The newest copy that passes the check; None if there is none."""
    return next((path for path in copies(home) if whole(path)), None)


def whole(file: Path) -> bool:
    """Whether SQLite finds the file undamaged. What a killed writer left half done is rolled back first.

    Other troubles (held by another process, no right to read) are no damage and stay sqlite3.OperationalError.
    """
    try:
        with contextlib.closing(_opened(file)) as conn:
            return [row[0] for row in conn.execute("PRAGMA quick_check")] == ["ok"]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname.startswith(DAMAGE):
            return False
        raise


def looks_whole(file: Path) -> bool:
    """The same for a file that is in use: one that cannot be asked now counts as whole, the next call will tell."""
    try:
        return whole(file)
    except sqlite3.OperationalError:
        return True


def restore(home: Path, copy: Path) -> Path:
    """Put a copy in place of the store; the damaged file is kept aside. No process may have the store open."""
    file = home / FILE
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    part = file.with_suffix(".restoring")
    part.write_bytes(copy.read_bytes())
    with part.open("rb") as written:
        os.fsync(written.fileno())
    for suffix in ("", "-journal", "-wal", "-shm"):
        old = file.with_name(file.name + suffix)
        if old.exists():
            os.replace(old, file.with_name(f"{file.stem}-damaged-{moment}{file.suffix}{suffix}"))
    os.replace(part, file)
    return file


def _opened(file: Path) -> sqlite3.Connection:
    """For reading, but with the right to write: without it SQLite cannot roll back what a kill left half done."""
    return sqlite3.connect(f"file:{file.absolute().as_posix()}?mode=rw", uri=True, timeout=WAIT_SECONDS)
