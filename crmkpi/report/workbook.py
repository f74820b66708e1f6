"""Workbook: the report as Excel. Numbers are numbers, dates are dates, texts are never formulas."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from crmkpi.catalog import metrics
from crmkpi.engine.evaluate import evaluate
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.ingest.load_record import read_record
from crmkpi.report.content import Content, Source, named_metrics
from crmkpi.report.options import ReportOptions
from crmkpi.report.pictures import palette
from crmkpi.report.plain_text import plain
from crmkpi.targets.plan import metric_name, plan
from crmkpi.targets.sentence import owner_name
from crmkpi.targets.target import TargetsDocument
from crmkpi.tree.explain import Explained
from crmkpi.tree.intervals import with_intervals
from crmkpi.views.node import warning_texts
from crmkpi.views.tree import explained_tree

# how a value of a unit is shown; the cell holds the full number
FORMATS = {"money": "#,##0.00", "share": "0.0%", "count": "#,##0", "date": "yyyy-mm-dd", "": "#,##0.####"}
# Excel refuses these in the name of a sheet, and more than 31 letters
SHEET_LETTERS = 31
NARROW, WIDEST = 9, 60
ANSWER = 110
# points of one line of text at the size of the book
LINE = 13.5
GUARD = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "in_memory": True,
}


@dataclass(frozen=True)
class Cell:
    """One value with the way it is shown: a unit of metrics, `date`, or nothing for text."""

    value: object
    kind: str = ""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, headers and rows; `widest` = the most letters a column may be wide."""

    name: str
    headers: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    widest: int = WIDEST


def workbook_bytes(origin: Source, found: Content, options: ReportOptions) -> bytes:
    """The workbook: summary, tree, metrics by month, targets, milestones, definitions, data."""
    t = origin.words
    explained = _explained(origin)
    document = plan(
        origin.data,
        TargetsDocument(target=tuple(origin.project.targets), settings=origin.project.rules),
        None,
        t,
        origin.project.tree.template,
    )
    targets = document["targets"]
    sheets = [
        _summary(found, t),
        _tree(explained, t),
        _metrics(origin, explained),
        _targets(targets, t),
        _milestones(targets, t),
        _definitions(found, t),
        _data(origin, found),
    ]
    return written([s for s in sheets if s.rows], found.title, options)


def _explained(origin: Source) -> Explained | None:
    """The tree with intervals; None where the content already says why there is none."""
    try:
        found = explained_tree(origin.data, origin.project, origin.asked)
    except CrmKpiError:
        return None
    return with_intervals(origin.data, found, origin.asked.where)


# the sheets -----------------------------------------------------------------------------------------------
def _headers(t: Words, *names: str) -> tuple[str, ...]:
    return tuple(t(f"report.column.{name}") for name in names)


def _summary(found: Content, t: Words) -> Sheet:
    lines: list[tuple[str, str]] = [
        (t("report.section.verdict"), found.verdict.headline),
        (t("report.column.span"), found.data_line),
    ]
    if found.tree:
        said = " ".join([found.tree.headline, *found.tree.sentences])
        lines.append((t("report.section.why"), said))
    elif found.no_tree:
        lines.append((t("report.section.why"), found.no_tree))
    for row in found.verdict.rows:
        lines += [
            (row.name, row.gap.sentence),
            (t("report.column.status"), row.status),
            (t("verdict.question_good"), row.good.text),
            (t("verdict.question_helps"), row.helps.text),
            (t("verdict.question_pays"), row.pays.text),
        ]
    lines += [(t("report.section.next"), f"{step.name}. {step.text}") for step in found.next]
    lines += [(t("report.section.method"), text) for text in (*found.method, found.stamp)]
    return Sheet(t("report.sheet.summary"), _headers(t, "question", "answer"), tuple(lines), ANSWER)


