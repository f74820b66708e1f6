"""The Data page: what files were taken for, what is asked, and what came of every row and every rouble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.ingest.file_report import issue_text
from crmkpi.ingest.load_record import LoadRecord, read_record
from crmkpi.tables import TABLES
from crmkpi.views.columns import column_name, table_name
from crmkpi.views.parts import Part

UNUSED = ""
# below this confidence a column is marked «проверьте»
SURE = 0.75
SHARES = ("percent",)
SUMS = ("money", "number", "integer")


@dataclass(frozen=True)
class MappingRow:
    """One column of a file: what it holds, what it was taken for, and why."""

    source: str
    kind: str
    examples: str
    taken: str
    why: str
    check: bool
    total: str
    unread: int


@dataclass(frozen=True)
class OpenQuestion:
    """A question with its options; `answer` = given or default, None while a person must decide."""

    key: str
    text: str
    options: tuple[tuple[str, str], ...]
    answer: str | None
    default: str | None
    changes_numbers: bool


@dataclass(frozen=True)
class FileCard:
    """One table of one file. `name` is the key under which answers and a mapping are given."""

    name: str
    title: str
    table: str | None
    table_text: str
    system: str | None
    rows_text: str
    rows: tuple[MappingRow, ...]
    questions: tuple[OpenQuestion, ...]
    issues: tuple[tuple[str, str], ...]
    missing: str | None
    check: bool


def file_cards(
    reports: Sequence[Mapping[str, Any]], answers: Mapping[str, Mapping[str, str]], t: Words
) -> tuple[FileCard, ...]:
    """Cards of inspected files (dictionaries of cli.md `inspect`), with the answers given so far; orders first."""
    order = [*TABLES, None]
    found = [_card(report, answers.get(report_name(report), {}), t) for report in reports]
    return tuple(sorted(found, key=lambda card: (order.index(card.table), card.name)))


def report_name(report: Mapping[str, Any]) -> str:
    """Under which name this table takes answers and a mapping: file, or file/member, or file/sheet."""
    inner = report.get("member") or report.get("sheet")
    return f"{report['file']}/{inner}" if inner else str(report["file"])


def _card(report: Mapping[str, Any], answers: Mapping[str, str], t: Words) -> FileCard:
    table = report.get("table")
    rows = tuple(_row(column, report, t) for column in report["columns"])
    missing = TABLES[table].missing(set(report["mapping"])) if table else []
    known = [c for c in missing if not (table == "order_lines" and c == "ordered_at")]
    return FileCard(
        name=report_name(report),
        title=report_name(report),
        table=table,
        table_text=table_name(table, t) if table else t("data.unknown_table"),
        system=report.get("system"),
        rows_text=t.plural("data.rows", report["rows_used"]),
        rows=rows,
        questions=tuple(_question(q, answers, t) for q in report["questions"]),
        issues=tuple((issue["level"], issue["message"]) for issue in report["issues"]),
        missing=", ".join(t("tree.or").join(column_name(n, t, table) for n in c.split("|")) for c in known)
        or None,
        check=table is None or bool(known) or any(r.check for r in rows),
    )


def _row(column: Mapping[str, Any], report: Mapping[str, Any], t: Words) -> MappingRow:
    name = column["name"]
    taken = next((c for c, source in report["mapping"].items() if source == name), UNUSED)
    own = next((d for d, source in report.get("dimensions", {}).items() if source == name), None)
    confidence = report["confidence"].get(taken, 1.0)
    check = bool(taken) and (confidence < SURE or taken in report.get("unsure", ()))
    return MappingRow(
        source=name,
        kind=t(f"kind.{column['kind']}"),
        examples=" · ".join(str(x) for x in column["examples"]),
        taken=taken,
        why=_why(name, taken, own, report, confidence, t),
        check=check,
        total=_total(column, t),
        unread=column["unparsed"],
    )


def _why(
    name: str, taken: str, own: str | None, report: Mapping[str, Any], confidence: float, t: Words
) -> str:
    reason = report.get("reasons", {}).get(name)
    if reason and t.has(f"reason.{reason['code']}"):
        return t(f"reason.{reason['code']}", **reason.get("params", {}))
    if taken:
        return t("data.why_sure") if confidence >= SURE else t("data.why_check")
    return t("data.why_dimension") if own else t("data.why_unused")


def _total(column: Mapping[str, Any], t: Words) -> str:
    if column["kind"] in SUMS and isinstance(column["sum"], (int, float)):
        return t.number(column["sum"], 2 if column["kind"] == "money" else None)
    if column["kind"] in ("date", "datetime") and column["min"]:
        first, last = str(column["min"])[:10], str(column["max"])[:10]
        return f"{t.date(date.fromisoformat(first))} – {t.date(date.fromisoformat(last))}"
    return t("data.distinct", n=column["distinct"])


def _question(question: Mapping[str, Any], answers: Mapping[str, str], t: Words) -> OpenQuestion:
    code, column = question["code"], question["column"]
    key = code if column is None else f"{code}:{column}"
    params = {"column": column, **question.get("params", {})}
    text_key = f"question.{code}"
    text = t(text_key, **params) if t.has(text_key) else f"{code} {column or ''}"
    options = tuple((o, _option(code, o, params, t)) for o in question["options"])
    return OpenQuestion(
        key=key,
        text=text,
        options=options,
        answer=answers.get(key, question["default"]),
        default=question["default"],
        changes_numbers=question.get("changes_numbers", True),
    )


def _option(code: str, option: str, params: Mapping[str, Any], t: Words) -> str:
    key = f"question.{code}_{option}"
    return t(key, **params) if t.has(key) else option


def takes(table: str, t: Words) -> dict[str, str]:
    """What a column of this table can be taken for: canonical name -> printed name, «не используется» first."""
    found = {UNUSED: t("data.not_used")}
    for column in TABLES[table].columns:
        found[column.name] = column_name(column.name, t, table) + (" *" if column.required else "")
    return found


# after the load -----------------------------------------------------------------------------------------
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
class ReceiptView:
    """Receipt and bridge. `file_sum`, `root`: money at both ends; None where no orders were loaded."""

    tables: tuple[TableLine, ...]
    files: tuple[FileLine, ...]
    bridge: tuple[Part, ...]
    root: float | None
    steps: tuple[tuple[str, float], ...]
    issues: tuple[tuple[str, str], ...]


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
    )


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
