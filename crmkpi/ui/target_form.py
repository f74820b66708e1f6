"""The form of one target: three fields suffice, the rest has defaults; the coach speaks beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from crmkpi.i18n import Words
from crmkpi.targets.target import Target
from crmkpi.tree.opening import coverage_of
from crmkpi.ui.aim_chips import aim_chips
from crmkpi.ui.caching import kept
from crmkpi.ui.coach_box import coach_box
from crmkpi.ui.session import Session
from crmkpi.ui.target_risks import risk_fields
from crmkpi.views.node import dimension_choices, segment_values
from crmkpi.views.targets import MetricChoice, first_due, metric_choices
from crmkpi.views.worth import first_metric

KINDS = ("reach", "stay_above", "stay_below")
SHAPES = ("auto", "linear", "seasonal", "geometric", "s_curve")
CHANGES = ("absolute", "relative", "points")
FAR = date(2100, 12, 31)


def target_form(s: Session, old: Target | None, choices: tuple[MetricChoice, ...]) -> bool:
    """Draw the form; True in the run in which a target was saved into the project."""
    t, project = s.t, s.project
    assert project is not None
    left, right = st.columns([5, 4], gap="large")
    with left:
        raw = _fields(s, choices, old)
        below = st.container()
    with right, st.container(key="card_coach"):
        target = coach_box(s, raw, old)
    with below:
        save = st.button(
            t("targets.update" if old else "targets.save"),
            type="primary",
            icon=":material/flag:",
            disabled=target is None,
            key="save_target",
        )
    if not save or target is None:
        return False
    # an edited target keeps its place in the list
    now = [target if x.id == target.id else x for x in project.targets]
    s.project = project.model_copy(update={"targets": now if old else [*now, target]})
    s.save()
    return True


def choices_of(s: Session) -> tuple[MetricChoice, ...]:
    """Metrics that can get a target, the starred ones first."""
    data, project = s.data, s.project
    assert data is not None and project is not None
    args = (project.tree.template, tuple(project.tree.starred))
    return kept(s, "choices", args, lambda: metric_choices(data, project, s.t))


def _fields(s: Session, choices: tuple[MetricChoice, ...], old: Target | None) -> dict[str, Any] | None:
    """What was typed, in the form of a target document; None while the value is empty."""
    data, t = s.data, s.t
    assert data is not None
    start = {**(old.model_dump() if old else {}), **s.get("draft", {})}
    number = s.get("draft_no", 0)
    tag = f"{old.id if old else 'new'}{number or ''}"
    choice = _metric(t, choices, _wanted(s, choices, start), tag)
    if start.get("metric") != choice.id:
        # the filled-in values were meant for another metric
        start = {}
    key = f"{choice.id}_{tag}"
    one, two = st.columns(2)
    near = st.container()
    with st.expander(t("targets.more"), expanded=bool(old)):
        extra = _more(s, choice, start, key)
    extra |= risk_fields(s, start, key)
    percent = choice.percent if extra["change_type"] == "absolute" else True
    typed = one.number_input(
        t("targets.goal") + (" (%)" if percent else ""),
        value=_shown(start, percent),
        format="%g",
        key=f"target_goal_{key}_{percent}",
        help=t("targets.hint_share") if percent else None,
    )
    due = two.date_input(
        t("targets.due"),
        value=start.get("due") or first_due(data, choice.id),
        max_value=FAR,
        min_value=date(2000, 1, 1),
        format="DD.MM.YYYY",
        key=f"target_due_{key}",
    )
    if not isinstance(due, date):
        return None
    raw = {**_untouched(start), "metric": choice.id, "due": due, **extra}
    if typed is not None:
        raw["goal"] = round(typed / 100, 10) if percent else typed
    with near:
        aim_chips(s, raw, choice)
    return raw if typed is not None else None


def _wanted(s: Session, choices: tuple[MetricChoice, ...], start: Mapping[str, Any]) -> str:
    """The metric that was asked for; without one, that worth most."""
    data, project = s.data, s.project
    assert data is not None and project is not None
    asked, ids = start.get("metric") or s.get("metric"), [c.id for c in choices]
    if asked in ids:
        return str(asked)
    names = {"targets", "library", "tree", "rules"}
    with st.spinner(s.t("targets.looking"), show_time=False):
        first = kept(
            s,
            "first_metric",
            (project.model_dump_json(include=names),),
            lambda: first_metric(data, project, choices),
        )
    return first or ids[0]


def _metric(t: Words, choices: tuple[MetricChoice, ...], wanted: str, tag: str) -> MetricChoice:
    return st.selectbox(
        t("targets.metric"),
        choices,
        index=[c.id for c in choices].index(wanted),
        format_func=lambda c: t("targets.starred", name=c.name) if c.starred else c.name,
        key=f"target_metric_{tag}",
    )


def _untouched(start: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that the form has no box for: they stay as they were read or saved."""
    names = ("grain", "guardrail", "baseline_date", "confirmed", "note")
    return {name: start[name] for name in names if name in start}


def _shown(start: Mapping[str, Any], percent: bool) -> float | None:
    goal = start.get("goal")
    if goal is None:
        return None
    return round(float(goal) * 100, 6) if percent else float(goal)


def _more(s: Session, choice: MetricChoice, start: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The fields with defaults."""
    t = s.t
    changes = [c for c in CHANGES if c != "points" or choice.percent]
    found: dict[str, Any] = {
        "change_type": _choice(t, "change", changes, start.get("change_type", "absolute"), key),
        "kind": _choice(t, "kind", KINDS, start.get("kind", "reach"), key),
        "measure": "level",
    }
    if choice.additive:
        found["measure"] = _choice(t, "measure", ("level", "total"), start.get("measure", "level"), key)
    shape = start.get("shape", "auto")
    found["shape"] = _choice(t, "shape", SHAPES if shape in SHAPES else (*SHAPES, shape), shape, key)
    owner = st.text_input(
        t("targets.owner"),
        value="" if start.get("owner", "me") == "me" else start["owner"],
        placeholder=t("targets.me"),
        max_chars=60,
        key=f"target_owner_{key}",
    )
    found["owner"] = owner.strip() or "me"
    found["where"] = _segment(s, start, key)
    return found


def _choice(t: Words, name: str, options: Any, value: str, key: str) -> str:
    return str(
        st.selectbox(
            t(f"targets.{name}"),
            options,
            index=list(options).index(value) if value in options else 0,
            format_func=lambda o: t(f"targets.{name}_{o}"),
            key=f"target_{name}_{key}",
        )
    )


def _segment(s: Session, start: Mapping[str, Any], key: str) -> dict[str, list[str | None]]:
    data, t = s.data, s.t
    assert data is not None
    names = dimension_choices(data, t)
    before = next(iter((start.get("where") or {}).items()), None)
    options = [None, *names]
    dimension = st.selectbox(
        t("targets.segment"),
        options,
        index=options.index(before[0]) if before and before[0] in names else 0,
        format_func=lambda n: t("targets.segment_none") if n is None else names[n],
        key=f"target_segment_{key}",
    )
    if dimension is None:
        return {}
    covered = coverage_of(data, "orders")
    values = kept(
        s, "segments", (dimension,), lambda: segment_values(data, dimension, covered.first, covered.last)
    )
    picked = st.multiselect(
        t("targets.value"),
        values,
        default=[v for v in before[1] if v in values] if before and before[0] == dimension else [],
        format_func=lambda v: t("segment.blank") if v is None else v,
        placeholder=t("tree.filter_any"),
        key=f"target_values_{key}_{dimension}",
    )
    return {dimension: picked} if picked else {}
