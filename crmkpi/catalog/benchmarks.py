"""Benchmarks: published numbers with publisher, year, sample and definition, and the rule that matches them.

A benchmark is valid only with the same denominator and the same era of mail privacy (from September 2021 on,
opens are inflated). They are shown as a band of the matching rows, never as one line; own history ranks above.
`role`: typical | top (best tenth) | rule (thumb) | part (hard or soft bounces only); only typical rows match.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

HERE = Path(__file__).parent / "benchmarks"
# a row older than this many years is shown only with a label
FRESH_YEARS = 5
# rows within this many years of the newest matching one form the band
SAME_TIME = 2
GENERAL = (
    "all industries", "all", "all (average)", "all apps", "ecommerce (all)", "ecommerce", "retail (all)",
    "online retail", "retail",
)  # fmt: skip
MEDIA = ("email", "sms", "push", "whatsapp")
# rows about a part of the trade, never a norm for the whole
PARTS = ("direct", "search", "social", "offline", "in store", "redeemers", "non-redeemers")
MESSAGE_RATES = (
    "open_rate", "click_rate", "ctor", "unsub_rate", "bounce_rate", "complaint_rate", "rpr", "conversion_message",
    "click_to_order", "trigger_conversion", "mass_conversion", "trigger_revenue_share", "delivery_rate",
)  # fmt: skip
_UNITS = {"share": "%", "ratio": "x", "hours": "hours", "months": "months", "count": "units"}
_MONEY = ("USD", "RUB")


class Benchmark(BaseModel):
    """One published number, as in the source (per cent stay per cent; `value_in_unit` divides)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    metric_id: str
    industry: str
    region: str
    channel: str
    statistic: str
    value: float
    unit: str
    sample: str
    year: int | None
    publisher: str
    url: str
    quote: str
    confidence: Literal["high", "medium", "low"]
    notes: str
    channel_class: str
    role: Literal["typical", "top", "rule", "part"]
    period: str
    era: str

    @property
    def value_in_unit(self) -> float:
        """The value as metrics carry it: shares 0..1."""
        return self.value / 100 if self.unit == "%" else self.value

    @property
    def medium(self) -> str | None:
        """email, sms, push, whatsapp; None for a row that is not about messages."""
        first = self.channel.split(" ")[0].lower()
        return first if first in MEDIA else None

    @property
    def source(self) -> str:
        """Publisher and year, as printed beside the number."""
        return f"{self.publisher}, {self.year}" if self.year else self.publisher


class BenchmarkBand(BaseModel):
    """Least and greatest of the matching rows. `labels`: low_confidence, old, no_year, other_industry."""

    model_config = ConfigDict(frozen=True)
    low: float
    high: float
    rows: tuple[Benchmark, ...]
    labels: tuple[str, ...] = ()

    @property
    def sources(self) -> list[str]:
        """Publishers with years, each once."""
        return list(dict.fromkeys(row.source for row in self.rows))


@cache
def benchmarks() -> tuple[Benchmark, ...]:
    """All rows of the library."""
    found = []
    for path in sorted(HERE.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.append(Benchmark.model_validate({**row, "year": row["year"] or None}))
    return tuple(found)


def match(
    metric: str,
    unit: str,
    *,
    currency: str | None = None,
    industry: str | None = None,
    region: str | None = None,
    medium: str | None = None,
    channel_class: str | None = None,
    grain: str = "month",
    rows: Iterable[Benchmark] | None = None,
) -> BenchmarkBand | None:
    """The band of comparable rows, None when there are none (nothing is better than a guess).

    Order of matching (methods.md 11): metric and unit, medium, channel class (mass, trigger, transactional,
    subscription; without one, rows that are not about triggers), industry, region, newest years.
    """
    pool = [
        r for r in (benchmarks() if rows is None else rows) if r.metric_id == metric and r.role == "typical"
    ]
    pool = [r for r in pool if _same_unit(r, unit, currency) and r.period in ("", grain)]
    pool = _of_medium(pool, metric, medium)
    if channel_class is None and metric.startswith("trigger_"):
        channel_class = "trigger"
    wanted = (channel_class,) if channel_class else ("", "mass")
    pool = [r for r in pool if r.channel_class in wanted]
    sound = [r for r in pool if r.confidence != "low"]
    labels = [] if sound or not pool else ["low_confidence"]
    pool = sound or pool
    pool, industry_label = _industry(pool, industry)
    if region:
        pool = [r for r in pool if r.region.lower() == region.lower()] or pool
    pool = _newest(pool)
    if not pool:
        return None
    if industry_label:
        labels.append(industry_label)
    labels += _age_labels(pool)
    values = [r.value_in_unit for r in pool]
    return BenchmarkBand(low=min(values), high=max(values), rows=tuple(pool), labels=tuple(labels))


def _same_unit(row: Benchmark, unit: str, currency: str | None) -> bool:
    if unit == "money":
        return currency in _MONEY and row.unit.split("/")[0] == currency
    return _UNITS.get(unit) == row.unit


def _of_medium(pool: list[Benchmark], metric: str, medium: str | None) -> list[Benchmark]:
    """Rows of one medium: the asked one, else that of the metric's name, else e-mail for rates of messages."""
    own = next((m for m in MEDIA if metric.startswith(m)), None)
    wanted = medium or own or ("email" if metric in MESSAGE_RATES else None)
    return [r for r in pool if r.medium in (None, wanted) and r.channel.lower() not in PARTS]


def _industry(pool: list[Benchmark], industry: str | None) -> tuple[list[Benchmark], str | None]:
    """Rows of the industry, else rows about all of commerce, else none: another trade is no benchmark."""
    if industry:
        own = [r for r in pool if r.industry.lower() == industry.lower()]
        if own:
            return own, None
    general = [r for r in pool if r.industry.lower() in GENERAL]
    return general, "other_industry" if industry and general else None


def _newest(pool: list[Benchmark]) -> list[Benchmark]:
    """Rows of one era of mail privacy and of neighbouring years, the newest; undated only if all are."""
    years = [r.year for r in pool if r.year is not None]
    if not years:
        return pool
    newest = max(years)
    recent = [r for r in pool if r.year is not None and newest - r.year <= SAME_TIME]
    era = next((r.era for r in sorted(recent, key=lambda r: -(r.year or 0))), "")
    return [r for r in recent if r.era == era]


def _age_labels(pool: list[Benchmark]) -> list[str]:
    years = [r.year for r in pool if r.year is not None]
    if not years:
        return ["no_year"]
    edition = max(r.year for r in benchmarks() if r.year is not None)
    return ["old"] if edition - max(years) > FRESH_YEARS else []
