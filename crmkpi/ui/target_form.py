"""The form of one target: three fields suffice, the rest has defaults; the coach speaks beside it."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target, read_target
from crmkpi.tree.opening import coverage_of
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.node import dimension_choices, segment_values
from crmkpi.views.targets import Advice, MetricChoice, advice, first_due, metric_choices

KINDS = ("reach", "stay_above", "stay_below")
SHAPES = ("auto", "linear", "seasonal", "geometric", "s_curve")
CHANGES = ("absolute", "relative", "points")
FAR = date(2100, 12, 31)


def target_form(s: Session, old: Target | None) -> bool:
    """Draw the form; True in the run in which a target was saved into the project."""
    data, t, project = s.data, s.t, s.project
    assert data is not None and project is not None
    choices = kept(
        s,
        "choices",
        (project.tree.template, tuple(project.tree.starred)),
        lambda: metric_choices(data, project, t),
    )
    left, right = st.columns([5, 4], gap="large")
    with left:
        raw = _fields(s, choices, old)
        save = st.button(
            t("targets.update" if old else "targets.save"),
            type="primary",
            icon=":material/flag:",
            disabled=raw is None,
            key="save_target",
        )
    with right, st.container(key="card_coach"):
        target = _coach(s, raw, old)
    if not save or target is None:
        return False
    others = [x for x in project.targets if x.id != target.id]
    s.project = project.model_copy(update={"targets": [*others, target]})
    s.save()
    return True


def _fields(s: Session, choices: tuple[MetricChoice, ...], old: Target | None) -> dict[str, Any] | None:
    """What was typed, in the form of a target document; None while the value is empty."""
    data, t = s.data, s.t
    assert data is not None
    wanted = old.metric if old else s.get("metric")
    ids = [c.id for c in choices]
    choice = st.selectbox(
        t("targets.metric"),
        choices,
        index=ids.index(wanted) if wanted in ids else 0,
        format_func=lambda c: t("targets.starred", name=c.name) if c.starred else c.name,
        key=f"target_metric_{old.id if old else 'new'}",
    )
    key = f"{choice.id}_{old.id if old else 'new'}"
    one, two = st.columns(2)
    with st.expander(t("targets.more"), expanded=bool(old)):
        extra = _more(s, choice, old, key)
    percent = choice.percent if extra["change_type"] == "absolute" else True
    typed = one.number_input(
        t("targets.goal") + (" (%)" if percent else ""),
        value=_shown(old, percent) if old else None,
        format="%g",
        key=f"target_goal_{key}_{percent}",
        help=t("targets.hint_share") if percent else None,
    )
    due = two.date_input(
        t("targets.due"),
        value=old.due if old else first_due(data, choice.id),
        max_value=FAR,
        min_value=date(2000, 1, 1),
        format="DD.MM.YYYY",
        key=f"target_due_{key}",
    )
    if typed is None or not isinstance(due, date):
        return None
    goal = typed / 100 if percent else typed
    return {"metric": choice.id, "goal": goal, "due": due, **extra}


def _shown(old: Target, percent: bool) -> float:
    return old.goal * 100 if percent else old.goal


def _more(s: Session, choice: MetricChoice, old: Target | None, key: str) -> dict[str, Any]:
    """The fields with defaults."""
    t = s.t
    changes = [c for c in CHANGES if c != "points" or choice.percent]
    found: dict[str, Any] = {
        "change_type": _choice(t, "change", changes, old.change_type if old else "absolute", key),
        "kind": _choice(t, "kind", KINDS, old.kind if old else "reach", key),
        "measure": "level",
    }
    if choice.additive:
        found["measure"] = _choice(t, "measure", ("level", "total"), old.measure if old else "level", key)
    found["shape"] = _choice(t, "shape", SHAPES, old.shape if old and old.shape in SHAPES else "auto", key)
    owner = st.text_input(
        t("targets.owner"),
        value="" if old is None or old.owner == "me" else old.owner,
        placeholder=t("targets.me"),
        max_chars=60,
        key=f"target_owner_{key}",
    )
    found["owner"] = owner.strip() or "me"
    found["where"] = _segment(s, old, key)
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


def _segment(s: Session, old: Target | None, key: str) -> dict[str, list[str | None]]:
    data, t = s.data, s.t
    assert data is not None
    names = dimension_choices(data, t)
    before = next(iter(old.where.items()), None) if old else None
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


def _coach(s: Session, raw: dict[str, Any] | None, old: Target | None) -> Target | None:
    """The five letters beside the form. Only an impossible goal is refused; then there is no target."""
    data, t, project = s.data, s.t, s.project
    assert data is not None and project is not None
    if raw is None:
        st.subheader(t("gap.smart"), anchor=False)
        st.markdown(t("targets.none_text"))
        return None
    try:
        target = _draft(data, raw, old)
        said: Advice = advice(data, target, project.tree.template, t)
    except CrmKpiError as error:
        st.error(t(error.key, **error.params), icon=":material/block:")
        return None
    st.markdown(f"**{plain(said.sentence)}**")
    st.caption(plain(said.baseline))
    for letter in said.letters:
        icon = ":green[:material/check_circle:]" if letter.ok else ":orange[:material/lightbulb:]"
        st.markdown(f"{icon} **{plain(letter.name)}.** {plain(letter.message)}")
    st.caption(plain(said.verdict))
    return target


def _draft(data: DataDir, raw: dict[str, Any], old: Target | None) -> Target:
    """The typed target with its baseline: of an edited one the frozen baseline stays while the metric does."""
    target = read_target(raw)
    if old is None:
        return freeze(data, target)
    same = old.metric == target.metric and old.where == target.where and old.measure == target.measure
    kept_fields = {"id": old.id, "baseline": old.baseline if same else None}
    target = target.model_copy(update=kept_fields)
    return target if target.baseline else freeze(data, target)
