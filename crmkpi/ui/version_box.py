"""The history of the trees: who, when, what; looking at a version, bringing it back; and the tree as a file."""

from __future__ import annotations

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.project.tree_file import MOST_BYTES, read_tree_file, tree_file, with_tree_file
from crmkpi.project.tree_work import with_template_again, with_version
from crmkpi.ui.editor_hand import hand, keep, refuse
from crmkpi.ui.editor_list import preview
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.editor import EditorView, VersionRow, version_list
from crmkpi.views.share import file_name

SHOWN = 6


def version_box(s: Session, view: EditorView) -> None:
    """The card of the history, the newest first."""
    t = s.t
    with st.container(key="card_editor_versions"):
        st.subheader(t("editor.history"), anchor=False)
        who = st.text_input(
            t("editor.who"),
            value=hand(s).who,
            max_chars=80,
            placeholder=t("editor.who_example"),
            key="editor_who",
        )
        s.share("who", who.strip())
        if not view.versions:
            st.caption(t("editor.history_none"))
        for row in view.versions[:SHOWN]:
            _version(s, row)
        if len(view.versions) > SHOWN:
            with st.expander(t("editor.history_more", n=len(view.versions) - SHOWN)):
                for row in view.versions[SHOWN:]:
                    _version(s, row)
        if view.changed and st.button(t("editor.reset"), icon=":material/restart_alt:", key="editor_reset"):
            assert s.project is not None
            keep(s, with_template_again(s.project, view.tree, hand(s)))


def _version(s: Session, row: VersionRow) -> None:
    t = s.t
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        said = f":gray[{plain(row.when)} · {plain(row.who)}]  \n" if row.when else ""
        mark = f" :green-badge[{t('editor.in_use')}]" if row.in_use else ""
        st.markdown(f"{said}{plain(row.what)}{mark}", width="stretch")
        if not row.in_use and st.button(
            t("editor.look"), icon=":material/visibility:", key=f"look_{row.number}", type="tertiary"
        ):
            st.dialog(plain(t("editor.version_title", what=row.what)), width="medium", position="right")(
                _look
            )(s, row)


def _look(s: Session, row: VersionRow) -> None:
    assert s.data is not None and s.project is not None
    if st.button(
        s.t("editor.restore"), type="primary", icon=":material/history:", key=f"restore_{row.number}"
    ):
        keep(s, with_version(s.project, row.number, hand(s)))
    preview(version_list(s.data, s.project, row.number, s.t))


def file_box(s: Session, view: EditorView) -> None:
    """The tree to take along, and a tree that was brought."""
    t, project = s.t, s.project
    assert project is not None
    with st.container(key="card_editor_file"):
        st.subheader(t("editor.file"), anchor=False)
        st.caption(t("editor.file_text"))
        st.download_button(
            t("editor.file_download"),
            data=tree_file(project, view.tree),
            file_name=f"{file_name(project.name)}.tree.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key="tree_file_download",
        )
        with st.expander(t("editor.file_upload"), icon=":material/upload:"), st.container(key="small_upload"):
            given = st.file_uploader(
                t("editor.file_upload"),
                type=["json"],
                max_upload_size=MOST_BYTES // 1024**2,
                label_visibility="collapsed",
                key=f"tree_file_{s.get('file_turn', 0)}",
            )
            if given is not None and st.button(t("editor.file_take"), type="primary", key="tree_file_take"):
                _take(s, given.getvalue())


def _take(s: Session, content: bytes) -> None:
    assert s.project is not None
    try:
        changed = with_tree_file(s.project, s.data, read_tree_file(content), hand(s))
    except CrmKpiError as error:
        refuse(s, error)
        return
    s.put("file_turn", s.get("file_turn", 0) + 1)
    keep(s, changed)
