"""The result as a file to send: one page for a phone, a deck, a paper, a workbook; and what the reader will see."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from crmkpi.i18n import LANGUAGES, Words
from crmkpi.report import ReportOptions, write
from crmkpi.ui import figures, rights
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.share import file_name
from crmkpi.views.verdict import VerdictRow, VerdictView, verdict_view

MIME = {
    "html": "text/html",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ICONS = {
    "html": ":material/smartphone:",
    "pdf": ":material/picture_as_pdf:",
    "pptx": ":material/slideshow:",
    "xlsx": ":material/table_view:",
}


def report_box(s: Session) -> None:
    """Four files of one content, in the reader's language; each is made when it is asked for."""
    t, project = s.t, s.project
    assert project is not None
    st.subheader(t("share.report_title"), anchor=False)
    st.markdown(t("share.report_text"))
    lang = st.segmented_control(
        t("share.report_lang"),
        LANGUAGES,
        default=s.lang,
        format_func=lambda x: t(f"share.lang_{x}"),
        key="report_lang",
        required=True,
    )
    with st.container(horizontal=True):
        for kind in MIME:
            st.download_button(
                t(f"share.report_{kind}"),
                data=partial(made, s, kind, str(lang or s.lang)),
                file_name=f"{file_name(project.name)}.{kind}",
                mime=MIME[kind],
                type="primary" if kind == "html" else "secondary",
                icon=ICONS[kind],
                key=f"report_{kind}",
                on_click="ignore",
            )
    st.caption(t("share.report_note_server" if rights.shares_a_server() else "share.report_note"))


def made(s: Session, kind: str, lang: str) -> bytes:
    """The bytes of one report, from the project as it was saved last."""
    assert s.place is not None and s.project is not None
    s.save()
    with tempfile.TemporaryDirectory(prefix="crmkpi-") as folder:
        target = Path(folder) / f"report.{kind}"
        write(s.place, target, Words(lang, s.t.currency), ReportOptions(title=s.project.name or None))
        return target.read_bytes()


def verdict_preview(s: Session) -> None:
    """The three answers per KPI, as the reader gets them."""
    data, project, t = s.full, s.project, s.t
    if data is None or project is None or not project.targets:
        return
    mark = "".join(target.model_dump_json() for target in project.targets)
    view: VerdictView = kept(s, "share.verdict", (mark, t.lang), lambda: verdict_view(data, project, t))
    st.subheader(t("share.preview_title"), anchor=False)
    figures.verdict("share", view.tone, view.headline)
    for row in view.rows:
        with st.container(key=f"card_verdict_{row.id}"):
            _row(row, t)


def _row(row: VerdictRow, t: Words) -> None:
    colour = figures.BADGES.get(row.tone, "gray")
    st.markdown(f"**{plain(row.name)}** :{colour}-badge[{plain(row.status)}]")
    answers = (("good", row.good), ("helps", row.helps), ("pays", row.pays))
    st.markdown("  \n".join(f"**{t(f'share.ask_{key}')}** {plain(answer.text)}" for key, answer in answers))
