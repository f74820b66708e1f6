"""Three ways to bring data: drop files, paste a copied range, or fill in a template."""

from __future__ import annotations

import streamlit as st

from crmkpi.report.template import template_bytes, template_name
from crmkpi.tables import TABLES
from crmkpi.ui import inbox, session
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session
from crmkpi.views.columns import table_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# headers and one row
FEWEST_LINES = 2


def add_files(s: Session, small: bool = False) -> None:
    """The upload box of the Data page, with paste and templates folded below it; `small`: the box alone."""
    with st.container(key="small_upload" if small else "upload"):
        uploads = inbox.uploader(s, s.t("start.upload"))
    if uploads:
        _project_for(s, [u.name for u in uploads])
        inbox.spool(s, uploads)
        st.rerun()
    if small:
        return
    st.caption(f":material/lock: {s.t('data.where')}")
    paste, template = st.columns(2)
    with paste:
        paste_box(s)
    with template:
        template_box(s)


def _project_for(s: Session, names: list[str]) -> None:
    if s.project is None:
        s.create(inbox.project_name(names, s.t))


def other_ways(s: Session) -> None:
    """On the first screen, folded below the upload box: paste a range, take a template. A paste there begins a new
    project, as an upload does."""
    paste, template = st.columns(2)
    with paste:
        paste_box(s, fresh=True)
    with template:
        template_box(s)


def paste_box(s: Session, fresh: bool = False) -> None:
    """A range copied from Excel or Google Sheets becomes a file like any other; `fresh`: of a new project."""
    t = s.t
    with st.expander(t("data_ui.paste"), icon=":material/content_paste:"):
        st.markdown(t("data_ui.paste_text"))
        with st.form(f"paste_{s.stem}", border=False, clear_on_submit=True):
            text = st.text_area(
                t("data_ui.paste_box"), height=140, key="paste_text", label_visibility="collapsed"
            )
            if not st.form_submit_button(t("data_ui.paste_take"), icon=":material/check:"):
                return
        if len([line for line in text.splitlines() if line.strip()]) < FEWEST_LINES:
            st.error(t("data_ui.paste_short"), icon=":material/error:")
            return
        name = t("data_ui.paste_name")
        if fresh:
            session.close_project()
            s.project = s.create(name)
        _project_for(s, [name])
        inbox.take_text(s, text, name)
        if fresh:
            go_to("data")
        st.rerun()


def template_box(s: Session) -> None:
    """An empty workbook per table, made when it is asked for."""
    t = s.t
    with st.expander(t("data_ui.template"), icon=":material/table_view:"):
        st.markdown(t("data_ui.template_text"))
        table = st.selectbox(
            t("data_ui.template_table"),
            list(TABLES),
            format_func=lambda name: table_name(name, t),
            key="template_table",
        )
        st.download_button(
            t("data_ui.template_get"),
            data=lambda: template_bytes(table, t),
            file_name=template_name(table, t),
            mime=XLSX,
            icon=":material/download:",
            key="template_get",
            on_click="ignore",
        )
