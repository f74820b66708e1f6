"""The visitor's session: language, the open project, and small choices. The only place of `st.session_state`.

The project itself lives in the store and on disk (a draft); the session holds its id, the version that this tab has
seen, and small settings, never frames. The id also stands in the address (`?p=`), so that reloading the page or a
restart of the server comes back to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

import streamlit as st

from crmkpi.engine.data import META_FILE, DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import LANGUAGES, Words
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.project.own_catalogue import use_catalogue
from crmkpi.project.past import past_data
from crmkpi.project.place import Place
from crmkpi.store.book import Book
from crmkpi.store.projects import Saved
from crmkpi.store.retention import Receipt
from crmkpi.targets.gather import data_to
from crmkpi.ui import rights

PROJECT = "project_id"
LANGUAGE = "language"
FORGOTTEN = "project_closed"
# the version that this tab has drawn, and how often another's change was noticed, per project
SEEN = "seen"
TURN = "turn"
ADDRESS = "p"
BOUND = "bound_to"
PAST = "shared.past_day"
# visitors whose browser speaks one of these read Russian more easily than English
READS_RUSSIAN = ("ru", "be", "uk", "kk", "ky", "uz", "tg", "hy", "az")


@dataclass
class Session:
    """What a page needs. `data` is None until a file was loaded; `project` is None before the first one."""

    stem: str
    t: Words
    drafts: Drafts
    project: Project | None
    # what this tab's screen was drawn from: a save joins it with what others saved since
    base: Project | None = None

    @property
    def lang(self) -> str:
        """Language of the screen."""
        return self.t.lang

    @property
    def place(self) -> Place | None:
        """Where the open project lives."""
        return self.drafts.place(self.project.id) if self.project else None

    @property
    def full(self) -> DataDir | None:
        """The canonical tables as they are today, None before the first load.

        Every run begins here, also that of a dialog or a fragment, which has a thread of its own: the project's own
        trees and metrics are put in force with its data.
        """
        place = self.place
        data = place.data if place and place.data.tables() else None
        use_catalogue(self.project, data)
        return data

    @property
    def past_day(self) -> date | None:
        """The past day that all screens are set to, None for today."""
        return past_day()

    @property
    def data(self) -> DataDir | None:
        """The canonical tables, None before the first load; on a past day nothing later is in them."""
        full, day, place = self.full, self.past_day, self.place
        if full is None or day is None or place is None or self.project is None:
            return full
        return past_data(place, self.project, day, self.drafts.home)

    @property
    def ground(self) -> DataDir | None:
        """What targets stand on: the tables, or nothing but the project itself where KPIs are typed by hand."""
        place = self.place
        if self.data is not None or place is None:
            return self.data
        return place.data if (place.data.root / META_FILE).is_file() else None

    def save(self) -> None:
        """Write the project to the store and to disk; every decision of the user ends here.

        Raises ChangedByAnotherError if somebody changed the same thing since this tab was drawn.
        """
        if self.project is None:
            return
        rights.check_save(self.project.id)
        books, by = book(), rights.name()
        if self.base is None or self.base.id != self.project.id:
            saved = books.create(self.project, by)
            if saved.project != self.project:
                saved = books.save(self.project, saved.project, by)
        else:
            saved = books.save(self.project, self.base, by)
        self.project = self.base = saved.project
        _saw(saved)

    def delete(self) -> Receipt | None:
        """Delete the open project everywhere; None if it is gone already. Only an owner may."""
        if self.project is None or book().open(self.project.id) is None:
            return None
        rights.check_owner(self.project.id)
        return book().delete(self.project.id, rights.name())

    @property
    def turn(self) -> str:
        """Goes into the key of a box that shows a stored value: another's change draws such a box anew."""
        count = st.session_state.get(f"{TURN}.{self.project.id}", 0) if self.project else 0
        return f"_{count}" if count else ""

    def create(self, name: str) -> Project:
        """A new project, open from now on."""
        self.project = Project(name=name, lang=cast(Literal["ru", "en"], self.lang))
        self.save()
        open_project(self.project.id)
        return self.project

    def get(self, key: str, default: Any = None) -> Any:
        """A small choice of this page, kept while the visitor walks between pages."""
        return st.session_state.get(f"{self.stem}.{key}", default)

    def put(self, key: str, value: Any) -> None:
        """Keep a small choice (text, number, list of texts; never a frame)."""
        st.session_state[f"{self.stem}.{key}"] = value

    def drop(self, key: str) -> None:
        """Forget a small choice."""
        st.session_state.pop(f"{self.stem}.{key}", None)

    def shared(self, key: str, default: Any = None) -> Any:
        """A small choice that several pages read (period and filters), kept per project."""
        return st.session_state.get(f"shared.{key}", default)

    def share(self, key: str, value: Any) -> None:
        """Keep a choice for all pages."""
        st.session_state[f"shared.{key}"] = value

    def put_for(self, stem: str, key: str, value: Any) -> None:
        """Leave a choice for another page before going there."""
        st.session_state[f"{stem}.{key}"] = value


def past_day() -> date | None:
    """The past day that all screens are set to, None for today."""
    found = st.session_state.get(PAST)
    return date.fromisoformat(found) if found else None


def set_past_day(day: date | None) -> None:
    """Set all screens to a past day, or back to today."""
    if day is None:
        st.session_state.pop(PAST, None)
    else:
        st.session_state[PAST] = day.isoformat()


def data_days() -> tuple[date, date] | None:
    """First and last day of the open project's data, None before the first load."""
    found, drafts = st.session_state.get(PROJECT), Drafts()
    data = drafts.place(found).data if found and drafts.has(found) else None
    if data is None or not data.tables():
        return None
    covered = data.meta.coverage.values()
    return min((c.first for c in covered), default=date.min), data_to(data)


