"""The reader's side of a link: the door, the session behind the cookie, and the little that a reader may write.

A reader holds a session id of 256 bits in a cookie; the store holds its hash, bound to the link. Everything is asked
of the link anew each time, so that a revoked or expired link is dark at the next look. `ShareReader` has no way to
the owner's calls.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from crmkpi.store.audit import note
from crmkpi.store.editions import Edition, Reply, edition_of
from crmkpi.store.engine import Database, Transaction
from crmkpi.store.errors import LinkClosedError, LinkScopeError, QuestionAskedError, QuestionTextError
from crmkpi.store.links import Link, Scope, link_of, unlocks
from crmkpi.store.projects import digest
from crmkpi.store.schema import EDITION, LINK, MISS, REPLY, VIEWER

TRIES = 5
TRIES_WINDOW = 15 * 60_000
LONGEST_QUESTION = 300
LONGEST_NAME = 80
# the moment of the last look is written this often at most
SEEN_STEP = 60_000


@dataclass(frozen=True)
class Door:
    """What may be said before the link is opened: who shares, and whether a passphrase is asked."""

    sharer: str
    locked: bool


@dataclass(frozen=True)
class Entered:
    """A door opened: the id for the cookie, until when (ms since the epoch) and how long (s) it may live."""

    session_id: str
    expires_at: int
    seconds: int


class Viewers:
    """The door of the links."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def door(self, token: str) -> Door | None:
        """Look without opening (no side effect); None alike for unknown, expired, revoked and used-up links."""
        with self.database.read() as tx:
            found = _by_token(tx, token)
            return Door(found.sharer, found.locked) if found is not None and found.open else None

    def enter(self, token: str, passphrase: str | None = None, before: str | None = None) -> Entered:
        """Open the link: counts one opening and gives a session. Raises LinkClosedError, one for every reason.

        `before`: the session this browser holds already; of the same link, it hands on which edition it saw.
        """
        with self.database.read() as tx:
            row = _token_row(tx, token)
            link = link_of(row, tx.now) if row is not None else None
        fits = True
        # the slow hash is made whenever a passphrase was sent, so that time tells nothing
        if passphrase:
            fits = unlocks(passphrase, row.passphrase if row is not None else None)
        if link is None:
            raise LinkClosedError()
        if link.locked:
            fits = bool(passphrase) and fits
            self._try(link, fits)
        elif passphrase:
            fits = True
        if not link.open or not fits:
            self._expire(link.id, link.project_id)
            raise LinkClosedError()
        return self._admit(link.id, before)

    def _try(self, link: Link, fits: bool) -> None:
        """Count wrong passphrases; after five in a quarter of an hour even the right one is refused."""
        with self.database.write() as tx:
            recent = (MISS.c.link_id == link.id, MISS.c.at > tx.now - TRIES_WINDOW)
            misses = tx.run(sa.select(sa.func.count()).select_from(MISS).where(*recent)).scalar_one()
            if not fits and misses < TRIES:
                tx.run(MISS.insert().values(project_id=link.project_id, link_id=link.id, at=tx.now))
                note(tx, link.project_id, "", "link.miss", link.id)
            tx.run(MISS.delete().where(MISS.c.link_id == link.id, MISS.c.at <= tx.now - TRIES_WINDOW))
        if misses >= TRIES:
            raise LinkClosedError()

    def _admit(self, link_id: str, before: str | None) -> Entered:
        session_id = secrets.token_urlsafe(32)
        with self.database.write() as tx:
            # one statement decides: two readers cannot share the last opening
            left = sa.or_(LINK.c.max_opens.is_(None), LINK.c.opens < LINK.c.max_opens)
            live = (
                LINK.c.id == link_id,
                LINK.c.revoked_at.is_(None),
                LINK.c.ended_at.is_(None),
                LINK.c.expires_at > tx.now,
                left,
            )
            counted = LINK.update().where(*live).values(opens=LINK.c.opens + 1, last_open_at=tx.now)
            if tx.run(counted).rowcount != 1:
                raise LinkClosedError()
            row = tx.run(sa.select(LINK).where(LINK.c.id == link_id)).one()
            tx.run(
                VIEWER.insert().values(
                    id_hash=digest(session_id),
                    project_id=row.project_id,
                    link_id=link_id,
                    created_at=tx.now,
                    seen_at=tx.now,
                    **_seen(tx, link_id, before),
                )
            )
            note(tx, row.project_id, "", "link.open", link_id, opens=row.opens)
            return Entered(session_id, row.expires_at, max(0, (row.expires_at - tx.now) // 1000))

    def _expire(self, link_id: str, project_id: str) -> None:
        """Mark an expired link as ended: a clock that jumps back does not revive it."""
        with self.database.write() as tx:
            over = (LINK.c.id == link_id, LINK.c.expires_at <= tx.now, LINK.c.ended_at.is_(None))
            if tx.run(LINK.update().where(*over).values(ended_at=tx.now)).rowcount:
                note(tx, project_id, "", "link.end", link_id)

    def reader(self, session_id: str | None) -> ShareReader | None:
        """The reader of a cookie; None alike for an unknown session and for a link that is closed meanwhile."""
        if not session_id:
            return None
        hashed = digest(session_id)
        query = sa.select(VIEWER).where(VIEWER.c.id_hash == hashed)
        with self.database.read() as tx:
            viewer = tx.run(query).one_or_none()
            link = sa.select(LINK).where(LINK.c.id == viewer.link_id) if viewer is not None else None
            row = tx.run(link).one_or_none() if link is not None else None
            now = tx.now
        # opens used up close the door, not the rooms of those who are in
        if viewer is None or row is None or row.revoked_at is not None or row.ended_at is not None:
            return None
        if now >= row.expires_at:
            self._expire(row.id, row.project_id)
            return None
        if now - viewer.seen_at > SEEN_STEP:
            with self.database.write() as tx:
                tx.run(VIEWER.update().where(VIEWER.c.id_hash == hashed).values(seen_at=tx.now))
        return ShareReader(self.database, hashed, row)

    def leave(self, session_id: str) -> None:
        """Forget a reader's session."""
        with self.database.write() as tx:
            tx.run(VIEWER.delete().where(VIEWER.c.id_hash == digest(session_id)))


class ShareReader:
    """What a reader with a valid session may do: read editions of this one link, sign off, ask one short question."""

    def __init__(self, database: Database, id_hash: str, link: sa.Row[Any]) -> None:
        self._database, self._id = database, id_hash
        self.link_id: str = link.id
        self.project_id: str = link.project_id
        self.scope = Scope.parse(link.scope)
        self.sharer: str = link.sharer
        self.questions: bool = link.questions
        self.expires_at: int = link.expires_at

    def numbers(self) -> tuple[int, ...]:
        """Numbers of all editions, the newest first."""
        query = sa.select(EDITION.c.number).where(EDITION.c.link_id == self.link_id)
        with self._database.read() as tx:
            return tuple(tx.run(query.order_by(EDITION.c.number.desc())).scalars())

    def edition(self, number: int | None = None) -> Edition:
        """One edition, the latest if no number is given. Raises LinkClosedError."""
        query = sa.select(EDITION).where(EDITION.c.link_id == self.link_id)
        if number is not None:
            query = query.where(EDITION.c.number == number)
        with self._database.read() as tx:
            row = tx.run(query.order_by(EDITION.c.number.desc()).limit(1)).one_or_none()
        if row is None:
            raise LinkClosedError()
        return edition_of(row)

    def look(self) -> tuple[Edition, Edition | None]:
        """The latest edition, and the one this browser saw before it (None at the first look): what changed since."""
        latest, mine = self.edition(), VIEWER.c.id_hash == self._id
        with self._database.read() as tx:
            row = tx.run(sa.select(VIEWER).where(mine)).one_or_none()
        if row is None:
            raise LinkClosedError()
        before = row.before_edition
        if row.seen_edition != latest.number:
            before = row.seen_edition
            with self._database.write() as tx:
                tx.run(VIEWER.update().where(mine).values(seen_edition=latest.number, before_edition=before))
        return latest, self.edition(before) if before is not None else None

    def sign_off(self, name: str, kpi: str = "") -> bool:
        """«Seen and agreed» to the latest edition, once; False if this reader had signed it before."""
        return self._leave("seen", kpi, name, "")

    def ask(self, kpi: str, text: str, name: str = "") -> None:
        """One short question to the owner under a KPI, one an edition.

        Raises LinkScopeError where the owner allowed none, QuestionTextError, QuestionAskedError.
        """
        if not self.questions:
            raise LinkScopeError(what="question")
        if not text.strip() or len(text.strip()) > LONGEST_QUESTION:
            raise QuestionTextError(limit=LONGEST_QUESTION)
        if not self._leave("question", kpi, name, text.strip()):
            raise QuestionAskedError(kpi=kpi)

    def replies(self) -> list[Reply]:
        """What this reader has left."""
        query = sa.select(REPLY).where(REPLY.c.link_id == self.link_id, REPLY.c.viewer == self._id)
        with self._database.read() as tx:
            return [
                Reply(r.id, r.link_id, r.edition, r.kind, r.kpi, r.name, r.text, r.at)
                for r in tx.run(query.order_by(REPLY.c.id))
            ]

    def _leave(self, kind: str, kpi: str, name: str, text: str) -> bool:
        number = self.edition().number
        try:
            with self._database.write() as tx:
                _still_open(tx, self.link_id)
                tx.run(
                    REPLY.insert().values(
                        project_id=self.project_id,
                        link_id=self.link_id,
                        edition=number,
                        viewer=self._id,
                        kind=kind,
                        kpi=kpi[:120],
                        name=name.strip()[:LONGEST_NAME],
                        text=text,
                        at=tx.now,
                    )
                )
                note(tx, self.project_id, "", f"reader.{kind}", self.link_id, edition=number)
        except exc.IntegrityError:
            return False
        return True


def _seen(tx: Transaction, link_id: str, before: str | None) -> dict[str, Any]:
    """Which editions of this link an earlier session of the same browser saw."""
    if not before:
        return {}
    query = sa.select(VIEWER).where(VIEWER.c.id_hash == digest(before), VIEWER.c.link_id == link_id)
    row = tx.run(query).one_or_none()
    if row is None:
        return {}
    return {"seen_edition": row.seen_edition, "before_edition": row.before_edition}


def _still_open(tx: Transaction, link_id: str) -> None:
    live = (LINK.c.id == link_id, LINK.c.revoked_at.is_(None), LINK.c.ended_at.is_(None))
    if tx.run(sa.select(LINK.c.id).where(*live, LINK.c.expires_at > tx.now)).scalar() is None:
        raise LinkClosedError()


def _token_row(tx: Transaction, token: str) -> sa.Row[Any] | None:
    query = sa.select(LINK, sa.null().label("edition")).where(LINK.c.token_hash == digest(token))
    return tx.run(query).one_or_none()


def _by_token(tx: Transaction, token: str) -> Link | None:
    row = _token_row(tx, token)
    return link_of(row, tx.now) if row is not None else None
