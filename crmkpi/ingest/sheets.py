"""Workbooks (xlsx, xlsm, xlsb, old xls, ods) and Parquet as rows of text.

Cells come as a person sees their values, not their formats: whole numbers without ".0", dates as ISO text
("2026-01-05", with the time only where the column has times), empty cells and Excel errors as null.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from crmkpi.ingest.archive import open_bytes
from crmkpi.ingest.header import find_header
from crmkpi.ingest.limits import MEGABYTE, Limits
from crmkpi.ingest.reading_errors import (
    DamagedFileError,
    EmptyFileError,
    FileTooLargeError,
    PasswordError,
    TooManyColumnsError,
)
from crmkpi.ingest.shapes import filled
from crmkpi.ingest.source import Source
from crmkpi.ingest.text_table import ROW

_LOOK_ROWS = 300
_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_FAR_CELL = re.compile(rb'<c r="([A-Z]{3})\d')
# by name: the packages that raise them are loaded only when needed; a panic is no Exception
_FAULTS = {"FastExcelError", "ArrowException", "PanicException", "OSError", "ValueError"}
_SMALL_SHEET = 8 * MEGABYTE


def sheet_sources(base: Source, limits: Limits) -> list[Source]:
    """One Source per visible sheet that holds a table. Raises when there is none, or on damage or password."""
    book = _book(base, limits)
    found: list[tuple[bool, Source]] = []
    for name in book.sheet_names:
        with _faults(base.file):
            sheet = book.load_sheet(name, header_row=None, dtypes="string", skip_rows=0, n_rows=_LOOK_ROWS)
            frame, visible = sheet.to_polars(), sheet.visible == "visible"
        if frame.width > limits.columns:
            raise TooManyColumnsError(file=base.file, columns=frame.width, limit=limits.columns)
        rows = [[cell or "" for cell in row] for row in frame.iter_rows()]
        if sum(1 for row in rows if filled(row)) and max(filled(row) for row in rows) > 1:
            found.append((visible, located(replace(base, content="sheet", sheet=name), rows)))
    chosen = [source for visible, source in found if visible] or [source for _, source in found]
    if not chosen:
        raise EmptyFileError(file=base.file)
    return chosen


def located(base: Source, rows: list[list[str]]) -> Source:
    """The header among the first rows of a sheet or an HTML table."""
    width = max(len(row) for row in rows)
    while width > 1 and not any(len(row) >= width and row[width - 1].strip() for row in rows):
        width -= 1
    header = find_header([row[:width] for row in rows], width)
    return replace(
        base,
        header=header.cells[:width],
        header_row=header.first + 1 if header.rows else 0,
        header_rows=header.rows,
        skipped_title_rows=header.first,
        data_row=header.first + header.rows + 1,
    )


def sheet_rows(source: Source, names: list[str], limits: Limits) -> tuple[pl.DataFrame, int]:
    """All rows below the header of a sheet with `__row`, and their number. Trailing empty rows are no rows."""
    book = _book(source, limits)
    with _faults(source.file):
        sheet = book.load_sheet(str(source.sheet), header_row=None, dtypes="string", skip_rows=0)
        frame = sheet.to_polars()
    frame = frame.slice(source.data_row - 1)
    if frame.width < len(names):
        frame = frame.with_columns(
            pl.lit(None, pl.String).alias(f"{ROW}{i}") for i in range(frame.width, len(names))
        )
    beyond = frame.columns[len(names) :]
    frame = frame.select(
        *(pl.col(old).replace("", None).alias(new) for old, new in zip(frame.columns, names, strict=False)),
        *beyond,
        pl.int_range(source.data_row, source.data_row + pl.len(), dtype=pl.Int64).alias(ROW),
    )
    frame = _without_tail(tidy_dates(frame.select(*names, ROW)))
    return frame, frame.height


def _without_tail(frame: pl.DataFrame) -> pl.DataFrame:
    full = frame.select(pl.arg_where(~pl.all_horizontal(pl.all().exclude(ROW).is_null()))).to_series()
    return frame.head(int(full[-1]) + 1 if len(full) else 0)


def tidy_dates(frame: pl.DataFrame) -> pl.DataFrame:
    """Midnights off a column of dates without times; the day zero of Excel off times."""
    out = []
    for name in frame.columns:
        if name == ROW:
            continue
        column = frame[name]
        stamped = column.str.contains(r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.0+)?$")
        if not stamped.any():
            continue
        expr = pl.col(name).str.replace(r"^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.0+)?$", "$1 $2")
        expr = expr.str.replace(r"^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})\.0+$", "$1")
        midnight = column.filter(stamped).str.contains(r"00:00:00(\.0+)?$")
        if midnight.all():
            expr = expr.str.replace(r"^(\d{4}-\d{2}-\d{2}) 00:00:00$", "$1")
        out.append(expr.str.replace(r"^1899-12-3[01] (\d{2}:\d{2}:\d{2})$", "$1"))
    return frame.with_columns(out) if out else frame


def _book(source: Source, limits: Limits) -> Any:
    """The workbook reader of the optional package, loaded when the first workbook comes."""
    import fastexcel

    content: bytes | str
    if source.member is not None:
        with open_bytes(source.path, source.kind, source.member, source.file, limits) as stream:
            content = stream.read()
    else:
        content = str(source.path)
        _refuse_sparse(source.path, source.file, limits)
    with _faults(source.file):
        return fastexcel.read_excel(content)


def _refuse_sparse(path: Path, file: str, limits: Limits) -> None:
    """A few cells in far corners make a huge rectangle: refused by the addresses, before it is built."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as book:
        for entry in book.infolist():
            if not (entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")):
                continue
            with open_bytes(path, "zip", entry.filename, file, limits) as stream:
                content = stream.read(_SMALL_SHEET)
            if entry.file_size <= _SMALL_SHEET:
                cells = {(c, r) for c, r in _CELL.findall(content)}
                columns = max((_column(c) for c, _ in cells), default=0)
                rows = max((int(r) for _, r in cells), default=0)
            else:
                columns, rows = max((_column(c) for c in set(_FAR_CELL.findall(content))), default=0), 1
            if columns > limits.columns:
                raise TooManyColumnsError(file=file, columns=columns, limit=limits.columns)
            if columns * rows > limits.sheet_cells:
                raise FileTooLargeError(file=file, limit_mb=limits.sheet_cells // MEGABYTE)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


@contextmanager
def _faults(file: str) -> Iterator[None]:
    """Faults of the workbook reader, panics of its native code included, as errors of ours."""
    try:
        yield
    except BaseException as error:
        names = {cls.__name__ for cls in type(error).__mro__}
        if not names & _FAULTS:
            raise
        if "password" in str(error).lower():
            raise PasswordError(file=file) from error
        raise DamagedFileError(file=file) from error


# Parquet --------------------------------------------------------------------------------------------


def parquet_source(base: Source, limits: Limits) -> Source:
    """A Parquet file as one table; its column names are the header."""
    import pyarrow.parquet as pq

    with _faults(base.file):
        schema = pq.read_schema(base.path)
    if len(schema.names) > limits.columns:
        raise TooManyColumnsError(file=base.file, columns=len(schema.names), limit=limits.columns)
    if not schema.names:
        raise EmptyFileError(file=base.file)
    return replace(
        base, content="parquet", header=tuple(schema.names), header_row=1, header_rows=1, data_row=1
    )


def parquet_frames(source: Source, names: list[str], limits: Limits) -> Iterator[pl.DataFrame]:
    """Row batches of a Parquet file as text with `__row` (1-based record number)."""
    import pyarrow.parquet as pq

    start = 1
    with _faults(source.file):
        for batch in pq.ParquetFile(source.path).iter_batches(batch_size=200_000):
            frame = pl.from_arrow(batch.rename_columns(names))
            assert isinstance(frame, pl.DataFrame)
            frame = frame.select(_as_text(frame[name]) for name in names)
            numbers = pl.int_range(start, start + frame.height, eager=True, dtype=pl.Int64).alias(ROW)
            start += frame.height
            yield tidy_dates(frame.with_columns(numbers))


def _as_text(column: pl.Series) -> pl.Series:
    if column.dtype.is_nested() or column.dtype == pl.Binary:
        return pl.Series(
            column.name, [None if v is None else str(v) for v in column.to_list()], dtype=pl.String
        )
    return column.cast(pl.String, strict=False)