def open_page(stem: str) -> Session:
    """First line of every page: the session with its rights checked.

    On this computer everybody who reaches the page may use it; the address is bound to 127.0.0.1. Only drafts
    that exist here open, and their ids are checked before a path is made of them. Where people share a server, a
    visitor opens only what is theirs, and a reader with a link only the verdict.
    """
    bind()
    who = rights.principal()
    if not rights.may_open(stem, who):
        st.stop()
    if stem == rights.VERDICT:
        return Session(stem, Words(language()), Drafts(), None)
    restore()
    drafts = rights.drafts()
    found = st.session_state.get(PROJECT)
    saved = book().open(found) if found and rights.sees(found) else None
    project = saved.project if saved else None
    currency = project.settings.currency if project else None
    use_catalogue(project, drafts.place(project.id).data if project else None)
    s = Session(stem, Words(language(), currency), drafts, project)
    if saved is not None:
        s.base = _notice(saved, s.t)
    elif found:
        close_project()
        st.warning(s.t("error.project_gone"), icon=":material/delete:")
    return s


def book() -> Book:
    """The projects of this computer or host."""
    return Book(rights.the_store(), rights.drafts())


def _notice(saved: Saved, t: Words) -> Project:
    """What this tab has seen of the project; if others changed it since, say so."""
    key = f"{SEEN}.{saved.project.id}"
    seen = st.session_state.get(key)
    _saw(saved)
    if seen is None or seen == saved.version:
        return saved.project
    turn = f"{TURN}.{saved.project.id}"
    st.session_state[turn] = st.session_state.get(turn, 0) + 1
    st.info(
        t("session.changed", who=saved.by) if saved.by else t("session.changed_tab"), icon=":material/sync:"
    )
    return book().store.projects.at_version(saved.project.id, seen) or saved.project


def _saw(saved: Saved) -> None:
    st.session_state[f"{SEEN}.{saved.project.id}"] = saved.version


def restore() -> None:
    """Come back to the project of the address, else to the last one on this computer."""
    if PROJECT not in st.session_state and FORGOTTEN not in st.session_state:
        asked = st.query_params.get(ADDRESS, "")
        found = asked if _known(asked) else rights.drafts().last()
        if found:
            st.session_state[PROJECT] = found
    current = st.session_state.get(PROJECT)
    if current and st.query_params.get(ADDRESS) != current:
        st.query_params[ADDRESS] = current


def _known(project_id: str) -> bool:
    """Whether the visitor may open this project: it lies on this disk, or in a store that others share."""
    if rights.drafts().has(project_id):
        return True
    return (
        bool(project_id)
        and rights.sees(project_id)
        and rights.the_store().projects.find(project_id) is not None
    )


def bind() -> None:
    """Tie the session to the browser that began it: one that presents a known session id finds it empty."""
    proof = rights.fingerprint()
    if st.session_state.get(BOUND, proof) != proof:
        st.session_state.clear()
    st.session_state[BOUND] = proof


def open_project(project_id: str) -> None:
    """Make this draft the open one."""
    st.session_state[PROJECT] = project_id
    st.session_state.pop(FORGOTTEN, None)
    st.query_params[ADDRESS] = project_id


def close_project() -> None:
    """Leave the open project (it stays on disk) and forget the page choices made for it."""
    for key in [k for k in st.session_state if "." in str(k) and not str(k).startswith("taken.")]:
        del st.session_state[key]
    st.session_state.pop(PROJECT, None)
    st.session_state[FORGOTTEN] = True
    st.query_params.pop(ADDRESS, None)


def taken(what: str) -> bool:
    """Whether something that happens once in a session has happened."""
    return f"taken.{what}" in st.session_state


def take(what: str) -> None:
    """Mark something as having happened in this session."""
    st.session_state[f"taken.{what}"] = True


def leave_unreadable() -> CrmKpiError | None:
    """If the open project cannot be read (cut, edited, of a newer version): leave it and say why."""
    found = st.session_state.get(PROJECT)
    if not found or not rights.sees(found):
        return None
    try:
        book().open(found)
    except CrmKpiError as error:
        close_project()
        return error
    return None


def project_name() -> str | None:
    """Name of the open project, for the header."""
    found, drafts = st.session_state.get(PROJECT), rights.drafts()
    return drafts.place(found).read().name if found and drafts.has(found) else None


def shared() -> bool:
    """Whether the open project can be opened by a link right now."""
    found = st.session_state.get(PROJECT)
    return found is not None and rights.sees(found) and rights.shared_by_link(found)


def presented() -> bool:
    """Whether the open project is a copy for showing: its names and sums are not the client's."""
    found, drafts = st.session_state.get(PROJECT), rights.drafts()
    return drafts.place(found).read().presentation if found and drafts.has(found) else False


def loaded_tables() -> list[str]:
    """Canonical tables of the open project; empty before the first load."""
    found, drafts = st.session_state.get(PROJECT), rights.drafts()
    return drafts.place(found).data.tables() if found and drafts.has(found) else []


def language() -> str:
    """The visitor's choice, else what the browser asks for, else Russian."""
    chosen = st.session_state.get(LANGUAGE) or st.query_params.get("lang")
    if chosen in LANGUAGES:
        # a link of the menu drops the address's parameters: what it asked for is kept for the visit
        st.session_state[LANGUAGE] = chosen
        return str(chosen)
    locale = (st.context.locale or "").lower()
    return "ru" if not locale or locale.startswith(READS_RUSSIAN) else "en"


def set_language(lang: str) -> None:
    """Remember the language for this visit and in the address."""
    st.session_state[LANGUAGE] = lang
    st.query_params["lang"] = lang


def current_words() -> Words:
    """Texts in the visitor's language, without a currency."""
    return Words(language())
