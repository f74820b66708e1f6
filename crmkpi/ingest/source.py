"""Source: one table found in one file, with all that is needed to read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One table in one file, as `sniff` saw it; `read` turns it into a TextTable.

    `kind` is the outer kind (csv, gz, zip, xlsx, html, parquet), `content` what the table itself is (text,
    sheet, html, parquet). Rows and lines are 1-based; `header_row` 0 means that the table has no header.
    `data_row` is the first line (text) or row (sheet, html) after the header. `header` holds the header cells
    as they stand in the file (two-row headers joined by " / "). `delimiter` None means one column.
    """

    path: Path
    file: str
    sha256: str
    bytes: int
    kind: str
    member: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    header_row: int = 1
    skipped_title_rows: int = 0
    content: str = "text"
    header: tuple[str, ...] = ()
    data_row: int = 2
    header_rows: int = 1
    # repair of text that was decoded wrongly before it was saved: the code page it went through
    double_encoded: str | None = None
    # blanks after a delimiter are no part of the cell
    skip_space: bool = False
    # every line of the file is one quoted cell, the table is inside
    wrapped: bool = False
    # a nameless, empty last column made by a delimiter at the end of every line
    phantom_columns: int = 0
    table_index: int = 0
    # cells of the header row when it is shorter than the records below (names may stand shifted), else 0
    header_cells: int = 0
    # the kind of data in each column of the head (number, date, code ...; None: words or nothing)
    kinds: tuple[str | None, ...] = ()

    @property
    def width(self) -> int:
        """Columns of the table, without phantom ones."""
        return len(self.header) - self.phantom_columns
