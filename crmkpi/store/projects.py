"""The book of projects: every saved document with its version, so that two editors never overwrite each other.

A save names the version it started from. If the stored one has moved on, nothing is written and the caller learns who
saved and when; the last versions stay readable, so that both changes can be joined.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crmkpi.project.document import Project, upgraded
from crmkpi.store.audit import note
from crmkpi.store.engine import Database, Transaction
from crmkpi.store.errors import ChangedByAnotherError, ChangedElsewhereError, ProjectGoneError
from crmkpi.store.schema import MEMBER, PROJECT, PROJECT_VERSION

# a document with the history of its trees may be a megabyte
KEPT_VERSIONS = 30
# `used_at` moves at most this often: looking at a project is not a write
USED_STEP = 3_600_000


@dataclass(frozen=True)
class Saved:
    """A stored document: `version` counts saves, `at` in ms since the epoch, `by` may be empty (nobody signed in)."""

    project: Project
    version: int
    at: int
    by: str


@dataclass(frozen=True)
class ProjectEntry:
    """A line of the list of projects."""

    id: str
    name: str
    version: int
    at: int
    by: str


def digest(secret: str) -> str:
    """What is stored of a secret with full entropy: its hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Projects:
    """Reading and saving documents."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(self, project: Project, by: str = "") -> Saved:
        """Put a new project into the book, version 1. One that is there already is read, not overwritten."""
        with self.database.write() as tx:
            there = tx.run(sa.select(PROJECT).where(PROJECT.c.id == project.id)).one_or_none()
            if there is not None:
                return _saved(there)
            text = project.model_dump_json()
            tx.run(
                PROJECT.insert().values(
                    id=project.id,
                    name=project.name,
                    document=text,
                    version=1,
                    created_at=tx.now,
                    saved_at=tx.now,
                    saved_by=by,
                    used_at=tx.now,
                    dataset=0,
                )
            )
            _keep(tx, project.id, 1, text, by)
            note(tx, project.id, by, "project.create")
            return Saved(project, 1, tx.now, by)

    def read(self, project_id: str) -> Saved:
        """The stored document. Raises ProjectGoneError."""
        with self.database.read() as tx:
            return _saved(_row(tx, project_id))

    def find(self, project_id: str) -> Saved | None:
        """The stored document, None if there is none."""
        with self.database.read() as tx:
            row = tx.run(sa.select(PROJECT).where(PROJECT.c.id == project_id)).one_or_none()
            return _saved(row) if row is not None else None

    def at_version(self, project_id: str, version: int) -> Project | None:
        """The document as it was at a version; None if it is no longer kept."""
        kept = PROJECT_VERSION
        query = sa.select(kept.c.document).where(kept.c.project_id == project_id, kept.c.version == version)
        with self.database.read() as tx:
            text = tx.run(query).scalar()
        return _document(text) if text else None

    def version_of(self, project: Project) -> int | None:
        """The latest kept version that is exactly this document; None if it was never saved here."""
        kept = PROJECT_VERSION
        query = sa.select(kept.c.version, kept.c.document).where(kept.c.project_id == project.id)
        with self.database.read() as tx:
            rows = tx.run(query.order_by(kept.c.version.desc())).all()
        # compared as documents: a field that came with an update of the app has its default in the older text
        return next((row.version for row in rows if _document(row.document) == project), None)

    def changed(self, stored: Saved) -> ChangedByAnotherError:
        """The error that names who saved last and how many minutes ago."""
        with self.database.read() as tx:
            return _changed(tx.now, stored.by, stored.at, stored.version)

    def save(self, project: Project, expected_version: int, by: str = "") -> Saved:
        """Store the document if the stored version is the expected one.

        Raises ChangedByAnotherError (nothing is written), ProjectGoneError.
        """
        text = project.model_dump_json()
        with self.database.write() as tx:
            done = tx.run(
                PROJECT.update()
                .where(PROJECT.c.id == project.id, PROJECT.c.version == expected_version)
                .values(
                    document=text,
                    name=project.name,
                    version=expected_version + 1,
                    saved_at=tx.now,
                    saved_by=by,
                    used_at=tx.now,
                )
            )
            if done.rowcount != 1:
                row = _row(tx, project.id)
                raise _changed(tx.now, row.saved_by, row.saved_at, row.version)
            _keep(tx, project.id, expected_version + 1, text, by)
            note(tx, project.id, by, "project.save", version=expected_version + 1)
            return Saved(project, expected_version + 1, tx.now, by)

    def rename(self, project_id: str, name: str, by: str = "") -> Saved:
        """Change the name alone, whatever else was saved meanwhile."""
        with self.database.write() as tx:
            row = _row(tx, project_id)
            project = _document(row.document).model_copy(update={"name": name})
            text, version = project.model_dump_json(), row.version + 1
            tx.run(
                PROJECT.update()
                .where(PROJECT.c.id == project_id)
                .values(document=text, name=name, version=version, saved_at=tx.now, saved_by=by)
            )
            _keep(tx, project_id, version, text, by)
            note(tx, project_id, by, "project.rename", version=version)
            return Saved(project, version, tx.now, by)

    def entries(self, subject: str | None = None) -> list[ProjectEntry]:
        """All projects, or those a person is a member of; the latest saved first."""
        query = sa.select(PROJECT).order_by(PROJECT.c.saved_at.desc(), PROJECT.c.id)
        if subject is not None:
            query = query.join(MEMBER, MEMBER.c.project_id == PROJECT.c.id).where(MEMBER.c.subject == subject)
        with self.database.read() as tx:
            return [ProjectEntry(r.id, r.name, r.version, r.saved_at, r.saved_by) for r in tx.run(query)]

    def used(self, project_id: str) -> None:
        """Note that somebody works with the project, for retention; written once an hour at most."""
        with self.database.read() as tx:
            last = tx.run(sa.select(PROJECT.c.used_at).where(PROJECT.c.id == project_id)).scalar()
            recent = last is None or tx.now - last < USED_STEP
        if not recent:
            with self.database.write() as tx:
                tx.run(PROJECT.update().where(PROJECT.c.id == project_id).values(used_at=tx.now))

    # the owner key: for hosts without sign-in ----------------------------------------------------------
    def new_owner_key(self, project_id: str, by: str = "") -> str:
        """A fresh unguessable key that opens the project; shown once, the former key stops working."""
        key = secrets.token_urlsafe(32)
        with self.database.write() as tx:
            _row(tx, project_id)
            tx.run(PROJECT.update().where(PROJECT.c.id == project_id).values(owner_hash=digest(key)))
            note(tx, project_id, by, "owner_key.new")
        return key

    def owned_by_key(self, key: str) -> str | None:
        """Id of the project that this owner key opens; None for any other text."""
        query = sa.select(PROJECT.c.id).where(PROJECT.c.owner_hash == digest(key))
        with self.database.read() as tx:
            return tx.run(query).scalar()


def _row(tx: Transaction, project_id: str) -> sa.Row[Any]:
    row = tx.run(sa.select(PROJECT).where(PROJECT.c.id == project_id)).one_or_none()
    if row is None:
        raise ProjectGoneError(id=project_id)
    return row


def _saved(row: sa.Row[Any]) -> Saved:
    return Saved(_document(row.document), row.version, row.saved_at, row.saved_by)


def _document(text: str) -> Project:
    return Project.model_validate(upgraded(json.loads(text)))


def _keep(tx: Transaction, project_id: str, version: int, text: str, by: str) -> None:
    kept = PROJECT_VERSION
    tx.run(
        kept.insert().values(
            project_id=project_id, version=version, document=text, saved_at=tx.now, saved_by=by
        )
    )
    tx.run(kept.delete().where(kept.c.project_id == project_id, kept.c.version <= version - KEPT_VERSIONS))


def _changed(now: int, by: str, at: int, version: int) -> ChangedByAnotherError:
    minutes = max(0, round((now - at) / 60_000))
    if by:
        return ChangedByAnotherError(who=by, minutes=minutes, version=version)
    return ChangedElsewhereError(minutes=minutes, version=version)
