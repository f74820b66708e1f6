"""Mailings: the funnel with its bottleneck against own history, the table, trigger against mass, time to purchase."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import polars as pl

from crmkpi.analysis.timing import Timing, message_to_purchase
from crmkpi.catalog.benchmarks import BenchmarkBand, match
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate, evaluate_periods
from crmkpi.engine.result import Result
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.tree.explain import Explained
from crmkpi.tree.opening import coverage_of
from crmkpi.views.parts import Part

# stage -> the metric whose numerator counts it
STAGES = {
    "delivered": "delivery_rate",
    "opened": "open_rate",
    "clicked": "click_rate",
    "ordered": "conversion_message",
}
TABLE = ("sends_count", *STAGES.values(), "crm_revenue")
# step -> the published metric that measures the same share
MARKET = {"opened": "open_rate", "clicked": "ctor", "ordered": "click_to_order"}
# a step is the bottleneck when it keeps this much less than it usually does
LOSS = 0.9
PAST, LEAST_PAST = 12, 3
MOST_ROWS = 500
HOURS_A_DAY = 24
Counts = Mapping[str, float | None]


@dataclass(frozen=True)
class Funnel:
    """Steps of one month, the verdict on them, and what is said beside it."""

    headline: str
    direction: str
    text: str
    parts: tuple[Part, ...]
    period: str


@dataclass(frozen=True)
class CampaignTable:
    """Columns of the table by their printed names, the latest mailing first; shares are 0..1."""

    names: tuple[str, ...]
    days: tuple[date | None, ...]
    sent: tuple[float | None, ...]
    opened: tuple[float | None, ...]
    clicked: tuple[float | None, ...]
    orders: tuple[float | None, ...]
    revenue: tuple[float | None, ...]


@dataclass(frozen=True)
class TimingView:
    """Orders by the time since the last message, as bars, and the sentence about the median."""

    text: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]


def loaded(data: DataDir) -> bool:
    """Whether there is anything to show here."""
    return data.has("messages") or data.has("campaigns")


def funnel(data: DataDir, where: tuple[Where, ...], t: Words, shown: Period | None = None) -> Funnel | None:
    """One period with mailings (default: the last complete month), each step against the median of its own past.

    Where the past is too short, against the market's usual range of the same step. None without such a period.
    """
    grain = shown.grain if shown else "month"
    result = evaluate(data, ["sends_count", *STAGES.values()], grain, where=where)
    whole = result.rows.filter(pl.col("complete"))["period"].unique(maintain_order=True).to_list()
    until = whole if shown is None else whole[: whole.index(shown.text) + 1] if shown.text in whole else []
    known = [(p, c) for p, c in ((p, _counts(result, p)) for p in until) if c["sent"]]
    if not known or (shown is not None and known[-1][0] != shown.text):
        return None
    text_of, now = known[-1]
    past = [c for _, c in known[-1 - PAST : -1]]
    row = result.get("sends_count", text_of)
    assert row is not None
    period = t.period(Period(row.first, row.last, grain))
    enough = len(past) >= LEAST_PAST
    worst = bottleneck(now, past) if enough else None
    if worst is not None:
        return _narrow(now, worst, period, t)
    below = None if enough else below_market(now)
    if below is not None:
        return _below(now, *below, period, t)
    parts = _steps(now, None, t)
    text = t("campaigns.even_text" if enough else "campaigns.no_past")
    headline = t("campaigns.even" if enough else "campaigns.unjudged", period=period)
    return Funnel(headline, "good" if enough else "neutral", text, parts, period)


def _narrow(now: Counts, worst: tuple[str, float, float], period: str, t: Words) -> Funnel:
    """The verdict on the step that lost most of its usual share."""
    stage, share, usual = worst
    headline = t("campaigns.bottleneck", period=period, step=t(f"campaigns.step_{stage}"))
    said = [t("campaigns.bottleneck_text", share=t.percent(share), usual=t.percent(usual))]
    if stage == "ordered":
        said.append(t("campaigns.engaged"))
    elif share == 0:
        said.append(t("campaigns.not_counted"))
    return Funnel(headline, "bad", " ".join(said), _steps(now, stage, t), period)


def _below(now: Counts, stage: str, share: float, band: BenchmarkBand, period: str, t: Words) -> Funnel:
    """The verdict on the step that stays furthest below what the market shows."""
    headline = t("campaigns.bottleneck", period=period, step=t(f"campaigns.step_{stage}"))
    said = [
        t(
            "campaigns.below_market",
            share=t.percent(share),
            low=t.percent(band.low),
            high=t.percent(band.high),
            sources="; ".join(band.sources),
        )
    ]
    if stage == "ordered":
        said.append(t("campaigns.engaged"))
    return Funnel(headline, "warn", " ".join(said), _steps(now, stage, t), period)


def below_market(now: Counts) -> tuple[str, float, BenchmarkBand] | None:
    """The step furthest below the least of the comparable published values; None when none is a tenth below it."""
    found = []
    for before, stage in pairwise(["sent", *STAGES]):
        share, metric = _share(now, before, stage), MARKET.get(stage)
        band = match(metric, "share", medium="email") if metric else None
        if share is not None and band is not None and share < LOSS * band.low:
            found.append((share / band.low, stage, share, band))
    return min(found, key=lambda f: f[0])[1:] if found else None


def funnel_note(data: DataDir, found: Explained, where: tuple[Where, ...], t: Words) -> str | None:
    """In a tree of mailings: which step of the period's funnel is the bottleneck; None elsewhere or without one."""
    if found.table != "sends" or found.period.grain in ("window", "all"):
        return None
    shown = funnel(data, where, t, found.period)
    if shown is None or shown.direction not in ("bad", "warn"):
        return None
    return f"{shown.headline}. {shown.text}"


