"""Check-ins of one target: a note, the owner's own confidence, and a value typed by hand where it is known."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crmkpi.periods import period_of
from crmkpi.targets.gather import data_to
from crmkpi.targets.own_kpi import today, typed_days
from crmkpi.targets.target import CheckIn, Target
from crmkpi.ui.own_kpi import take_over_box
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.gap import GapRow


def checkins(s: Session, row: GapRow) -> None:
    """Earlier check-ins, the newest first, and a form for the next one."""
    t = s.t
    _form(s, row)
    target = next((x for x in s.project.targets if x.id == row.id), None) if s.project else None
    if target is not None:
        take_over_box(s, target)
    lines = row.standing.checkins
    if not lines:
        st.caption(t("checkin.empty"))
    for line in lines:
        facts = f"  \n:gray[{plain(line.facts)}]" if line.facts else ""
        st.markdown(f"**{plain(line.day)}** {plain(line.note)}{facts}")


def _form(s: Session, row: GapRow) -> None:
    t, project, ground = s.t, s.project, s.full or s.ground
    assert project is not None and ground is not None
    target = next(x for x in project.targets if x.id == row.id)
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
        day = _day(s, target)
        sent = three.form_submit_button(t("checkin.add"), type="primary", width="stretch")
    if not sent or not (note.strip() or sure is not None or value is not None):
        return
    said = CheckIn(
        day=day or today(data_to(ground), project.targets),
        note=note.strip(),
        confidence=None if sure is None else sure / 100,
        value=value / 100 if value is not None and row.percent else value,
    )
    targets = [
        x.model_copy(update={"checkins": (*x.checkins, said)}) if x.id == row.id else x
        for x in project.targets
    ]
    s.project = project.model_copy(update={"targets": targets})
    s.save()
    st.rerun()


def _day(s: Session, target: Target) -> date | None:
    """The day of a value of a KPI typed by hand: the end of the period after the last one; None for other KPIs."""
    if not target.typed:
        return None
    days = typed_days([target])
    ahead = period_of(days[-1], target.grain).next().last if days else date.today()
    chosen = st.date_input(
        s.t("ownkpi.day"),
        value=min(ahead, date.today()),
        min_value=date(2000, 1, 1),
        max_value=date.today(),
        format="DD.MM.YYYY",
        key=f"typed_day_{target.id}_{len(days)}",
        width=220,
    )
    return chosen if isinstance(chosen, date) else None
