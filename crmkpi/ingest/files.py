"""The files of a project as they were read: typed canonical rows kept per file, so that tables can be rebuilt.

Below the canonical store's root: `files/index.json` and `files/<sha256>/<n>.parquet`, n = number of the table in
the file. A switch, a replaced file or an added one rebuilds every table from these rows, not from the uploads.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crmkpi.engine.data import DamagedDataError

FOLDER, INDEX = "files", "index.json"
ABANDONED_SECONDS = 6 * 3600
# two renames take far less; a process that was killed between them never ends
SWAP_SECONDS = 1.0


class Entry(BaseModel):
    """One table of one file: where its rows are kept, and how they were understood.

    `labels`: canonical or own column -> header in the file; `answers`: what was decided (by a person or by the
    marked default) about this file; `order`: position in the sequence of loads, later files win.
    """

    model_config = ConfigDict(frozen=True)
    # both become part of a path, and an index may come from a stranger's project file
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    file: str
    bytes: int = 0
    member: str | None = None
    sheet: str | None = None
    table: str
    system: str | None = None
    header_set: str
    labels: dict[str, str]
    dimensions: tuple[str, ...] = ()
    answers: dict[str, str] = Field(default_factory=dict)
    zone: str | None = None
    part: str = Field(pattern=r"^\d{1,6}\.parquet$")
    order: int = 0
    rows: int = 0
    currency: str | None = None
    scale: int = 1
    rounded: int = 0
    flags: tuple[str, ...] = ()

    @property
    def group(self) -> tuple[str, str]:
        """Files of one group are the same report: a new one replaces the old."""
        return self.table, self.header_set

    @property
    def identity(self) -> tuple[str, str | None, str | None]:
        """The table inside the uploaded bytes."""
        return self.sha256, self.member, self.sheet

    @property
    def columns(self) -> set[str]:
        """Canonical columns that this file gave."""
        return set(self.labels) - set(self.dimensions)


class Index(BaseModel):
    """All kept tables, in the order in which they were loaded."""

    version: int = 1
    entries: list[Entry] = Field(default_factory=list)


def read_index(root: Path) -> Index:
    """The kept files of a store; an empty index where nothing was loaded. DamagedDataError if unreadable."""
    path = root / FOLDER / INDEX
    if not path.exists():
        return Index()
    try:
        return Index.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise DamagedDataError(path=INDEX, detail=error.errors()[0]["msg"]) from error


def write_index(root: Path, entries: list[Entry]) -> None:
    """Save the list of kept tables."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(Index(entries=entries).model_dump(mode="json"), ensure_ascii=False, indent=1)
    (folder / INDEX).write_text(text, encoding="utf-8")


def part_path(root: Path, entry: Entry) -> Path:
    """File of the kept rows."""
    return root / FOLDER / entry.sha256 / entry.part


def read_part(root: Path, entry: Entry) -> pl.DataFrame:
    """The kept rows of one entry."""
    path = part_path(root, entry)
    if not path.exists():
        raise DamagedDataError(path=f"{FOLDER}/{entry.sha256}/{entry.part}", detail="missing")
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DamagedDataError(path=f"{FOLDER}/{entry.sha256}/{entry.part}", detail="unreadable") from error


def write_part(root: Path, entry: Entry, rows: pl.DataFrame) -> None:
    """Keep the typed rows of one table."""
    path = part_path(root, entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(path, compression="lz4", statistics=False)


def carry_part(old: Path, new: Path, entry: Entry) -> None:
    """Take kept rows (and the rejected ones beside them) over into a fresh directory, by hard links if it can."""
    stem = entry.part.removesuffix(".parquet")
    for source in (part_path(old, entry), *part_path(old, entry).parent.glob(f"{stem}.*.parquet")):
        _carry(source, part_path(new, entry).parent / source.name)


def _carry(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@contextmanager
def replacing(root: Path) -> Iterator[Path]:
    """A fresh directory that takes the place of `root` if the block ends well; else nothing has changed."""
    root.parent.mkdir(parents=True, exist_ok=True)
    repaired(root)
    fresh = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
    try:
        yield fresh
        _swap(fresh, root)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def repaired(root: Path) -> Path:
    """Take up what a killed load left beside a data directory, and return it; call it before reading or writing.

    A load that dies between its two renames leaves no directory and the old data set aside: they come back.
    Half-written directories and old data that nobody needs any more go once nobody has touched them for a while.
    """
    asides = sorted(root.parent.glob(f".{root.name}-old-*/old"), key=_age, reverse=True)
    if asides and not root.exists() and not _appears(root):
        try:
            os.replace(asides[0], root)
        except OSError:
            # another process was quicker, with its own copy or with a finished load
            if not root.exists():
                raise
    for left in root.parent.glob(f".{root.name}-*"):
        if root.exists() and time.time() - _age(left) > ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    return root


def _appears(root: Path) -> bool:
    """Whether a load that is between its two renames right now finishes within the usual time."""
    until = time.monotonic() + SWAP_SECONDS
    while time.monotonic() < until:
        if root.exists():
            return True
        time.sleep(0.02)
    return root.exists()


def _age(path: Path) -> float:
    """When a directory was last changed; the epoch if it has just gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _swap(fresh: Path, root: Path) -> None:
    """Put the fresh directory in place: the old one steps aside and comes back whatever happens in between.

    A signal handler may raise anywhere (SystemExit at SIGTERM); a killed process is repaired by `repaired`.
    """
    os.chmod(fresh, 0o755)
    aside = Path(tempfile.mkdtemp(prefix=f".{root.name}-old-", dir=root.parent))
    try:
        if root.exists():
            os.replace(root, aside / "old")
        os.replace(fresh, root)
    finally:
        # an exception that is no Exception (a signal) must bring the old data back too
        if not root.exists() and (aside / "old").is_dir():
            os.replace(aside / "old", root)
        if root.exists():
            shutil.rmtree(aside, ignore_errors=True)
