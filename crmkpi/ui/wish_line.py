"""One line of text that becomes a target: it fills the form below, asks what it must, offers what can be measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crmkpi.ingest.load import rebuild
from crmkpi.project.record import load_settings
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.targets import MetricChoice
from crmkpi.views.wish import WishAsked, WishOffered, WishView, wish_view


def put_draft(s: Session, fields: Mapping[str, Any]) -> None:
    """Fill the form with these fields: its boxes are drawn anew with them."""
    s.put("draft", dict(fields))
    s.put("draft_no", s.get("draft_no", 0) + 1)


def drop_draft(s: Session) -> None:
    """Empty the form and the line."""
    for key in ("draft", "wish", "answers"):
        s.drop(key)
    for number in ("draft_no", "wish_no"):
        s.put(number, s.get(number, 0) + 1)


def wish_line(s: Session, choices: tuple[MetricChoice, ...]) -> None:
    """Draw the line with its questions; a new text or an answer fills the form in the same run."""
    t = s.t
    with st.container(key="card_wish"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            text = st.text_input(
                t("wishline.label"),
                value=s.get("wish", ""),
                placeholder=t("wishline.placeholder"),
                max_chars=500,
                key=f"wish_line_{s.get('wish_no', 0)}",
            )
            st.button(t("wishline.read"), icon=":material/edit_note:", key="wish_read")
        if not text.strip():
            s.drop("wish")
            return
        fresh = text != s.get("wish")
        if fresh:
            s.put("wish", text)
            s.put("answers", {})
        view = _read(s, text, choices)
        if fresh:
            put_draft(s, view.fields)
        _shown(s, text, view, choices)


def _read(s: Session, text: str, choices: tuple[MetricChoice, ...]) -> WishView:
    data, project, answers = s.data, s.project, dict(s.get("answers", {}))
    assert data is not None and project is not None
    fed = frozenset(c.id for c in choices)
    args = (text, tuple(sorted(answers.items())), tuple(sorted(fed)))
    return kept(s, "wish", args, lambda: wish_view(data, project, text, answers, fed, s.t))


def _shown(s: Session, text: str, view: WishView, choices: tuple[MetricChoice, ...]) -> None:
    t = s.t
    if view.understood:
        st.caption(f":material/check: {plain(view.understood)}")
    for asked in view.questions:
        _question(s, text, asked, choices)
    if view.offers:
        st.markdown(t("wishline.no_number" if view.fields.get("metric") else "wish.vague"))
        with st.container(horizontal=True):
            for number, offer in enumerate(view.offers):
                _offer(s, number, offer)
    for line in view.said:
        st.caption(f":material/info: {plain(line)}")
    if view.inactivity_days and st.button(
        t("wishline.apply_days", n=view.inactivity_days), icon=":material/refresh:", key="wish_days"
    ):
        _take_days(s, view.inactivity_days)
        st.rerun()


def _question(s: Session, text: str, asked: WishAsked, choices: tuple[MetricChoice, ...]) -> None:
    st.markdown(f"**{plain(asked.text)}**")
    with st.container(horizontal=True):
        for option in asked.options:
            pressed = st.button(
                plain(option.label),
                type="primary" if option.chosen else "secondary",
                disabled=option.refused is not None,
                key=f"wish_{asked.code}_{option.value}",
            )
            if pressed:
                s.put("answers", {**s.get("answers", {}), asked.code: option.value})
                put_draft(s, _read(s, text, choices).fields)
                st.rerun()
    for option in asked.options:
        if option.refused:
            st.caption(plain(s.t("wishline.refused", why=option.refused)))


def _offer(s: Session, number: int, offer: WishOffered) -> None:
    label = offer.text if offer.fed else f"{offer.text} ({s.t('wishline.not_fed')})"
    if st.button(plain(label), key=f"wish_offer_{number}", disabled=not offer.fed, icon=":material/add:"):
        put_draft(s, offer.fields)
        st.rerun()


def _take_days(s: Session, days: int) -> None:
    """The project's N of a pause, so that the metric means what the line says."""
    assert s.project is not None and s.place is not None
    settings = s.project.settings.model_copy(update={"inactivity_days": days})
    s.project = s.project.model_copy(update={"settings": settings})
    with st.spinner(s.t("settings.working")):
        rebuild(s.place.data, load_settings(s.project))
    s.save()
