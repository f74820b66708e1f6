"""Rates of a mailing report: counts come first; a rate is only turned into a count where the count is missing.

An export's open rate may be of delivered or of sent, its click rate of delivered, of sent or of opens. Where the
counts are there, we compute from them and say which denominator the export used. Where only the rate is, we ask.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from crmkpi.ingest.clean import CleanTable
from crmkpi.ingest.profile import NUMERIC, ColumnProfile, typed
from crmkpi.ingest.quality import finding
from crmkpi.ingest.questions import Question, answer_to
from crmkpi.ingest.text_table import Finding, TextTable

CODE = "rate_denominator"
RATES: dict[str, tuple[re.Pattern[str], tuple[str, ...]]] = {
    "opens": (
        re.compile(
            r".*(?:open rate|\bor\b|открываемост|% ?открыт|доля открыт|процент открыт|unique opens? ?%).*",
            re.I,
        ),
        ("delivered", "sent"),
    ),
    "clicks": (
        re.compile(
            r".*(?:click rate|\bctr\b|ctor|click.to.open|кликабельност|% ?(?:клик|переход)|доля клик|процент клик).*",
            re.I,
        ),
        ("delivered", "sent", "opens"),
    ),
    "unsubscribes": (
        re.compile(r".*(?:unsub\w* rate|доля отпис|% ?отпис|процент отпис).*", re.I),
        ("delivered", "sent"),
    ),
}
# per cents with two decimals of a few thousand letters are a whole number only to about this much
CLOSE = 0.006


def rate_columns(profiles: Sequence[ColumnProfile], mapping: Mapping[str, str]) -> dict[str, ColumnProfile]:
    """Count -> the column that holds its rate, where there is one that nothing else uses."""
    used = set(mapping.values())
    free = [p for p in profiles if p.name not in used and p.kind in NUMERIC and p.filled]
    found: dict[str, ColumnProfile] = {}
    for count, (pattern, _) in RATES.items():
        hit = next((p for p in free if pattern.fullmatch(p.name.strip())), None)
        if hit is not None:
            found[count] = hit
    return found


def rate_questions(
    table: str | None, text: TextTable, profiles: Sequence[ColumnProfile], mapping: Mapping[str, str]
) -> list[Question]:
    """For every count that only its rate gives: of what? With the count that each answer makes."""
    if table != "campaigns":
        return []
    by_name = {p.name: p for p in profiles}
    found: list[Question] = []
    for count, rate in rate_columns(profiles, mapping).items():
        bases = [b for b in RATES[count][1] if b in mapping]
        if count in mapping or not bases:
            continue
        sums = _sums(text, rate, {b: by_name[mapping[b]] for b in bases})
        default = bases[0] if len(bases) == 1 else None
        params: dict[str, object] = {"column": rate.name, "of": count, **sums}
        found.append(Question(CODE, rate.name, tuple(bases), default, True, params))
    return found


def _sums(text: TextTable, rate: ColumnProfile, bases: Mapping[str, ColumnProfile]) -> dict[str, object]:
    cells = [typed(rate, "number").alias("__rate"), *(typed(p, "number").alias(b) for b, p in bases.items())]
    rows = text.frame.lazy().select(cells).collect().with_columns(_share(rate, "__rate"))
    return {b: round(float(rows.select((pl.col("__rate") * pl.col(b)).sum()).item() or 0)) for b in bases}


def _share(rate: ColumnProfile, column: str) -> pl.Expr:
    """A rate as a share: 21.5 without a per cent sign is per cent, 0.215 a share."""
    high = rate.max if isinstance(rate.max, (int, float)) else 0
    per_cent = not rate.percents and high > 1
    return (pl.col(column) / 100 if per_cent else pl.col(column)).alias(column)


def with_counts(
    table: CleanTable, text: TextTable, profiles: Sequence[ColumnProfile], answers: Mapping[str, str]
) -> tuple[CleanTable, list[Finding]]:
    """Campaigns with the counts that their rates give, and what the export's own rates are rates of."""
    if table.table != "campaigns":
        return table, []
    out: list[Finding] = []
    frame, labels = table.frame, dict(table.labels)
    for count, rate in rate_columns(profiles, labels).items():
        cells = text.frame.lazy().select(typed(rate, "number").alias("__rate")).collect()["__rate"]
        rows = frame.with_columns(cells).with_columns(_share(rate, "__rate"))
        if count in frame.columns:
            out += _of_what(rows, count, rate.name)
            continue
        bases = [b for b in RATES[count][1] if b in frame.columns]
        base = answer_to(answers, CODE, rate.name) or (bases[0] if len(bases) == 1 else None)
        if base is not None and base in frame.columns:
            value = (pl.col("__rate") * pl.col(base)).round(0)
            frame = rows.with_columns(value.alias(count)).drop("__rate")
            labels[count] = rate.name
            out += finding("count_from_rate", "info", frame.height, base, (), column=rate.name, of=count)
    return replace(table, frame=frame, labels=labels), out


def _of_what(rows: pl.DataFrame, count: str, column: str) -> list[Finding]:
    """Say so where the export's own rate has another denominator than ours (delivered)."""
    fits: dict[str, float] = {}
    for base in RATES[count][1]:
        if base in rows.columns:
            known = rows.filter((pl.col(base) > 0) & pl.col("__rate").is_not_null())
            near = (pl.col(count) / pl.col(base) - pl.col("__rate")).abs() <= CLOSE
            fits[base] = float(known.select(near.mean()).item() or 0)
    best = max(fits, key=lambda b: fits[b], default=None)
    if best is None or best == "delivered" or fits[best] < 0.9 or fits.get("delivered", 0) >= 0.9:
        return []
    metric = {"opens": "open_rate", "clicks": "click_rate"}.get(count, "unsubscribe_rate")
    return finding("rate_of_other", "info", rows.height, best, (metric,), column=column)
