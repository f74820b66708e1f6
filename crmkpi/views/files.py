"""Files before the load: what each was taken for and why, what is missing, what it could unlock, its first rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.tables import TABLES
from crmkpi.views.columns import column_name, table_name
from crmkpi.views.personal import PersonalColumns, personal_columns
from crmkpi.views.unlocks import Unlock, unlocks

UNUSED = ""
# below this confidence a column is marked «проверьте»
SURE = 0.75
SUMS = ("money", "number", "integer")
NUMBERS = ("money", "number", "integer")


@dataclass(frozen=True)
class MappingRow:
    """One column of a file: what it holds, what it was taken for, and why. `unread`: cells that could not be read
    with their share of the filled ones, "" if all could."""

    source: str
    kind: str
    examples: str
    taken: str
    why: str
    check: bool
    total: str
    unread: str


@dataclass(frozen=True)
class RowsPreview:
    """The first rows as they will be kept: printed headers and cells."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FileCard:
    """One table of one file. `name` is the key under which answers and a mapping are given; `missing`: required
    columns that were not found; `personal`: what becomes of personal data; `unlocks`: what further columns would
    give."""

    name: str
    title: str
    table: str | None
    table_text: str
    system: str | None
    rows_text: str
    rows: tuple[MappingRow, ...]
    issues: tuple[tuple[str, str], ...]
    missing: str | None
    check: bool
    unlocks: tuple[Unlock, ...]
    preview: RowsPreview | None
    personal: PersonalColumns


def file_cards(
    reports: Sequence[Mapping[str, Any]], t: Words, loaded: frozenset[str] = frozenset()
) -> tuple[FileCard, ...]:
    """Cards of inspected files (dictionaries of ingest/preview.py); orders first.

    `loaded`: `table.column` that the project has already.
    """
    order = [*TABLES, None]
    every = loaded | {f"{r['table']}.{c}" for r in reports if r["table"] for c in r["mapping"]}
    found = [_card(report, every, t) for report in reports]
    return tuple(sorted(found, key=lambda card: (order.index(card.table), card.name)))


def loaded_columns(data: DataDir | None) -> frozenset[str]:
    """`table.column` that the project's files have given already."""
    if data is None:
        return frozenset()
    return frozenset(
        f"{table}.{column}" for table, columns in data.meta.columns.items() for column in columns
    )


def report_name(report: Mapping[str, Any]) -> str:
    """Under which name this table takes answers and a mapping: file, or file/member, or file/sheet."""
    inner = report.get("member") or report.get("sheet")
    return f"{report['file']}/{inner}" if inner else str(report["file"])


def _card(report: Mapping[str, Any], every: frozenset[str], t: Words) -> FileCard:
    table = report.get("table")
    rows = tuple(_row(column, report, t) for column in report["columns"])
    missing = TABLES[table].missing(set(report["mapping"])) if table else []
    known = [
        c
        for c in missing
        if not (table == "order_lines" and c == "ordered_at" and "orders.ordered_at" in every)
    ]
    return FileCard(
        name=report_name(report),
        title=report_name(report),
        table=table,
        table_text=table_name(table, t) if table else t("data.unknown_table"),
        system=report.get("system"),
        rows_text=t.plural("data.rows", report["rows_used"]),
        rows=rows,
        issues=tuple((issue["level"], issue["message"]) for issue in report["issues"]),
        missing=", ".join(_either(n, table, t) for n in known) or None,
        check=table is None or bool(known) or any(r.check for r in rows),
        unlocks=unlocks(table, report["mapping"], every, t) if table else (),
        preview=_preview(report, table, t),
        personal=personal_columns(report, t),
    )


def _either(need: str, table: str | None, t: Words) -> str:
    return t("tree.or").join(t("tree.quoted", name=column_name(n, t, table)) for n in need.split("|"))


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
        unread=_unread(column, report, t) if taken else "",
    )


def _unread(column: Mapping[str, Any], report: Mapping[str, Any], t: Words) -> str:
    count = column["unparsed"]
    if not count:
        return ""
    filled = report.get("filled", {}).get(column["name"]) or report["rows_used"]
    share = t.percent(count / filled) if filled else ""
    return t("data_ui.unread", n=count, share=share)


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


def _preview(report: Mapping[str, Any], table: str | None, t: Words) -> RowsPreview | None:
    found = report.get("preview")
    if not found or table is None or not found["rows"]:
        return None
    kinds = {c.name: c.kind for c in TABLES[table].columns}
    names = found["columns"]
    return RowsPreview(
        tuple(column_name(n, t, table) for n in names),
        tuple(
            tuple(_cell(v, kinds.get(n, "text"), t) for n, v in zip(names, row, strict=True))
            for row in found["rows"]
        ),
    )


def _cell(value: Any, kind: str, t: Words) -> str:
    """A blank is a blank: what was not in the file is not invented."""
    if value is None:
        return ""
    if kind == "flag":
        return t("data_ui.yes") if value else t("data_ui.no")
    if kind in NUMBERS and isinstance(value, (int, float)):
        return t.number(value, 2)
    if kind in ("date", "datetime"):
        day, _, clock = str(value).partition(" ")
        return f"{t.date(date.fromisoformat(day))} {clock}".strip()
    return str(value)


def takes(table: str, t: Words) -> dict[str, str]:
    """What a column of this table can be taken for: canonical name -> printed name, «не используется» first."""
    found = {UNUSED: t("data.not_used")}
    for column in TABLES[table].columns:
        found[column.name] = column_name(column.name, t, table) + (" *" if column.required else "")
    return found
