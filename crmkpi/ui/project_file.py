"""The project as a file: save, open, rename, switch, delete."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from crmkpi.i18n import Words
from crmkpi.store.retention import Receipt
from crmkpi.ui import rights, session
from crmkpi.ui.file_lock import lock_box, template_box
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.share import project_file
from crmkpi.views.start import draft_lines


def download_box(s: Session) -> None:
    """One button: the file is packed when it is asked for, not on every run."""
    t, project = s.t, s.project
    assert project is not None
    st.subheader(t("share.save_title"), anchor=False)
    line = project_file(project, s.full, t)
    st.markdown(f"{line.holds} {t('share.save_text')}")
    st.download_button(
        t("share.save"),
        data=lambda: packed(s),
        file_name=line.name,
        mime="application/octet-stream",
        type="primary",
        icon=":material/save:",
        key="save_project",
        on_click="ignore",
    )
    lock_box(s, lambda word: packed(s, word))
    template_box(s)


def packed(s: Session, passphrase: str | None = None) -> bytes:
    """The project as the bytes of a *.crmkpi file, sealed if a passphrase is given."""
    assert s.project is not None
    s.save()
    with tempfile.TemporaryDirectory(prefix="crmkpi-") as folder:
        target = Path(folder) / "project.crmkpi"
        s.drafts.export(s.project.id, target, passphrase)
        return target.read_bytes()


def name_box(s: Session) -> None:
    """Rename the project."""
    t, project = s.t, s.project
    assert project is not None
    st.subheader(t("share.name_title"), anchor=False)
    name = st.text_input(
        t("share.name"),
        value=project.name,
        max_chars=80,
        key=f"name_{project.id}{s.turn}",
        label_visibility="collapsed",
    )
    if name.strip() and name.strip() != project.name:
        s.project = project.model_copy(update={"name": name.strip()})
        s.save()
        st.rerun()
    if st.button(t("share.new"), icon=":material/add:", key="new_project"):
        session.close_project()
        go_to("start")


def other_projects(s: Session) -> None:
    """Drafts on this computer, to switch to. On a screen that is being shown their names wait for a click."""
    t = s.t
    if s.project is not None and s.project.presentation and not s.get("others"):
        if st.button(t("mask.others"), icon=":material/folder_open:", key="show_others"):
            s.put("others", True)
            st.rerun()
        return
    lines = draft_lines(s.drafts, s.project.id if s.project else None, t)
    if not lines:
        return
    st.subheader(t("share.others_server" if rights.shares_a_server() else "share.others"), anchor=False)
    for one in lines:
        with st.container(
            key=f"card_draft_{one.id}",
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
            wrap=False,
        ):
            st.markdown(f"**{plain(one.name)}**  \n:gray[{plain(one.saved)}]")
            if st.button(t("share.open"), key=f"open_{one.id}", width="content"):
                session.close_project()
                session.open_project(one.id)
                go_to("tree")


def delete_box(s: Session) -> None:
    """Delete the project with its data, after one more click."""
    t, project = s.t, s.project
    assert project is not None
    with st.expander(t("share.delete_title"), icon=":material/delete:"):
        st.markdown(t("share.delete_text"))
        sure = st.checkbox(t("share.delete_sure"), key=f"sure_{project.id}")
        if st.button(t("share.delete"), disabled=not sure, key="delete_project"):
            receipt = s.delete()
            session.close_project()
            if receipt is not None:
                s.put_for("start", "receipt", receipt_text(receipt, t))
            go_to("start")


def receipt_text(receipt: Receipt, t: Words) -> str:
    """What was erased and what the search found, in a sentence to keep."""
    if receipt.found:
        return t("share.deleted_left", found=", ".join(receipt.found), id=receipt.id)
    links = receipt.rows.get("share_link", 0)
    text = t(
        "share.deleted", rows=sum(receipt.rows.values()), files=receipt.files, links=links, id=receipt.id
    )
    if receipt.copies_until is not None:
        until = datetime.fromtimestamp(receipt.copies_until / 1000, UTC).date()
        text += " " + t("share.deleted_copies", date=until)
    return text


def receipt_box(s: Session) -> None:
    """The receipt of a deletion, once, on the first page."""
    text = s.get("receipt")
    if text:
        st.success(text, icon=":material/delete_sweep:")
        s.drop("receipt")
