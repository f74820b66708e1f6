"""The library of own benchmarks: what is in it, and what other projects add to it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.project.library import lessons, lessons_of_file, merged
from crmkpi.targets.library import OwnBenchmark
from crmkpi.ui.inbox import PROJECT_FILE, safe_name
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.library import library_lines
from crmkpi.views.start import draft_lines

MOST = 60


def library_box(s: Session) -> None:
    """One expander: the rows with a way to drop them, projects of this computer, a project file."""
    t, project = s.t, s.project
    assert project is not None
    lines = library_lines(project, t)
    with st.expander(t("librarybox.title", n=len(lines)), icon=":material/bookmarks:", key="library"):
        st.caption(t("librarybox.text"))
        _from_projects(s)
        for line in lines[:MOST]:
            with st.container(
                horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", wrap=False
            ):
                st.markdown(
                    f"**{plain(line.metric)}** · {plain(line.value)}  \n:gray[{plain(line.source)}]",
                    width="stretch",
                )
                key, remove = f"library_drop_{line.place}", t("targets.remove")
                if st.button("", icon=":material/delete:", key=key, type="tertiary", help=remove):
                    left = [x for place, x in enumerate(project.library) if place != line.place]
                    s.project = project.model_copy(update={"library": left})
                    s.save()
                    st.rerun()


def _from_projects(s: Session) -> None:
    t, project = s.t, s.project
    assert project is not None
    # the names of other projects do not belong on a screen that is being shown
    drafts = [] if project.presentation else draft_lines(s.drafts, project.id, t)
    one, two = st.columns(2)
    with one:
        names = {draft.id: draft.name for draft in drafts}
        chosen = st.selectbox(
            t("librarybox.draft"),
            list(names),
            index=None,
            placeholder=t("librarybox.draft_none"),
            format_func=lambda i: names[i],
            key="library_draft",
            disabled=not names,
        )
        if st.button(
            t("librarybox.take"), icon=":material/download:", disabled=chosen is None, key="library_take"
        ):
            _take(s, lambda: lessons(s.drafts.place(str(chosen)), names[str(chosen)]))
    with two:
        file = st.file_uploader(
            t("librarybox.file"),
            type=[PROJECT_FILE.lstrip(".")],
            key=f"library_file_{s.get('library_no', 0)}",
        )
        if file is not None:
            _take(s, lambda: _of_upload(file.name, file.getvalue()))


def _of_upload(name: str, content: bytes) -> tuple[OwnBenchmark, ...]:
    with tempfile.TemporaryDirectory(prefix="crmkpi-") as folder:
        path = Path(folder) / safe_name(name)
        path.write_bytes(content)
        return lessons_of_file(path, path.stem)


def _take(s: Session, read: Callable[[], tuple[OwnBenchmark, ...]]) -> None:
    """Read the other project; its benchmarks are saved, or the reason why there are none is said."""
    t, project = s.t, s.project
    assert project is not None
    try:
        with st.spinner(t("librarybox.reading")):
            found = read()
    except CrmKpiError as error:
        st.error(plain(t(error.key, **error.params)), icon=":material/error:")
        return
    s.project = project.model_copy(update={"library": merged(project.library, found)})
    s.put("library_no", s.get("library_no", 0) + 1)
    s.save()
    st.toast(t("librarybox.taken", n=len(found)))
    st.rerun()
