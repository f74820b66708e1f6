"""A Source becomes a TextTable: first everything as text, types come later.

Text goes in blocks through polars where every reader would agree, and through the forgiving splitter where
the text is damaged; sheets and HTML tables come as rows. Nothing is lost silently: each record is used,
rejected with a reason, empty, or a dropped total, and the four add up to `rows_in`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from crmkpi.ingest import markup, sheets
from crmkpi.ingest.archive import open_bytes
from crmkpi.ingest.blocks import Block, Layout, read_block
from crmkpi.ingest.encoding import LF, TextBlocks, count_byte
from crmkpi.ingest.gather import Gatherer
from crmkpi.ingest.header import unique_names
from crmkpi.ingest.limits import DEFAULT, Limits
from crmkpi.ingest.reading_errors import ChangedFileError
from crmkpi.ingest.records import Dialect
from crmkpi.ingest.sniff import Source, text_encoding
from crmkpi.ingest.text_table import Finding, TextTable
from crmkpi.ingest.wrapped import unwrapped

__all__ = ["read"]
# how far the reader is: share of the bytes (0..1), records so far
Heard = Callable[[float, int], None]
# unpacked text is about so many times its archive: only for the progress bar
PACKED = 8


def read(
    source: Source,
    *,
    workdir: Path | None = None,
    limits: Limits = DEFAULT,
    keep_totals: bool = False,
    heard: Heard | None = None,
) -> TextTable:
    """The table of a source, every column text, empty cells null.

    `workdir` takes the Parquet parts of a large table (a temporary folder otherwise); they live as long as
    the TextTable. `keep_totals` keeps «Итого» rows as records. `heard` is told how far a text has been read.
    Raises a ReadingError (nul_bytes,
    mixed_encodings, unpacked_too_large, damaged_file ...) and ChangedFileError when the file is no longer the
    one that was sniffed.
    """
    if not source.path.exists() or source.path.stat().st_size != source.bytes:
        raise ChangedFileError(file=source.file)
    names, empty, double = unique_names(source.header)
    gatherer = Gatherer(source, names, limits, workdir, keep_totals)
    findings = _header_findings(source, empty, double)
    if source.content == "text":
        findings += _read_text(source, names, gatherer, limits, heard)
    elif source.content == "html":
        gatherer.add(*markup.html_rows(source, names, limits))
    elif source.content == "parquet":
        for frame in sheets.parquet_frames(source, names, limits):
            gatherer.add(frame, frame.height)
    else:
        gatherer.add(*sheets.sheet_rows(source, names, limits))
    return gatherer.table(list(source.header[: source.width]), findings)


def _header_findings(source: Source, empty: int, double: int) -> list[Finding]:
    out = []
    if not source.header_rows:
        out.append(Finding("no_header", "warning"))
    elif empty > source.phantom_columns:
        out.append(Finding("empty_headers", "warning", count=empty - source.phantom_columns))
    if source.header_rows and source.header_cells:
        params: dict[str, object] = {"names": source.header_cells, "cells": len(source.header)}
        out.append(Finding("header_width", "warning", params=params))
    if double:
        out.append(Finding("duplicate_headers", "warning", count=double))
    if source.header_rows > 1:
        out.append(Finding("joined_headers", "info", count=source.header_rows))
    if source.double_encoded:
        out.append(Finding("repaired_encoding", "warning", params={"encoding": source.double_encoded}))
    return out


def _read_text(
    source: Source, names: list[str], gatherer: Gatherer, limits: Limits, heard: Heard | None
) -> list[Finding]:
    dialect = Dialect(source.delimiter, source.quote or '"', source.escape, source.skip_space)
    layout = Layout(names, dialect, source.kinds, limits)
    short = repaired = 0
    with open_bytes(source.path, source.kind, source.member, source.file, limits) as stream:
        blocks = TextBlocks(stream, text_encoding(source), source.file, limits)
        size = max(1, source.bytes * (PACKED if source.kind in ("gz", "zip") else 1))
        for block in _parsed(_wanted(blocks, source), layout, source.data_row - 1):
            _add(gatherer, block)
            short, repaired = short + block.short, repaired + block.repaired
            if heard is not None:
                heard(min(1.0, blocks.total / size), gatherer.rows_in)
    if blocks.encoding.name not in str(source.encoding):  # it showed far below a head of plain ASCII
        gatherer.source = replace(source, encoding=blocks.encoding.name)
    return _text_findings(blocks, short, repaired)


def _wanted(blocks: Iterable[bytes], source: Source) -> Iterator[bytes]:
    """The text below the header, block by block."""
    skip = source.data_row - 1
    for data in blocks:
        if source.wrapped:
            data = unwrapped(data)
        if skip:
            data, skip = _without_lines(data, skip)
        if data:
            yield data


def _parsed(texts: Iterator[bytes], layout: Layout, line: int) -> Iterator[Block]:
    """The blocks as rows. While one is used, the next two are read, decoded and parsed, on the guess that no record
    goes on from one to the other; where one does, the next is parsed again together with its beginning.
    """
    with ThreadPoolExecutor(max_workers=1) as reader, ThreadPoolExecutor(max_workers=2) as parsers:
        begun = _begun(texts, layout, line, parsers)
        coming = deque(reader.submit(next, begun, None) for _ in range(2))
        rest = b""
        while (given := coming.popleft().result()) is not None:
            coming.append(reader.submit(next, begun, None))
            data, begins, guess = given
            if guess is not None and not rest and begins == line:
                block = guess.result()
            else:
                block = read_block(rest + data, layout, line, final=False)
            rest, line = block.rest, line + block.lines
            yield block
    if rest:
        yield read_block(rest, layout, line, final=True)


def _begun(
    texts: Iterator[bytes], layout: Layout, line: int, parsers: ThreadPoolExecutor
) -> Iterator[tuple[bytes, int, Future[Block] | None]]:
    """Each text, the line it begins at, and the rows that come out of it if a record begins there."""
    whole = True
    for data in texts:
        yield data, line, parsers.submit(read_block, data, layout, line, False) if whole else None
        line += count_byte(data, LF)
        whole = whole == _paired(data, layout.dialect)


def _paired(data: bytes, dialect: Dialect) -> bool:
    """Whether quotes come in pairs, so that these lines end as they begin: inside a quoted cell or outside."""
    quote = (dialect.quote or "").encode()
    return len(quote) != 1 or quote not in data or count_byte(data, quote[0]) % 2 == 0


def _without_lines(data: bytes, count: int) -> tuple[bytes, int]:
    """Data without its first `count` lines, and how many lines are still to skip."""
    at = 0
    while count:
        end = data.find(b"\n", at)
        if end < 0:
            return b"", count - (at < len(data))
        at, count = end + 1, count - 1
    return data[at:], 0


def _add(gatherer: Gatherer, block: Block) -> None:
    for row, reason, text in block.rejects:
        gatherer.reject(row, reason, text)
    gatherer.add(block.frame, block.records)


def _text_findings(blocks: TextBlocks, short: int, repaired: int) -> list[Finding]:
    out = []
    if short:
        out.append(Finding("short_rows", "warning", count=short))
    if repaired:
        out.append(Finding("stray_quotes", "warning", count=repaired))
    if blocks.bad:
        params: dict[str, object] = {"offset": blocks.first_bad, "encoding": blocks.encoding.name}
        out.append(Finding("undecodable", "warning", count=blocks.bad, params=params))
    if (
        len(blocks.line_ends - {"CRLF"}) > 1
        or blocks.line_ends >= {"CRLF", "CR"}
        or blocks.line_ends >= {"CRLF", "LF"}
    ):
        out.append(Finding("mixed_line_ends", "info", params={"kinds": ", ".join(sorted(blocks.line_ends))}))
    return out
