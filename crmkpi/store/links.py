"""Share links as the owner sees them: made, listed, renewed, revoked.

The token has 256 bits and is shown once; the store keeps its hash. A link lives until the last due date of the shared
targets, 90 days at most, and can be renewed for the same again. Nothing here can be reached with a viewer's session.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from crmkpi.store.audit import note
from crmkpi.store.editions import EditionDraft, publish_in
from crmkpi.store.engine import Database, Transaction
from crmkpi.store.errors import LinkGoneError, LinkScopeError, ProjectGoneError
from crmkpi.store.projects import digest
from crmkpi.store.schema import EDITION, LINK, PROJECT, VIEWER

DAY = 86_400_000
LONGEST_DAYS = 90
# a link to targets without a future due date
USUAL_DAYS = 30
PREFIX = 8
SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 1024**2, "dklen": 32}


@dataclass(frozen=True)
class Scope:
    """What a link opens: the frozen snapshot or today's aggregates (`live`); drill-down and files only if ticked."""

    live: bool = False
    drill: bool = False
    export: bool = False

    def __str__(self) -> str:
        parts = ["live" if self.live else "snapshot", *(["drill"] * self.drill), *(["export"] * self.export)]
        return "+".join(parts)

    @classmethod
    def parse(cls, text: str) -> Scope:
        """The scope from its text, e.g. `snapshot+drill`. Raises LinkScopeError."""
        kind, *more = text.split("+")
        if kind not in ("snapshot", "live") or set(more) - {"drill", "export"}:
            raise LinkScopeError(what=text[:40])
        return cls(kind == "live", "drill" in more, "export" in more)


@dataclass(frozen=True)
class LinkOptions:
    """What the owner chose. `sharer` is the name a reader sees; `days` None: by the due dates of the targets.

    `once` is a key of the click: the same key a second time makes no second link.
    """

    scope: Scope = Scope()
    passphrase: str | None = None
    questions: bool = False
    sharer: str = ""
    max_opens: int | None = None
    until: date | None = None
    once: str | None = None


@dataclass(frozen=True)
class Link:
    """A link in the owner's list; times in ms since the epoch. `edition` is the number of the latest edition."""

    id: str
    project_id: str
    prefix8: str
    scope: Scope
    locked: bool
    questions: bool
    sharer: str
    created_by: str
    created_at: int
    expires_at: int
    revoked_at: int | None
    ended: bool
    opens: int
    last_open_at: int | None
    max_opens: int | None
    edition: int

    @property
    def open(self) -> bool:
        """Whether the link works now."""
        return self.revoked_at is None and not self.ended


@dataclass(frozen=True)
class NewLink:
    """A link just made. `token` is None when the same click had made it before: it is never shown twice."""

    link: Link
    token: str | None


def scrypt(passphrase: str, salt: bytes) -> bytes:
    """The slow hash of a passphrase (n = 2^15, r = 8, p = 1: about a tenth of a second and 32 MB)."""
    return hashlib.scrypt(passphrase.encode(), salt=salt, **SCRYPT)  # type: ignore[arg-type]


