"""What I did: the log as a person reads it. Every initiative with its grade, its effect, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from crmkpi.analysis.grading import Graded, Tried, grade_all
from crmkpi.analysis.initiative import Audience, Initiative
from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.sentence import owner_name
from crmkpi.views.columns import column_name
from crmkpi.views.series import SeriesPoint

Lists = Callable[[str], pl.DataFrame | None]
Pairs = tuple[tuple[Initiative, Graded], ...]
TONES = {"up": "good", "down": "bad", "broken_split": "warn"}
TITLE = 44


@dataclass(frozen=True)
class TrendPoint:
    """One window of a comparison of groups: revenue per customer against the window before the start (= 1)."""

    window: int
    inside: float
    outside: float


@dataclass(frozen=True)
class EntryView:
    """One initiative, texts ready to print. `figures`: label and value; `stronger`: why no better proof was possible.

    `about`: what the numbers do not say (hypothesis, decision, speed, effort, outside factors). `paste`: one
    sentence for a review.
    """

    id: str
    title: str
    when: str
    who: str
    first: date
    last: date
    grade: str
    grade_text: str
    tone: str
    sentence: str
    figures: tuple[tuple[str, str], ...]
    stronger: tuple[str, ...]
    notes: tuple[str, ...]
    about: tuple[tuple[str, str], ...]
    trend: tuple[TrendPoint, ...]
    paste: str


@dataclass(frozen=True)
class LogView:
    """The log, the newest entry first, and the verdict on it."""

    headline: str
    tone: str
    sentences: tuple[str, ...]
    entries: tuple[EntryView, ...]


def no_lists(_: str) -> pl.DataFrame | None:
    """Where no list was ever issued."""
    return None


def graded_pairs(data: DataDir, project: Project, lists: Lists = no_lists) -> Pairs:
    """Every initiative of the project with its effect; all graded together, because many looks find something."""
    found = grade_all(data, project.initiatives, lists)
    return tuple(zip(project.initiatives, found, strict=True))


def log_view(data: DataDir, pairs: Pairs, t: Words) -> LogView:
    """The log of graded initiatives."""
    tested = sum(g.effect is not None and g.grade != "D" for _, g in pairs)
    ordered = sorted(pairs, key=lambda p: (p[0].shipped, p[0].title), reverse=True)
    entries = tuple(entry_view(data, entry, graded, tested, t) for entry, graded in ordered)
    proven = sum(e.tone in ("good", "bad") for e in entries)
    worse = sum(e.tone == "bad" for e in entries)
    said = [t("log.worse", n=worse)] if worse else []
    if not entries:
        return LogView(t("log.none_title"), "neutral", (t("log.none_text"),), ())
    headline = t.plural("log.headline", len(entries), proven=proven)
    return LogView(
        headline, "good" if proven - worse > worse else "neutral", (*said, t("log.grades_are")), entries
    )


def entry_view(data: DataDir, entry: Initiative, graded: Graded, tested: int, t: Words) -> EntryView:
    """One initiative with its effect in words."""
    until = entry.until or entry.shipped + timedelta(days=max(graded.days, 1) - 1)
    when = (
        t("log.when_until", first=entry.shipped, last=entry.until) if entry.until else t.date(entry.shipped)
    )
    tone = _tone(graded)
    sentence = _sentence(graded, t)
    money = _money_text(graded, t)
    paste = t("log.paste", title=entry.title, when=when, sentence=sentence, grade=graded.grade)
    return EntryView(
        id=entry.id,
        title=entry.title,
        when=when,
        who=people_text(entry, t),
        first=entry.shipped,
        last=max(until, entry.shipped),
        grade=graded.grade,
        grade_text=t("log.no_grade") if graded.method == "none" else t(f"effect_grade.{graded.grade}"),
        tone=tone,
        sentence=sentence,
        figures=((t("log.audience"), audience_text(data, entry.audience, t)), *_figures(graded, money, t)),
        stronger=tuple(_tried(one, t) for one in graded.tried),
        notes=tuple(_notes(graded, tested, t)),
        about=tuple(_about(entry, t)),
        trend=_trend(graded),
        paste=paste,
    )


# words ---------------------------------------------------------------------------------------------------
def _tone(graded: Graded) -> str:
    if graded.grade == "D":
        return "neutral"
    tone = TONES.get(graded.verdict, "neutral")
    metric = metrics().get(graded.metric)
    if metric is None or tone not in ("good", "bad") or metric.better == "up":
        return tone
    if metric.better == "band":
        return "neutral"
    return "bad" if tone == "good" else "good"


def _sentence(graded: Graded, t: Words) -> str:
    """The verdict with its estimate and interval."""
    words: dict[str, Any] = {"metric": _metric_name(graded.metric, t)}
    e = graded.effect
    if e is not None and e.estimate is not None and graded.grade != "D":
        spoken = _points if graded.method == "control" else _percent
        words["effect"], words["low"], words["high"] = (spoken(v, t) for v in (e.estimate, e.low, e.high))
        words["mde"] = spoken(graded.mde, t).lstrip("+")
        words["treated"], words["control"] = _sides(graded, t)
    if graded.test is not None:
        words["days"] = graded.test.window_days
    if graded.change is not None:
        unit = "money" if graded.method == "attribution" and graded.money else _unit(graded.metric)
        words["amount"] = t.value(graded.change[0], unit, short=True)
    plain = "_plain" if graded.method == "judgement" and graded.change is None else ""
    verdict = graded.verdict
    if graded.method == "seasonal" and verdict in ("up", "down"):
        # fewer sleeping customers are better: the words follow what is good for the business
        verdict = {"good": "better", "bad": "worse"}.get(_tone(graded), "moved")
    return t(f"log.said.{graded.method}_{verdict}{plain}", **words)


def _sides(graded: Graded, t: Words) -> tuple[str, str]:
    """Both sides of the comparison as printed: shares of buyers, or growth."""
    e = graded.effect
    assert e is not None
    if graded.method == "control":
        return t.percent(e.treated), t.percent(e.control)
    base = 1.0 if graded.method == "seasonal" else 0.0
    sides = [None if v is None else v - base for v in (e.treated, e.control)]
    return _percent(sides[0], t), _percent(sides[1], t)


def _points(value: float | None, t: Words) -> str:
    return t.signed(t.points(value), value)


def _percent(value: float | None, t: Words) -> str:
    return t.signed(t.percent(value), value)


def _unit(metric: str) -> str:
    known = metrics().get(metric)
    return known.unit if known else "count"


def _metric_name(metric: str, t: Words) -> str:
    known = metrics().get(metric)
    if known:
        return known.label[t.lang]
    own = f"log.metric_{metric}"
    # a metric that the catalogue no longer has keeps its id
    return t(own) if t.has(own) else metric


def _money_text(graded: Graded, t: Words) -> str | None:
    """Extra revenue with its interval; None where nothing is known or the grade does not allow a sum."""
    if graded.money is None or graded.grade == "D":
        return None
    value, low, high = (t.signed(t.money(v, short=True), v) for v in graded.money)
    open_end = graded.money[1] <= 0 <= graded.money[2]
    return t("log.money_open" if open_end else "log.money_sure", value=value, low=low, high=high)


def _figures(graded: Graded, money: str | None, t: Words) -> list[tuple[str, str]]:
    """Numbers behind the sentence."""
    found = [(t("log.metric"), _metric_name(graded.metric, t))]
    if money:
        found.append((t("log.money"), money))
    e = graded.effect
    if e is not None and graded.method in ("control", "did"):
        found.append((t("log.groups"), t("log.groups_of", treated=e.n_treated, control=e.n_control)))
    if graded.test is not None and graded.test.extra_buyers is not None:
        value, low, high = (t.signed(t.number(v, 0), v) for v in graded.test.extra_buyers)
        found.append((t("log.extra_buyers"), t("log.interval", value=value, low=low, high=high)))
    if graded.seasonal is not None:
        found.append((t("log.span"), t.plural("log.weeks", graded.seasonal.weeks)))
    p = graded.adjusted_p
    if p is not None:
        shown = t.percent(p) if p >= 0.0005 else t("log.tiny", edge=t.percent(0.0005))
        found.append((t("log.by_chance"), shown))
    return found


def _tried(one: Tried, t: Words) -> str:
    """Why a stronger method could not be used."""
    params = dict(one.params)
    if "what" in params:
        params["what"] = t(f"log.what_{params['what']}")
    why = t(one.key, **params)
    return t("log.tried", method=t(f"log.method_{one.method}"), why=why)


def _notes(graded: Graded, tested: int, t: Words) -> list[str]:
    """What a reader must know beside the number."""
    found = [t(f"effect_note.{n}") for n in dict.fromkeys(graded.notes) if t.has(f"effect_note.{n}")]
    found += [t(f"log.note_{n}") for n in dict.fromkeys(graded.notes) if t.has(f"log.note_{n}")]
    if graded.method == "did":
        found.append(t("effect.placebo_passed"))
    if tested > 1 and graded.adjusted_p is not None:
        found.append(t("effect.several", n=tested))
    return found


def _about(entry: Initiative, t: Words) -> list[tuple[str, str]]:
    """The side of a contribution that numbers do not show."""
    money = t.money(entry.cost, short=True) if entry.cost is not None else ""
    rows = [
        ("hypothesis", entry.hypothesis),
        ("complexity", t(f"log.complexity_{entry.complexity}") if entry.complexity else ""),
        ("decision", entry.decision),
        ("speed", entry.speed),
        ("outside", entry.outside),
        ("effort", t("log.hours_n", n=entry.hours) if entry.hours is not None else ""),
        ("cost", money),
        ("judgement", entry.judgement.why if entry.judgement else ""),
    ]
    return [(t(f"log.{key}"), text) for key, text in rows if text]


def _trend(graded: Graded) -> tuple[TrendPoint, ...]:
    """Both groups over the windows, the last one before the start being 1: parallel before, apart after."""
    if graded.did is None:
        return ()
    inside, outside = graded.did.treated_means, graded.did.control_means
    if len(inside) < 2 or not inside[-2] or not outside[-2]:
        return ()
    last = len(inside) - 1
    return tuple(
        TrendPoint(k - last, a / inside[-2], b / outside[-2])
        for k, (a, b) in enumerate(zip(inside, outside, strict=True))
    )


def people_text(entry: Initiative, t: Words) -> str:
    """«Анна 60 %, Борис 40 %»; a single person without a share."""
    if len(entry.people) == 1:
        return owner_name(entry.people[0].name, t)
    return ", ".join(f"{owner_name(p.name, t)} {t.percent(p.share, 0)}" for p in entry.people)


def audience_text(data: DataDir, audience: Audience, t: Words) -> str:
    """Whom it reached."""
    if audience.kind == "segment":
        return "; ".join(
            f"{column_name(name, t)}: {', '.join(v or '—' for v in values)}"
            for name, values in audience.where.items()
        )
    if audience.kind == "campaign":
        known = campaign_names(data)
        return ", ".join(known.get(c, (c, None))[0] for c in audience.campaigns) or t("log.audience_campaign")
    return t(f"log.audience_{audience.kind}")


# what can be logged ----------------------------------------------------------------------------------------
def campaign_names(data: DataDir) -> dict[str, tuple[str, date | None]]:
    """Campaign id -> printed name and first day, the latest first."""
    found: dict[str, tuple[str, date | None]] = {}
    for source in ("messages", "campaigns"):
        if not data.has(source) or "campaign_id" not in data.columns(source):
            continue
        columns = data.columns(source)
        name = pl.col("campaign").drop_nulls().first() if "campaign" in columns else pl.lit(None)
        day = pl.col("day").min().cast(pl.Date) if "day" in columns else pl.lit(None)
        key = pl.col("campaign_id").cast(pl.String)
        rows = data.frame(source).filter(pl.col("campaign_id").is_not_null()).group_by(key=key)
        for one, label, first in rows.agg(label=name.cast(pl.String), first=day).collect().iter_rows():
            old = found.get(one)
            found[one] = (label or (old[0] if old else one), first or (old[1] if old else None))
    order = sorted(found.items(), key=lambda item: (item[1][1] or date.min, item[0]), reverse=True)
    return dict(order)


@dataclass(frozen=True)
class Suggestion:
    """A campaign with a control group that the log does not hold: one click logs it."""

    campaign: str
    title: str
    day: date


def suggestions(data: DataDir, entries: Sequence[Initiative]) -> tuple[Suggestion, ...]:
    """Campaigns whose messages hold a control group and that nobody logged yet, the latest first."""
    if not data.has("messages") or not {"campaign_id", "control"} <= set(data.columns("messages")):
        return ()
    logged = {c for e in entries for c in e.audience.campaigns}
    flagged = data.frame("messages").filter(pl.col("control").fill_null(0).cast(pl.Int8) == 1)
    with_control = set(
        flagged.select(pl.col("campaign_id").cast(pl.String)).unique().collect()["campaign_id"]
    )
    known = campaign_names(data)
    return tuple(
        Suggestion(key, label, day)
        for key, (label, day) in known.items()
        if key in with_control and key not in logged and day is not None
    )


def from_suggestion(one: Suggestion) -> Initiative:
    """The entry that one click writes."""
    audience = Audience(kind="campaign", campaigns=(one.campaign,))
    return Initiative(title=one.title, shipped=one.day, audience=audience)


# on the charts -----------------------------------------------------------------------------------------------
def marked(
    points: Sequence[SeriesPoint], entries: Sequence[Initiative], metric: str
) -> tuple[SeriesPoint, ...]:
    """The series with the initiatives that started in each period: those that watch this metric, or none."""
    mine = [e for e in entries if not e.metrics or metric in e.metrics]

    def started(p: SeriesPoint) -> tuple[str, ...]:
        if p.first is None or p.last is None:
            return ()
        return tuple(_short(e.title) for e in mine if p.first <= e.shipped <= p.last)

    return tuple(replace(p, events=started(p)) for p in points)


def _short(title: str) -> str:
    return title if len(title) <= TITLE else title[: TITLE - 1].rstrip() + "…"
