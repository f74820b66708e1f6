"""The Data page after the load: can the data be used, what came of every row and every rouble, what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.ingest.file_report import issue_text
from crmkpi.ingest.load_record import LoadRecord, read_record
from crmkpi.ingest.rejected import read_rejected
from crmkpi.ingest.switches import FIX_FIRST, SAFE, USABLE, SwitchEffect
from crmkpi.ingest.text_table import Finding
from crmkpi.views.columns import table_name
from crmkpi.views.parts import Part
from crmkpi.views.rows import csv_bytes

TONES = {SAFE: "good", USABLE: "warn", FIX_FIRST: "bad"}
LEVELS = ("error", "warning", "info")
CENT = 0.005
# rows that were read well and yet count nowhere
NOT_COUNTED = ("lines_without_order", "rows_without_key")


@dataclass(frozen=True)
class TableLine:
    """One canonical table as it stands now."""

    name: str
    rows: str
    span: str
    customers: str
    total: str


@dataclass(frozen=True)
class FileLine:
    """What came of the rows of one file."""

    file: str
    table: str
    rows_in: str
    rows_used: str
    rejected: str
    reasons: str


@dataclass(frozen=True)
class DataVerdict:
    """One line on the data: can it be used? `tone` is good, warn or bad."""

    tone: str
    headline: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class FindingLine:
    """One finding: level, sentence, and what it does to which metrics ("" where it touches none)."""

    level: str
    text: str
    touches: str


@dataclass(frozen=True)
class SwitchLine:
    """A switch that the user decides: its setting, position, name, and what flipping it does, in money."""

    code: str
    on: bool
    label: str
    effect: str


@dataclass(frozen=True)
class ReceiptView:
    """Receipt and bridge. `file_sum`, `root`: money at both ends; None where no orders were loaded. `changes`: what
    the last load did to data that were there (for changes.py)."""

    tables: tuple[TableLine, ...]
    files: tuple[FileLine, ...]
    bridge: tuple[Part, ...]
    root: float | None
    steps: tuple[tuple[str, float], ...]
    issues: tuple[tuple[str, str], ...]
    verdict: DataVerdict | None = None
    findings: tuple[FindingLine, ...] = ()
    switches: tuple[SwitchLine, ...] = ()
    rejected: int = 0
    changes: Mapping[str, Any] | None = None


def receipt_view(data: DataDir, t: Words) -> ReceiptView | None:
    """What the last load did; None where nothing was loaded."""
    record = read_record(data.root)
    if record is None:
        return None
    steps = tuple((step.code, step.money) for step in record.bridge)
    return ReceiptView(
        tables=tuple(_table_line(one, t) for one in record.loaded),
        files=tuple(_file_line(one, t) for one in record.receipt.files),
        bridge=_bridge(record, t),
        root=next((money for code, money in steps if code == "root"), None),
        steps=steps,
        issues=tuple((f.level, issue_text(f, t)) for f in record.findings),
        verdict=_verdict(record, t),
        findings=_findings(record, t),
        switches=tuple(_switch(one, t) for one in record.switches if one.rows),
        rejected=sum(one.rows_rejected for one in record.receipt.files),
        changes=record.changes.as_dict() if record.changes is not None else None,
    )


def _verdict(record: LoadRecord, t: Words) -> DataVerdict:
    """«Можно пользоваться», «можно, 2 замечания» or «сначала исправьте», then what was loaded."""
    found = record.verdict
    key = f"data_verdict.{found.code}"
    headline = t.plural(key, found.warnings) if found.code == USABLE else t(key)
    left = sum(f.count for f in record.findings if f.code in NOT_COUNTED)
    used = sum(one.rows_used for one in record.receipt.files) - left
    every = sum(one.rows_in for one in record.receipt.files)
    lines = [t("data_ui.rows_used", used=t.number(used), every=t.number(every))] if every else []
    if every and used == every:
        lines = [t.plural("data_ui.rows_all", every)]
    first = next((one for one in record.loaded if one.table == "orders"), next(iter(record.loaded), None))
    if first is not None:
        line = _table_line(first, t)
        lines.append(t("data.table_line", name=line.name, rows=line.rows, span=line.span))
    return DataVerdict(TONES[found.code], headline, tuple(lines))


def _findings(record: LoadRecord, t: Words) -> tuple[FindingLine, ...]:
    """All findings of rows and files, the gravest first; the same one is said once."""
    every = [*record.findings, *(f for one in record.receipt.files for f in one.findings)]
    lines = dict.fromkeys(FindingLine(f.level, issue_text(f, t), _touches(f, t)) for f in every)
    return tuple(sorted(lines, key=lambda line: LEVELS.index(line.level)))


def _touches(found: Finding, t: Words) -> str:
    names = found.params.get("metrics")
    known = metrics()
    labels = [known[n].label[t.lang] for n in names if n in known] if isinstance(names, (list, tuple)) else []
    return t("data_ui.touches", metrics=", ".join(t("tree.quoted", name=x) for x in labels)) if labels else ""


def _switch(one: SwitchEffect, t: Words) -> SwitchLine:
    """What flipping does: «Выключите — выручка от клиентской базы станет больше на 12 000 ₽ (строк: 3)»."""
    verb = t("data_ui.flip_off") if one.on else t("data_ui.flip_on")
    metric = t("tree.quoted", name=metrics()[one.metric].label[t.lang])
    if abs(one.money) < CENT:
        effect = t("data_ui.effect_none", verb=verb, metric=metric, n=one.rows)
    else:
        key = "data_ui.effect_more" if one.money > 0 else "data_ui.effect_less"
        effect = t(key, verb=verb, metric=metric, money=t.money(abs(one.money)), n=one.rows)
    return SwitchLine(one.code, one.on, t(f"switch.{one.code}"), effect)


def rejected_csv(data: DataDir, t: Words) -> bytes:
    """Rejected rows of all files with their reasons in words, as a CSV that no spreadsheet runs."""
    rows = read_rejected(data.root)
    reasons = {code: _rejected(code, t) for code in rows["reason"].unique().to_list()}
    tables = {name: table_name(name, t) for name in rows["table"].drop_nulls().unique().to_list()}
    named = rows.with_columns(pl.col("reason").replace(reasons), pl.col("table").replace(tables))
    return csv_bytes(named.rename({name: t(f"data_ui.csv_{name}") for name in rows.columns}))


def _table_line(one: Any, t: Words) -> TableLine:
    span = f"{t.date(one.first)} – {t.date(one.last)}" if one.first else ""
    return TableLine(
        name=table_name(one.table, t),
        rows=t.number(one.rows),
        span=span,
        customers=t.number(one.customers) if one.customers is not None else "",
        total=t.money(one.sums.get("amount")) if one.sums.get("amount") is not None else "",
    )


def _file_line(one: Any, t: Words) -> FileLine:
    inner = one.member or one.sheet
    reasons = [f"{_rejected(code, t)}: {t.number(n)}" for code, n in one.reasons.items()]
    return FileLine(
        file=f"{one.file}/{inner}" if inner else one.file,
        table=table_name(one.table, t),
        rows_in=t.number(one.rows_in),
        rows_used=t.number(one.rows_used),
        rejected=t.number(one.rows_rejected),
        reasons="; ".join(reasons),
    )


def _rejected(code: str, t: Words) -> str:
    key = f"rejected.{code}"
    return t(key) if t.has(key) else code


def _bridge(record: LoadRecord, t: Words) -> tuple[Part, ...]:
    """Rows of the bridge: both ends are totals, what leaves is neutral (it is no fault)."""
    ends = ("file_sum", "root")
    return tuple(
        Part(
            name=step_name(step.code, t),
            value=step.money,
            text=t.money(step.money) if step.code in ends else t.signed(t.money(step.money), step.money),
            direction="total" if step.code in ends else "neutral",
            note=t.plural("data.rows", step.rows),
        )
        for step in record.bridge
    )


def step_name(code: str, t: Words) -> str:
    """The printed name of a step of the bridge."""
    key = f"bridge.{code}"
    return t(key) if t.has(key) else code


def explained_difference(view: ReceiptView, own: float, t: Words) -> str:
    """Which step explains why the user's own system shows another number.

    The running sum after each step is compared with `own`; a hit within 0.05 % names what his system counts.
    """
    running = 0.0
    passed: list[str] = []
    for code, money in view.steps:
        if code == "root":
            break
        running += money
        if code != "file_sum":
            passed.append(step_name(code, t))
        if abs(running - own) <= 0.0005 * max(1.0, abs(own)):
            return _matched(passed, view, t)
    return _nearest(view, own, t)


def _matched(passed: Sequence[str], view: ReceiptView, t: Words) -> str:
    total = len([1 for code, _ in view.steps if code not in ("file_sum", "root")])
    if len(passed) == total:
        return t("data.own_equal")
    if not passed:
        return t("data.own_plain")
    return t("data.own_after", step=passed[-1])


def _nearest(view: ReceiptView, own: float, t: Words) -> str:
    """No partial sum fits: the single step nearest to the difference from the root, if it explains it."""
    difference = own - (view.root or 0.0)
    steps = [(code, -money) for code, money in view.steps if code not in ("file_sum", "root")]
    for code, money in steps:
        if abs(money - difference) <= 0.0005 * max(1.0, abs(own)):
            return t("data.own_step", step=step_name(code, t), money=t.money(abs(money)))
    return t("data.own_unknown", money=t.money(abs(difference)))
