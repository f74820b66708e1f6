"""The KPI agreement as a file to print and sign: HTML, or a workbook with one sheet an owner."""

from __future__ import annotations

import io

from jinja2 import Environment, PackageLoader, StrictUndefined

from crmkpi.i18n import Words
from crmkpi.report.workbook import GUARD, SHEET_LETTERS
from crmkpi.views.contract import ContractView, OwnerSheet

COLUMNS = ("name", "formula", "source", "start", "goal", "due", "pairs", "now")
WIDTHS = (26, 48, 28, 14, 14, 16, 40, 14)
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def contract_html(view: ContractView, t: Words) -> bytes:
    """One page that prints on A4, every owner on a sheet of its own."""
    made = Environment(
        loader=PackageLoader("crmkpi.report", "templates"), autoescape=True, undefined=StrictUndefined
    )
    return made.get_template("contract.html.j2").render(v=view, t=t, columns=COLUMNS).encode("utf-8")


def contract_xlsx(view: ContractView, t: Words) -> bytes:
    """The same as a workbook; texts are never formulas."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, GUARD) as book:
        bold = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#EEF0F7", "border": 1}
        )
        cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        head = book.add_format({"bold": True, "font_size": 14})
        for number, sheet in enumerate(view.sheets, start=1):
            page = book.add_worksheet(_sheet_name(number, sheet.owner))
            page.set_landscape()
            page.set_paper(9)
            page.fit_to_pages(1, 0)
            for place, width in enumerate(WIDTHS):
                page.set_column(place, place, width)
            for row, text in enumerate(
                (f"{view.title}: {sheet.owner}", view.version, view.signed, view.as_of)
            ):
                page.write_string(row, 0, text, head if row == 0 else None)
            for place, name in enumerate(COLUMNS):
                page.write_string(5, place, t(f"contract.column_{name}"), bold)
            last = 6
            for one in sheet.rows:
                values = [getattr(one, name) for name in COLUMNS]
                for place, value in enumerate(values):
                    text = "\n".join(value) if isinstance(value, tuple) else value
                    page.write_string(last, place, text, cell)
                last += 1
            for text in _below(view, sheet, t):
                last += 1
                page.write_string(last, 0, text)
    return out.getvalue()


def _sheet_name(number: int, owner: str) -> str:
    """A name that Excel takes: short, without its special letters, never twice."""
    return f"{number} {owner.translate(FORBIDDEN)}"[:SHEET_LETTERS].strip()


def _below(view: ContractView, sheet: OwnerSheet, t: Words) -> tuple[str, ...]:
    return (
        view.rule,
        t("contract.bonus", text=sheet.bonus),
        t("contract.outcome", text=sheet.outcome),
        *sheet.reasons,
        t("contract.sign_line"),
    )
