"""Tables in HTML saved as .xls, and in the XML workbooks of Excel 2003 (SpreadsheetML).

A small tag scanner instead of a parser: linear in the text whatever the text is, and all that a table needs.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field, replace

import polars as pl

from crmkpi.ingest.archive import open_bytes
from crmkpi.ingest.encoding import Encoding, detect
from crmkpi.ingest.limits import MEGABYTE, Limits
from crmkpi.ingest.reading_errors import FileTooLargeError, NotATableError, TooManyColumnsError
from crmkpi.ingest.shapes import filled
from crmkpi.ingest.sheets import located, tidy_dates
from crmkpi.ingest.source import Source
from crmkpi.ingest.text_table import ROW

_MOST = 96 * MEGABYTE
_TAG = re.compile(r"<(/?)(?:[a-z]+:)?([a-z][a-z0-9]*)([^<>]*)>", re.I)
_SPAN = re.compile(r"\b(colspan|rowspan|MergeAcross|Index)\s*=\s*[\"']?(\d{1,5})", re.I)
_CHARSET = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([\w\-]+)", re.I)
_CELLS = {"td", "th", "cell"}
_ROWS = {"tr", "row"}
_BREAKS = {"br", "p", "div", "li"}


@dataclass
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    # cells of rows above that reach down: column -> (rows left, text)
    hanging: dict[int, tuple[int, str]] = field(default_factory=dict)


def html_sources(base: Source, limits: Limits) -> list[Source]:
    """One Source per table with at least two columns and a row of cells; layout tables are passed over."""
    text, name = _text(base, limits)
    out = []
    for index, rows in enumerate(tables(text)):
        if not rows or max(filled(row) for row in rows) < 2:
            continue
        width = max(len(row) for row in rows)
        if width > limits.columns:
            raise TooManyColumnsError(file=base.file, columns=width, limit=limits.columns)
        out.append(located(replace(base, encoding=name, table_index=index), _even(rows[:300])))
    if not out:
        raise NotATableError(file=base.file, found="HTML")
    return out


def html_rows(source: Source, names: list[str], limits: Limits) -> tuple[pl.DataFrame, int]:
    """All rows below the header of an HTML table with `__row` (1-based row of the table), and their number."""
    found = tables(_text(source, limits)[0])
    rows = found[source.table_index][source.data_row - 1 :]
    width = len(names)
    columns = [[(row[j] or None) if j < len(row) else None for row in rows] for j in range(width)]
    frame = pl.DataFrame(
        [pl.Series(name, column, dtype=pl.String) for name, column in zip(names, columns, strict=True)]
        + [pl.Series(ROW, range(source.data_row, source.data_row + len(rows)), dtype=pl.Int64)]
    )
    return tidy_dates(frame), frame.height


def _even(rows: list[list[str]]) -> list[list[str]]:
    width = max(len(row) for row in rows)
    return [row + [""] * (width - len(row)) for row in rows]


def _text(source: Source, limits: Limits) -> tuple[str, str]:
    with open_bytes(source.path, source.kind, source.member, source.file, limits) as stream:
        data = stream.read(_MOST + 1)
    if len(data) > _MOST:
        raise FileTooLargeError(file=source.file, limit_mb=_MOST // MEGABYTE)
    encoding = detect(data[:65536])
    declared = _CHARSET.search(data[:2048])
    if encoding.name not in ("utf-8", "utf-16-le", "utf-16-be") and declared:
        encoding = _declared(declared.group(1).decode("ascii"), encoding)
    return data[len(encoding.bom) :].decode(encoding.name, "replace"), encoding.name


def _declared(name: str, otherwise: Encoding) -> Encoding:
    try:
        "".encode(name)
    except LookupError:
        return otherwise
    return otherwise if name.lower().replace("_", "-") in ("utf-8", "utf8") else Encoding(name.lower())


def tables(text: str) -> list[list[list[str]]]:
    """Rows of cells of every table in the order they begin; a table in a table is a table of its own."""
    text = _without_comments(text)
    found: list[_Table] = []
    stack: list[_Table] = []
    cell: list[str] | None = None
    spans: dict[str, int] = {}
    at = 0
    for tag in _TAG.finditer(text):
        if cell is not None:
            cell.append(text[at : tag.start()])
        at = tag.end()
        name, closing = tag.group(2).lower(), bool(tag.group(1))
        if cell is not None and name in _BREAKS and not closing:
            cell.append(" ")
        if name in _CELLS or name in _ROWS or name == "table":
            if cell is not None and stack:
                _put(stack[-1], cell, spans)
            cell = None
            if name == "table":
                _open_or_close(found, stack, closing)
            elif name in _ROWS and not closing and stack:
                _new_row(stack[-1], _spans(tag.group(3)).get("index", 0))
            elif name in _CELLS and not closing and stack and stack[-1].rows:
                cell, spans = [], _spans(tag.group(3))
                if tag.group(3).endswith("/"):
                    _put(stack[-1], cell, spans)
                    cell = None
    return [table.rows for table in found]


def _open_or_close(found: list[_Table], stack: list[_Table], closing: bool) -> None:
    if not closing:
        stack.append(_Table())
        found.append(stack[-1])
    elif stack:
        stack.pop()


def _spans(attributes: str) -> dict[str, int]:
    return {name.lower(): int(value) for name, value in _SPAN.findall(attributes)}


def _new_row(table: _Table, index: int) -> None:
    while index and len(table.rows) < min(index - 1, 100_000):
        table.rows.append([])
    table.rows.append([])
    _hang(table)


def _hang(table: _Table) -> None:
    """Fills the next places of the last row that cells above reach into."""
    row = table.rows[-1]
    while len(row) in table.hanging:
        left, text = table.hanging.pop(len(row))
        if left > 1:
            table.hanging[len(row)] = (left - 1, text)
        row.append(text)


def _put(table: _Table, cell: list[str], spans: dict[str, int]) -> None:
    if not table.rows:
        return
    text = " ".join(html.unescape("".join(cell)).replace("\xa0", " ").split())
    row = table.rows[-1]
    while spans.get("index", 0) > len(row) + 1 and len(row) < 16_384:
        row.append("")
    across = max(spans.get("colspan", 1), spans.get("mergeacross", 0) + 1)
    for place in range(min(across, 16_384)):
        if spans.get("rowspan", 1) > 1 and len(table.hanging) < 16_384:
            table.hanging[len(row)] = (spans["rowspan"] - 1, text)
        # the text of a merged cell stands in its first place only, as Excel has it
        row.append(text if place == 0 else "")
    _hang(table)


def _without_comments(text: str) -> str:
    parts, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        parts.append(text[at:start])
        end = text.find("-->", start)
        at = len(text) if end < 0 else end + 3
    parts.append(text[at:])
    return "".join(parts)