def _counts(result: Result, month: str) -> dict[str, float | None]:
    found = {"sent": result.value("sends_count", month)}
    for stage, metric in STAGES.items():
        row = result.get(metric, month)
        found[stage] = None if row is None else row.numerator
    return found


def bottleneck(now: Counts, past: Sequence[Counts]) -> tuple[str, float, float] | None:
    """The step that keeps least of what it usually keeps: stage, its share of the stage before, the usual share.

    Usual = median of the earlier months (three at least); None when no step lost a tenth of its usual share.
    """
    names = ["sent", *STAGES]
    found = []
    for before, stage in pairwise(names):
        share = _share(now, before, stage)
        history = [x for x in (_share(c, before, stage) for c in past) if x is not None]
        if share is None or len(history) < LEAST_PAST:
            continue
        usual = statistics.median(history)
        if usual > 0 and share < LOSS * usual:
            found.append((share / usual, stage, share, usual))
    return min(found)[1:] if found else None


def _share(counts: Counts, before: str, stage: str) -> float | None:
    top, bottom = counts.get(stage), counts.get(before)
    return None if top is None or not bottom else top / bottom


def _steps(now: Counts, worst: str | None, t: Words) -> tuple[Part, ...]:
    parts, before = [], None
    for stage in ("sent", *STAGES):
        value = now.get(stage)
        if value is None:
            continue
        kept = "" if before is None else " · " + t.percent(_share(now, before, stage))
        tone = "bad" if stage == worst else "neutral"
        parts.append(Part(t(f"campaigns.{stage}"), value, t.number(value) + kept, tone))
        before = stage
    return tuple(parts)


def table(data: DataDir, where: tuple[Where, ...], t: Words) -> CampaignTable | None:
    """One row a mailing over the whole history; None where mailings have no id."""
    if "campaign_id" not in data.meta.dimensions:
        return None
    covered = coverage_of(data, "sends")
    whole = Period(covered.first, covered.last, "window")
    result = evaluate_periods(data, TABLE, [whole], by="campaign_id", where=where)
    about = _about(data)
    ids = [s for s in result.rows["segment"].unique().to_list() if s is not None]
    ids.sort(key=lambda s: (about.get(s, (s, date.min))[1], s), reverse=True)
    ids = ids[:MOST_ROWS]

    def column(metric: str, numerator: bool = False) -> tuple[float | None, ...]:
        rows = [result.get(metric, whole.text, s) for s in ids]
        return tuple(None if r is None else r.numerator if numerator else r.value for r in rows)

    return CampaignTable(
        names=tuple(about.get(s, (s, date.min))[0] or s for s in ids),
        days=tuple(about[s][1] if s in about else None for s in ids),
        sent=column("sends_count"),
        opened=column("open_rate"),
        clicked=column("click_rate"),
        orders=column("conversion_message", numerator=True),
        revenue=column("crm_revenue"),
    )


