"""The loaded data of a project in the store: a list of names and hashes over blobs, put and fetched as a whole.

Two processes with one database and one object store see the same project: whoever loaded puts the data, whoever opens
brings its own directory up to the latest list. A directory is swapped in whole, never file by file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from crmkpi.store.audit import note
from crmkpi.store.blobs import Blobs, digest_of
from crmkpi.store.engine import Database, Transaction
from crmkpi.store.errors import BlobDamagedError, ProjectGoneError, StoreBusyError
from crmkpi.store.schema import BLOB, DATASET, PROJECT

# beside the data directory: which data set of the store it is, and how its files looked then
MARK = ".stored.json"
KEPT = 2
_SAFE = (".json", ".parquet")


@dataclass(frozen=True)
class Dataset:
    """One state of a project's data: relative names to hashes, numbered from 1."""

    number: int
    files: dict[str, str]
    at: int


class Datasets:
    """Putting and fetching whole data directories."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self.database, self.blobs = database, blobs

    def latest(self, project_id: str) -> Dataset | None:
        """The current data set, None before the first load."""
        query = (
            sa.select(DATASET)
            .join(PROJECT, (PROJECT.c.id == DATASET.c.project_id) & (PROJECT.c.dataset == DATASET.c.number))
            .where(PROJECT.c.id == project_id)
        )
        with self.database.read() as tx:
            row = tx.run(query).one_or_none()
        return Dataset(row.number, json.loads(row.files), row.created_at) if row is not None else None

    def put(self, project_id: str, root: Path, by: str = "") -> Dataset | None:
        """Keep the directory `root/data` as the current data set; nothing is done if it is stored already.

        The blobs are safe before a row speaks of them. Raises StoreFullError, ProjectGoneError.
        """
        data = root / "data"
        if not data.is_dir() or _marked(root) == _look(data):
            return self.latest(project_id)
        seen, files, sizes = self._put_all(project_id, data)
        with self.database.write() as tx:
            number = _record(tx, project_id, files, sizes)
            note(tx, project_id, by, "data.put", str(number), files=len(files), bytes=sum(sizes.values()))
            made = Dataset(number, files, tx.now)
        _mark(root, number, seen)
        return made

    def _put_all(
        self, project_id: str, data: Path
    ) -> tuple[list[list[object]], dict[str, str], dict[str, int]]:
        """All files of one state: a load that swaps the directory meanwhile makes it begin again."""
        for _ in range(3):
            seen, files, sizes = _look(data), {}, {}
            try:
                for path in _files(data):
                    sha256, size = self.blobs.put(project_id, path)
                    files[path.relative_to(data).as_posix()] = sha256
                    sizes[sha256] = size
            except FileNotFoundError:
                continue
            if _look(data) == seen:
                return seen, files, sizes
        raise StoreBusyError(seconds=0)

    def fetch(self, project_id: str, root: Path) -> bool:
        """Bring `root/data` up to the current data set; False if it is there already or nothing was ever put.

        Raises BlobMissingError, BlobDamagedError, StoreUnavailableError; the directory is then as it was.
        """
        dataset = self.latest(project_id)
        if dataset is None or (_mark_number(root) == dataset.number and (root / "data").is_dir()):
            return False
        root.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=root, prefix=".data-fetch-"))
        try:
            for name, sha256 in dataset.files.items():
                target = _inside(staging / "new", name)
                target.parent.mkdir(parents=True, exist_ok=True)
                self._bring(project_id, sha256, root / "data" / name, target)
            (staging / "new").mkdir(exist_ok=True)
            _swap(root, staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        _mark(root, dataset.number, _look(root / "data"))
        return True

    def _bring(self, project_id: str, sha256: str, here: Path, target: Path) -> None:
        """Take a file that did not change from the present directory, anything else from the blobs."""
        if here.is_file() and digest_of(here) == sha256:
            shutil.copyfile(here, target)
        else:
            self.blobs.fetch(project_id, sha256, target)

    def sweep(self, project_id: str, older_seconds: float) -> int:
        """Remove blobs that no kept data set names and that are older than this; returns how many."""
        with self.database.write() as tx:
            number = tx.run(sa.select(PROJECT.c.dataset).where(PROJECT.c.id == project_id)).scalar() or 0
            mine = DATASET.c.project_id == project_id
            tx.run(DATASET.delete().where(mine, DATASET.c.number <= number - KEPT))
            lists = tx.run(sa.select(DATASET.c.files).where(mine)).scalars().all()
            named = {sha256 for text in lists for sha256 in json.loads(text).values()}
            unnamed = sa.and_(BLOB.c.project_id == project_id, BLOB.c.sha256.not_in(named or {""}))
            tx.run(BLOB.delete().where(unnamed, BLOB.c.created_at < tx.now - older_seconds * 1000))
        orphans = [s for s, age in self.blobs.of(project_id) if s not in named and age > older_seconds]
        for sha256 in orphans:
            if len(sha256) == 64:
                self.blobs.drop(project_id, sha256)
        return len(orphans)


def _record(tx: Transaction, project_id: str, files: dict[str, str], sizes: dict[str, int]) -> int:
    row = tx.run(
        sa.select(PROJECT.c.dataset).where(PROJECT.c.id == project_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise ProjectGoneError(id=project_id)
    known = set(tx.run(sa.select(BLOB.c.sha256).where(BLOB.c.project_id == project_id)).scalars())
    for sha256, size in sizes.items():
        if sha256 not in known:
            tx.run(BLOB.insert().values(project_id=project_id, sha256=sha256, bytes=size, created_at=tx.now))
    number = row.dataset + 1
    text = json.dumps(files, sort_keys=True)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    tx.run(
        DATASET.insert().values(
            project_id=project_id, number=number, files=text, fingerprint=fingerprint, created_at=tx.now
        )
    )
    tx.run(PROJECT.update().where(PROJECT.c.id == project_id).values(dataset=number))
    return number


def _files(data: Path) -> list[Path]:
    return sorted(
        p for p in data.rglob("*") if p.is_file() and p.suffix in _SAFE and not p.name.startswith(".")
    )


def _look(data: Path) -> list[list[object]]:
    """Names, sizes and times of the files: cheap to compare, changes with every load."""
    return [[p.relative_to(data).as_posix(), p.stat().st_size, p.stat().st_mtime_ns] for p in _files(data)]


def _marked(root: Path) -> list[list[object]] | None:
    return _read_mark(root).get("files")  # type: ignore[return-value]


def _mark_number(root: Path) -> int | None:
    return _read_mark(root).get("number")  # type: ignore[return-value]


def _read_mark(root: Path) -> dict[str, object]:
    path = root / MARK
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _mark(root: Path, number: int, files: list[list[object]]) -> None:
    part = root / f"{MARK}.new"
    part.write_text(json.dumps({"number": number, "files": files}), encoding="utf-8")
    os.replace(part, root / MARK)


def _inside(folder: Path, name: str) -> Path:
    """A path below the folder; a name that leads elsewhere is damage."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BlobDamagedError(name=name[:40])
    return path


def _swap(root: Path, staging: Path) -> None:
    """Two renames; the old data stand aside where `ingest.files.repaired` looks for them after a kill."""
    data, aside = root / "data", Path(tempfile.mkdtemp(dir=root, prefix=".data-old-"))
    try:
        if data.is_dir():
            os.replace(data, aside / "old")
        os.replace(staging / "new", data)
    finally:
        if not data.exists() and (aside / "old").is_dir():
            os.replace(aside / "old", data)
        shutil.rmtree(aside, ignore_errors=True)
