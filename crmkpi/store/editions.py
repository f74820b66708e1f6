"""Editions: the address of a link stays, its content is published anew. An edition never changes once it is out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from crmkpi import __version__
from crmkpi.store.audit import note
from crmkpi.store.engine import Database, Transaction
from crmkpi.store.errors import LinkGoneError
from crmkpi.store.schema import EDITION, LINK, REPLY


@dataclass(frozen=True)
class EditionDraft:
    """What is about to be published: aggregates and texts only, the hash of the data and their last day."""

    snapshot: dict[str, Any]
    data_hash: str = ""
    data_day: date | None = None


@dataclass(frozen=True)
class Edition:
    """A published edition. `at` in ms since the epoch; `sha256` is over the stored text of the snapshot."""

    number: int
    snapshot: dict[str, Any]
    sha256: str
    data_hash: str
    data_day: date | None
    app_version: str
    at: int


@dataclass(frozen=True)
class Reply:
    """What a reader left: `kind` is seen (signed off) or question; `kpi` is empty for the whole page."""

    id: int
    link_id: str
    edition: int
    kind: str
    kpi: str
    name: str
    text: str
    at: int


class Editions:
    """The owner's side: publish, look back, read the replies."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def publish(self, project_id: str, link_id: str, draft: EditionDraft, by: str = "") -> int:
        """A new edition at the same address; returns its number. Raises LinkGoneError (also for a revoked link)."""
        with self.database.write() as tx:
            mine = (LINK.c.id == link_id, LINK.c.project_id == project_id, LINK.c.revoked_at.is_(None))
            # touching the row holds it, so that two clicks get two numbers
            if tx.run(LINK.update().where(*mine).values(prefix8=LINK.c.prefix8)).rowcount != 1:
                raise LinkGoneError(id=link_id[:16])
            number = publish_in(tx, project_id, link_id, draft, by)
            note(tx, project_id, by, "edition.publish", link_id, number=number)
            return number

    def of(self, project_id: str, link_id: str) -> list[Edition]:
        """All editions of a link, the newest first."""
        mine = (EDITION.c.link_id == link_id, EDITION.c.project_id == project_id)
        query = sa.select(EDITION).where(*mine).order_by(EDITION.c.number.desc())
        with self.database.read() as tx:
            return [edition_of(row) for row in tx.run(query)]

    def replies(self, project_id: str, link_id: str | None = None) -> list[Reply]:
        """Sign-offs and questions of readers, the newest first."""
        query = sa.select(REPLY).where(REPLY.c.project_id == project_id).order_by(REPLY.c.id.desc())
        if link_id is not None:
            query = query.where(REPLY.c.link_id == link_id)
        with self.database.read() as tx:
            return [
                Reply(r.id, r.link_id, r.edition, r.kind, r.kpi, r.name, r.text, r.at) for r in tx.run(query)
            ]


def publish_in(tx: Transaction, project_id: str, link_id: str, draft: EditionDraft, by: str) -> int:
    """Write the next edition inside an open transaction."""
    last = tx.run(sa.select(sa.func.max(EDITION.c.number)).where(EDITION.c.link_id == link_id)).scalar()
    text = json.dumps(draft.snapshot, ensure_ascii=False, allow_nan=False)
    number = (last or 0) + 1
    tx.run(
        EDITION.insert().values(
            link_id=link_id,
            number=number,
            project_id=project_id,
            document=text,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            data_hash=draft.data_hash,
            data_day=draft.data_day.isoformat() if draft.data_day else None,
            app_version=__version__,
            published_at=tx.now,
            published_by=by,
        )
    )
    return number


def edition_of(row: sa.Row[Any]) -> Edition:
    """A stored edition."""
    return Edition(
        number=row.number,
        snapshot=json.loads(row.document),
        sha256=row.sha256,
        data_hash=row.data_hash,
        data_day=date.fromisoformat(row.data_day) if row.data_day else None,
        app_version=row.app_version,
        at=row.published_at,
    )
