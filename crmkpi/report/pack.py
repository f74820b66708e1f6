"""Pack: one person's results over a period, to attach to a review. Sections of plain blocks, the same on every paper.

It needs no KPI system of a company: the person's own targets, initiatives and metrics are enough, and each of them
may be missing. Nothing here depends on the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crmkpi import __version__
from crmkpi.catalog import metrics
from crmkpi.charts.log import trend_chart
from crmkpi.charts.series import series_chart
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import DEFINITION_VERSION, evaluate_periods
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.project.document import Project
from crmkpi.project.place import Place
from crmkpi.project.record import data_of
from crmkpi.report.content import HASH_SHOWN
from crmkpi.report.options import ReportOptions
from crmkpi.report.pack_goals import Goal, goals
from crmkpi.report.pictures import Chart, chart_document, palette
from crmkpi.report.plain_text import every_text, plain
from crmkpi.targets.sentence import owner_name
from crmkpi.views.log import EntryView, Lists, Pairs, graded_pairs, log_view, marked, no_lists
from crmkpi.views.log_share import compared_with, share_view, watched
from crmkpi.views.node import series
from crmkpi.views.parts import Part
from crmkpi.views.tree import direction

MOST_METRICS = 4
CHART_HEIGHT = 210
METHODS = ("grades", "share", "unknown")


class PackPeriodError(CrmKpiError):
    """A period that ends before it begins or lies outside the data: `first`, `last`, `known_first`, `known_last`."""

    code = "pack_period"


@dataclass(frozen=True)
class Card:
    """A framed block: title with a badge in its tone, facts (label, value), sentences, a chart."""

    title: str
    badge: str
    tone: str
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    chart: str | None = None


@dataclass(frozen=True)
class Table:
    """A small table; `numbers`: the columns set to the right."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Section:
    """One part of the pack, in the order of reading: lead, points, cards, table."""

    id: str
    title: str
    lead: str = ""
    points: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    table: Table | None = None


@dataclass(frozen=True)
class Pack:
    """The whole pack, texts ready to print; `charts` by key are drawn by the papers."""

    lang: str
    title: str
    person: str
    period: str
    data_line: str
    stamp: str
    headline: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Ask:
    """Whose pack, and for which days."""

    person: str
    first: date
    last: date


def pack(
    place: Place, ask: Ask, words: Words, options: ReportOptions, lists: Lists = no_lists
) -> tuple[Pack, dict[str, Chart]]:
    """The pack of one person with its charts. Errors: ProjectWithoutDataError, PackPeriodError."""
    data, project = data_of(place), place.read()
    t = Words(words.lang, data.meta.currency or words.currency)
    _check(data, ask)
    pairs = graded_pairs(data, project, lists)
    mine = tuple(p for p in pairs if p[0].share_of(ask.person) and ask.first <= p[0].shipped <= ask.last)
    entries = tuple(reversed(log_view(data, mine, t).entries))
    charts = _charts(data, project, ask, mine, entries, options, t)
    own = goals(data, project, ask.person, ask.last, t)
    shares, phrase = _share(data, project, pairs, ask, t)
    figures = _metrics(data, project, ask, mine, charts, t)
    sections = [
        _summary(ask, own, entries, phrase, t),
        _goals(own, t),
        _effects(entries, charts, t),
        *shares,
        figures,
        _quality(entries, t),
        Section("method", t("pack.section.method"), points=tuple(t(f"pack.method.{m}") for m in METHODS)),
    ]
    found = Pack(
        lang=t.lang,
        title=options.title or _title(ask.person, t),
        person=_name(ask.person, t),
        period=t("pack.period", first=ask.first, last=ask.last),
        data_line=t("pack.data_line", project=project.name or t("report.untitled")),
        stamp=t(
            "report.stamp",
            hash=data.meta.data_hash[:HASH_SHOWN] or None,
            definitions=DEFINITION_VERSION,
            app=__version__,
        ),
        headline=_headline(own, entries, t),
        sections=tuple(s for s in sections if s is not None),
    )
    return every_text(found, plain), charts


def _check(data: DataDir, ask: Ask) -> None:
    spans = list(data.meta.coverage.values())
    first, last = min(s.first for s in spans), max(s.last for s in spans)
    if ask.first > ask.last or ask.first > last or ask.last < first:
        raise PackPeriodError(first=ask.first, last=ask.last, known_first=first, known_last=last)


def _title(person: str, t: Words) -> str:
    return t("pack.title_me") if person == "me" else t("pack.title", person=person)


def _name(person: str, t: Words) -> str:
    return t("pack.me") if person == "me" else owner_name(person, t)


# sections --------------------------------------------------------------------------------------------------
def _headline(own: Sequence[Goal], entries: Sequence[EntryView], t: Words) -> str:
    proven = sum(e.tone in ("good", "bad") for e in entries)
    done = sum(g.met for g in own)
    return t("pack.headline", goals=len(own), done=done, entries=len(entries), proven=proven)


def _summary(ask: Ask, own: Sequence[Goal], entries: Sequence[EntryView], phrase: str, t: Words) -> Section:
    """Short sentences to paste into a review: goals first, then proven effects, then the rest."""
    said = [g.paste for g in own]
    ordered = sorted(entries, key=lambda e: (e.tone not in ("good", "bad"), e.grade, e.first))
    said += [e.paste for e in ordered]
    said += [phrase] if phrase else []
    return Section("summary", t("pack.section.summary"), "" if said else t("pack.nothing"), tuple(said))


