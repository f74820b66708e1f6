"""Control points to take along: a calendar, a workbook."""

from __future__ import annotations

import io
from collections.abc import Sequence

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.calendar_export import milestones_calendar
from crmkpi.targets.gather import data_to
from crmkpi.targets.plan import assess_all
from crmkpi.targets.target import Target
from crmkpi.views.own_points import PointTable, point_frame
from crmkpi.views.share import file_name

# Excel refuses longer names of sheets
SHEET_LETTERS = 31


def calendar_text(data: DataDir, project: Project, target: Target, t: Words) -> str:
    """The points of one target still ahead, weeks and months, as an .ics text."""
    found = assess_all(data, [target], template=project.tree.template)
    return milestones_calendar(found, data_to(data), t, ("month", "week"))


def points_workbook(name: str, sentence: str, tables: Sequence[PointTable], t: Words) -> bytes:
    """One sheet a grain; dates are dates and plans are numbers, no text can become a formula."""
    import xlsxwriter  # heavy, and only this download needs it

    out = io.BytesIO()
    guard = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, guard) as book:
        day, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
        for table in tables:
            page = book.add_worksheet(file_name(t(f"gap.by_{table.grain}"))[:SHEET_LETTERS])
            page.write_string(0, 0, name, bold)
            page.write_string(1, 0, sentence)
            frame = point_frame(table, t)
            for column, title in enumerate(frame.columns):
                page.write_string(3, column, title, bold)
                for line, value in enumerate(frame[title], start=4):
                    if column == 0:
                        page.write_datetime(line, column, value, day)
                    elif column == 1:
                        page.write_number(line, column, value)
                    else:
                        page.write_string(line, column, value)
            page.set_column(0, len(frame.columns) - 1, 22)
    return out.getvalue()
