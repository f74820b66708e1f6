"""One card with the questions of all files: at most three at a time, each answer with what comes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st

from crmkpi.i18n import Words
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.questions import OpenQuestion, Option, QuestionCard

# answers stand beside each other if they are few, or as short as a year
SIDE_BY_SIDE, SHORT = 3, 8


def question_box(s: Session, card: QuestionCard, several: bool) -> None:
    """Draw the card; those with a marked default wait folded. `several`: name the file of each question."""
    t = s.t
    if card.must:
        with st.container(key="card_questions"):
            st.subheader(t("data.answer"), anchor=False)
            for question in card.must:
                _question(s, question, several)
            if card.later:
                st.caption(t("data_ui.question_later", n=card.later))
            st.caption(f":material/bookmark: {t('data_ui.question_about')}")
    if card.may:
        with st.expander(t.plural("data.defaults", len(card.may)), icon=":material/tune:"):
            for question in card.may:
                _question(s, question, several)
    # a settled question is asked no more, so a slip of the mouse needs a way back
    if s.get("answers") and st.button(
        t("data_ui.answer_again"), icon=":material/undo:", type="tertiary", key="again"
    ):
        s.drop("answers")
        st.rerun()


def _question(s: Session, question: OpenQuestion, several: bool) -> None:
    t = s.t
    values = [option.value for option in question.options]
    named = {option.value: plain(option.label) for option in question.options}
    text = f"**{plain(question.text)}**"
    if several:
        text += f"  \n:gray[{t('data_ui.question_files', files=plain(', '.join(question.files)))}]"
    chosen = st.radio(
        text,
        values,
        index=values.index(question.answer) if question.answer in values else None,
        format_func=lambda value: named[value],
        captions=_captions(question, t),
        key=f"question_{_mark(question)}",
        horizontal=len(values) <= SIDE_BY_SIDE or all(len(x) <= SHORT for x in named.values()),
    )
    if chosen is not None and chosen != question.answer:
        _keep(s, question, chosen)
        st.rerun()


def _captions(question: OpenQuestion, t: Words) -> Sequence[str] | None:
    lines = [_caption(option, question, t) for option in question.options]
    return lines if any(lines) else None


def _caption(option: Option, question: OpenQuestion, t: Words) -> str:
    proposed = t("data_ui.proposed") if option.value == question.default else ""
    return " · ".join(plain(x) for x in (option.result, proposed) if x)


def _mark(question: OpenQuestion) -> str:
    """A widget key that is the same on every run and different for every question."""
    return hashlib.sha256(repr((question.key, question.files)).encode()).hexdigest()[:12]


def _keep(s: Session, question: OpenQuestion, chosen: str) -> None:
    answers = {**s.get("answers", {})}
    for name in question.files:
        answers[name] = {**answers.get(name, {}), question.key: chosen}
    s.put("answers", answers)