def _goals(own: Sequence[Goal], t: Words) -> Section:
    if not own:
        return Section("goals", t("pack.section.goals"), t("pack.no_goals"))
    cards = tuple(
        Card(
            g.name,
            g.status,
            g.tone,
            lines=(g.sentence,),
            facts=(
                (t("gap.start"), g.start),
                (t("pack.result"), g.result),
                (t("gap.goal"), g.goal),
                (t("pack.chance"), g.chance),
            ),
        )
        for g in own
    )
    return Section("goals", t("pack.section.goals"), cards=cards)


def _effects(entries: Sequence[EntryView], charts: dict[str, Chart], t: Words) -> Section:
    if not entries:
        return Section("effects", t("pack.section.effects"), t("pack.no_entries"))
    cards = tuple(
        Card(
            e.title,
            e.grade_text,
            e.tone,
            lines=_told(e, t),
            facts=e.figures,
            chart=f"trend-{e.id}" if f"trend-{e.id}" in charts else None,
        )
        for e in entries
    )
    return Section("effects", t("pack.section.effects"), cards=cards)


def _told(e: EntryView, t: Words) -> tuple[str, ...]:
    """When and who, the sentence, then what limits it."""
    trend = (t("log.show.trend"),) if e.trend else ()
    return (f"{e.when} · {e.who}", e.sentence, *e.stronger, *e.notes, *trend)


def _share(
    data: DataDir, project: Project, pairs: Pairs, ask: Ask, t: Words
) -> tuple[tuple[Section, ...], str]:
    """The share in the common result with its sentence; where the periods cannot be compared, the reason."""
    title = t("log.share.title")
    try:
        view = share_view(data, project, pairs, ask.person, ask.first, ask.last, t)
    except CrmKpiError as error:
        return (Section("share", title, t(error.key, **error.params)),), ""
    # colleagues' own initiatives belong into their packs
    own = [c for c, (entry, _) in zip(view.claims, pairs, strict=False) if entry.share_of(ask.person)]
    path = tuple(": ".join(x for x in (f"{step} — {who}", fact) if x) for step, who, fact in view.path)
    sections = [
        Section("share", title, view.headline, view.sentences, table=_parts((*view.parts, *own), "what", t)),
        Section("steps", t("pack.section.steps"), view.steps_title, table=_parts(view.steps, "step", t)),
        Section(
            "control",
            t("pack.section.control"),
            view.control_title,
            path,
            table=_parts(view.control, "what", t),
        ),
    ]
    return tuple(x for x in sections if x.table or x.points), view.paste


def _parts(parts: Sequence[Part], head: str, t: Words) -> Table | None:
    """Parts as rows of name, value and note; None without any."""
    rows = tuple((p.name, p.text, p.note) for p in parts)
    return (
        Table(tuple(t(f"pack.column.{name}") for name in (head, "value", "note")), rows, (1,))
        if rows
        else None
    )


def _metrics(
    data: DataDir, project: Project, ask: Ask, mine: Pairs, charts: dict[str, Chart], t: Words
) -> Section | None:
    """The person's own metrics: this period against the one before and a year ago, and how they grew."""
    names = watched(mine, project, ask.person)[:MOST_METRICS]
    if not names:
        return None
    now, then = Period(ask.first, ask.last, "window"), compared_with(data, ask.first, ask.last)
    found = evaluate_periods(data, list(names), [then, now])
    rows, cards = [], []
    for name in names:
        metric = metrics()[name]
        before, after = found.value(name, then.text), found.value(name, now.text)
        change = t.change(before, after, metric.unit)
        rows.append((metric.label[t.lang], t.value(before, metric.unit), t.value(after, metric.unit), change))
        tone = direction(None if before is None or after is None else after - before, before, metric.better)
        key = f"metric-{name}"
        cards.append(Card(metric.label[t.lang], change, tone, chart=key if key in charts else None))
    head = (t("pack.column.metric"), t.period(then), t.period(now), t("pack.column.change"))
    return Section(
        "metrics",
        t("pack.section.metrics"),
        points=(t("pack.metrics_note"),),
        cards=tuple(c for c in cards if c.chart),
        table=Table(head, tuple(rows), (1, 2, 3)),
    )


def _quality(entries: Sequence[EntryView], t: Words) -> Section | None:
    """What the numbers do not show; absent where nobody wrote anything."""
    cards = tuple(Card(e.title, "", "neutral", facts=e.about) for e in entries if e.about)
    return Section("quality", t("pack.section.quality"), cards=cards) if cards else None


# charts ----------------------------------------------------------------------------------------------------
def _charts(
    data: DataDir,
    project: Project,
    ask: Ask,
    mine: Pairs,
    entries: Sequence[EntryView],
    options: ReportOptions,
    t: Words,
) -> dict[str, Chart]:
    colours = palette(options.colour)
    found = {}
    for name in watched(mine, project, ask.person)[:MOST_METRICS]:
        metric = metrics()[name]
        points = tuple(p for p in series(data, name, "month", (), t) if p.first and p.first <= ask.last)
        if len([p for p in points if p.value is not None]) < 2:
            continue
        points = marked(points, [entry for entry, _ in mine], name)
        additive = metric.klass in ("sum", "unique", "stock")
        made = series_chart(points, metric.unit, additive, t, colours, CHART_HEIGHT)
        key = f"metric-{name}"
        found[key] = Chart(key, t("report.chart_of", name=metric.label[t.lang]), chart_document(made))
    for e in entries:
        if e.trend:
            key = f"trend-{e.id}"
            made = trend_chart(e.trend, t, colours)
            found[key] = Chart(key, t("report.chart_of", name=e.title), chart_document(made))
    return found
