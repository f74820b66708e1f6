"""The rules of status in their order, to move, drop and add; thresholds beside them. Saved with the project."""

from __future__ import annotations

from typing import Any

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.targets.settings import StatusRule, TargetSettings, checked_rules, moved
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.rules import CONDITIONS, STATUSES, THRESHOLDS, rules_view


def rules_box(s: Session) -> None:
    """One expander at the foot of the Targets page."""
    t, project = s.t, s.project
    assert project is not None
    with st.expander(t("rules.title"), icon=":material/rule:", key="rules"):
        _thresholds(s, project.rules)
        view = rules_view(project.rules, t)
        st.markdown(f"**{t('rules.order')}**")
        st.caption(t("rules.order_text"))
        for place, line in enumerate(view.lines):
            with st.container(
                horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", wrap=False
            ):
                note = f" :orange[{t('rules.never')}]" if line.never else ""
                st.markdown(f"{place + 1}\\. {plain(line.text)}{note}", width="stretch")
                _buttons(s, project.rules, place)
        _add(s, project.rules)
        if view.own and st.button(
            t("rules.reset"), icon=":material/undo:", key="rules_reset", type="tertiary"
        ):
            _save(s, TargetSettings())


def _buttons(s: Session, rules: TargetSettings, place: int) -> None:
    t, all_rules = s.t, rules.status_rules
    up, down, drop = ("rules_up", "rules_down", "rules_drop")
    options: dict[str, Any] = {"type": "tertiary", "width": "content"}
    with st.container(horizontal=True, width="content", gap="small", wrap=False):
        if st.button(
            "",
            icon=":material/arrow_upward:",
            key=f"{up}_{place}",
            help=t("rules.up"),
            disabled=place == 0,
            **options,
        ):
            _save(s, rules.model_copy(update={"status_rules": moved(all_rules, place, -1)}))
        last = place == len(all_rules) - 1
        if st.button(
            "",
            icon=":material/arrow_downward:",
            key=f"{down}_{place}",
            help=t("rules.down"),
            disabled=last,
            **options,
        ):
            _save(s, rules.model_copy(update={"status_rules": moved(all_rules, place, 1)}))
        if st.button(
            "", icon=":material/delete:", key=f"{drop}_{place}", help=t("targets.remove"), **options
        ):
            left = tuple(r for n, r in enumerate(all_rules) if n != place)
            _save(s, rules.model_copy(update={"status_rules": left}))


def _add(s: Session, rules: TargetSettings) -> None:
    """A new rule goes to the top: the most special case is decided first."""
    t = s.t
    with st.form("rules_add", border=False, clear_on_submit=True):
        one, two, three = st.columns([5, 2, 1], vertical_alignment="bottom")
        when = one.multiselect(
            t("rules.when"),
            CONDITIONS,
            format_func=lambda c: t(f"status.why.{c}"),
            placeholder=t("rules.when_none"),
            key="rules_when",
        )
        status = two.selectbox(
            t("rules.status"), STATUSES, format_func=lambda x: t(f"status.{x}"), key="rules_status"
        )
        sent = three.form_submit_button(t("rules.add"), width="stretch")
    if sent and when:
        rule = StatusRule(status=status, when=tuple(when))
        _save(s, rules.model_copy(update={"status_rules": (rule, *rules.status_rules)}))


def _thresholds(s: Session, rules: TargetSettings) -> None:
    t = s.t
    st.caption(t("rules.text"))
    boxes = st.columns(4)
    typed: dict[str, Any] = {}
    for number, (name, percent) in enumerate(THRESHOLDS.items()):
        value = float(getattr(rules, name)) * (100 if percent else 1)
        given = boxes[number % len(boxes)].number_input(
            t(f"rules.{name}") + (", %" if percent else ""),
            value=round(value, 6),
            min_value=0.5 if name == "band_sigmas" else 2.0 if name == "min_periods" else 1.0,
            max_value=100.0 if percent else 60.0,
            format="%g",
            key=f"rule_{name}_{value:g}",
        )
        typed[name] = int(given) if name == "min_periods" else given / 100 if percent else given
    fresh = rules.model_copy(update={k: v for k, v in typed.items() if abs(v - getattr(rules, k)) > 1e-9})
    if fresh != rules:
        _save(s, fresh)


def _save(s: Session, rules: TargetSettings) -> None:
    """Rules that do not fit together are refused with a sentence; nothing is stored half."""
    assert s.project is not None
    try:
        checked_rules(rules)
    except CrmKpiError as error:
        st.error(plain(s.t(error.key, **error.params)), icon=":material/error:")
        return
    s.project = s.project.model_copy(update={"rules": rules})
    s.save()
    st.rerun()
