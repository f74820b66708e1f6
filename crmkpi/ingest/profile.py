"""What a column holds: its kind, notation and exact counts over all rows, and the expression that types it.

Text first, type later: a column is read as text, its notation (decimal sign, date order, yes/no words) is found
over all distinct values, so it never depends on the order of rows, and every cell that does not parse is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from crmkpi.ingest import kinds
from crmkpi.ingest.cells import SHEET_ERRORS, filled, stripped
from crmkpi.ingest.column_names import size_of
from crmkpi.ingest.dates import is_zero_date, moment
from crmkpi.ingest.flags import flag
from crmkpi.ingest.kinds import Found, Hints
from crmkpi.ingest.numbers import all_bare, number
from crmkpi.ingest.questions import Question
from crmkpi.ingest.text_table import ROW, Finding, TextTable

# instead of a zone: the times as they stand in the file, whatever their offsets
AS_WRITTEN = ""
NUMERIC = frozenset({"integer", "money", "number", "percent"})
MOMENTS = frozenset({"date", "datetime"})


@dataclass(frozen=True)
class ColumnProfile:
    """One column of a text table as it was understood.

    `format`: strptime text for dates (several joined by `|`), decimal sign for numbers, `да|нет` for flags,
    `.0` for ids that were saved as 17850.0, `+` for phones. `filled`, `distinct`, `unparsed`: rows, values, and
    rows whose text did not parse. `min`, `max`, `sum` as read: numbers for numeric kinds, ISO text (no sum) for
    dates, else None. `plain`: all cells are bare numbers. `clean`: no cell needs tidying. `codes`: two-letter
    codes, where NA is no blank. `mixed_zones`: offsets differ by more than summer time. `foreign`: pattern of cells
    in another currency than the chosen one, read as null. `percents`: cells with a per cent sign occur and become
    shares. `values`: all distinct texts if at most 60. `times`: what one unit is worth where the header says so («тыс.
    руб.» 1,000); sums are in whole units. `findings`: what the reader of the report must know.
    """

    name: str
    kind: str
    format: str | None = None
    unparsed: int = 0
    filled: int = 0
    distinct: int = 0
    min: float | str | None = None
    max: float | str | None = None
    sum: float | None = None
    examples: tuple[str, ...] = ()
    currency: str | None = None
    questions: tuple[Question, ...] = ()
    plain: bool = False
    clean: bool = False
    codes: bool = False
    mixed_zones: bool = False
    foreign: str | None = None
    percents: bool = False
    rows: int = 0
    findings: tuple[Finding, ...] = ()
    values: tuple[str, ...] = ()
    times: int = 1

    @property
    def zoned(self) -> bool:
        """Whether the times carry an offset (then `typed(..., zone=...)` can move them)."""
        return self.kind in MOMENTS and "%z" in (self.format or "")


def profile(
    table: TextTable,
    answers: Mapping[str, str] | None = None,
    heard: Callable[[float], None] | None = None,
) -> list[ColumnProfile]:
    """Profiles of all columns of a table, in their order. `answers`: question code or `code:column` -> option;
    `heard` is told the share of the columns that are done."""
    given = answers or {}
    rows = table.frame.lazy()
    delimiter = table.source.delimiter if table.source is not None else None
    hints = Hints(delimiter=delimiter, answers=given)
    profiles: dict[str, ColumnProfile] = {}
    first: list[Found] = []
    # distinct values of long columns are large, so only columns in doubt are held until all have been seen
    held: dict[str, tuple[pl.DataFrame, Found, bool]] = {}
    for place, name in enumerate(table.columns):
        if name == ROW:
            continue
        if heard is not None:
            heard(place / len(table.columns))
        raw = _raw_values(rows, name)
        values, clean = _distinct(raw), _all_clean(raw)
        found = kinds.recognise(name, values, hints)
        first.append(found)
        if found.doubtful:
            held[name] = (values, found, clean)
        else:
            profiles[name] = _counted(name, values, found, clean)
    known = hints.with_evidence(first)
    for name, (values, found, clean) in held.items():
        final = kinds.recognise(name, values, known) if known != hints else found
        profiles[name] = _counted(name, values, final, clean)
    return [profiles[name] for name in table.columns if name != ROW]


def _raw_values(rows: pl.LazyFrame, name: str) -> pl.DataFrame:
    """Distinct texts (v) and the rows that hold them (n)."""
    return rows.group_by(pl.col(name).alias("v")).agg(n=pl.len()).collect(engine="streaming")


def _distinct(raw: pl.DataFrame) -> pl.DataFrame:
    """Distinct stripped texts (v, null for blank ones) and the rows that hold them (n)."""
    text = stripped(pl.col("v"))
    if not raw.select((text != pl.col("v")).any()).item():
        return raw
    return raw.group_by(text).agg(pl.col("n").sum())


def _all_clean(raw: pl.DataFrame) -> bool:
    """Whether no cell needs tidying: no white space to strip, no blank word, no guard, no spreadsheet error."""
    text = pl.col("v")
    odd = (filled(text).is_null() | (stripped(text) != text)) & text.is_not_null()
    odd |= text.is_in(SHEET_ERRORS) | text.str.contains(r"^'|\s\s|[\u00a0\u202f\t\r\n]") | is_zero_date(text)
    return not bool(raw.select(odd.any()).item())


def typed(column: ColumnProfile, kind: str | None = None, zone: str | None = None) -> pl.Expr:
    """Expression that turns the text column into what it holds; what does not parse is null.

    `kind` is the canonical column's kind, when the column is used as something else than it looks like: a date as
    a flag (filled = 1, blank = 0: «Дата открытия» says whether a message was opened), a number as an id, a count
    as a flag (> 0). `zone` moves times with an offset into that zone; without it they stay as written, but times
    of different zones are put on one clock (UTC) unless `zone` is AS_WRITTEN.
    Returns Float64, Int64, Date, Datetime(us), Int8 or String.
    """
    cell = pl.col(column.name)
    return _typed(cell, column, _used_as(column.kind, kind), zone).alias(column.name)


def _used_as(found: str, wanted: str | None) -> str:
    if wanted is None or wanted == found:
        return found
    if wanted in ("money", "number") and found in NUMERIC:
        return found if found == "percent" else "number"
    if wanted == "integer" and found in ("money", "number"):
        return "rounded"
    if wanted == "flag" and found in MOMENTS:
        return "happened"
    if wanted == "flag" and found in NUMERIC:
        return "positive"
    if wanted == "id" and found in ("email", "phone"):
        return found
    return {"money": "number"}.get(wanted, wanted)


def _typed(cell: pl.Expr, column: ColumnProfile, used: str, zone: str | None = None) -> pl.Expr:
    notation = column.format if column.kind in NUMERIC else None
    if used in ("integer", "rounded", "positive", *NUMERIC):
        value = number(cell, notation, percent=column.percents, plain=column.plain)
        if column.times != 1:
            # «Сумма, тыс. руб.»: the header says what one unit is worth
            value = value * column.times
        if column.foreign:
            # another currency than the chosen one adds nothing to this sum
            value = pl.when(~cell.str.to_lowercase().str.contains(column.foreign)).then(value)
        if used == "positive":
            return (value > 0).cast(pl.Int8)
        return value.round(0).cast(pl.Int64, strict=False) if used in ("integer", "rounded") else value
    if used in (*MOMENTS, "happened"):
        formats = tuple((column.format or "").split("|")) if column.kind in MOMENTS else ()
        if used == "happened":
            return _happened(cell, column)
        # offsets that differ by hours: the written times are of different clocks, so at least one clock
        # unless a person wants the times as they stand
        clock = None if zone == AS_WRITTEN else zone or ("UTC" if column.mixed_zones else None)
        value = moment(cell, formats, clock, column.clean) if formats else _nothing(cell, pl.Datetime("us"))
        return value.dt.date() if used == "date" else value
    if used == "flag":
        return flag(cell)
    return _as_text(cell, column, used)


def _happened(cell: pl.Expr, column: ColumnProfile) -> pl.Expr:
    if column.filled == 0:
        return _nothing(cell, pl.Int8())
    return (filled(cell).is_not_null() & ~is_zero_date(cell)).cast(pl.Int8)


def _nothing(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Null for every row (a literal would have one row only)."""
    return pl.when(cell.is_null() & cell.is_not_null()).then(pl.lit(None, dtype=dtype))


