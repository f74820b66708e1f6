"""Settings that change numbers, each with its default in view; the tables are built again from the kept rows."""

from __future__ import annotations

import streamlit as st

from crmkpi.ingest.load import rebuild
from crmkpi.project.document import Settings
from crmkpi.project.record import load_settings
from crmkpi.ui.session import Session
from crmkpi.views.settings import tier_choice, tiers_complete, with_tiers

CURRENCIES = ("RUB", "USD", "EUR", "GBP", "KZT", "BYN", "UAH", "TRY")


def settings_box(s: Session) -> None:
    """Draw the settings; a change is saved and applied on one click."""
    t, project = s.t, s.project
    assert project is not None
    with (
        st.expander(t("settings.title"), icon=":material/tune:"),
        st.form(f"settings_{project.id}", border=False),
    ):
        wanted = _tiers(s, _fields(s, project.settings))
        pressed = st.form_submit_button(t("settings.apply"), type="primary")
        if pressed and wanted is not None and wanted != project.settings:
            _apply(s, wanted)
            st.rerun()


def _fields(s: Session, now: Settings) -> Settings:
    t = s.t
    one, two, three = st.columns(3)
    currencies = [None, *dict.fromkeys([*([now.currency] if now.currency else []), *CURRENCIES])]
    currency = one.selectbox(
        t("settings.currency"),
        currencies,
        index=currencies.index(now.currency),
        format_func=lambda c: t("settings.no_currency") if c is None else c,
    )
    margin = two.number_input(
        t("settings.margin"),
        value=None if now.margin_rate is None else round(now.margin_rate * 100, 4),
        min_value=-100.0,
        max_value=100.0,
        format="%g",
        help=t("settings.margin_help"),
    )
    days = three.number_input(
        t("settings.inactivity"),
        value=now.inactivity_days,
        min_value=1,
        max_value=3650,
        help=t("settings.inactivity_help"),
    )
    return now.model_copy(
        update={
            "currency": currency,
            "margin_rate": None if margin is None else margin / 100,
            "inactivity_days": int(days),
        }
    )


def _tiers(s: Session, wanted: Settings) -> Settings | None:
    """The order of the loyalty tiers, where customers carry them; None while a tier has no place in it."""
    t, choice = s.t, tier_choice(s.full, wanted)
    if choice is None:
        return wanted
    one, two = st.columns([2, 1])
    order = one.multiselect(
        t("settings.tiers"),
        choice.tiers,
        default=list(choice.tiers),
        help=t("settings.tiers_help"),
        key="settings_tiers",
    )
    options = [None, *choice.tiers]
    floor = two.selectbox(
        t("settings.tier_floor"),
        options,
        index=options.index(choice.floor),
        format_func=lambda x: t("settings.tier_any") if x is None else x,
        key="settings_tier_floor",
    )
    if not tiers_complete(choice, order):
        st.error(t("settings.tiers_incomplete"), icon=":material/error:")
        return None
    return with_tiers(wanted, choice, order, floor)


def _apply(s: Session, wanted: Settings) -> None:
    assert s.project is not None and s.place is not None
    s.project = s.project.model_copy(update={"settings": wanted})
    with st.spinner(s.t("settings.working")):
        rebuild(s.place.data, load_settings(s.project))
    s.save()
