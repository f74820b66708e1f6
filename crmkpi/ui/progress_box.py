"""A long job on the screen: a bar, rows and time that remains, and a button that really stops it."""

from __future__ import annotations

import streamlit as st

from crmkpi.ingest import background
from crmkpi.ingest.background import Background
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.loading import loading_view

# a job that ends within this time needs no screen of its own, seconds
PATIENCE = 1.2
EVERY = 0.5


def settled(s: Session, job: Background) -> bool:
    """Whether the job is over within a moment; what takes longer is drawn by `progress_box`."""
    if job.done:
        return True
    if job.seconds() < PATIENCE:
        with st.spinner(s.t("data.reading")):
            job.wait(PATIENCE - job.seconds())
    return job.done


def progress_box(s: Session, name: str) -> None:
    """Draw the job of this name until it is done; then the whole page runs again and finds its outcome."""
    _watched(s, name)


@st.fragment(run_every=EVERY)
def _watched(s: Session, name: str) -> None:
    # only this part runs twice a second, so the button answers while the worker is busy
    t, job = s.t, background.found(name)
    if job is None or job.done:
        st.rerun()
    progress = job.progress
    rows, file = progress.params.get("rows"), progress.params.get("file")
    view = loading_view(progress.step, progress.share, rows, file, job.seconds(), t)
    with st.container(key="card_progress"):
        st.subheader(plain(view.stage), anchor=False)
        st.progress(view.share, text=plain(view.text) or None)
        with st.container(horizontal=True, vertical_alignment="center"):
            text = t("loading.stopping") if job.stopping else t("loading.stop")
            if st.button(text, icon=":material/stop_circle:", key="stop_job", disabled=job.stopping):
                job.stop()
                st.rerun(scope="fragment")
            st.caption(t("loading.keep_open"))