def _about(data: DataDir) -> dict[str, tuple[str, date]]:
    """Name and first day of every mailing: from the table of campaigns, else from the messages."""
    found: dict[str, tuple[str, date]] = {}
    for source in ("messages", "campaigns"):
        if not data.has(source):
            continue
        frame = data.frame(source)
        columns = frame.collect_schema().names()
        if "campaign_id" not in columns:
            continue
        name = pl.col("campaign").first() if "campaign" in columns else pl.col("campaign_id").first()
        day = pl.col("day").min().cast(pl.Date).alias("first")
        rows = frame.filter(pl.col("campaign_id").is_not_null()).group_by("campaign_id")
        for key, label, first in rows.agg(name.alias("label"), day).collect().iter_rows():
            found[key] = (label or key, first)
    return found


def kinds(data: DataDir, where: tuple[Where, ...], t: Words) -> tuple[str, tuple[Part, ...]] | None:
    """Trigger against mass mailings over the last twelve months of data: orders per delivered message."""
    covered = coverage_of(data, "sends")
    year = Period(
        max(covered.first, date(covered.last.year - 1, covered.last.month, 1)), covered.last, "window"
    )
    result = evaluate_periods(data, ["trigger_conversion", "mass_conversion"], [year], where=where)
    rows = [result.get(m, year.text) for m in ("trigger_conversion", "mass_conversion")]
    if any(r is None or r.value is None for r in rows):
        return None
    parts = tuple(
        Part(
            t(f"campaigns.{name}"),
            r.value,
            t.percent(r.value),
            "neutral",
            t("campaigns.kind_note", orders=r.numerator, delivered=r.denominator),
        )
        for name, r in zip(("trigger", "mass"), rows, strict=True)
        if r is not None
    )
    trigger, mass = (p.value or 0.0 for p in parts)
    if not trigger or not mass:
        return t("campaigns.kinds_one"), parts
    better = trigger >= mass
    times = trigger / mass if better else mass / trigger
    return t("campaigns.kinds_trigger" if better else "campaigns.kinds_mass", times=t.number(times, 1)), parts


def timing_view(data: DataDir, where: tuple[Where, ...], t: Words) -> TimingView | None:
    """How long after a message people order; None without messages or without orders after one."""
    if not data.has("messages") or not data.has("orders"):
        return None
    found: Timing = message_to_purchase(data, where=where)
    if not found.touched or found.median_hours is None:
        return None
    days = found.median_hours / HOURS_A_DAY
    text = t("campaigns.median", time=t("campaigns.in_days", n=round(days, 1)))
    if days < 1:
        text = t("campaigns.median", time=t("campaigns.in_hours", n=round(found.median_hours)))
    parts = tuple(
        Part(_until(hours, t), share, t.percent(share, 0), "neutral", t.number(orders))
        for hours, orders, share in _days(found)
    )
    notes = [t("timing.by_day")] if found.by_day else []
    return TimingView(text, parts, (*notes, t("timing.not_caused")))


def _days(found: Timing) -> list[tuple[float | None, int, float]]:
    """Upper edge in hours, orders and their share; everything within the first day together."""
    rows = list(found.hours.select("to", "orders", "share").iter_rows())
    first = [r for r in rows if r[0] is not None and r[0] <= HOURS_A_DAY]
    rest = [r for r in rows if r not in first]
    day = (float(HOURS_A_DAY), sum(r[1] for r in first), sum(r[2] for r in first))
    return [day, *rest]


def _until(hours: float | None, t: Words) -> str:
    return t("campaigns.later") if hours is None else t("campaigns.up_to_days", n=hours / HOURS_A_DAY)
