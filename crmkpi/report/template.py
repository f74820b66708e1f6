"""An empty template of a canonical table as a workbook: headers, two example rows, a comment per column."""

from __future__ import annotations

import io
from datetime import date, datetime

from crmkpi.i18n import Words
from crmkpi.tables import TABLES, Column, Table
from crmkpi.views.columns import column_name, table_name

WIDEST, SHEET_LETTERS = 34, 31
DAYS = (datetime(2026, 1, 15, 12, 30), datetime(2026, 1, 16, 18, 5))
AMOUNTS = (2500.0, 1200.5)
# counts fall along the columns of a report: no open mailing has more clicks than opens
COUNTS = (1000, 800)
FALL = 0.8
Value = str | float | int | date | datetime


def template_name(table: str, t: Words) -> str:
    """File name of the template."""
    return f"{t('template.file', name=table_name(table, t))}.xlsx"


def template_bytes(table: str, t: Words) -> bytes:
    """The workbook. Required columns are marked by colour and in their comment, never in the header itself:
    the filled file goes back into the application as it is."""
    import xlsxwriter

    spec, out = TABLES[table], io.BytesIO()
    guard = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, guard) as book:
        sheet = book.add_worksheet(table_name(table, t)[:SHEET_LETTERS].replace("/", " "))
        heads = [
            book.add_format(
                {"bold": True, "bg_color": colour, "border": 1, "text_wrap": True, "valign": "top"}
            )
            for colour in ("#EEF0F7", "#C9D0FA")
        ]
        forms = {
            kind: book.add_format({"num_format": form})
            for kind, form in (
                ("date", "dd.mm.yyyy"),
                ("datetime", "dd.mm.yyyy hh:mm"),
                ("money", "#,##0.00"),
            )
        }
        needed = _required(spec)
        for place, column in enumerate(spec.columns):
            name = header(table, column.name, t)
            sheet.set_column(place, place, min(WIDEST, max(14, len(name) + 2)))
            sheet.write_string(0, place, name, heads[column.name in needed])
            sheet.write_comment(0, place, comment(spec, column, t), {"x_scale": 2})
            for row, value in enumerate(examples(spec, column, place, t), start=1):
                sheet.write(row, place, value, forms.get(column.kind))
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def header(table: str, column: str, t: Words) -> str:
    """The header of a column: its name on the screen, or a shorter one that a file would have."""
    own = f"template.head_{table}_{column}"
    return t(own) if t.has(own) else column_name(column, t, table)


def _required(spec: Table) -> set[str]:
    return {c.name for c in spec.columns if c.required} | {
        name for group in spec.one_of for name in group[:1]
    }


def comment(spec: Table, column: Column, t: Words) -> str:
    """What stands in a column: whether it must be there, its form, and that the examples are to be deleted."""
    must = "template.required" if column.name in _required(spec) else "template.optional"
    form = t(f"template.kind_{column.kind}")
    return f"{t(must)} {form} {t('template.delete')}"


def examples(spec: Table, column: Column, place: int, t: Words) -> tuple[Value, Value]:
    """Two plausible cells: words from the texts where they matter, else by the kind of the column."""
    key = f"template.{spec.name}_{column.name}"
    shared = f"template.any_{column.name}"
    found = key if t.has(key) else shared if t.has(shared) else None
    if found is not None:
        first, _, second = t(found).partition("|")
        return first.strip(), second.strip()
    if column.kind == "date":
        return DAYS[0].date(), DAYS[1].date()
    if column.kind == "datetime":
        return DAYS
    if column.kind == "flag":
        return t("data_ui.yes"), t("data_ui.no")
    if column.kind == "money":
        return AMOUNTS
    if column.kind in ("number", "integer"):
        return int(COUNTS[0] * FALL**place), int(COUNTS[1] * FALL**place)
    return f"{t('template.word')} 1", f"{t('template.word')} 2"
