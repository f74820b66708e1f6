"""The audit log: who did what to which object, append-only, each line chained to the one before by its hash.

Lines hold ids, counts and hashes, never a word of a user, a token or a row: they outlive the project.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crmkpi.store.engine import Database, Transaction
from crmkpi.store.schema import AUDIT

START = "0" * 64
ACTOR = 64


@dataclass(frozen=True)
class AuditLine:
    """One line. `at`: ms since the epoch."""

    id: int
    at: int
    project_id: str
    actor: str
    action: str
    object: str
    detail: dict[str, Any]


def actor_of(subject: str) -> str:
    """How the log names a person: a short hash, so that an e-mail address is not kept for ever."""
    return "" if not subject else "p-" + hashlib.sha256(subject.encode()).hexdigest()[:16]


def note(tx: Transaction, project_id: str, by: str, action: str, object_id: str = "", **detail: Any) -> None:
    """Append one line inside the transaction of the change itself: both are there or neither."""
    tx.in_line()
    last = tx.run(sa.select(AUDIT.c.hash).order_by(AUDIT.c.id.desc()).limit(1)).scalar()
    line = {
        "at": tx.now,
        "project_id": project_id,
        "actor": actor_of(by),
        "action": action,
        "object": object_id,
        "detail": json.dumps(detail, sort_keys=True),
        "prev_hash": last or START,
    }
    tx.run(AUDIT.insert().values(**line, hash=_hash(line)))


def _hash(line: dict[str, Any]) -> str:
    text = json.dumps([line[k] for k in sorted(line)], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


class Audit:
    """Reading the log."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def lines(self, project_id: str | None = None, limit: int = 200) -> list[AuditLine]:
        """The latest lines, of one project or of all, the newest first."""
        query = sa.select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
        if project_id is not None:
            query = query.where(AUDIT.c.project_id == project_id)
        with self.database.read() as tx:
            return [
                AuditLine(r.id, r.at, r.project_id, r.actor, r.action, r.object, json.loads(r.detail))
                for r in tx.run(query)
            ]

    def broken_at(self) -> int | None:
        """Id of the first line that does not follow from the one before it; None if the chain is whole."""
        before = START
        with self.database.read() as tx:
            for row in tx.run(sa.select(AUDIT).order_by(AUDIT.c.id)):
                line = {k: v for k, v in row._mapping.items() if k not in ("id", "hash")}
                if row.prev_hash != before or _hash(line) != row.hash:
                    return int(row.id)
                before = row.hash
        return None
