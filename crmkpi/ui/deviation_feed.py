"""The feed of deviations: one card per root cause, and how many false alarms a person is ready to bear."""

from __future__ import annotations

import streamlit as st

from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.deviations import DeviationCard, often_text

BUDGETS = (0.25, 0.5, 1.0, 2.0, 4.0)
ICONS = {
    "good": ":green[:material/trending_up:]",
    "bad": ":red[:material/error:]",
    "neutral": ":material/info:",
}


def budget_box(s: Session) -> None:
    """False alarms a month; a change is saved and the feed is drawn anew."""
    t, project = s.t, s.project
    assert project is not None
    options = sorted({*BUDGETS, project.false_alarms})
    chosen = st.segmented_control(
        t("deviations.budget"),
        options,
        default=project.false_alarms,
        required=True,
        format_func=lambda n: often_text(n, t),
        help=t("deviations.budget_help"),
        key=f"false_alarms{s.turn}",
    )
    if chosen is not None and chosen != project.false_alarms:
        s.project = project.model_copy(update={"false_alarms": chosen})
        s.save()
        st.rerun()


def deviation_card(s: Session, card: DeviationCard) -> None:
    """What happened in one line, the whole sentence with its cause, and the next step at the right."""
    t = s.t
    with st.container(
        key=f"card_deviation_{card.key}",
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
    ):
        st.markdown(
            f"{ICONS[card.tone]} **{plain(card.title)}**  \n:gray[{plain(card.message)}]", width="stretch"
        )
        if card.target:
            if st.button(t("deviations.to_target"), icon=":material/speed:", key=f"to_target_{card.key}"):
                s.put_for("gap", "chosen", card.target)
                go_to("gap")
        elif st.button(t("targets.save"), icon=":material/flag:", key=f"set_target_{card.key}"):
            s.put_for("targets", "metric", card.metric)
            go_to("targets")
