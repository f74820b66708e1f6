"""Which pages there are, how they are named, and the frame around them: menu, language, project name."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.i18n import LANGUAGES, Words
from crmkpi.ui import rights, session, style, welcome
from crmkpi.ui.past_day import past_button

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "pages"
ICON = Path(__file__).parent / "icon.svg"
# the menu has five entries; everything else is reached from a node, a KPI or «Ещё»
MENU = (
    ("data", ":material/upload_file:"),
    ("tree", ":material/account_tree:"),
    ("targets", ":material/flag:"),
    ("gap", ":material/speed:"),
    ("share", ":material/ios_share:"),
)
MORE = (
    ("drivers", ":material/stacked_bar_chart:"),
    ("deviations", ":material/notifications:"),
    ("whatif", ":material/instant_mix:"),
    ("customers", ":material/groups:"),
    ("campaigns", ":material/mail:"),
    ("experiments", ":material/science:"),
    ("log", ":material/workspace_premium:"),
    ("glossary", ":material/menu_book:"),
)
# reached from their own button only
INNER = (("editor", ":material/edit:"),)
START = "start"
# a page stands in the menu only where one of these tables was loaded
NEEDS = {"campaigns": ("messages", "campaigns")}


def page_of(stem: str) -> Path:
    """The file of a page, for links and switches."""
    return PAGES / f"{stem}.py"


def go_to(stem: str) -> None:
    """Leave this page for another one; ends the run."""
    st.switch_page(page_of(stem))


def run() -> None:
    """One run of the script: frame, then the page. An error the user can mend is one sentence in place."""
    t = session.current_words()
    st.set_page_config(page_title=t("app.name"), page_icon=ICON, layout="wide")
    session.bind()
    who = rights.principal()
    if not rights.may_open(START, who):
        _run_reader(who, t)
        return
    session.restore()
    unreadable = session.leave_unreadable()
    t = session.current_words()
    page = st.navigation(_sections(t), position="top")
    if page.title != t("app.name"):
        # several tabs of one project are told apart by their page
        st.set_page_config(page_title=f"{page.title} · {t('app.name')}", page_icon=ICON, layout="wide")
    style.apply(t)
    st.logo(ICON, size="large")
    _top_bar(t)
    _bottom_bar(t)
    if unreadable is not None:
        st.error(t(unreadable.key, **unreadable.params), icon=":material/error:")
    try:
        page.run()
    except CrmKpiError as error:
        st.error(t(error.key, **error.params), icon=":material/error:")


def _run_reader(who: rights.Principal, t: Words) -> None:
    """The frame of somebody who may not walk through the app: the verdict behind a link, or the sign-in."""
    verdict = _verdict(t)
    start = st.Page(page_of(START), title=t("app.name"), default=True)
    page = st.navigation([start, verdict], position="hidden")
    style.apply(t)
    st.logo(ICON, size="large")
    _top_bar(t)
    if who.kind != "viewer" and not rights.came_with_link(rights.mode()):
        welcome.sign_in(t)
    elif page is verdict:
        page.run()
    else:  # any other address leads here
        _note_attempt(who)
        st.switch_page(verdict)


def _note_attempt(who: rights.Principal) -> None:
    """A reader who typed the address of another page: one line in the audit, once a session and page."""
    stem = rights.asked_page()
    known = {inner for inner, _ in (*MENU, *MORE, *INNER)}
    if who.reader is not None and stem in known and not session.taken(f"attempt_{stem}"):
        session.take(f"attempt_{stem}")
        who.reader.turned_away(stem)


def _verdict(t: Words) -> st.Page:
    return st.Page(
        page_of(rights.VERDICT), title=t("verdict.title"), url_path=rights.VERDICT, visibility="hidden"
    )


def _sections(t: Words) -> dict[str, list[st.Page]]:
    start = st.Page(page_of(START), title=t("app.name"), url_path=START, default=True, visibility="hidden")
    return {
        "": [start, _verdict(t), *(_page(stem, icon, t) for stem, icon in MENU)],
        t("menu.more"): [_page(stem, icon, t) for stem, icon in (*MORE, *INNER)],
    }


def _page(stem: str, icon: str, t: Words) -> st.Page:
    shown = stem not in NEEDS or bool(set(NEEDS[stem]) & set(session.loaded_tables()))
    shown = shown and stem not in {inner for inner, _ in INNER}
    return st.Page(
        page_of(stem),
        title=t(f"{stem}.title"),
        icon=icon,
        url_path=stem,
        visibility="visible" if shown else "hidden",
    )


def _top_bar(t: Words) -> None:
    """Project name and language, drawn in the header line."""
    with st.container(
        key="topbar", horizontal=True, horizontal_alignment="right", vertical_alignment="center"
    ):
        name = session.project_name()
        if session.presented():
            st.badge(t("mask.badge"), icon=":material/visibility_off:", color="orange")
        elif name:
            st.caption(style.plain(name))
            if session.shared():
                st.badge(t("links.opened_badge"), icon=":material/link:", color="blue", width="content")
            past_button(t)
        chosen = st.segmented_control(
            t("menu.language"),
            LANGUAGES,
            default=t.lang,
            required=True,
            format_func=str.upper,
            key=f"language_{t.lang}",
            label_visibility="collapsed",
        )
    if chosen and chosen != t.lang:
        session.set_language(chosen)
        st.rerun()


def _bottom_bar(t: Words) -> None:
    """The five entries as a bar under the thumb; the style sheet shows it on phones only."""
    with st.container(key="bottombar", horizontal=True):
        for stem, icon in MENU:
            st.page_link(page_of(stem), label=t(f"{stem}.title"), icon=icon)
