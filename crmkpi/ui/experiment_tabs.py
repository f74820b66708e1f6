"""The tabs of the experiment desk: a finished test read, a test planned, lists that were issued."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.ingest.free_table import FreeTable
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.issue_box import list_downloads
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.experiments import (
    Choices,
    DeskView,
    ReadingRow,
    desk_view,
    guess,
    opened_test,
    read_file,
)
from crmkpi.views.issued import issued_rows
from crmkpi.views.planner import AUDIENCES, audience_name, planner_view

WINDOWS = (14, 30, 60, 90)
KINDS = ["csv", "txt", "tsv", "xlsx", "xls", "ods", "parquet", "zip", "gz", "html"]


def read_tab(s: Session) -> None:
    """Upload a file, see the verdict; how it was read can be changed."""
    t = s.t
    st.markdown(t("experiments.read_text"))
    upload = st.file_uploader(t("experiments.upload"), type=KINDS, key="test_file")
    if upload is None:
        return
    try:
        found = _table(upload.getvalue(), upload.name)
        choices = _choices(s, found)
        if choices is None:
            return
        view = desk_view(read_file(found, choices), found, t)
    except CrmKpiError as error:
        st.error(t(error.key, **error.params), icon=":material/error:")
        return
    _show(s, view)


@st.cache_data(max_entries=4, ttl=3600, show_spinner=False)
def _table(content: bytes, name: str) -> FreeTable:
    """The table of an upload; read from a temporary file that goes at once."""
    with tempfile.TemporaryDirectory(prefix="crmkpi-") as folder:
        path = Path(folder) / f"test{Path(name).suffix}"
        path.write_bytes(content)
        return opened_test(path, name)


def _choices(s: Session, found: FreeTable) -> Choices | None:
    """The boxes with what was understood; None until the control is known."""
    t = s.t
    first = guess(found)
    unsure = first.control is None
    with st.expander(t("experiments.settings"), expanded=unsure, icon=":material/tune:"):
        arm = first.arm
        if first.arms:
            place = first.arms.index(first.arm) if first.arm in first.arms else None
            arm = st.selectbox(t("experiments.arm"), first.arms, index=place, key=f"test_arm_{found.file}")
        seen = guess(found, arm)
        control = st.selectbox(
            t("experiments.control"),
            seen.groups,
            index=seen.groups.index(seen.control) if seen.control in seen.groups else None,
            placeholder=t("experiments.control_choose"),
            key=f"test_control_{found.file}_{arm}",
        )
        outcomes: list[str] = []
        if seen.numbers:
            outcomes = st.multiselect(
                t("experiments.outcomes"),
                seen.numbers,
                default=list(seen.outcomes),
                key=f"test_outcomes_{found.file}_{arm}",
            )
        share = st.number_input(
            t("experiments.share"), 0, 99, 0, help=t("experiments.share_help"), key=f"test_share_{found.file}"
        )
    if control is None and seen.groups:
        st.info(t("error.test_no_control", column=arm or "", known=", ".join(seen.groups)))
        return None
    return Choices(arm if not seen.totals else None, control, tuple(outcomes), None, share / 100 or None)


def _show(s: Session, view: DeskView) -> None:
    t = s.t
    figures.verdict("test", view.tone, view.headline, view.sentences)
    for number, (outcome, rows) in enumerate(view.outcomes):
        with st.container(key=f"card_outcome_{number}"):
            st.markdown(f"#### {plain(outcome)}")
            for row in rows:
                _line(row)
            more = [
                f"**{plain(row.name)}**  \n" + "  \n".join(map(plain, row.trust)) for row in rows if row.trust
            ]
            if more:
                with st.expander(t("experiments.more"), key=f"more_outcome_{number}"):
                    st.markdown("\n\n".join(more))
    if view.segments_text:
        with st.expander(t("experiments.segments"), icon=":material/groups:"):
            st.caption(plain(view.segments_text))
            for row in view.segments:
                _line(row)
            if not view.segments:
                st.markdown(t("experiments.segments_none"))
    figures.notices(view.notes)


def _line(row: ReadingRow) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", wrap=False
    ):
        st.markdown(f"**{plain(row.name)}**  \n:gray[{plain(row.text)}]", width="stretch")
        st.markdown(f":{figures.BADGES[row.tone]}-badge[{plain(row.value)}]", width="content")


def plan_tab(s: Session) -> None:
    """Audience, control, window and expectation; what the test will notice."""
    data, t = s.data, s.t
    if data is None or not data.has("orders"):
        figures.empty_state(t, "no_data", "no_data.button", "start")
        return
    name, window, share, expected = _asked(t)
    try:
        args = (name, window, share, expected, date.today())
        view = kept(s, "test_plan", args, lambda: planner_view(data, name, window, share, expected, t))
    except CrmKpiError as error:
        st.info(t(error.key, **error.params))
        return
    figures.verdict("plan_test", view.tone, view.headline, view.sentences)
    left, right = st.columns([3, 2])
    with left, st.container(key="card_criteria", height="stretch"):
        st.markdown(f"#### {t('planner.criteria')}")
        st.caption(t("planner.criteria_text"))
        for part in view.criteria:
            figures.line(part)
    with right, st.container(key="card_windows", height="stretch"):
        st.markdown(f"#### {t('planner.windows')}")
        st.caption(t("planner.windows_text"))
        for part in view.windows:
            figures.line(part)
    figures.notices(view.advice)


def _asked(t: Words) -> tuple[str, int, float, float | None]:
    with st.container(horizontal=True, vertical_alignment="bottom", key="plan_boxes"):
        name = st.selectbox(
            t("planner.audience"),
            AUDIENCES,
            format_func=lambda a: audience_name(a, t),
            key="plan_audience",
            width=240,
        )
        window = st.selectbox(t("planner.window"), WINDOWS, index=1, key="plan_window", width=240)
        share = st.number_input(t("planner.control"), 1, 50, 10, key="plan_share", width=180)
        expected = st.number_input(
            t("planner.expected"),
            0.0,
            100.0,
            0.0,
            0.5,
            help=t("planner.expected_help"),
            key="plan_expected",
            width=320,
        )
    return name, int(window), share / 100, expected / 100 or None


def lists_tab(s: Session) -> None:
    """Every issued list with both files and where it stands."""
    data, project, t = s.data, s.project, s.t
    if data is None or project is None or not project.issued:
        with st.container(key="verdict_neutral_no_lists"):
            st.subheader(t("issued.lists_none"), anchor=False)
            st.markdown(t("issued.lists_none_text"))
            if data is not None and st.button(t("issued.lists_go"), type="primary", key="lists_go"):
                go_to("customers")
        return
    for row in issued_rows(project, data, t):
        with st.container(key=f"card_list_{row.one.id}"):
            badge = f":{figures.BADGES[row.tone]}-badge[{plain(row.state)}]"
            st.markdown(f"**{plain(row.title)}** {badge}  \n:gray[{plain(row.text)}]")
            list_downloads(s, row.one, "tab")