def _tree(found: Explained | None, t: Words) -> Sheet:
    columns = (
        "name",
        "id",
        "parent",
        "edge",
        "level",
        "unit",
        "before",
        "after",
        "change",
        "part",
        "low",
        "high",
    )
    if found is None:
        return Sheet(t("report.sheet.tree"), (), ())
    rows = [
        (
            node.text(t),
            node.id,
            node.parent,
            t(f"report.edge.{node.edge}"),
            t(f"level.{node.level or 'other'}"),
            node.unit,
            Cell(node.before, node.unit),
            Cell(node.after, node.unit),
            Cell(node.change, node.unit),
            Cell(node.contribution, found.unit),
            Cell(node.low, found.unit),
            Cell(node.high, found.unit),
        )
        for node in found.nodes
    ]
    return Sheet(t("report.sheet.tree"), _headers(t, *columns), tuple(rows))


def _metrics(origin: Source, found: Explained | None) -> Sheet:
    t = origin.words
    names = [n for n in named_metrics(origin, found) if n in metrics() and not metrics()[n].cohort]
    columns = (
        "name",
        "id",
        "period",
        "first",
        "last",
        "complete",
        "unit",
        "value",
        "numerator",
        "denominator",
        "rows",
        "customers",
        "warnings",
    )
    result = evaluate(origin.data, names, "month", where=origin.asked.where)
    rows = [_metric_row(row, t) for row in result.rows.iter_rows(named=True)]
    return Sheet(t("report.sheet.metrics"), _headers(t, *columns), tuple(rows))


def _metric_row(row: dict[str, Any], t: Words) -> tuple[object, ...]:
    metric = metrics()[row["metric"]]
    return (
        metric.label[t.lang],
        metric.id,
        row["period"],
        Cell(row["from"], "date"),
        Cell(row["to"], "date"),
        t("report.answer.yes" if row["complete"] else "report.answer.no"),
        metric.unit,
        Cell(row["value"], metric.unit),
        Cell(row["numerator"]),
        Cell(row["denominator"]),
        Cell(row["n_rows"], "count"),
        Cell(row["n_customers"], "count"),
        " ".join(warning_texts(row["warnings"] or (), t)),
    )


def _targets(targets: Sequence[dict[str, Any]], t: Words) -> Sheet:
    columns = (
        "name",
        "owner",
        "segment",
        "grain",
        "unit",
        "start",
        "start_period",
        "now",
        "period",
        "goal",
        "due",
        "gap",
        "progress",
        "chance",
        "effect",
        "status",
    )
    return Sheet(
        t("report.sheet.targets"), _headers(t, *columns), tuple(_target_row(one, t) for one in targets)
    )


def _target_row(one: dict[str, Any], t: Words) -> tuple[object, ...]:
    unit, name = one["unit"], metric_name(t)(one["metric"])
    root = metrics().get(one["root"] or "")
    where = "; ".join(f"{k} = {', '.join(v or '—' for v in values)}" for k, values in one["where"].items())
    return (
        name,
        owner_name(one["owner"], t),
        where,
        t(f"grain.{one['grain']}"),
        unit,
        Cell(one["baseline"]["value"], unit),
        one["baseline"]["period"],
        Cell(one["current"]["value"], unit),
        one["current"]["period"],
        Cell(one["goal"], unit),
        Cell(date.fromisoformat(one["due"]), "date"),
        Cell(one["gap"], unit),
        Cell(one["progress"], "share"),
        Cell(one["probability"], "share"),
        Cell(one["root_effect"], root.unit if root else ""),
        t(f"status.{one['status']}"),
    )


def _milestones(targets: Sequence[dict[str, Any]], t: Words) -> Sheet:
    columns = ("name", "grain", "first", "due", "plan", "low", "high", "actual", "status")
    rows = [
        (
            metric_name(t)(one["metric"]),
            t(f"grain.{m['grain']}"),
            Cell(date.fromisoformat(m["from"]), "date"),
            Cell(date.fromisoformat(m["due"]), "date"),
            *(Cell(m[key], one["unit"]) for key in ("value", "low", "high", "actual")),
            t(f"status.{m['status']}"),
        )
        for one in targets
        for m in one["milestones"]
    ]
    return Sheet(t("report.sheet.milestones"), _headers(t, *columns), tuple(rows))


def _definitions(found: Content, t: Words) -> Sheet:
    columns = ("name", "id", "definition", "formula", "value", "note")
    rows = [
        (d.name, d.id, d.definition, d.formula, d.value, " ".join([d.behind or "", *d.warnings]).strip())
        for d in found.definitions
    ]
    return Sheet(t("report.sheet.definitions"), _headers(t, *columns), tuple(rows))


