"""Check-ins of one target: a note, the owner's own confidence, and a value typed by hand where it is known."""

from __future__ import annotations

import streamlit as st

from crmkpi.targets.gather import data_to
from crmkpi.targets.target import CheckIn
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.gap import GapRow


def checkins(s: Session, row: GapRow) -> None:
    """Earlier check-ins, the newest first, and a form for the next one."""
    t = s.t
    _form(s, row)
    lines = row.standing.checkins
    if not lines:
        st.caption(t("checkin.empty"))
    for line in lines:
        facts = f"  \n:gray[{plain(line.facts)}]" if line.facts else ""
        st.markdown(f"**{plain(line.day)}** {plain(line.note)}{facts}")


def _form(s: Session, row: GapRow) -> None:
    t = s.t
    unit = " (%)" if row.percent else ""
    with st.form(f"checkin_{row.id}", border=False, clear_on_submit=True):
        note = st.text_input(
            t("checkin.note"), placeholder=t("checkin.note_example"), max_chars=300, key=f"note_{row.id}"
        )
        one, two, three = st.columns([2, 2, 1], vertical_alignment="bottom")
        sure = one.number_input(
            t("checkin.confidence"), value=None, min_value=0, max_value=100, step=5, key=f"sure_{row.id}"
        )
        value = two.number_input(t("checkin.value") + unit, value=None, format="%g", key=f"typed_{row.id}")
        sent = three.form_submit_button(t("checkin.add"), type="primary", width="stretch")
    if not sent or not (note.strip() or sure is not None or value is not None):
        return
    assert s.project is not None and s.data is not None
    said = CheckIn(
        day=data_to(s.data),
        note=note.strip(),
        confidence=None if sure is None else sure / 100,
        value=value / 100 if value is not None and row.percent else value,
    )
    targets = [
        x.model_copy(update={"checkins": (*x.checkins, said)}) if x.id == row.id else x
        for x in s.project.targets
    ]
    s.project = s.project.model_copy(update={"targets": targets})
    s.save()
    st.rerun()
