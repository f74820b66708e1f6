"""The line above the tree: period, comparison, filters; and the choices they leave in the session."""

from __future__ import annotations

import streamlit as st

from crmkpi.engine.evaluate import Where
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.project.document import Project
from crmkpi.project.past import project_on
from crmkpi.tree.opening import coverage_of
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.views.node import dimension_choices, segment_values
from crmkpi.views.tree import DEFAULT_TREE, Asked, periods_to_choose

COMPARISONS = ("auto", "year_ago", "previous", "to_date")
MOST_DIMENSIONS = 8
# months first: they are what people ask for
GRAINS = ("month", "quarter")


def asked(s: Session) -> Asked:
    """What the visitor asked to see, from the session; the same on the tree and on its neighbours."""
    found = s.shared("asked", {})
    where = tuple(
        Where(name, tuple(values)) for name, values in sorted(found.get("where", {}).items()) if values
    )
    return Asked(found.get("period"), found.get("comparison", "auto"), where)


def controls(s: Session) -> Asked:
    """Draw the line and return what is asked now."""
    t, now = s.t, dict(s.shared("asked", {}))
    assert s.data is not None
    with st.container(horizontal=True, vertical_alignment="bottom", key="tree_controls"):
        now["comparison"] = st.segmented_control(
            t("tree.compare"),
            COMPARISONS,
            default=now.get("comparison", "auto"),
            required=True,
            format_func=lambda c: t(f"tree.compare_{c}"),
            key="tree_comparison",
        )
        if now["comparison"] != "to_date":
            now["period"] = _period(s, now.get("period"), t)
        else:
            now["period"] = None
        now["where"] = _filters(s, now.get("where", {}), t)
    s.share("asked", now)
    return asked(s)


def _period(s: Session, chosen: str | None, t: Words) -> str | None:
    data = s.data
    assert data is not None
    template = project_of(s).tree.template or DEFAULT_TREE
    periods = kept(
        s,
        "periods",
        (template,),
        lambda: [p for grain in GRAINS for p in periods_to_choose(data, template, grain)],
    )
    choices = [None, *periods]
    return st.selectbox(
        t("tree.period"),
        choices,
        index=choices.index(chosen) if chosen in choices else 0,
        format_func=lambda p: t("tree.period_auto") if p is None else t.period(parse_period(p)),
        key="tree_period",
        width=220,
    )


def _filters(s: Session, chosen: dict[str, list[str | None]], t: Words) -> dict[str, list[str | None]]:
    """One box per dimension: several values of one are OR, several dimensions AND."""
    data = s.data
    assert data is not None
    names = kept(s, "dimensions", (), lambda: dimension_choices(data, t))
    count = sum(1 for values in chosen.values() if values)
    label = t("tree.filter_on", n=count) if count else t("tree.filter")
    found: dict[str, list[str | None]] = {}
    if not names:
        return found
    with st.popover(label, icon=":material/filter_alt:", key="tree_filter"):
        for name in list(names)[:MOST_DIMENSIONS]:
            values = _values(s, name)
            picked = st.multiselect(
                names[name],
                values,
                default=[v for v in chosen.get(name, []) if v in values],
                format_func=lambda v: t("segment.blank") if v is None else v,
                placeholder=t("tree.filter_any"),
                key=f"tree_filter_{name}",
            )
            if picked:
                found[name] = picked
    return found


def _values(s: Session, name: str) -> tuple[str | None, ...]:
    data = s.data
    assert data is not None

    def found() -> tuple[str | None, ...]:
        covered = coverage_of(data, "orders")
        return segment_values(data, name, covered.first, covered.last)

    return kept(s, "segments", (name,), found)


def project_of(s: Session) -> Project:
    """The open project, as it stood on the past day if one is set; a page asks only after `need_data`."""
    assert s.project is not None
    return s.project if s.past_day is None else project_on(s.project, s.past_day)
