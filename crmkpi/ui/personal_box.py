"""What becomes of personal columns: a sentence for those left out, a choice for those that name the customer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st

from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.files import FileCard
from crmkpi.views.personal import PersonalChoice


def personal_box(s: Session, card: FileCard, cards: Sequence[FileCard]) -> None:
    """Draw the personal columns of one file. What is chosen for the customer's key holds for all waiting files:
    files with fingerprints and files with addresses would not join."""
    t = s.t
    for one in card.personal.choices:
        chosen = st.segmented_control(
            plain(one.label),
            one.options,
            default=one.done,
            required=True,
            format_func=lambda way: t(f"privacy.{way}"),
            # the position is part of the key: after a change the widget is a fresh one that agrees with the file
            key=f"personal_{_mark(card.name, one.column, one.done)}",
        )
        st.caption(f":material/shield_person: {plain(one.text)}")
        if chosen and chosen != one.done:
            _keep(s, card, one, chosen, cards)
            st.rerun()
    if card.personal.dropped:
        st.caption(f":material/shield_person: {plain(card.personal.dropped)}")


def _keep(s: Session, card: FileCard, one: PersonalChoice, chosen: str, cards: Sequence[FileCard]) -> None:
    alike = [(c.name, x.column) for c in cards for x in c.personal.choices if x.key]
    every = alike if one.key and chosen != "drop" else [(card.name, one.column)]
    answers = {**s.get("answers", {})}
    for name, column in every:
        answers[name] = {**answers.get(name, {}), f"personal:{column}": chosen}
    s.put("answers", answers)


def _mark(*parts: str) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
