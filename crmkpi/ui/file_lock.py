"""The project file under a passphrase, and the template for the next client: saving both, opening both."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.project.lock import SHORTEST, is_locked
from crmkpi.project.template import SUFFIX, from_template, template_text
from crmkpi.ui import session
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.share import file_name

WAITING = "locked"


def lock_box(s: Session, packed: Callable[[str], bytes]) -> None:
    """A passphrase typed twice, then the button to save: what was typed and what is sealed cannot differ."""
    t = s.t
    assert s.project is not None
    with st.expander(t("share.lock_title"), icon=":material/lock:"):
        st.caption(t("share.lock_text"))
        with st.form("lock", border=False):
            word = st.text_input(t("share.lock_word", least=SHORTEST), type="password", key="lock_word")
            again = st.text_input(t("share.lock_again"), type="password", key="lock_again")
            pressed = st.form_submit_button(t("share.lock"))
        if pressed and len(word) < SHORTEST:
            st.error(t("error.passphrase_short", least=SHORTEST), icon=":material/error:")
        elif pressed and word != again:
            st.error(t("share.lock_differ"), icon=":material/error:")
        elif pressed:
            st.download_button(
                t("share.lock_save"),
                data=lambda: packed(word),
                file_name=f"{file_name(s.project.name)}.crmkpi",
                mime="application/octet-stream",
                icon=":material/lock:",
                key="save_locked",
                on_click="ignore",
            )


def template_box(s: Session) -> None:
    """Everything but the client, as one small file."""
    t, project = s.t, s.project
    assert project is not None
    with st.expander(t("share.template_title"), icon=":material/content_copy:"):
        st.caption(t("share.template_text"))
        st.download_button(
            t("share.template_save"),
            data=lambda: template_text(project).encode(),
            file_name=f"{t('share.template_file')}{SUFFIX}",
            mime="application/json",
            key="save_template",
            on_click="ignore",
        )


def open_project_file(s: Session, file: Path) -> None:
    """Open an uploaded project file; one under a passphrase waits until it is typed."""
    if is_locked(file):
        waiting = Path(tempfile.mkdtemp(prefix="crmkpi-")) / file.name
        shutil.copyfile(file, waiting)
        s.put(WAITING, str(waiting))
        st.rerun()
    project = s.drafts.import_file(file)
    session.close_project()
    session.open_project(project.id)
    go_to("tree")


def open_template(s: Session, file: Path) -> None:
    """A new project that begins with a template; its data come next."""
    project = from_template(file).model_copy(update={"name": s.t("start.from_template")})
    session.close_project()
    s.project = project
    s.save()
    session.open_project(project.id)
    go_to("data")


def waiting_box(s: Session) -> bool:
    """Ask for the passphrase of the file that waits; True if one waits."""
    t, path = s.t, Path(s.get(WAITING, ""))
    if not path.is_file():
        return False
    card = st.container(key="card_locked")
    with card, st.form("unlock", border=False):
        st.markdown(t("start.locked", name=plain(path.name)))
        word = st.text_input(t("start.locked_word"), type="password", key="unlock_word")
        with st.container(horizontal=True):
            pressed = st.form_submit_button(t("start.locked_open"), type="primary")
            given_up = st.form_submit_button(t("start.locked_cancel"), type="tertiary")
    if given_up:
        _forget(s, path)
        st.rerun()
    if pressed:
        try:
            project = s.drafts.import_file(path, word)
        except CrmKpiError as error:
            card.error(t(error.key, **error.params), icon=":material/error:")
            return True
        _forget(s, path)
        session.close_project()
        session.open_project(project.id)
        go_to("tree")
    return True


def _forget(s: Session, path: Path) -> None:
    shutil.rmtree(path.parent, ignore_errors=True)
    s.drop(WAITING)
