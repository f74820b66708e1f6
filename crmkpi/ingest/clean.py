"""Text table -> typed canonical rows: only mapped columns and kept dimensions, each cast by its profile.

Ids, texts and categories are text; money, numbers and percent are Float64; dates are naive Datetime(us) in the
wall time of the project's zone; flags are Int8 0/1. What does not parse is null, and was counted by the profile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from crmkpi.ingest.column_names import CURRENCY_WORDS
from crmkpi.ingest.loading_errors import BadZoneError, ColumnNotReadError
from crmkpi.ingest.profile import AS_WRITTEN, ColumnProfile, typed
from crmkpi.ingest.synonym_words import names_of, stems
from crmkpi.ingest.text_table import TextTable
from crmkpi.tables import TABLES, Column

ROW, REPEATED = "__row", "__dup"
DATED = ("date", "datetime")
TEXTUAL = ("id", "text", "category")
REPEATS_FOR_DISTINCT = 3
# any large odd number: multiplication by it loses nothing of a hash
HASH_STEP = 0x9E37_79B9_7F4A_7C15
PLACES = ("country", "city", "store")
# physical columns of the store: a further column of the user's file must not take such a name
RESERVED = frozenset((
    "order", "cust", "ts", "day", "prev_day", "next_day", "first_day", "order_number", "units", "line_sum",
    "categories", "msg", "doc_id", "covered", "attributed_orders", "attributed_revenue", "clicked_ts", "event_ts",
    "metric", "period", "value", "segment_value",
))  # fmt: skip


@dataclass
class CleanTable:
    """Typed rows of one file's table. `labels`: canonical or own column name -> header in the file.

    `dimensions` are the kept further columns under their own lower-case names. The frame also holds `__row`
    (line in the file) and `__dup` (an exact copy of an earlier line of the file).
    """

    table: str
    frame: pl.DataFrame
    labels: dict[str, str]
    dimensions: tuple[str, ...]

    @property
    def columns(self) -> set[str]:
        """Canonical columns that the file gave."""
        return set(self.labels) - set(self.dimensions)


def clean(
    text: TextTable,
    profiles: Sequence[ColumnProfile],
    table: str,
    mapping: Mapping[str, str],
    dimensions: Mapping[str, str],
    zones: Mapping[str, str | None] | None = None,
) -> CleanTable:
    """Cast the mapped columns of a text table. `zones`: source column of times with an offset -> zone to show
    them in (without it they stay as written).

    Raises ColumnNotReadError when a required column has values and none can be read, BadZoneError.
    """
    zones = zones or {}
    _refuse_unknown_zones(zones)
    by_name = {p.name: p for p in profiles}
    own = own_names(dimensions, table)
    labels = {**mapping, **{own[name]: source for name, source in dimensions.items()}}
    rows = text.frame.lazy()
    typed_columns = [
        _cast(rows, by_name[source], _column(table, name), zones.get(source)).alias(name)
        for name, source in labels.items()
    ]
    signs = _currency_signs(rows, by_name, table, mapping)
    if signs is not None:
        typed_columns.append(signs)
        labels["currency"] = mapping["amount"]
    frame = pl.DataFrame([*typed_columns, _row_numbers(rows, text), exact_copies(rows, text.columns)])
    for column in TABLES[table].columns:
        if column.required and column.name in mapping:
            _refuse_unread(text, frame, by_name[mapping[column.name]], column)
    return CleanTable(table, frame, labels, tuple(own.values()))


def own_names(dimensions: Mapping[str, str], table: str) -> dict[str, str]:
    """Name under which each further column is kept: lower case, never a canonical or physical name.

    A place («Город», Country) is called like the same column of orders, in whatever language its header is.
    """
    measured = {c.name for t in TABLES.values() for c in t.columns if c.kind != "category"}
    taken = measured | set(TABLES[table].names) | RESERVED
    found: dict[str, str] = {}
    for name, source in dimensions.items():
        base = _place(source) or re.sub(r"\s+", "_", name.strip().casefold()).strip("_") or "column"
        candidate, n = base, 2
        while candidate in taken or candidate.startswith("__"):
            candidate, n = f"{base.lstrip('_')}_{n}", n + 1
        taken.add(candidate)
        found[name] = candidate
    return found


def _place(header: str) -> str | None:
    return next((c for c in PLACES if stems(header) in names_of("orders", c).strong), None)


def exact_copies(rows: pl.LazyFrame, columns: Sequence[str]) -> pl.Series:
    """True for every line that repeats an earlier line of the file in all its columns."""
    cells = [c for c in columns if c != ROW]
    hashes = _row_hashes(rows, cells)
    marks = pl.Series(REPEATED, [False], dtype=pl.Boolean).new_from_index(0, hashes.len())
    ordered = hashes.sort()
    twice = ordered.filter(ordered == ordered.shift(1))
    if twice.is_empty():
        return marks
    suspects = hashes.is_in(twice.unique().implode()).arg_true()
    # equal hashes are only a suspicion: the few suspects are compared cell by cell
    numbered = (
        rows.select(cells).with_row_index("__at").filter(pl.col("__at").is_in(suspects.implode())).collect()
    )
    copies = ~numbered.select(pl.struct(cells).is_first_distinct()).to_series()
    return marks.scatter(suspects.filter(copies), True)


def _row_hashes(rows: pl.LazyFrame, cells: Sequence[str]) -> pl.Series:
    """One number per row; a column at a time, so that the text never stands in memory as a whole."""
    total: pl.Series | None = None
    for name in cells:
        own = rows.select(pl.col(name).hash()).collect().to_series()
        # the place of a column counts: a row with two cells swapped is another row
        total = own if total is None else total * HASH_STEP + own
    return total if total is not None else pl.Series([], dtype=pl.UInt64)


def _currency_signs(
    rows: pl.LazyFrame, profiles: Mapping[str, ColumnProfile], table: str, mapping: Mapping[str, str]
) -> pl.Series | None:
    """Where amounts carry different currency signs and no column names the currency: the sign of each row."""
    if table != "orders" or "currency" in mapping or "amount" not in mapping:
        return None
    if not any(q.code == "currency" for q in profiles[mapping["amount"]].questions):
        return None
    text = pl.col(mapping["amount"]).str.to_lowercase()
    # the rouble comes first in the list and its «р» is a letter of «евро» and «грн», so it is tried last
    known = reversed(CURRENCY_WORDS.items())
    signs = [pl.when(text.str.contains_any(list(words))).then(pl.lit(code)) for code, words in known]
    return rows.select(pl.coalesce(signs).alias("currency")).collect().to_series()


def _row_numbers(rows: pl.LazyFrame, text: TextTable) -> pl.Series:
    if ROW in rows.collect_schema().names():
        return rows.select(pl.col(ROW).cast(pl.Int64)).collect().to_series()
    first = text.source.header_row + 1
    return rows.select(pl.int_range(first, pl.len() + first, dtype=pl.Int64).alias(ROW)).collect().to_series()


def _column(table: str, name: str) -> Column:
    return TABLES[table].column(name) or Column(name=name, kind="category")


def _refuse_unknown_zones(zones: Mapping[str, str | None]) -> None:
    for zone in {z for z in zones.values() if z is not None and z != AS_WRITTEN}:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise BadZoneError(zone=zone) from error


def _cast(rows: pl.LazyFrame, profile: ColumnProfile, column: Column, zone: str | None) -> pl.Series:
    """One column, typed. Where values repeat, each distinct text is parsed once: 3 to 20 times faster."""
    value = _expression(profile, column, zone)
    cells = rows.select(pl.col(profile.name)).collect().to_series()
    if profile.distinct * REPEATS_FOR_DISTINCT > cells.len():
        return _typed(cells, value)
    texts = cells.drop_nulls().unique()
    codes = cells.cast(pl.Enum(texts)).to_physical().cast(pl.UInt32)
    # the last place is the blank, which need not be null: no opening date means not opened
    values = _typed(pl.concat([texts, pl.Series(texts.name, [None], dtype=pl.String)]), value)
    return values.gather(codes.fill_null(texts.len()))


def _typed(cells: pl.Series, value: pl.Expr) -> pl.Series:
    # a column that cannot be read at all is a literal, which with_columns makes as long as the others
    return cells.to_frame().with_columns(value.alias("__typed"))["__typed"]


def _expression(profile: ColumnProfile, column: Column, zone: str | None) -> pl.Expr:
    value = typed(profile, column.kind, zone)
    if column.kind in DATED:
        return value.cast(pl.Datetime("us"))
    if column.kind == "flag":
        return value.cast(pl.Int8)
    return value.cast(pl.String if column.kind in TEXTUAL else pl.Float64, strict=False)


def _refuse_unread(text: TextTable, frame: pl.DataFrame, profile: ColumnProfile, column: Column) -> None:
    if frame.is_empty() or frame[column.name].null_count() < frame.height or profile.filled == 0:
        return
    example = profile.examples[0] if profile.examples else None
    raise ColumnNotReadError(file=text.source.file, column=profile.name, example=example)
