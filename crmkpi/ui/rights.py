"""Rights: who looks at the page right now, and what they may open. Asked at every run, never remembered.

On an own computer (`local`) everybody who reaches the page is its owner. Where people share a server, a visitor is
known by an HttpOnly cookie or by a sign-in, and sees only projects of which the store calls them a member. A reader
with a share link has nothing but the verdict page.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.mode import Mode, read
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts, People
from crmkpi.store import Store
from crmkpi.store.one import one_store
from crmkpi.store.projects import digest
from crmkpi.store.viewers import ShareReader

VERDICT = "verdict"
SHARE, OWNER = "share", "owner"
# a sign-in is believed for half a day, whatever its cookie says
LONGEST_SIGN_IN = 12 * 3600
Kind = Literal["owner", "viewer", "anonymous"]


class NotYoursError(CrmKpiError):
    """The project belongs to others, or this visitor may only look at it."""

    code = "not_yours"


@dataclass(frozen=True)
class Principal:
    """Who looks. `subject` names a person or a browser in the store, None on an own computer and for strangers."""

    kind: Kind
    subject: str | None = None
    reader: ShareReader | None = None


def mode() -> Mode:
    """The settings of this installation."""
    return read()


def shares_a_server() -> bool:
    """Whether this is a server for several people, not somebody's own computer."""
    return mode().separates_people


def shared_by_link(project_id: str) -> bool:
    """Whether anybody outside can open the project's result right now: its name wears a badge then."""
    return mode().serves_links and any(link.open for link in the_store().links.of(project_id))


def the_store() -> Store:
    """The store of this installation's home."""
    return one_store(Drafts().home)


def principal() -> Principal:
    """Who looks right now. A valid link makes a reader of everybody who has no project of their own here."""
    settings = mode()
    if not settings.separates_people:
        return Principal("owner")
    subject = identity(settings)
    reader = link_reader(settings)
    if reader is not None and not (subject and the_store().projects.entries(subject)):
        return Principal("viewer", None, reader)
    return Principal("owner" if subject else "anonymous", subject, reader)


def link_reader(settings: Mode) -> ShareReader | None:
    """The reader of the link behind this browser's cookie; None once it is closed. Only a server knows links."""
    held = cookie(settings, SHARE)
    if not settings.serves_links or not held:
        return None
    return the_store().viewers.reader(held)


def came_with_link(settings: Mode) -> bool:
    """Whether this browser opened a link at some time, valid or not."""
    return settings.serves_links and bool(cookie(settings, SHARE))


def cookie(settings: Mode, what: str) -> str:
    """One of our cookies as this connection's browser sent it, empty where it sent none."""
    return st.context.cookies.get(settings.cookie(what), "")


# identity ------------------------------------------------------------------------------------------------
def signs_in() -> bool:
    """Whether a sign-in (OIDC) is configured for this server."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def identity(settings: Mode) -> str | None:
    """The person who signed in, else the browser by its cookie; None for a stranger."""
    if signs_in():
        return person(dict(st.user)) if st.user.is_logged_in else None
    key = cookie(settings, OWNER)
    return browser(key) if key else None


def browser(key: str) -> str:
    """A browser's name in the store: the hash of its cookie, so that the store never holds what opens a project."""
    return f"browser:{digest(key)}"


def person(claims: dict[str, Any], now: float | None = None) -> str | None:
    """A signed-in person's name in the store: the verified e-mail address; None if it is not verified or too old."""
    email = str(claims.get("email") or "").strip().lower()
    if not email or claims.get("email_verified") is not True:
        return None
    since = claims.get("iat")
    moment = time.time() if now is None else now
    if isinstance(since, (int, float)) and moment - since > LONGEST_SIGN_IN:
        return None
    return f"person:{email}"


def name() -> str:
    """What the store writes down as the author: the signed-in address, else nothing (a browser has no name)."""
    subject = identity(mode()) if mode().separates_people else None
    return subject.removeprefix("person:") if subject and subject.startswith("person:") else ""


def fingerprint() -> str:
    """What this connection proves about its browser. A session that meets another one is emptied."""
    settings = mode()
    if not settings.separates_people:
        return "local"
    proofs = [cookie(settings, what) for what in (OWNER, SHARE)]
    return digest("|".join([*proofs, identity(settings) or ""]))


# projects ------------------------------------------------------------------------------------------------
def drafts() -> Drafts:
    """The drafts that this visitor may see: all on an own computer, else those they are a member of."""
    if not mode().separates_people:
        return Drafts()
    return Drafts(people=Membership(principal()))


def sees(project_id: str) -> bool:
    """Whether this visitor may open the project: any on an own computer, else only as a member."""
    return not mode().separates_people or Membership(principal()).sees(project_id)


def check_save(project_id: str) -> None:
    """Before anything is written. Raises NotYoursError."""
    if mode().separates_people:
        Membership(principal()).check(project_id)


def check_owner(project_id: str) -> None:
    """Before a project is deleted or its key renewed. Raises NotYoursError."""
    if mode().separates_people and Membership(principal()).role(project_id) != "owner":
        raise NotYoursError()


@dataclass(frozen=True)
class Membership(People):
    """Membership in the store, asked anew for every project at every run."""

    who: Principal

    def sees(self, project_id: str) -> bool:
        """Whether the visitor is a member in any role."""
        return self.role(project_id) is not None

    def check(self, project_id: str) -> None:
        """Owners and editors may save, and anybody a project that has no people yet. Raises NotYoursError."""
        if self.who.subject is None or self.who.kind == "viewer":
            raise NotYoursError()
        role = self.role(project_id)
        if role in ("owner", "editor"):
            return
        # a project of nobody that is in the store already is a draft of this computer, not the visitor's
        store = the_store()
        if role is not None or store.members.of(project_id) or store.projects.find(project_id) is not None:
            raise NotYoursError()

    def before_save(self, project: Project) -> None:
        """A new project becomes the visitor's. Raises NotYoursError for one of others."""
        store = the_store()
        if self.role(project.id) is None and not store.members.of(project.id):
            if self.who.subject is None or self.who.kind == "viewer":
                raise NotYoursError()
            store.projects.create(project)
            store.members.put(project.id, self.who.subject, "owner")
        self.check(project.id)

    def last(self) -> str | None:
        """The project that the visitor saved last."""
        entries = the_store().projects.entries(self.who.subject) if self.who.subject else []
        return entries[0].id if entries else None

    def role(self, project_id: str) -> str | None:
        """What the visitor is in this project."""
        if self.who.subject is None:
            return None
        return the_store().members.role(project_id, self.who.subject)


def may_open(stem: str, who: Principal) -> bool:
    """A reader opens the verdict only; a stranger on a server with sign-in opens nothing before it."""
    if who.kind == "viewer":
        return stem == VERDICT
    return who.kind == "owner" or not signs_in() or stem == VERDICT