def _as_text(cell: pl.Expr, column: ColumnProfile, used: str) -> pl.Expr:
    if used == "empty":
        return _nothing(cell, pl.String())
    text = cell if column.clean else filled(cell, codes=column.codes)
    if used in ("category", "text"):
        return text
    if not column.clean:
        text = pl.when(text.is_in(SHEET_ERRORS)).then(None).otherwise(text).str.strip_prefix("'")
    if used == "email":
        return text.str.to_lowercase()
    if used == "phone":
        return kinds.phone(text)
    # a column of whole numbers that went through a float: 17850.0 is customer 17850
    if column.format == ".0":
        return text.str.replace(r"[.,]0{1,2}$", "")
    return text.str.replace(r"^(-?\d+)[.,]0+$", "$1") if column.format in (",", ".") else text


def _counted(name: str, values: pl.DataFrame, found: Found, clean: bool) -> ColumnProfile:
    """The profile with exact counts: everything is parsed once per distinct value."""
    known = values.filter(_is_filled(found))
    column = ColumnProfile(
        name=name,
        kind=found.kind,
        format=found.format,
        filled=int(known["n"].sum()),
        distinct=known.height,
        currency=found.currency,
        questions=found.questions,
        codes=found.codes,
        mixed_zones=found.mixed_zones,
        foreign=found.foreign,
        percents=found.percents,
        clean=clean,
        rows=int(values["n"].sum()),
        plain=found.kind in NUMERIC and all_bare(values["v"], found.format),
        times=size_of(name) if found.kind in NUMERIC and found.kind != "percent" else 1,
        examples=_examples(known),
        values=tuple(known["v"].sort().head(60)) if known.height <= 60 else (),
    )
    if found.kind == "empty":
        return column
    parsed = known.select("n", t=_typed(pl.col("v"), column, column.kind))
    column = replace(column, unparsed=int(parsed.filter(pl.col("t").is_null())["n"].sum()))
    column = _measured(column, parsed.filter(pl.col("t").is_not_null()))
    return replace(column, findings=_findings(column, known, found))


