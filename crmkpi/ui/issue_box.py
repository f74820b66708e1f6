"""«Кому написать»: a drawer that issues a list with a control group, and gives both files."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date
from functools import partial

import polars as pl
import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.project.issued import first_start, issue, list_files
from crmkpi.project.issued_list import IssuedList
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.issued import IssueView, issue_view, list_bytes

People = Callable[[], pl.DataFrame]
WINDOWS = (14, 30, 60, 90)
USUAL_WINDOW, USUAL_CONTROL = 30, 10
JUST = "just_issued"
DATES = {"ru": "DD.MM.YYYY", "en": "YYYY-MM-DD"}


def issue_button(s: Session, key: str, title: str, args: tuple[Hashable, ...], people: People) -> None:
    """A button beside a list of customers; the drawer issues exactly that list."""
    t = s.t
    if st.button(t("issued.open"), icon=":material/forward_to_inbox:", type="primary", key=f"issue_{key}"):
        s.drop(JUST)
        st.dialog(t("issued.title"), width="medium", position="right")(_drawer)(s, title, args, people)


def _drawer(s: Session, title: str, args: tuple[Hashable, ...], people: People) -> None:
    data, project = s.data, s.project
    assert data is not None and project is not None
    found = kept(s, "issue_people", args, people)
    just = next((one for one in project.issued if one.id == s.get(JUST)), None)
    if just is not None:
        _files(s, just, s.t("issued.done", title=just.title), s.t("issued.done_text"))
        return
    start, window, share, name, expected = _asked(s, title)
    view = issue_view(project, data, found, start=start, window_days=window, control_share=share, t=s.t)
    if view.again is not None:
        again = s.t(
            "issued.again_text", title=view.again.title, start=view.again.start, until=view.again.until
        )
        _files(s, view.again, s.t("issued.again"), again)
        return
    _said(s, view, share)
    if not view.small and st.button(s.t("issued.issue"), type="primary", key="issue_now"):
        _issue(s, found, name, start, window, share, expected)


def _asked(s: Session, title: str) -> tuple[date, int, float, str, float | None]:
    t, data = s.t, s.data
    assert data is not None
    name = st.text_input(t("issued.name"), value=title, max_chars=120, key="issue_name")
    least = first_start(data, date.today())
    with st.container(horizontal=True):
        start = st.date_input(
            t("issued.start"),
            value=least,
            format=DATES[s.lang],
            key="issue_start",
            width=170,
        )
        window = st.selectbox(
            t("issued.window"), WINDOWS, index=WINDOWS.index(USUAL_WINDOW), key="issue_window", width=210
        )
    with st.container(horizontal=True):
        share = st.number_input(
            t("issued.control"),
            1,
            50,
            USUAL_CONTROL,
            help=t("issued.control_help"),
            key="issue_share",
            width=170,
        )
        expected = st.number_input(
            t("issued.expected"),
            0.0,
            100.0,
            0.0,
            0.5,
            help=t("issued.expected_help"),
            key="issue_expected",
            width=290,
        )
    return start, int(window), share / 100, name.strip() or title, expected / 100 or None


def _said(s: Session, view: IssueView, share: float) -> None:
    t = s.t
    if view.small:
        least = max(40, round(10 / share))
        text = t("issued.small_text", people=view.people, least=least)
        figures.verdict("issue", "warn", t("issued.small"), [text])
        return
    figures.verdict("issue", "neutral", view.headline, view.texts)


def _issue(
    s: Session,
    people: pl.DataFrame,
    name: str,
    start: date,
    window: int,
    share: float,
    expected: float | None,
) -> None:
    assert s.project is not None and s.data is not None
    try:
        s.project, one = issue(
            s.project,
            s.data,
            people,
            name,
            start=start,
            control_share=share,
            window_days=window,
            expected=expected,
        )
    except CrmKpiError as error:
        st.error(s.t(error.key, **error.params), icon=":material/error:")
        return
    s.save()
    s.put(JUST, one.id)
    st.rerun(scope="fragment")


def _files(s: Session, one: IssuedList, headline: str, text: str) -> None:
    figures.verdict("issue_done", "good", headline, [text])
    list_downloads(s, one, "drawer")


def list_downloads(s: Session, one: IssuedList, key: str) -> None:
    """Both files of an issued list."""
    data, t = s.data, s.t
    assert data is not None
    parts = list_files(data, one)
    if parts is None:
        st.caption(f":material/info: {plain(t('issued.lost'))}")
        return
    with st.container(horizontal=True, key=f"issued_files_{key}_{one.id}"):
        for what, part in zip(("write", "hold"), parts, strict=True):
            st.download_button(
                t(f"issued.{what}_file", n=part.height),
                data=partial(list_bytes, data, part, t),
                file_name=f"{what}-{one.start}-{one.id[:4]}.csv",
                mime="text/csv",
                icon=":material/send:" if what == "write" else ":material/block:",
                type="primary" if what == "write" else "secondary",
                key=f"issued_{what}_{key}_{one.id}",
                on_click="ignore",
            )