def locked_with(passphrase: str) -> str:
    """What is stored of a passphrase: salt and slow hash."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{scrypt(passphrase, salt).hex()}"


def unlocks(passphrase: str, stored: str | None) -> bool:
    """Whether the passphrase fits. It costs the same time whether or not there is anything to compare with."""
    salt, _, kept = (stored or f"{'00' * 16}:{'00' * 32}").partition(":")
    fits = hmac.compare_digest(scrypt(passphrase, bytes.fromhex(salt)).hex(), kept)
    return fits and stored is not None


def end_of(dues: Sequence[date], today: date) -> date:
    """Last day of a link: the last due date of the shared targets, 90 days from today at most; 30 without any."""
    coming = [due for due in dues if due >= today]
    longest = today + timedelta(days=LONGEST_DAYS)
    return min(max(coming, default=today + timedelta(days=USUAL_DAYS)), longest)


def _ends_at(until: date | None, now: int) -> int:
    """The moment after the last day has ended everywhere on Earth, 90 days from now at most."""
    longest = now + LONGEST_DAYS * DAY
    if until is None:
        return now + USUAL_DAYS * DAY
    noon = datetime.combine(until + timedelta(days=1), time(12), tzinfo=UTC)
    return min(int(noon.timestamp() * 1000), longest)


class Links:
    """The owner's side of the links of a project. Every call names the project: a link of another is not found."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(self, project_id: str, edition: EditionDraft, options: LinkOptions, by: str = "") -> NewLink:
        """A new link with its first edition. Raises ProjectGoneError."""
        token, link_id = secrets.token_urlsafe(32), secrets.token_hex(8)
        locked = locked_with(options.passphrase) if options.passphrase else None
        try:
            with self.database.write() as tx:
                if not tx.run(sa.select(PROJECT.c.id).where(PROJECT.c.id == project_id)).scalar():
                    raise ProjectGoneError(id=project_id)
                tx.run(LINK.insert().values(**_row(tx, project_id, link_id, token, locked, options, by)))
                publish_in(tx, project_id, link_id, edition, by)
                note(
                    tx, project_id, by, "link.create", link_id, scope=str(options.scope), locked=bool(locked)
                )
        except exc.IntegrityError:
            known = self._of_click(project_id, options.once)
            if known is None:
                raise
            return NewLink(known, None)
        return NewLink(self.get(project_id, link_id), token)

    def _of_click(self, project_id: str, once: str | None) -> Link | None:
        return (
            next(iter(self._find(LINK.c.project_id == project_id, LINK.c.once == once)), None)
            if once
            else None
        )

    def of(self, project_id: str) -> list[Link]:
        """All links of a project, the newest first."""
        return self._find(LINK.c.project_id == project_id)

    def get(self, project_id: str, link_id: str) -> Link:
        """One link of the project. Raises LinkGoneError."""
        found = self._find(LINK.c.project_id == project_id, LINK.c.id == link_id)
        if not found:
            raise LinkGoneError(id=link_id[:16])
        return found[0]

    def _find(self, *where: sa.ColumnElement[bool]) -> list[Link]:
        number = (
            sa.select(sa.func.max(EDITION.c.number)).where(EDITION.c.link_id == LINK.c.id).scalar_subquery()
        )
        query = (
            sa.select(LINK, number.label("edition"))
            .where(*where)
            .order_by(LINK.c.created_at.desc(), LINK.c.id)
        )
        with self.database.read() as tx:
            return [link_of(row, tx.now) for row in tx.run(query)]

    def renew(self, project_id: str, link_id: str, until: date | None = None, by: str = "") -> Link:
        """Let the link live on: to the end of `until`, or 30 days; an expired one opens again, a revoked one never."""
        with self.database.write() as tx:
            self._change(
                tx,
                project_id,
                link_id,
                LINK.c.revoked_at.is_(None),
                expires_at=_ends_at(until, tx.now),
                ended_at=None,
            )
            note(tx, project_id, by, "link.renew", link_id)
        return self.get(project_id, link_id)

    def revoke(self, project_id: str, link_id: str, by: str = "") -> Link:
        """Close the link for good; open tabs lose it with their next check."""
        with self.database.write() as tx:
            self._change(tx, project_id, link_id, revoked_at=sa.func.coalesce(LINK.c.revoked_at, tx.now))
            tx.run(VIEWER.delete().where(VIEWER.c.link_id == link_id))
            note(tx, project_id, by, "link.revoke", link_id)
        return self.get(project_id, link_id)

    def revoke_all(self, project_id: str, by: str = "") -> int:
        """Close every link of the project; returns how many were open till now."""
        mine = LINK.c.project_id == project_id
        with self.database.write() as tx:
            still = LINK.c.revoked_at.is_(None)
            count = tx.run(LINK.update().where(mine, still).values(revoked_at=tx.now)).rowcount
            tx.run(VIEWER.delete().where(VIEWER.c.project_id == project_id))
            note(tx, project_id, by, "link.revoke_all", links=count)
            return count

    def _change(
        self, tx: Transaction, project_id: str, link_id: str, *where: sa.ColumnElement[bool], **values: Any
    ) -> None:
        mine = (LINK.c.id == link_id, LINK.c.project_id == project_id, *where)
        if tx.run(LINK.update().where(*mine).values(**values)).rowcount != 1:
            raise LinkGoneError(id=link_id[:16])


def _row(
    tx: Transaction,
    project_id: str,
    link_id: str,
    token: str,
    locked: str | None,
    options: LinkOptions,
    by: str,
) -> dict[str, Any]:
    return {
        "id": link_id,
        "project_id": project_id,
        "token_hash": digest(token),
        "prefix8": token[:PREFIX],
        "scope": str(options.scope),
        "passphrase": locked,
        "questions": options.questions,
        "sharer": options.sharer[:80],
        "created_by": by,
        "created_at": tx.now,
        "expires_at": _ends_at(options.until, tx.now),
        "max_opens": options.max_opens,
        "opens": 0,
        "once": options.once,
    }


def link_of(row: sa.Row[Any], now: int) -> Link:
    """A stored link as of now."""
    used_up = row.max_opens is not None and row.opens >= row.max_opens
    return Link(
        id=row.id,
        project_id=row.project_id,
        prefix8=row.prefix8,
        scope=Scope.parse(row.scope),
        locked=row.passphrase is not None,
        questions=row.questions,
        sharer=row.sharer,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        ended=row.ended_at is not None or now >= row.expires_at or used_up,
        opens=row.opens,
        last_open_at=row.last_open_at,
        max_opens=row.max_opens,
        edition=row.edition or 0,
    )