def _examples(known: pl.DataFrame) -> tuple[str, ...]:
    """The three most frequent values; ties by alphabet, so that the order of rows does not show."""
    if known.is_empty():
        return ()
    least = known["n"].top_k(3).min()
    often = known.filter(pl.col("n") > least)
    ties = known.filter(pl.col("n") == least).bottom_k(3, by="v")
    return tuple(pl.concat([often, ties]).sort("n", "v", descending=[True, False])["v"].head(3))


def _is_filled(found: Found) -> pl.Expr:
    """Which distinct texts say something: a dash is a no in a +/- column, 0000-00-00 is no date."""
    if found.kind == "flag":
        return flag(pl.col("v")).is_not_null()
    held = filled(pl.col("v"), codes=found.codes).is_not_null()
    return held & ~is_zero_date(pl.col("v")) if found.kind in MOMENTS else held


def _measured(column: ColumnProfile, parsed: pl.DataFrame) -> ColumnProfile:
    if parsed.is_empty() or column.kind not in NUMERIC | MOMENTS:
        return column
    low, high = parsed["t"].min(), parsed["t"].max()
    if column.kind in MOMENTS:
        return replace(column, min=low.isoformat(), max=high.isoformat())  # type: ignore[union-attr]
    # a sum of floats depends on their order, and rows have none
    parsed = parsed.sort("t")
    total = float(parsed.select((pl.col("t").cast(pl.Float64) * pl.col("n")).sum()).item())
    return replace(column, min=_tidy(low), max=_tidy(high), sum=_tidy(round(total, 6)))


def _tidy(value: object) -> float:
    number_ = float(value)  # type: ignore[arg-type]
    return int(number_) if number_ == int(number_) and abs(number_) < 2**53 else number_


def _findings(column: ColumnProfile, known: pl.DataFrame, found: Found) -> tuple[Finding, ...]:
    out = list(found.findings)
    if column.times != 1:
        params: dict[str, object] = {"column": column.name, "times": column.times}
        out.append(Finding("header_units", "warning", column.name, column.filled, params))
    if column.unparsed:
        bad = known.filter(_typed(pl.col("v"), column, column.kind).is_null())["v"].min()
        level = "error" if column.unparsed > 0.05 * column.filled else "warning"
        out.append(
            Finding(
                "unparsed",
                level,
                column.name,
                column.unparsed,
                {"column": column.name, "n": column.unparsed, "x": str(bad)},
            )
        )
    return tuple(out)
