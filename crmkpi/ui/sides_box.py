"""Strong and weak sides on the Targets page: one line of verdict, the list of candidates behind one click."""

from __future__ import annotations

import streamlit as st

from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.ui.tree_controls import project_of
from crmkpi.ui.wish_line import put_draft
from crmkpi.views.sides import SideGroup, SideLine, sides_view
from crmkpi.views.targets import first_due

ICONS = {
    "needs_attention": ":red[:material/trending_down:]",
    "works_well": ":green[:material/trending_up:]",
    "as_usual": ":gray[:material/trending_flat:]",
    "not_known": ":gray[:material/help:]",
}
# a longer list is no list of candidates
MOST = 8


def sides_box(s: Session) -> None:
    """The candidates; a click puts the metric into the form."""
    data, project, t = s.data, project_of(s), s.t
    assert data is not None
    args = (project.tree.template, tuple(x.metric for x in project.targets))
    view = kept(s, "sides", args, lambda: sides_view(data, project, t))
    if not view.groups:
        return
    with st.expander(plain(view.headline), icon=":material/balance:", key="sides"):
        names = {group.verdict: group for group in view.groups}
        chosen = st.segmented_control(
            t("sidesbox.show"),
            list(names),
            default=next(iter(names)),
            required=True,
            format_func=lambda v: f"{names[v].title} · {len(names[v].lines)}",
            key="sides_group",
            label_visibility="collapsed",
        )
        _group(s, names[str(chosen)])


def _group(s: Session, group: SideGroup) -> None:
    for line in group.lines[:MOST]:
        _line(s, group.verdict, line)
    rest = group.lines[MOST:]
    if rest:
        st.caption(s.t("sidesbox.rest", names=", ".join(plain(line.name) for line in rest)))


def _line(s: Session, verdict: str, line: SideLine) -> None:
    t = s.t
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key=f"side_{line.metric}",
    ):
        note = f" {t('sidesbox.process')}" if line.process else ""
        st.markdown(
            f"{ICONS[verdict]} **{plain(line.name)}** · {plain(line.value)}  \n:gray[{plain(line.why + note)}]",
            width="stretch",
            help="  \n".join(plain(text) for text in line.sources) or None,
        )
        if line.has_target:
            st.caption(t("sidesbox.taken"), width="content")
        elif st.button(t("targets.save"), icon=":material/flag:", key=f"side_take_{line.metric}"):
            assert s.data is not None
            put_draft(s, {"metric": line.metric, "due": first_due(s.data, line.metric)})
            st.rerun()
