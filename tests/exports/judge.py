"""The judge: what `inspect` says about a file, held against the truth of a Case."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from crmkpi.errors import CrmKpiError
from crmkpi.ingest.inspect import Seen, look
from crmkpi.ingest.profile import NUMERIC, ColumnProfile, typed
from crmkpi.ingest.text_table import ROW
from tests.exports.corpus import Case


@dataclass
class Verdict:
    """What was wrong: `silent` values that differ without a word, `loud` things refused, missed or asked."""

    silent: list[str] = field(default_factory=list)
    loud: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Nothing to complain about."""
        return not self.silent and not self.loud

    def __str__(self) -> str:
        return "; ".join([f"SILENT {s}" for s in self.silent] + self.loud)


def judged(case: Case, folder: Path) -> Verdict:
    """Write the file, read it as `inspect` does, compare."""
    verdict = Verdict()
    folder.mkdir(parents=True)
    path = folder / case.file
    path.write_bytes(case.data)
    try:
        seen = list(look(path))
    except CrmKpiError as error:
        if error.code not in case.error:
            verdict.loud.append(f"refused: {error.code} {dict(error.params)}")
        return verdict
    if case.error:
        kinds = [(c.name, c.kind, c.sum) for s in seen for c in s.profiles]
        verdict.silent.append(f"read as a table instead of {case.error}: {kinds[:5]}")
        return verdict
    if len(seen) != case.tables:
        verdict.loud.append(f"{len(seen)} tables: {[s.report.sheet or s.report.member for s in seen]}")
    if case.table_at < len(seen):
        compare(case, seen[case.table_at], verdict)
    return verdict


def compare(case: Case, seen: Seen, verdict: Verdict) -> None:
    """One table against its truth."""
    report = seen.report
    used = seen.text.collect().height
    law = used + report.rows_rejected + report.rows_empty + report.dropped_total_rows
    if report.rows_in != law or report.rows_used != used:
        verdict.silent.append(f"rows in {report.rows_in} but {law} accounted for")
    if case.columns is not None and tuple(c.name for c in seen.profiles) != case.columns:
        verdict.silent.append(f"columns {[c.name for c in seen.profiles]}")
        return
    if case.rows is not None and used != case.rows:
        counted = (
            f"rejected {report.rows_rejected}, empty {report.rows_empty}, totals {report.dropped_total_rows}"
        )
        lost = used < case.rows and used + report.rows_rejected >= case.rows
        (verdict.loud if lost else verdict.silent).append(f"rows {used} instead of {case.rows} ({counted})")
        return
    _counts(case, seen, verdict)
    if case.asks is not None:
        _asked(case, seen, verdict)
        return
    _values(case, seen, verdict)
    _recognised(case, seen, verdict)


def _counts(case: Case, seen: Seen, verdict: Verdict) -> None:
    report = seen.report
    for name, wanted, got in (
        ("rejected", case.rejected, report.rows_rejected),
        ("dropped totals", case.dropped, report.dropped_total_rows),
    ):
        if wanted is not None and got != wanted:
            verdict.loud.append(f"{name} {got} instead of {wanted}")
    codes = {issue.code for issue in report.issues}
    if case.says and not codes & set(case.says):
        verdict.loud.append(f"said {sorted(codes)}, none of {case.says}")


def _asked(case: Case, seen: Seen, verdict: Verdict) -> None:
    assert case.asks is not None
    code, column = case.asks
    asked = [q for q in seen.report.questions if q.code == code and q.column in (column, None)]
    if not asked:
        found = next(c for c in seen.profiles if c.name == column)
        codes = [q.key for q in seen.report.questions]
        own = [q.key for q in found.questions]
        verdict.silent.append(
            f"not asked {code}; asked {codes}, column {own}, read as {found.kind} {found.format}"
        )
    elif not all(q.changes_numbers for q in asked):
        verdict.loud.append(f"{code} is asked as if it changed nothing")


def _values(case: Case, seen: Seen, verdict: Verdict) -> None:
    columns = {c.name: c for c in seen.profiles}
    questions = {q.column for q in seen.report.questions if q.default is None}
    frame = seen.text.collect().sort(ROW)
    for name in [*case.sums, *case.dates, *case.flags, *case.ids]:
        if name not in columns:
            verdict.silent.append(f"no column {name!r} in {list(columns)}")
            return
        if name in questions:
            verdict.loud.append(f"asked about {name}: {[q.key for q in seen.report.questions]}")
    for name, total in case.sums.items():
        _sum(name, columns[name], total, verdict)
    for name, days in case.dates.items():
        _list(
            name, [_moment(v) for v in _typed(frame, columns[name], "datetime")], days, columns[name], verdict
        )
    for name, marks in case.flags.items():
        _list(name, _typed(frame, columns[name], "flag"), marks, columns[name], verdict)
    for name, keys in case.ids.items():
        _list(name, _typed(frame, columns[name], "id"), keys, columns[name], verdict)


def _typed(frame: pl.DataFrame, column: ColumnProfile, kind: str) -> list[object]:
    return frame.select(typed(column, kind).alias("v"))["v"].to_list()


def _moment(value: object) -> object:
    """Wall time to the minute: offsets and fractions of a second are no part of the truth."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None, second=0, microsecond=0)
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else value


def _sum(name: str, column: ColumnProfile, total: float, verdict: Verdict) -> None:
    if column.kind not in NUMERIC or column.sum is None:
        verdict.loud.append(f"{name} is taken for {column.kind} {column.examples}")
    elif column.sum != pytest.approx(total, abs=0.005):
        verdict.silent.append(
            f"sum of {name} {column.sum} instead of {total} ({column.kind} {column.format})"
        )


def _list(
    name: str, got: list[object], wanted: list[object] | list, column: ColumnProfile, verdict: Verdict
) -> None:
    wrong = [(g, w) for g, w in zip(got, wanted, strict=True) if g != w and not _same_day(g, w)]
    if not wrong:
        return
    place = f"{name} ({column.kind} {column.format}): {len(wrong)} of {len(wanted)}"
    what = f"{place}, {wrong[0][0]} instead of {wrong[0][1]}"
    empty = all(g is None for g, _ in wrong)
    (verdict.loud if empty else verdict.silent).append(what)


def _same_day(got: object, wanted: object) -> bool:
    """A file that wrote only days is right with midnight, and rounding of serials may move a second."""
    if isinstance(got, datetime) and isinstance(wanted, datetime):
        if wanted.hour or wanted.minute:
            return abs((got - wanted).total_seconds()) <= 60
        return got.date() == wanted.date()
    return False


def _recognised(case: Case, seen: Seen, verdict: Verdict) -> None:
    report = seen.report
    if case.table is not None and report.table != case.table:
        verdict.loud.append(f"table {report.table} instead of {case.table}")
        return
    for canonical, source in case.mapping.items():
        got = report.mapping.get(canonical)
        if got != source:
            words = f"{canonical} <- {got!r} instead of {source!r}"
            (verdict.loud if got is None else verdict.silent).append(words)
