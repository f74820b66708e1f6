"""The visitor's session: language, the open project, and small choices. The only place of `st.session_state`.

The project itself lives on disk (a draft); the session holds its id and small settings, never frames. The id
also stands in the address (`?p=`), so that reloading the page or a restart of the server comes back to it.
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
from crmkpi.project.past import past_data
from crmkpi.project.place import Place
from crmkpi.targets.gather import data_to

PROJECT = "project_id"
LANGUAGE = "language"
FORGOTTEN = "project_closed"
ADDRESS = "p"
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
        """The canonical tables as they are today, None before the first load."""
        place = self.place
        return place.data if place and place.data.tables() else None

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
        """Write the project to disk; every decision of the user ends here."""
        if self.project:
            self.drafts.save(self.project)

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
    that exist here open, and their ids are checked before a path is made of them.
    """
    restore()
    drafts = Drafts()
    found = st.session_state.get(PROJECT)
    project = drafts.place(found).read() if found and drafts.has(found) else None
    currency = project.settings.currency if project else None
    return Session(stem, Words(language(), currency), drafts, project)


def restore() -> None:
    """Come back to the project of the address, else to the last one on this computer."""
    if PROJECT not in st.session_state and FORGOTTEN not in st.session_state:
        drafts = Drafts()
        asked = st.query_params.get(ADDRESS, "")
        found = asked if drafts.has(asked) else drafts.last()
        if found:
            st.session_state[PROJECT] = found
    current = st.session_state.get(PROJECT)
    if current and st.query_params.get(ADDRESS) != current:
        st.query_params[ADDRESS] = current


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
    found, drafts = st.session_state.get(PROJECT), Drafts()
    if not found or not drafts.has(found):
        return None
    try:
        drafts.place(found).read()
    except CrmKpiError as error:
        close_project()
        return error
    return None


def project_name() -> str | None:
    """Name of the open project, for the header."""
    found, drafts = st.session_state.get(PROJECT), Drafts()
    return drafts.place(found).read().name if found and drafts.has(found) else None


def presented() -> bool:
    """Whether the open project is a copy for showing: its names and sums are not the client's."""
    found, drafts = st.session_state.get(PROJECT), Drafts()
    return drafts.place(found).read().presentation if found and drafts.has(found) else False


def loaded_tables() -> list[str]:
    """Canonical tables of the open project; empty before the first load."""
    found, drafts = st.session_state.get(PROJECT), Drafts()
    return drafts.place(found).data.tables() if found and drafts.has(found) else []


def language() -> str:
    """The visitor's choice, else what the browser asks for, else Russian."""
    chosen = st.session_state.get(LANGUAGE) or st.query_params.get("lang")
    if chosen in LANGUAGES:
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
