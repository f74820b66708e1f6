"""Targets as cards: status first, then what is left, then control points and letters on request."""

from __future__ import annotations

import streamlit as st

from crmkpi.charts.milestones import milestone_chart
from crmkpi.ui import figures
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.gap import GapRow
from crmkpi.views.path import TargetPath


def target_line(s: Session, row: GapRow) -> None:
    """One saved target on the Targets page: sentence, status, change and delete."""
    t, project = s.t, s.project
    assert project is not None
    with st.container(key=f"card_target_{row.id}"):
        st.markdown(f"**{plain(row.status)}** — {plain(row.left)}")
        st.markdown(plain(row.sentence))
        with st.container(horizontal=True):
            if st.button(t("targets.edit_button"), icon=":material/edit:", key=f"edit_{row.id}"):
                s.put("edit", row.id)
                st.rerun()
            if st.button(
                t("targets.remove"), icon=":material/delete:", key=f"remove_{row.id}", type="tertiary"
            ):
                left = [x for x in project.targets if x.id != row.id]
                s.project = project.model_copy(update={"targets": left})
                s.save()
                st.rerun()


def gap_card(s: Session, row: GapRow) -> None:
    """One target on the Result page: one verdict, four numbers, the way, and figures on request."""
    t = s.t
    with st.container(key=f"verdict_{row.tone}_{row.id}"):
        st.subheader(f"{plain(row.name)}: {plain(row.left)}", anchor=False)
        why = f" — {plain(row.why)}" if row.why else ""
        st.markdown(f"**{plain(row.status)}**{why}")
        with st.container(key=f"numbers_{row.id}", horizontal=True):
            for name, value in (
                ("start", row.start),
                ("now", row.now),
                ("goal", row.goal),
                ("chance", row.chance),
            ):
                if value is not None:
                    st.metric(t(f"gap.{name}"), value, width="content")
        if row.progress is not None:
            st.progress(row.progress, text=plain(row.progress_text or ""))
        st.caption(plain(row.sentence))
        figures.notices(row.notes)
        _milestones(s, row)
        _letters(s, row)


def _milestones(s: Session, row: GapRow) -> None:
    t = s.t
    grains = [grain for grain, _ in row.paths]
    if not grains:
        return
    with st.expander(t("gap.milestones"), expanded=True, icon=":material/flag:"):
        grain = st.segmented_control(
            t("gap.milestones"),
            grains,
            default="month" if "month" in grains else grains[0],
            required=True,
            format_func=lambda g: t(f"gap.by_{g}"),
            key=f"way_{row.id}",
            label_visibility="collapsed",
        )
        path = dict(row.paths)[str(grain)]
        figures.chart(s, f"way_{row.id}", (path,), lambda ink: milestone_chart(path, t, ink))
        _table(s, path)


def _table(s: Session, path: TargetPath) -> None:
    t = s.t
    points = [p for p in path.points if p.planned is not None]
    st.table(
        {
            t("gap.due"): [p.label for p in points],
            t("gap.plan"): [p.planned_text for p in points],
            t("gap.fact"): [p.actual_text for p in points],
            t("gap.state"): [p.status_text for p in points],
        }
    )


def _letters(s: Session, row: GapRow) -> None:
    t = s.t
    with st.expander(t("gap.smart"), icon=":material/spellcheck:"):
        for letter in row.letters:
            icon = ":green[:material/check_circle:]" if letter.ok else ":orange[:material/lightbulb:]"
            st.markdown(f"{icon} **{plain(letter.name)}.** {plain(letter.message)}")
        if row.guardrails:
            st.markdown(f"**{t('gap.guardrails')}**")
            for line in row.guardrails:
                st.markdown(plain(line))
