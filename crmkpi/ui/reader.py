"""The verdict page of a reader with a link: phone first, and nothing to write but a yes or a question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from crmkpi.charts.milestones import milestone_chart
from crmkpi.charts.parts import segment_chart
from crmkpi.charts.series import series_chart
from crmkpi.charts.theme import Palette
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.store.editions import Edition, Reply
from crmkpi.store.viewers import LONGEST_NAME, LONGEST_QUESTION, ShareReader
from crmkpi.ui import figures, rights
from crmkpi.ui.live import latest
from crmkpi.ui.metric_tree import metric_tree
from crmkpi.ui.style import plain
from crmkpi.views.edition import (
    QUESTIONS,
    EditionView,
    KpiCard,
    NodeStory,
    TreeStory,
    changes,
    edition_view,
    export,
)
from crmkpi.views.links import last_day, moment
from crmkpi.views.share import file_name

WATCH_SECONDS = 30
HEIGHT = 220


def verdict_page(t: Words) -> None:
    """Everything a reader sees; without a valid link, one sentence."""
    reader = rights.link_reader(rights.mode())
    if reader is None:
        _dark(t)
        return
    try:
        edition, before = reader.look()
    except CrmKpiError:  # closed between two looks
        _dark(t)
        return
    document = latest(reader, edition)
    view = edition_view(document, t)
    _watch(edition.number)
    with st.container(key="reader"):
        _head(view, edition, reader, t)
        if before is not None:
            _since(edition_view(before.snapshot, t), view, before, t)
        figures.verdict("reader", view.tone, view.headline)
        mine = reader.replies()
        for kpi in view.kpis:
            _kpi(kpi, reader, edition, mine, t)
        if view.tree is not None:
            _tree(view.tree, reader, edition, t)
        _foot(view, reader, edition, mine, t)


def _dark(t: Words) -> None:
    with st.container(key="reader"), st.container(key="verdict_neutral_closed"):
        st.subheader(t("door.closed.title"), anchor=False)
        st.markdown(t("door.closed.text"))


@st.fragment(run_every=WATCH_SECONDS)
def _watch(number: int) -> None:
    """Look at the link again: a tab goes dark after a revoke, and takes up a new edition."""
    reader = rights.link_reader(rights.mode())
    if reader is None or reader.numbers()[:1] != (number,):
        st.rerun()


def _head(view: EditionView, edition: Edition, reader: ShareReader, t: Words) -> None:
    st.title(plain(view.title) or t("reader.title"), anchor=False)
    said = [
        t("reader.edition", number=edition.number, day=moment(edition.at, t)),
        t("reader.data", day=view.data_to),
    ]
    if reader.scope.live:
        said = [t("reader.live"), t("reader.data", day=view.data_to)]
    if reader.sharer:
        said.append(t("reader.from", who=reader.sharer))
    st.caption(plain(" · ".join(said)))


def _since(before: EditionView, now: EditionView, edition: Edition, t: Words) -> None:
    """What changed since the edition that this browser saw before."""
    lines = changes(before, now, t)
    with st.container(key="card_since"):
        st.markdown(f"**{t('reader.since', number=edition.number, day=moment(edition.at, t))}**")
        if not lines:
            st.markdown(t("reader.same"))
        for line in lines:
            glyph = {"good": ":green[●]", "bad": ":red[▼]"}.get(line.tone, ":gray[○]")
            st.markdown(f"{glyph} **{plain(line.name)}:** {plain(line.text)}")


# one KPI -------------------------------------------------------------------------------------------------
def _kpi(kpi: KpiCard, reader: ShareReader, edition: Edition, mine: list[Reply], t: Words) -> None:
    with st.container(key=f"card_kpi_{kpi.id}"):
        colour = figures.BADGES.get(kpi.tone, "gray")
        st.markdown(f"#### {plain(kpi.name)} :{colour}-badge[{plain(kpi.status)}]")
        if kpi.hidden:
            st.markdown(plain(kpi.good.text))
            return
        st.markdown(f"{plain(kpi.now)} → {plain(kpi.goal)} · {plain(kpi.left)}")
        if kpi.progress is not None:
            st.progress(kpi.progress, text=plain(kpi.progress_text or ""))
        for name in QUESTIONS:
            st.markdown(f"**{t(f'share.ask_{name}')}** {plain(getattr(kpi, name).text)}")
        if kpi.chance:
            st.markdown(f"**{t('reader.likely')}** {plain(kpi.chance)}")
        if kpi.steps:
            st.markdown(f"**{t('reader.next')}** {plain(' '.join(kpi.steps))}")
        _way(kpi, t)
        if reader.questions:
            _ask(kpi, reader, edition, mine, t)


def _way(kpi: KpiCard, t: Words) -> None:
    if kpi.path is None or not kpi.path.points:
        return
    with st.expander(t("reader.points"), icon=":material/flag:"):
        path = kpi.path
        _chart(f"way_{kpi.id}", t, path, lambda ink: milestone_chart(path, t, ink, HEIGHT))
        for point in kpi.path.points:
            if point.status_text:
                fact = f" → {plain(point.actual_text)}" if point.actual_text else ""
                st.markdown(
                    f"{plain(point.label)}: {plain(point.planned_text)}{fact} · {plain(point.status_text)}"
                )


def _ask(kpi: KpiCard, reader: ShareReader, edition: Edition, mine: list[Reply], t: Words) -> None:
    """One short question an edition, to the owner."""
    asked = [r for r in mine if r.kind == "question" and r.kpi == kpi.id and r.edition == edition.number]
    if asked:
        st.caption(f":material/mark_email_read: {t('reader.asked')} {plain(asked[0].text)}")
        return
    with (
        st.expander(t("reader.ask"), icon=":material/help:"),
        st.form(f"ask_{kpi.id}", border=False, clear_on_submit=True),
    ):
        text = st.text_area(t("reader.question"), max_chars=LONGEST_QUESTION, height=80)
        if st.form_submit_button(t("reader.send")) and text.strip():
            reader.ask(kpi.id, text)
            st.rerun()


# the tree ------------------------------------------------------------------------------------------------
def _tree(tree: TreeStory, reader: ShareReader, edition: Edition, t: Words) -> None:
    st.subheader(t("reader.why"), anchor=False)
    figures.verdict("reader_tree", tree.direction, tree.headline, tree.sentences)
    figures.notices(tree.notices)
    if tree.drivers:
        with st.container(key="card_reader_drivers"):
            for part in tree.drivers:
                figures.line(part)
    clicked = metric_tree(tree.cards, t, key=f"edition_{reader.link_id}_{edition.number}")
    st.caption(plain(t("tree.caption", title=tree.title, period=tree.period, vs=tree.vs)))
    story = tree.nodes.get(clicked or "")
    if clicked and story:
        name = next(card.name for card in tree.cards if card.id == clicked)
        st.dialog(plain(name), width="medium", position="right")(_story)(story, clicked, t)


def _story(story: NodeStory, node: str, t: Words) -> None:
    st.markdown(plain(story.definition))
    if story.formula:
        st.markdown(f"**{t('node.formula')}** {plain(story.formula)}")
    if story.series:
        _chart(
            f"series_{node}",
            t,
            story.series,
            lambda ink: series_chart(story.series, story.unit, story.additive, t, ink, height=HEIGHT),
        )
    if not story.segments:
        return
    names = [one.by for one in story.segments]
    chosen = st.selectbox(t("node.by"), names, key=f"reader_by_{node}", format_func=plain)
    split = next(one for one in story.segments if one.by == chosen)
    drawn = [part for part in split.parts if part.value is not None]
    st.caption(plain(split.title))
    if drawn:
        _chart(f"split_{node}_{names.index(chosen)}", t, drawn, lambda ink: segment_chart(drawn, t, ink))
    figures.notices([*(part.name for part in split.parts if part.value is None), *split.notes])


def _chart(key: str, t: Words, drawn: object, make: Callable[[Palette], Any]) -> None:
    """A chart whose specification is kept: a reader's page costs little, however many open it."""
    ink = figures.colours()
    spec = _spec(repr(drawn), t.lang, ink.text, key.partition("_")[0], lambda: make(ink).to_dict())
    st.vega_lite_chart(spec, theme=None, width="stretch", key=f"reader_{key}")


