"""The first screen: what to do first, and the way back to what was left open."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from crmkpi.i18n import Words
from crmkpi.project.template import SUFFIX as TEMPLATE_FILE
from crmkpi.ui import inbox, session
from crmkpi.ui.file_lock import open_project_file, open_template, waiting_box
from crmkpi.ui.loading import load_sample, sample_files
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain

HERO = Path(__file__).parent / "hero.svg"
STEPS = ("files", "tree", "targets")


def promise(t: Words) -> None:
    """What the visitor gets, and what it looks like."""
    with st.container(key="hero"):
        text, picture = st.columns([5, 4], vertical_alignment="center")
        with text:
            st.title(t("start.title"))
            st.markdown(t("start.text"))
        picture.image(HERO.read_text(encoding="utf-8"), width="stretch")


def resume_card(s: Session) -> None:
    """The open project first: one click back to where the visitor left."""
    t = s.t
    given = inbox.given_files()
    if given and not inbox.pending(s) and not session.taken("given"):
        start_with(s, given)
    if s.project is None:
        return
    waiting = inbox.pending(s)
    target = "data" if waiting or s.data is None else "tree"
    with st.container(
        key="verdict_neutral_resume",
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
    ):
        with st.container(width="stretch"):
            st.subheader(plain(s.project.name or t("start.unnamed")), anchor=False)
            st.markdown(t("start.resume_files") if waiting else t("start.resume_text"))
        if st.button(t("start.resume"), type="primary", icon=":material/arrow_forward:", key="resume"):
            go_to(target)


def start_with(s: Session, paths: list[Path]) -> None:
    """Files named on the command line become a new project, once."""
    session.take("given")
    s.create(inbox.project_name([p.name for p in paths], s.t))
    inbox.take_given(s, paths)
    go_to("data")


def upload_box(s: Session) -> None:
    """Exports or one project file; both through the same box."""
    if waiting_box(s):
        return
    uploads = inbox.uploader(s, s.t("start.upload"))
    if not uploads:
        return
    for suffix, opened in ((inbox.PROJECT_FILE, open_project_file), (TEMPLATE_FILE, open_template)):
        found = [u for u in uploads if u.name.lower().endswith(suffix)]
        if found:
            with tempfile.TemporaryDirectory(prefix="crmkpi-") as folder:
                file = Path(folder) / inbox.safe_name(found[0].name)
                file.write_bytes(found[0].getvalue())
                opened(s, file)
    session.close_project()
    s.create(inbox.project_name([u.name for u in uploads], s.t))
    inbox.spool(s, uploads)
    go_to("data")


def sample_box(s: Session) -> None:
    """One click to a filled tree."""
    t = s.t
    st.subheader(t("start.sample_title"), anchor=False)
    st.markdown(t("start.sample_text"))
    disabled = not sample_files(s.lang)
    if st.button(t("start.sample"), icon=":material/storefront:", key="sample", disabled=disabled):
        session.close_project()
        load_sample(s)
        go_to("tree")


def steps(t: Words) -> None:
    """Three steps, so that a newcomer knows what comes."""
    for number, (place, step) in enumerate(zip(st.columns(3), STEPS, strict=True), start=1):
        with place, st.container(key=f"card_step_{step}", height="stretch"):
            st.markdown(f"#### {number}. {t(f'start.step_{step}')}")
            st.markdown(t(f"start.step_{step}_text"))
