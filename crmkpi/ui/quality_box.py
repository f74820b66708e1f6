"""The quality report: switches that a person decides with their effect in money, then the findings."""

from __future__ import annotations

import streamlit as st

from crmkpi.ingest.load import rebuild
from crmkpi.project.document import Settings
from crmkpi.project.record import load_settings
from crmkpi.ui.file_box import ICONS
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.data import FindingLine, ReceiptView, SwitchLine, rejected_csv

BASE = "base_customers"


def switch_card(s: Session, view: ReceiptView) -> None:
    """Switches that concern at least one row; flipping one builds the tables again and redraws the bridge."""
    t = s.t
    if not view.switches:
        return
    with st.container(key="card_switches"):
        st.subheader(t("data_ui.switches"), anchor=False)
        st.caption(t("data_ui.switches_text"))
        for one in view.switches:
            # the position is part of the key: after a flip the widget is a fresh one that agrees with the data
            on = st.toggle(plain(one.label), value=one.on, key=f"switch_{one.code}_{one.on}")
            st.caption(plain(one.effect))
            if on != one.on:
                _flip(s, one, on)


def _flip(s: Session, one: SwitchLine, on: bool) -> None:
    assert s.project is not None and s.place is not None
    change: dict[str, object] = {one.code: on}
    if one.code == BASE:
        change = {"base": "customers" if on else "all"}
    settings = Settings.model_validate({**s.project.settings.model_dump(), **change})
    if settings == s.project.settings:
        return
    s.project = s.project.model_copy(update={"settings": settings})
    with st.spinner(s.t("data_ui.working")):
        rebuild(s.place.data, load_settings(s.project))
    s.save()
    st.rerun()


def quality_card(s: Session, view: ReceiptView) -> None:
    """Findings that may surprise, each with the metrics it touches; the harmless ones folded."""
    t = s.t
    grave = [one for one in view.findings if one.level != "info"]
    calm = [one for one in view.findings if one.level == "info"]
    if grave:
        with st.container(key="card_quality"):
            st.subheader(t("data_ui.quality"), anchor=False)
            for one in grave:
                _finding(one)
    if calm:
        with st.expander(t("data_ui.quality_info", n=len(calm)), icon=":material/info:"):
            for one in calm:
                _finding(one)


def _finding(one: FindingLine) -> None:
    touches = f"  \n:gray[{plain(one.touches)}]" if one.touches else ""
    st.markdown(f"{ICONS[one.level]} {plain(one.text)}{touches}")


def rejected_button(s: Session, view: ReceiptView) -> None:
    """The rejected rows as a file, made when it is asked for."""
    data, t = s.full, s.t
    if data is None or not view.rejected:
        return
    st.download_button(
        t("data_ui.rejected"),
        data=lambda: rejected_csv(data, t),
        file_name=t("data_ui.rejected_file"),
        mime="text/csv",
        icon=":material/download:",
        key="rejected",
        on_click="ignore",
    )