def _data(origin: Source, found: Content) -> Sheet:
    """The receipt by file, the bridge from the file's sum to the root, the notes: as far as they exist."""
    t = origin.words
    columns = ("step", "note", "money", "rows_in", "rows_used", "rows_rejected", "reasons")
    record = read_record(origin.data.root)
    if record is None or found.receipt is None:
        return Sheet(t("report.sheet.data"), (), ())
    rows: list[tuple[object, ...]] = []
    for one, line in zip(record.receipt.files, found.receipt.files, strict=True):
        counts = (Cell(n, "count") for n in (one.rows_in, one.rows_used, one.rows_rejected))
        rows.append((line.file, line.table, None, *counts, line.reasons))
    rows += [(p.name, p.note, Cell(p.value, "money"), None, None, None, None) for p in found.receipt.bridge]
    rows += [(text, None, None, None, None, None, None) for _, text in found.issues]
    return Sheet(t("report.sheet.data"), _headers(t, *columns), tuple(rows))


# writing --------------------------------------------------------------------------------------------------
def written(sheets: Iterable[Sheet], title: str, options: ReportOptions) -> bytes:
    """The book of these sheets; a fixed day: the same content gives the same bytes."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, GUARD)
    book.set_properties({"title": title, "created": datetime(2000, 1, 1)})
    look = _Look(book, palette(options.colour).accent)
    for sheet in sheets:
        _write_sheet(book.add_worksheet(sheet.name[:SHEET_LETTERS]), sheet, look)
    book.close()
    return out.getvalue()


class _Look:
    """Formats of the book, made once."""

    def __init__(self, book: Any, accent: str) -> None:
        plain_look = {"valign": "top", "font_name": "Arial", "font_size": 10}
        self.header = book.add_format(
            {**plain_look, "bold": True, "font_color": "#FFFFFF", "bg_color": accent, "text_wrap": True}
        )
        self.text = book.add_format({**plain_look, "text_wrap": True})
        self.kinds = {kind: book.add_format({**plain_look, "num_format": f}) for kind, f in FORMATS.items()}

    def of(self, kind: str) -> Any:
        """The format of a kind of number."""
        return self.kinds.get(kind, self.kinds[""])


def _write_sheet(page: Any, sheet: Sheet, look: _Look) -> None:
    page.write_row(0, 0, [plain(h) for h in sheet.headers], look.header)
    page.freeze_panes(1, 1)
    columns = [[header, *(row[j] for row in sheet.rows)] for j, header in enumerate(sheet.headers)]
    widths = [_width(column, sheet.widest) for column in columns]
    for j, width in enumerate(widths):
        page.set_column(j, j, width)
    for i, row in enumerate(sheet.rows, 1):
        lines = max(math.ceil(_letters(value) / width) for value, width in zip(row, widths, strict=True))
        if lines > 1:
            page.set_row(i, LINE * lines)
        for j, value in enumerate(row):
            _write_cell(page, i, j, value, look)
    page.autofilter(0, 0, len(sheet.rows), len(sheet.headers) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _write_cell(page: Any, i: int, j: int, value: object, look: _Look) -> None:
    """Text as text, numbers as numbers; unknown stays an empty cell."""
    kind = value.kind if isinstance(value, Cell) else ""
    held = value.value if isinstance(value, Cell) else value
    if held is None or held == "":
        page.write_blank(i, j, None, look.text)
    elif isinstance(held, date):
        page.write_datetime(i, j, datetime.combine(held, time()), look.of("date"))
    elif isinstance(held, (int, float)):
        page.write_number(i, j, held, look.of(kind))
    else:
        page.write_string(i, j, plain(str(held)), look.text)


def _width(values: Iterable[object], widest: int) -> int:
    """Wide enough for the longest value, within reason; longer texts wrap."""
    return min(widest, max(NARROW, max(_letters(value) for value in values) + 2))


def _letters(value: object) -> int:
    held = value.value if isinstance(value, Cell) else value
    return 13 if isinstance(held, (int, float, date)) else len(str(held or ""))
