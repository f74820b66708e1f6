"""Who answers for what, and the signature under the set of targets."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from crmkpi.targets.agreement import Agreement
from crmkpi.targets.gather import data_to
from crmkpi.targets.own_kpi import today
from crmkpi.ui import figures
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.owners import OwnerLine, agreement_view


def owners_box(s: Session, owners: Sequence[OwnerLine]) -> None:
    """One card per owner: how many KPIs and whether that can be held in mind."""
    st.subheader(s.t("owners.title"), anchor=False)
    for number, owner in enumerate(owners):
        with st.container(key=f"card_owner_{number}"):
            verdict = f":{figures.BADGES[owner.tone]}[{plain(owner.verdict)}]"
            kpis = " · ".join(plain(name) for name in owner.kpis)
            st.markdown(f"**{plain(owner.owner)}** — {verdict}  \n{kpis}")
            for text in owner.warnings:
                st.caption(f":material/info: {plain(text)}")


def agreement_box(s: Session) -> None:
    """Sign the set, see who signed and what changed since."""
    t, project = s.t, s.project
    assert project is not None
    view = agreement_view(project, t)
    with st.container(key="card_agreement"):
        st.subheader(t("agreed.title"), anchor=False)
        if view.signed:
            st.markdown(f":material/verified: **{plain(view.signed)}**")
            if view.changes:
                st.markdown(t("agreed.changes"))
                st.markdown("\n".join(f"- {plain(text)}" for text in view.changes))
            else:
                st.caption(t("agreed.none"))
        else:
            st.caption(t("agreed.text"))
        if view.signed and not view.changes:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            who = st.text_input(t("agreed.who"), max_chars=80, key="agreed_who", width=320)
            label = t("agreed.again" if view.signed else "agreed.sign")
            pressed = st.button(label, icon=":material/draw:", key="agreed_sign")
        if pressed and who.strip():
            _sign(s, who.strip())


def _sign(s: Session, who: str) -> None:
    assert s.project is not None and s.ground is not None
    signed = Agreement(
        who=who,
        day=today(data_to(s.ground), s.project.targets),
        targets=tuple(s.project.targets),
        terms=s.project.terms,
    )
    s.project = s.project.model_copy(update={"agreement": signed})
    s.save()
    st.rerun()
