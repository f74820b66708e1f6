"""Forgetting: delete a project with a receipt and a search that proves it; sweep what nobody refers to any more.

Order: links first (doors close), then rows, then blobs, files on this disk and the copies of the database, which are
replaced by a fresh one. Copies that an operator of Postgres makes are theirs to forget.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crmkpi.store.audit import note
from crmkpi.store.backup import KEPT_DAYS, drop_old_copies, renew_copies
from crmkpi.store.blobs import Blobs, LocalBlobs
from crmkpi.store.disk import drop_ballast
from crmkpi.store.engine import Database, Transaction
from crmkpi.store.errors import ProjectGoneError, StoreFullError
from crmkpi.store.schema import AUDIT, LINK, METADATA, MISS, OWNED, PROJECT, RECEIPT, VIEWER

DAY = 86_400_000
ORPHAN_SECONDS = 24 * 3600
# tables that keep the id of a deleted project on purpose
KEEPERS = {"audit", "receipt"}


@dataclass(frozen=True)
class Receipt:
    """Proof of a deletion: what went (counts and hashes, no words), when, and what the search found afterwards.

    `found` is empty when nothing is left. `copies_until`: ms since the epoch until when older copies of the database
    hold the rows, where they could not be replaced (a full disk); None otherwise.
    """

    id: str
    project_id: str
    at: int
    rows: dict[str, int]
    blobs: int
    files: int
    bytes: int
    document_sha256: str
    searched: int
    found: tuple[str, ...]
    copies_until: int | None


@dataclass(frozen=True)
class _Gone:
    rows: dict[str, int]
    document_sha256: str
    traces: tuple[bytes, ...]
    at: int


class Retention:
    """Deleting and sweeping. `folders` are the places of this disk that hold a folder named by a project's id."""

    def __init__(self, database: Database, blobs: Blobs, folders: Iterable[Path]) -> None:
        self.database, self.blobs, self.folders = database, blobs, tuple(folders)

    def delete(self, project_id: str, by: str = "") -> Receipt:
        """Delete a project everywhere. Raises ProjectGoneError. On a full disk the ballast makes room first.

        A kill half way leaves rows that are gone and files that the sweep removes; asking again finishes it.
        """
        try:
            gone = self._rows(project_id, by)
        except StoreFullError:
            if not drop_ballast(self.database.home):
                raise
            gone = self._rows(project_id, by)
        blobs = self._blobs(project_id)
        files, size = self._files(project_id)
        file = self.database.file
        replaced = file is None or renew_copies(file, self.database.home)
        found, searched = self.search(project_id, gone.traces)
        receipt = Receipt(
            id=secrets.token_hex(8),
            project_id=project_id,
            at=gone.at,
            rows=gone.rows,
            blobs=blobs,
            files=files,
            bytes=size,
            document_sha256=gone.document_sha256,
            searched=searched,
            found=tuple(found),
            copies_until=None if replaced else gone.at + KEPT_DAYS * DAY,
        )
        with self.database.write() as tx:
            text = json.dumps(asdict(receipt), sort_keys=True)
            tx.run(
                RECEIPT.insert().values(id=receipt.id, project_id=project_id, at=receipt.at, document=text)
            )
        return receipt

    def _rows(self, project_id: str, by: str) -> _Gone:
        with self.database.write() as tx:
            row = tx.run(sa.select(PROJECT).where(PROJECT.c.id == project_id)).one_or_none()
            if row is None:
                raise ProjectGoneError(id=project_id)
            hashes = tx.run(sa.select(LINK.c.token_hash).where(LINK.c.project_id == project_id)).scalars()
            traces = (f'"id":"{project_id}"'.encode(), *(h.encode() for h in hashes))
            rows = {t.name: _removed(tx, t, project_id) for t in OWNED}
            tx.run(PROJECT.delete().where(PROJECT.c.id == project_id))
            note(tx, project_id, by, "project.delete", rows=sum(rows.values()))
            digest = hashlib.sha256(row.document.encode()).hexdigest()
            return _Gone({"project": 1, **rows}, digest, traces, tx.now)

    def _blobs(self, project_id: str) -> int:
        count = 0
        for sha256, _ in list(self.blobs.of(project_id)):
            if len(sha256) == 64:
                self.blobs.drop(project_id, sha256)
                count += 1
        if isinstance(self.blobs, LocalBlobs):
            shutil.rmtree(self.blobs.root / project_id, ignore_errors=True)
        return count

    def _files(self, project_id: str) -> tuple[int, int]:
        count = size = 0
        for folder in self.folders:
            for path in (folder / project_id).rglob("*"):
                if path.is_file():
                    count, size = count + 1, size + path.stat().st_size
            shutil.rmtree(folder / project_id, ignore_errors=True)
        return count, size

    def search(self, project_id: str, traces: Iterable[bytes] = ()) -> tuple[list[str], int]:
        """Look for anything left of a project: rows, blobs, folders, and its texts in the bytes of every file here.

        Returns where something was found, and how many places were looked at.
        """
        found, searched = [], 0
        with self.database.read() as tx:
            for table in METADATA.sorted_tables:
                if "project_id" in table.c and table.name not in KEEPERS:
                    searched += 1
                    mine = (
                        sa.select(sa.func.count()).select_from(table).where(table.c.project_id == project_id)
                    )
                    if tx.run(mine).scalar_one():
                        found.append(f"table:{table.name}")
        if any(True for _ in self.blobs.of(project_id)):
            found.append("blobs")
        found += [f"folder:{f.name}" for f in self.folders if (f / project_id).exists()]
        wanted = [t for t in traces if t]
        for path in sorted(self.database.home.rglob("*")):
            if path.is_file() and wanted:
                searched += 1
                if _holds(path, wanted):
                    found.append(f"file:{path.name}")
        return found, searched

    def receipts(self, project_id: str | None = None) -> list[Receipt]:
        """Receipts of deletions, the newest first."""
        query = sa.select(RECEIPT.c.document).order_by(RECEIPT.c.at.desc())
        if project_id is not None:
            query = query.where(RECEIPT.c.project_id == project_id)
        with self.database.read() as tx:
            return [_receipt(json.loads(text)) for text in tx.run(query).scalars()]

    def deleted(self, project_id: str) -> bool:
        """Whether a project of this id was ever deleted here (ids are random and never used again)."""
        gone = (AUDIT.c.project_id == project_id, AUDIT.c.action == "project.delete")
        with self.database.read() as tx:
            return tx.run(sa.select(AUDIT.c.id).where(*gone).limit(1)).scalar() is not None

    def keep_for(self, project_id: str, days: int | None, by: str = "") -> None:
        """How long a project may lie unused before it is deleted; None: for ever."""
        with self.database.write() as tx:
            mine = PROJECT.c.id == project_id
            if tx.run(PROJECT.update().where(mine).values(retention_days=days)).rowcount != 1:
                raise ProjectGoneError(id=project_id)
            note(tx, project_id, by, "project.keep_for", days=days)

    def due(self, within_days: int = 0) -> list[str]:
        """Projects whose time is over (or will be within so many days, for a reminder)."""
        with self.database.read() as tx:
            # days times milliseconds is more than Postgres keeps in an integer
            ends = PROJECT.c.used_at + sa.cast(PROJECT.c.retention_days, sa.BigInteger) * DAY
            return list(tx.run(sa.select(PROJECT.c.id).where(ends <= tx.now + within_days * DAY)).scalars())

    def sweep(self, older_seconds: float = ORPHAN_SECONDS) -> int:
        """Remove what nobody needs: blobs of deleted projects, torn temporary files, old sessions of readers."""
        with self.database.write() as tx:
            over = sa.select(LINK.c.id).where(
                sa.or_(LINK.c.expires_at <= tx.now, LINK.c.revoked_at.is_not(None))
            )
            tx.run(VIEWER.delete().where(VIEWER.c.link_id.in_(over)))
            tx.run(MISS.delete().where(MISS.c.at <= tx.now - DAY))
            known = set(tx.run(sa.select(PROJECT.c.id)).scalars())
        drop_old_copies(self.database.home)
        count = 0
        for project_id in self.blobs.projects():
            if isinstance(self.blobs, LocalBlobs):
                count += self.blobs.drop_torn(project_id, older_seconds)
            if project_id in known:
                continue
            for sha256, age in list(self.blobs.of(project_id)):
                if age > older_seconds and len(sha256) == 64:
                    self.blobs.drop(project_id, sha256)
                    count += 1
        return count


def _removed(tx: Transaction, table: sa.Table, project_id: str) -> int:
    return tx.run(table.delete().where(table.c.project_id == project_id)).rowcount


def _receipt(raw: dict[str, Any]) -> Receipt:
    return Receipt(**{**raw, "found": tuple(raw["found"])})


def _holds(path: Path, wanted: list[bytes]) -> bool:
    """Whether any of the texts stands in the bytes of a file."""
    try:
        with path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                return False
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return any(content.find(text) >= 0 for text in wanted)
    except FileNotFoundError:
        return False