@st.cache_data(max_entries=400, ttl=6 * 3600, show_spinner=False)
def _spec(drawn: str, lang: str, ink: str, kind: str, _make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """By what is drawn, the language and the theme: equal content gives an equal chart, whoever looks."""
    return _make()


# the end -------------------------------------------------------------------------------------------------
def _foot(view: EditionView, reader: ShareReader, edition: Edition, mine: list[Reply], t: Words) -> None:
    signed = [r for r in mine if r.kind == "seen" and r.edition == edition.number]
    with st.container(key="card_sign"):
        if signed:
            st.markdown(
                f":material/task_alt: {t('reader.signed', number=edition.number, day=moment(signed[0].at, t))}"
            )
        else:
            with st.form("sign_off", border=False):
                st.markdown(f"**{t('reader.sign_title')}**  \n{t('reader.sign_text')}")
                name = st.text_input(t("reader.your_name"), max_chars=LONGEST_NAME)
                if st.form_submit_button(t("reader.sign"), type="primary", icon=":material/task_alt:"):
                    reader.sign_off(name)
                    st.rerun()
    if reader.scope.export and view.kpis:
        st.download_button(
            t("reader.export"),
            data=export(view, t),
            file_name=f"{file_name(view.title)}.csv",
            mime="text/csv",
            icon=":material/table_view:",
            key="reader_export",
            on_click="ignore",
        )
    st.caption(t("reader.until", day=last_day(reader.expires_at, t)))
