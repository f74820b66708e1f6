"""The form of one initiative: audience, title, date and metric suffice; everything else waits behind «подробнее»."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from crmkpi.analysis.initiative import Initiative
from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.targets.gather import data_to
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.ui.target_form import choices_of
from crmkpi.ui.tree_controls import project_of
from crmkpi.views.log import campaign_names
from crmkpi.views.log_entry import branches, entry_from, goals, lacking, people_typed, with_entry
from crmkpi.views.node import dimension_choices, segment_values
from crmkpi.views.rows import data_span

KINDS = ("campaign", "segment", "everyone")
FAR, EARLY = date(2100, 12, 31), date(2000, 1, 1)
WINDOW, LONGEST = 30, 366
TEXTS = ("hypothesis", "decision", "speed", "outside")


def log_form(s: Session, old: Initiative | None) -> bool:
    """Draw the form; True in the run in which the entry was saved into the project."""
    t, project = s.t, project_of(s)
    tag = old.id if old else f"new{len(project.initiatives)}_{s.get('form_no', 0)}"
    with st.container(key="card_log_form"):
        st.subheader(t("log.form.edit_heading" if old else "log.form.heading"), anchor=False)
        audience, title, day = _audience(s, old, tag)
        raw: dict[str, Any] = {"audience": audience, **_first(s, old, tag, title, day)}
        with st.expander(t("log.form.more"), expanded=False):
            more, people = _more(s, old, tag)
        entry, problem = _checked({**raw, **more}, people, old, t)
        if problem:
            st.caption(f":material/info: {plain(problem)}")
        with st.container(horizontal=True):
            save = st.button(
                t("log.form.update" if old else "log.form.save"),
                type="primary",
                icon=":material/check:",
                disabled=entry is None,
                key="save_initiative",
            )
            if (old or project.initiatives) and st.button(t("log.form.cancel"), key="cancel_initiative"):
                _close(s)
                st.rerun()
    if not save or entry is None:
        return False
    s.project = with_entry(project, entry)
    s.save()
    _close(s)
    return True


def _close(s: Session) -> None:
    s.put("form_no", s.get("form_no", 0) + 1)
    s.drop("edit")
    s.drop("adding")


def _checked(
    raw: dict[str, Any], people: str, old: Initiative | None, t: Words
) -> tuple[Initiative | None, str | None]:
    """The entry, or what is still missing or wrong."""
    lacks = lacking(raw, t)
    if lacks:
        return None, t("log.form.missing", what=lacks)
    kept_fields = {"id": old.id, "origin": old.origin} if old else {}
    try:
        return entry_from({**raw, **kept_fields}, people, t), None
    except CrmKpiError as error:
        return None, t(error.key, **error.params)


def _audience(s: Session, old: Initiative | None, tag: str) -> tuple[dict[str, Any], str, date | None]:
    """Whom it reached; a chosen mailing already gives a title and a day."""
    t = s.t
    if old is not None and old.audience.kind == "list":
        st.caption(f":material/group: {t('log.form.list')}")
        return old.audience.model_dump(), "", None
    assert s.data is not None
    data: DataDir = s.data
    known = kept(s, "campaign_names", (), lambda: campaign_names(data))
    kinds = KINDS if known else KINDS[1:]
    kind = st.segmented_control(
        t("log.form.audience"),
        kinds,
        default=old.audience.kind
        if old and old.audience.kind in kinds
        else ("campaign" if known else "everyone"),
        required=True,
        format_func=lambda k: t(f"log.form.{k}"),
        key=f"log_kind_{tag}",
    )
    if kind == "segment":
        return {"kind": kind, "where": _segment(s, old, tag)}, "", None
    if kind != "campaign":
        return {"kind": "everyone"}, "", None
    chosen = st.multiselect(
        t("log.form.campaigns"),
        list(known),
        default=[c for c in (old.audience.campaigns if old else ()) if c in known],
        format_func=lambda c: _campaign(c, known, t),
        placeholder=t("log.form.campaigns_hint"),
        key=f"log_campaigns_{tag}",
    )
    days = [day for day in (known[c][1] for c in chosen) if day is not None]
    title = known[chosen[0]][0] if chosen else ""
    return {"kind": kind, "campaigns": tuple(chosen)}, title, min(days, default=None)


def _campaign(key: str, known: dict[str, tuple[str, date | None]], t: Words) -> str:
    name, day = known[key]
    return f"{name}, {t.date(day)}" if day else name


def _segment(s: Session, old: Initiative | None, tag: str) -> dict[str, tuple[str | None, ...]]:
    t, data = s.t, s.data
    assert data is not None
    names = dimension_choices(data, t)
    if not names:
        st.info(t("node.no_dimensions"))
        return {}
    before = old.audience.where if old else {}
    start = next((n for n in before if n in names), next(iter(names)))
    one, two = st.columns([1, 2])
    name = one.selectbox(
        t("log.form.dimension"),
        list(names),
        index=list(names).index(start),
        format_func=lambda n: names[n],
        key=f"log_dimension_{tag}",
    )
    first, last = data_span(data)
    assert first is not None and last is not None
    values = kept(s, "segment_values", (name, first, last), lambda: segment_values(data, name, first, last))
    chosen = two.multiselect(
        t("log.form.values"),
        values,
        default=[v for v in before.get(name, ()) if v in values],
        format_func=lambda v: v or "—",
        placeholder="",
        key=f"log_values_{tag}_{name}",
    )
    return {name: tuple(chosen)} if chosen else {}


def _first(s: Session, old: Initiative | None, tag: str, title: str, day: date | None) -> dict[str, Any]:
    """Title, day and metric."""
    t = s.t
    assert s.data is not None
    one, two, three = st.columns([5, 2, 4])
    # a chosen mailing names the entry until the person types a title: the key changes with it
    typed = one.text_input(
        t("log.form.title"),
        value=old.title if old else title,
        placeholder=t("log.form.title_example"),
        max_chars=200,
        key=f"log_title_{tag}_{'' if old else title}",
    )
    shipped = two.date_input(
        t("log.form.shipped"),
        value=old.shipped if old else day or data_to(s.data),
        min_value=EARLY,
        max_value=FAR,
        format="DD.MM.YYYY",
        key=f"log_shipped_{tag}_{'' if old else day}",
    )
    choices = {c.id: c.name for c in choices_of(s)}
    watched = old.metrics[0] if old and old.metrics and old.metrics[0] in choices else None
    metric = three.selectbox(
        t("log.form.metric"),
        [None, *choices],
        index=0 if watched is None else 1 + list(choices).index(watched),
        format_func=lambda m: choices[m] if m else t("log.form.metric_none"),
        help=t("log.form.metric_control"),
        key=f"log_metric_{tag}",
    )
    rest = old.metrics[1:] if old else ()
    found = {"title": typed, "metrics": (metric, *rest) if metric else rest}
    return {**found, "shipped": shipped if isinstance(shipped, date) else data_to(s.data)}


def _more(s: Session, old: Initiative | None, tag: str) -> tuple[dict[str, Any], str]:
    """The fields with defaults, and the people as typed."""
    t = s.t
    people = st.text_input(
        t("log.form.people"),
        value=people_typed(old, t),
        placeholder=t("log.form.people_example"),
        key=f"log_people_{tag}",
    )
    found: dict[str, Any] = {}
    for name in TEXTS:
        before = getattr(old, name) if old else ""
        found[name] = st.text_input(
            t(f"log.form.{name}"), value=before, max_chars=500, key=f"log_{name}_{tag}"
        ).strip()
    found |= _span(old, tag, t)
    found |= _links(s, old, tag)
    found |= _test(old, tag, t)
    found |= _effort(old, tag, t)
    return found, people


def _span(old: Initiative | None, tag: str, t: Words) -> dict[str, Any]:
    one, two = st.columns(2)
    until = one.date_input(
        t("log.form.until"),
        value=old.until if old else None,
        min_value=EARLY,
        max_value=FAR,
        format="DD.MM.YYYY",
        key=f"log_until_{tag}",
    )
    window = two.number_input(
        t("log.form.window"),
        value=old.window_days if old else WINDOW,
        min_value=1,
        max_value=LONGEST,
        key=f"log_window_{tag}",
    )
    return {"until": until if isinstance(until, date) else None, "window_days": int(window)}


def _links(s: Session, old: Initiative | None, tag: str) -> dict[str, Any]:
    """Target and node that the work served."""
    t, project = s.t, project_of(s)
    found: dict[str, Any] = {}
    for place, (name, known) in zip(
        st.columns(2), (("target", goals(project, t)), ("node", branches(project, t))), strict=True
    ):
        before = getattr(old, name) if old else None
        options: list[str | None] = [None, *known]
        found[name] = place.selectbox(
            t(f"log.form.{name}"),
            options,
            index=options.index(before) if before in options else 0,
            format_func=partial(_named, known, t),
            key=f"log_{name}_{tag}",
        )
    return found


def _named(known: dict[str, str], t: Words, key: str | None) -> str:
    return known[key] if key else t("log.form.none")


def _test(old: Initiative | None, tag: str, t: Words) -> dict[str, Any]:
    """What was planned about the comparison, in per cent on the screen and shares below it."""
    found: dict[str, Any] = {}
    for place, name in zip(st.columns(2), ("control_share", "expected"), strict=True):
        before = getattr(old, name) if old else None
        value = place.number_input(
            t(f"log.form.{name}"),
            value=None if before is None else round(before * 100, 6),
            min_value=0.01,
            max_value=99.0,
            format="%g",
            key=f"log_{name}_{tag}",
        )
        found[name] = None if value is None else value / 100
    return found


def _effort(old: Initiative | None, tag: str, t: Words) -> dict[str, Any]:
    """Hours, cost, complexity, and the author's own estimate."""
    found: dict[str, Any] = {}
    one, two, three = st.columns(3)
    for place, name in ((one, "hours"), (two, "cost")):
        found[name] = place.number_input(
            t(f"log.form.{name}"),
            value=getattr(old, name) if old else None,
            min_value=0.0,
            format="%g",
            key=f"log_{name}_{tag}",
        )
    found["complexity"] = three.segmented_control(
        t("log.form.complexity"),
        (1, 2, 3),
        default=old.complexity if old else None,
        format_func=lambda x: t(f"log.complexity_{x}"),
        key=f"log_complexity_{tag}",
    )
    said = old.judgement if old else None
    left, right = st.columns([1, 2])
    amount = left.number_input(
        t("log.form.judgement"), value=said.amount if said else None, format="%g", key=f"log_amount_{tag}"
    )
    why = right.text_input(t("log.form.judgement_why"), value=said.why if said else "", key=f"log_why_{tag}")
    if amount is not None or why.strip():
        found["judgement"] = {"amount": amount, "why": why.strip()}
    return found
