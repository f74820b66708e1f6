"""The log on the screen: initiatives as cards, the timeline, and the share in the common result."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crmkpi.charts.log import timeline_chart, trend_chart
from crmkpi.errors import CrmKpiError
from crmkpi.targets.sentence import owner_name
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.ui.tree_controls import project_of
from crmkpi.views.log import EntryView, LogView, Pairs, from_suggestion, graded_pairs, log_view, suggestions
from crmkpi.views.log_entry import served, with_entry, without_entry
from crmkpi.views.log_share import ShareView, persons, review_period, share_view
from crmkpi.views.parts import Part


def log_mark(s: Session) -> str:
    """What the effects depend on besides the data."""
    return "".join(e.model_dump_json() for e in project_of(s).initiatives)


def pairs_of(s: Session) -> Pairs:
    """Every initiative with its effect, computed once for this state of the data."""
    data, project = s.data, project_of(s)
    assert data is not None
    return kept(s, "log.pairs", (log_mark(s),), lambda: graded_pairs(data, project))


def view_of(s: Session) -> LogView:
    """The log as it is shown."""
    data, pairs = s.data, pairs_of(s)
    assert data is not None
    return kept(s, "log.view", (log_mark(s),), lambda: log_view(data, pairs, s.t))


def suggested(s: Session) -> None:
    """Campaigns with a control group that are not logged: one click writes the entry."""
    data, project, t = s.data, project_of(s), s.t
    assert data is not None
    found = kept(s, "log.suggested", (log_mark(s),), lambda: suggestions(data, project.initiatives))
    if not found:
        return
    st.caption(t("log.form.suggested"))
    with st.container(horizontal=True):
        for one in found:
            label = f"{plain(one.title)}, {t.date(one.day)}"
            if st.button(label, icon=":material/add:", key=f"suggest_{one.campaign}"):
                s.project = with_entry(project, from_suggestion(one))
                s.save()
                st.rerun()


def timeline(s: Session, view: LogView) -> None:
    """All initiatives over time."""
    t = s.t
    with st.container(key="card_timeline"):
        st.markdown(f"#### {t('log.show.timeline')}")
        figures.chart(s, "timeline", (log_mark(s),), lambda ink: timeline_chart(view.entries, t, ink))
        st.caption(t("log.show.timeline_note"))


def entry_card(s: Session, entry: EntryView) -> None:
    """One initiative: grade and title, the sentence, figures on request."""
    t = s.t
    with st.container(key=f"card_entry_{entry.id}"):
        colour = figures.BADGES[entry.tone]
        st.markdown(f"#### {plain(entry.title)}")
        st.markdown(
            f":{colour}-badge[{plain(entry.grade_text)}] :gray[{plain(entry.when)} · {plain(entry.who)}]"
        )
        st.markdown(plain(entry.sentence))
        with st.expander(t("log.show.details")):
            _details(s, entry)
        with st.container(horizontal=True):
            if st.button(t("log.form.edit"), icon=":material/edit:", key=f"change_{entry.id}"):
                s.put("edit", entry.id)
                st.rerun()
            if st.button(
                t("log.form.delete"), icon=":material/delete:", key=f"del_{entry.id}", type="tertiary"
            ):
                s.project = without_entry(project_of(s), entry.id)
                s.save()
                st.rerun()


def _details(s: Session, entry: EntryView) -> None:
    t = s.t
    st.markdown("  \n".join(f"**{plain(name)}:** {plain(value)}" for name, value in entry.figures))
    link = served(project_of(s), entry.id, t)
    if link:
        st.markdown(f":material/flag: {plain(link)}")
    if entry.trend:
        args = (log_mark(s), entry.id)
        figures.chart(s, f"trend_{entry.id}", args, lambda ink: trend_chart(entry.trend, t, ink))
        st.caption(t("log.show.trend"))
    if entry.stronger:
        st.markdown(f"**{t('log.show.stronger')}**")
        for why in entry.stronger:
            st.markdown(plain(why))
    figures.notices(entry.notes)
    if entry.about:
        st.markdown(f"**{t('log.show.about')}**")
        st.markdown("  \n".join(f"{plain(name)}: {plain(text)}" for name, text in entry.about))


def review_choice(s: Session) -> tuple[str, date, date] | None:
    """Person and period of the share and the report; None with a sentence when the period is the wrong way round."""
    t, data, project = s.t, s.data, project_of(s)
    assert data is not None
    known = persons(project)
    first, last = kept(s, "log.review", (log_mark(s),), lambda: review_period(data, project.initiatives))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        person = st.selectbox(
            t("log.show.person"),
            known,
            format_func=lambda p: owner_name(p, t),
            key="review_person",
            width=260,
        )
        ends = [
            st.date_input(
                t(f"log.show.{name}"), value=day, format="DD.MM.YYYY", key=f"review_{name}", width=180
            )
            for name, day in (("period_from", first), ("period_to", last))
        ]
    start, end = ends
    if not isinstance(start, date) or not isinstance(end, date) or start > end:
        st.warning(t("log.show.bad_period"))
        return None
    return person, start, end


def share_card(s: Session, person: str, first: date, last: date) -> None:
    """What of the KPI's change the initiatives explain; a period that cannot be compared is one sentence."""
    data, project, t, pairs = s.data, project_of(s), s.t, pairs_of(s)
    assert data is not None
    args = (log_mark(s), project.tree.model_dump_json(), person, first, last)
    try:
        view: ShareView = kept(
            s, "log.share", args, lambda: share_view(data, project, pairs, person, first, last, t)
        )
    except CrmKpiError as error:
        st.info(t(error.key, **error.params))
        return
    figures.verdict("log_share", view.tone, view.headline, view.sentences)
    left, right = st.columns(2)
    with left, st.container(key="card_share_parts", height="stretch"):
        _lines(t("log.share.sum"), (*view.parts[-1:], *view.parts[:-1]))
        with st.expander(t("log.show.details")):
            _lines("", view.claims)
            figures.notices(view.notes)
    with right, st.container(key="card_share_control", height="stretch"):
        _lines(view.control_title, view.control)
    if view.steps:
        with st.expander(view.steps_title):
            _lines("", view.steps)
    if view.path:
        with st.expander(t("log.path.title")):
            heads = [t(f"log.path.head_{name}") for name in ("step", "who", "fact")]
            st.table({head: [row[i] for row in view.path] for i, head in enumerate(heads)}, hide_index=True)


def _lines(title: str, parts: tuple[Part, ...]) -> None:
    if title:
        st.markdown(f"#### {plain(title)}")
    for part in parts:
        figures.line(part)
