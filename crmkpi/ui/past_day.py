"""Any screen on a past day: the button in the top line, and the banner that says so and leads back."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crmkpi.i18n import Words
from crmkpi.ui import session
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain


def past_button(t: Words) -> None:
    """The calendar in the top line; nothing before the first load."""
    days = session.data_days()
    if days is None:
        return
    first, last = days
    now = session.past_day()
    with st.popover(
        t("pastday.button") if now is None else plain(t.date(now)), icon=":material/history:", key="past_day"
    ):
        st.markdown(t("pastday.text"))
        chosen = st.date_input(
            t("pastday.label"),
            value=now or last,
            min_value=min(first, last),
            max_value=last,
            format="DD.MM.YYYY",
            key=f"past_pick_{now or last}",
        )
    if isinstance(chosen, date) and chosen != (now or last):
        session.set_past_day(chosen if chosen < last else None)
        st.rerun()


def past_banner(s: Session) -> None:
    """Says that nothing later than the day is read, with the way back to today."""
    day = s.past_day
    if day is None:
        return
    with st.container(
        key="card_pastday", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.markdown(f":material/history: {plain(s.t('pastday.banner', day=day))}", width="stretch")
        if st.button(s.t("pastday.back"), icon=":material/today:", key="past_back"):
            session.set_past_day(None)
            st.rerun()
