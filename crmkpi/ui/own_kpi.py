"""A KPI without a file: its form, its values as lines of text, and the box in which a file takes it over."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from crmkpi.engine.data import Meta
from crmkpi.errors import CrmKpiError
from crmkpi.periods import period_of
from crmkpi.targets.own_kpi import own_id, taken_over, with_values
from crmkpi.targets.target import OWN, Target
from crmkpi.targets.typed_values import read_values, values_text
from crmkpi.ui.coach_box import coach_box
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.ui.target_form import choices_of
from crmkpi.views.own_kpi import own_sources, source_name, take_over

UNITS = ("count", "share", "money", "ratio", "days", "hours", "points")
GRAINS = ("month", "week", "quarter", "day")
AHEAD = 3


def begin_without_files(s: Session) -> None:
    """Stops a page that has nothing to stand on: files first, or KPIs typed by hand."""
    t = s.t
    if s.ground is not None:
        return
    st.title(t("targets.title"))
    with st.container(key="verdict_neutral_empty_ground"):
        st.subheader(t("no_data.empty_title"), anchor=False)
        st.markdown(t("ownkpi.no_data"))
        if st.button(t("ownkpi.begin"), type="primary", icon=":material/edit_note:", key="own_begin"):
            project = s.project or s.create(t("ownkpi.project"))
            s.drafts.place(project.id).data.meta = Meta()
            st.rerun()
    st.stop()


def by_hand(s: Session, old: Target | None) -> bool:
    """Whether the form of a KPI typed by hand is drawn: always without files, else as chosen."""
    t = s.t
    if old is not None:
        return old.own is not None
    if s.data is None:
        return True
    ways = ("data", "hand")
    chosen = st.segmented_control(
        t("ownkpi.how"),
        ways,
        default=s.get("own", "data"),
        required=True,
        format_func=lambda x: t(f"ownkpi.by_{x}"),
        key=f"own_way_{s.get('own_no', 0)}",
        label_visibility="collapsed",
    )
    s.put("own", chosen)
    return chosen == "hand"


def own_form(s: Session, old: Target | None) -> bool:
    """Draw the form; True in the run in which the KPI was saved into the project."""
    t, project = s.t, s.project
    assert project is not None
    left, right = st.columns([5, 4], gap="large")
    with left:
        raw = _fields(s, old)
        below = st.container()
    with right, st.container(key="card_coach"):
        target = coach_box(s, raw, old)
    label = t("targets.update" if old else "targets.save")
    if not below.button(
        label, type="primary", icon=":material/flag:", disabled=target is None, key="save_own"
    ):
        return False
    assert target is not None
    now = [target if x.id == target.id else x for x in project.targets]
    s.project = project.model_copy(update={"targets": now if old else [*now, target]})
    s.save()
    return True


def _fields(s: Session, old: Target | None) -> dict[str, Any] | None:
    """What was typed as the fields of a target; None while a needed one is empty or cannot be read."""
    t, tag = s.t, old.id if old else f"new{s.get('own_no', 0)}"
    known = old.own if old else None
    name = st.text_input(
        t("ownkpi.name"),
        value=old.metric.removeprefix(OWN) if old else "",
        max_chars=80,
        placeholder=t("ownkpi.name_example"),
        key=f"own_name_{tag}",
    )
    one, two, three = st.columns(3)
    unit = one.selectbox(
        t("ownkpi.unit"),
        UNITS,
        index=UNITS.index(known.unit) if known else 0,
        format_func=lambda u: t(f"ownkpi.unit_{u}"),
        key=f"own_unit_{tag}",
    )
    better = two.selectbox(
        t("ownkpi.better"),
        ("up", "down"),
        index=1 if known and known.better == "down" else 0,
        format_func=lambda b: t(f"ownkpi.better_{b}"),
        key=f"own_better_{tag}",
    )
    grain = three.selectbox(
        t("ownkpi.grain"),
        GRAINS,
        index=GRAINS.index(old.grain) if old else 0,
        format_func=lambda g: t(f"ownkpi.grain_{g}"),
        key=f"own_grain_{tag}",
    )
    values = _values(s, old, unit == "share", tag)
    raw = _goal(s, old, unit == "share", grain, values, tag)
    if raw is None or values is None or not name.strip():
        return None
    known_source = known.source if known else None
    return {
        **raw,
        "metric": own_id(name),
        "own": {"unit": unit, "better": better, "source": known_source},
        "grain": grain,
        "checkins": [c.model_dump() for c in with_values(old.checkins if old else (), values)],
    }


def _values(s: Session, old: Target | None, percent: bool, tag: str) -> tuple[tuple[date, float], ...] | None:
    """The lines of dates and values; a line that cannot be read is named, and nothing is taken."""
    t, comma = s.t, s.lang == "ru"
    before = tuple((c.day, c.value) for c in old.checkins if c.value is not None) if old else ()
    text = st.text_area(
        t("ownkpi.values") + (" (%)" if percent else ""),
        value=values_text(before, percent, comma),
        placeholder=t("ownkpi.values_example"),
        height=150,
        max_chars=20_000,
        key=f"own_values_{tag}_{percent}",
    )
    st.caption(t("ownkpi.values_help"))
    try:
        return read_values(text, date.today(), percent, comma)
    except CrmKpiError as error:
        st.error(plain(t(error.key, **error.params)), icon=":material/error:")
        return None


def _goal(
    s: Session,
    old: Target | None,
    percent: bool,
    grain: str,
    values: tuple[tuple[date, float], ...] | None,
    tag: str,
) -> dict[str, Any] | None:
    """Goal, due date and owner; the first date proposed is three periods after the last value."""
    t = s.t
    one, two, three = st.columns(3)
    shown = None if old is None else round(old.goal * 100, 6) if percent else old.goal
    goal = one.number_input(
        t("targets.goal") + (" (%)" if percent else ""),
        value=shown,
        format="%g",
        key=f"own_goal_{tag}_{percent}",
    )
    period = period_of(values[-1][0] if values else date.today(), grain)
    for _ in range(AHEAD):
        period = period.next()
    due = two.date_input(
        t("targets.due"),
        value=old.due if old else period.last,
        min_value=date(2000, 1, 1),
        max_value=date(2100, 12, 31),
        format="DD.MM.YYYY",
        key=f"own_due_{tag}_{grain}_{period.last if not old else ''}",
    )
    owner = three.text_input(
        t("targets.owner"),
        value="" if old is None or old.owner == "me" else old.owner,
        placeholder=t("targets.me"),
        max_chars=60,
        key=f"own_owner_{tag}",
    )
    if goal is None or not isinstance(due, date):
        return None
    return {"goal": round(goal / 100, 10) if percent else goal, "due": due, "owner": owner.strip() or "me"}


def take_over_box(s: Session, target: Target) -> None:
    """Compare the typed values with a series of the files; one click lets the file feed the KPI."""
    t, data, project = s.t, s.full, s.project
    if data is None or project is None or not target.typed:
        return
    choices = choices_of(s)
    sources = own_sources(data, target, choices)
    if not sources:
        return
    with st.expander(t("ownkpi.take_over"), icon=":material/sync_alt:"):
        st.caption(t("ownkpi.take_over_text"))
        source = st.selectbox(
            t("ownkpi.source"),
            sources,
            index=0 if sources[0].casefold() == target.metric.casefold() else None,
            placeholder=t("ownkpi.source_none"),
            format_func=lambda x: source_name(x, choices),
            key=f"own_source_{target.id}",
        )
        if source is None:
            return
        view = take_over(data, target, source, t)
        st.markdown(plain(view.refused or view.said))
        if view.lines:
            columns = ("period", "typed", "filed", "verdict")
            st.table({t(f"ownkpi.{c}"): [getattr(line, c) for line in view.lines] for c in columns})
        if not view.refused and st.button(
            t("ownkpi.take"), icon=":material/sync_alt:", key=f"own_take_{target.id}"
        ):
            fed = taken_over(target, source)
            s.project = project.model_copy(
                update={"targets": [fed if x.id == target.id else x for x in project.targets]}
            )
            s.save()
            st.rerun()
