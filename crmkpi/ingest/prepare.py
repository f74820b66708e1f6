"""From a recognised table to an entry with typed rows: answers settled, requirements checked, money measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from crmkpi.ingest import amounts, repeats
from crmkpi.ingest.clean import CleanTable
from crmkpi.ingest.coded import coded
from crmkpi.ingest.files import Entry
from crmkpi.ingest.fingerprints import new_key
from crmkpi.ingest.inspect import ASKED, Seen, all_questions, row_questions, settled
from crmkpi.ingest.lines import line_money
from crmkpi.ingest.loading_errors import (
    MissingRequiredError,
    NoRowsError,
    NothingUsableError,
    NotRecognisedError,
)
from crmkpi.ingest.money import scale_of
from crmkpi.ingest.physical import placed
from crmkpi.ingest.privacy import Secret, protected
from crmkpi.ingest.quality import finding
from crmkpi.ingest.questions import Question
from crmkpi.ingest.rejected import rejected_rows
from crmkpi.ingest.special_rules import fixed_answers
from crmkpi.tables import TABLES

SHOWN_COLUMNS = 12
SALES = ("orders", "order_lines")


@dataclass
class Prepared:
    """An entry ready to be kept, with its rows; or the questions that hold it up."""

    seen: Seen
    entry: Entry | None
    rows: pl.DataFrame | None
    open: list[Question]
    rejected: pl.DataFrame | None = None
    totals: pl.DataFrame | None = None


def prepare(
    seen: Seen, zone: str | None, orders_known: bool, number: int, secret: Secret | None = None
) -> Prepared:
    """Check and type one table. `orders_known`: an order file is or will be there, lines need no dates;
    `secret`: the project's key for personal data (a key that nobody keeps, without it).

    Raises NoRowsError, NotRecognisedError, MissingRequiredError, ColumnNotReadError, NothingUsableError.
    """
    report = seen.report
    if report.rows_used == 0:
        raise NoRowsError(file=report.file)
    _refuse_incomplete(seen, orders_known)
    _, still = settled(report, report.questions)
    if still:
        # what the open question is about cannot be typed yet, so only the columns that others need are
        report.questions = all_questions(seen, zone)
        return Prepared(seen, None, None, settled(report, report.questions)[1])
    table = seen.cleaned(zone)
    table.frame = coded(table, seen.profiles)
    _note_rules(seen, table)
    if table.table in ASKED:
        report.questions = [*report.questions, *row_questions(seen, table)]
    decided, still = settled(report, report.questions)
    if still:
        return Prepared(seen, None, None, still)
    decided |= _facts(table, {**decided, **fixed_answers(report.rules)})
    frame = _worth(table)
    if table.table == "order_lines":
        _note_discount(seen, table)
    _refuse_useless(seen, table)
    frame, private = protected(report, table, frame, secret or Secret(new_key()))
    decided |= private
    report.answers = {**report.answers, **decided}
    rejected = rejected_rows(seen.text, table, report.pii)
    entry = _entry(seen, table, frame, zone, decided, number)
    totals = _totals(seen, entry, zone, secret or Secret(new_key()))
    return Prepared(seen, entry, frame, [], rejected, totals)


def _worth(table: CleanTable) -> pl.DataFrame:
    """Rows with the money of lines in one column."""
    if table.table != "order_lines":
        return table.frame
    worth = table.frame.with_columns(line_money(table.frame).alias("__money"))
    return worth.drop("unit_price", "line_amount", strict=False)


def _totals(seen: Seen, entry: Entry, zone: str | None, secret: Secret) -> pl.DataFrame | None:
    """The dropped total rows of a sales file, typed like its other rows, for those who want them back."""
    rows = seen.text.totals
    # a rule of a known export rebuilds whole orders: a total is none of them
    if rows is None or entry.table not in SALES or seen.report.rules:
        return None
    # that a total has no date is no reason to refuse: the column was read from the other rows
    calm = [replace(profile, filled=0) for profile in seen.profiles]
    report = replace(seen.report, issues=[])
    table = Seen(report, replace(seen.text, frame=rows, spool=None), calm).cleaned(zone)
    frame, _ = protected(report, table, _worth(table), secret)
    return frame


def _entry(
    seen: Seen, table: CleanTable, frame: pl.DataFrame, zone: str | None, decided: dict[str, str], number: int
) -> Entry:
    report = seen.report
    scale, rounded = scale_of(_money(table, frame))
    return Entry(
        sha256=report.sha256,
        file=report.file,
        bytes=report.bytes,
        member=report.member,
        sheet=report.sheet,
        table=table.table,
        system=report.system,
        header_set=report.header_set,
        labels=table.labels,
        dimensions=table.dimensions,
        answers=decided,
        zone=zone,
        part=f"{number}.parquet",
        rows=frame.height,
        currency=_sign(seen),
        scale=scale,
        rounded=rounded,
        flags=_flags(table),
    )


def _refuse_incomplete(seen: Seen, orders_known: bool) -> None:
    report = seen.report
    if report.table is None:
        shown = ", ".join(seen.text.columns[:SHOWN_COLUMNS])
        raise NotRecognisedError(file=report.file, columns=shown)
    missing = TABLES[report.table].missing(set(report.mapping))
    if report.table == "order_lines" and not orders_known and "ordered_at" not in report.mapping:
        missing.append("ordered_at")
    if missing:
        raise MissingRequiredError(file=report.file, table=report.table, columns=", ".join(missing))


def _refuse_useless(seen: Seen, table: CleanTable) -> None:
    spec = TABLES[table.table]
    needed = [c.name for c in spec.columns if c.required and c.name in table.frame.columns]
    needed = [c for c in needed if c != "customer_id" or table.table not in ("orders", "order_lines")]
    frame = table.frame
    # the total of an order may stand on one of its rows only, so each column is judged by itself
    known = {c: frame.select(placed(table.table, frame.columns, [c]).any()).item() for c in needed}
    if needed and not all(known.values()):
        raise NothingUsableError(file=seen.report.file, rows=frame.height)


def _facts(table: CleanTable, decided: dict[str, str]) -> dict[str, str]:
    """What the rows of an order file prove without a question."""
    if table.table != "orders":
        return {}
    facts = {code: answer for code, answer in decided.items() if code in (repeats.CODE, amounts.CODE)}
    seen = repeats.repeats(table.frame)
    if seen.several and repeats.CODE not in decided and seen.evidence is not None:
        facts[repeats.CODE] = seen.evidence
    if "shipping" in table.frame.columns and amounts.CODE not in decided:
        facts[amounts.CODE] = amounts.shipping_inside(table.frame, table.labels) or amounts.NO
    return facts


def _note_rules(seen: Seen, table: CleanTable) -> None:
    """Findings of the special rules; rows that are no sales but services count as rejected."""
    report = seen.report
    report.issues += seen.notes
    left_out = sum(f.count for f in seen.notes if f.code == "service_rows")
    report.rows_used -= left_out
    report.rows_rejected += left_out


def _flags(table: CleanTable) -> tuple[str, ...]:
    if table.table != "orders" or "shipping" in table.frame.columns:
        return ()
    total = amounts.shipping_inside(table.frame, table.labels) == amounts.YES
    return ("includes_shipping",) if total else ()


def _money(table: CleanTable, frame: pl.DataFrame) -> Sequence[pl.Series]:
    spec = TABLES[table.table]
    names = [c.name for c in spec.columns if c.kind == "money" and c.name in frame.columns]
    return [frame[n] for n in (*names, "__money") if n in frame.columns]


def _sign(seen: Seen) -> str | None:
    """The currency sign beside the amounts, if all mapped money columns agree."""
    used = set(seen.report.mapping.values())
    signs = {p.currency for p in seen.profiles if p.name in used and p.currency}
    return signs.pop() if len(signs) == 1 else None


def _note_discount(seen: Seen, table: CleanTable) -> None:
    if "discount" not in table.frame.columns or "line_amount" in table.frame.columns:
        return
    n = int((table.frame["discount"].abs() > 0).sum())
    seen.report.issues += finding("line_discount_applied", "info", n, None, ("revenue_base", "aov"))
