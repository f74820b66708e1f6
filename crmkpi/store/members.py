"""Who may do what in a project: owner, editor, viewer; and signing a person out everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import sqlalchemy as sa

from crmkpi.store.audit import actor_of, note
from crmkpi.store.engine import Database, Transaction
from crmkpi.store.errors import LastOwnerError
from crmkpi.store.schema import MEMBER, PERSON

Role = Literal["owner", "editor", "viewer"]


@dataclass(frozen=True)
class Member:
    """A person in a project; `subject` is what the sign-in calls them (a verified e-mail address or an id)."""

    subject: str
    role: Role
    added_at: int


class Members:
    """Membership is asked at every run of a page, so a removed person is out at the next click."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def put(self, project_id: str, subject: str, role: Role, by: str = "") -> None:
        """Add a person or change their role. Raises LastOwnerError if no owner would be left."""
        with self.database.write() as tx:
            here = (MEMBER.c.project_id == project_id, MEMBER.c.subject == subject)
            if tx.run(MEMBER.update().where(*here).values(role=role)).rowcount == 0:
                row = {"project_id": project_id, "subject": subject, "role": role}
                tx.run(MEMBER.insert().values(**row, added_at=tx.now, added_by=by))
            elif role != "owner":
                _owner_left(tx, project_id, subject)
            note(tx, project_id, by, "member.put", actor_of(subject), role=role)

    def remove(self, project_id: str, subject: str, by: str = "") -> None:
        """Take a person out of the project. Raises LastOwnerError."""
        with self.database.write() as tx:
            here = (MEMBER.c.project_id == project_id, MEMBER.c.subject == subject)
            role = tx.run(sa.select(MEMBER.c.role).where(*here)).scalar()
            tx.run(MEMBER.delete().where(*here))
            if role == "owner":
                _owner_left(tx, project_id, subject)
            note(tx, project_id, by, "member.remove", actor_of(subject))

    def of(self, project_id: str) -> list[Member]:
        """The people of a project, in the order in which they came."""
        query = sa.select(MEMBER).where(MEMBER.c.project_id == project_id)
        with self.database.read() as tx:
            rows = tx.run(query.order_by(MEMBER.c.added_at, MEMBER.c.subject))
            return [Member(r.subject, cast(Role, r.role), r.added_at) for r in rows]

    def role(self, project_id: str, subject: str) -> Role | None:
        """What this person is in the project; None for a stranger."""
        query = sa.select(MEMBER.c.role).where(MEMBER.c.project_id == project_id, MEMBER.c.subject == subject)
        with self.database.read() as tx:
            return cast(Role | None, tx.run(query).scalar())

    def epoch(self, subject: str) -> int:
        """The sign-in epoch of a person; a session that began in an earlier one is signed out."""
        with self.database.read() as tx:
            return tx.run(sa.select(PERSON.c.auth_epoch).where(PERSON.c.subject == subject)).scalar() or 0

    def sign_out_everywhere(self, subject: str) -> int:
        """Raise the epoch: every session of this person ends. Returns the new epoch."""
        with self.database.write() as tx:
            raised = PERSON.update().where(PERSON.c.subject == subject)
            if tx.run(raised.values(auth_epoch=PERSON.c.auth_epoch + 1)).rowcount == 0:
                tx.run(PERSON.insert().values(subject=subject, auth_epoch=1))
            note(tx, "", subject, "person.sign_out")
            return tx.run(sa.select(PERSON.c.auth_epoch).where(PERSON.c.subject == subject)).scalar_one()


def _owner_left(tx: Transaction, project_id: str, subject: str) -> None:
    owners = sa.select(sa.func.count()).select_from(MEMBER)
    if not tx.run(owners.where(MEMBER.c.project_id == project_id, MEMBER.c.role == "owner")).scalar_one():
        raise LastOwnerError(subject=subject)
