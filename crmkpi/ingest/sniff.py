"""What is in a file: its kind, encoding, dialect, and where its tables begin. Reads only heads.

`sniff` gives one Source per table and never changes anything on disk.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from crmkpi.ingest import archive, markup, sheets
from crmkpi.ingest.dialect import Sniffed, sniff_dialect
from crmkpi.ingest.encoding import Encoding, TextBlocks, detect
from crmkpi.ingest.header import Header, column_kinds, find_header
from crmkpi.ingest.limits import DEFAULT, MEGABYTE, Limits
from crmkpi.ingest.reading_errors import (
    EmptyFileError,
    FileMissingError,
    FileTooLargeError,
    LineTooLongError,
    NestedArchiveError,
    NotATableError,
    PasswordError,
    ReadingError,
    TooManyColumnsError,
)
from crmkpi.ingest.records import Record, records_of
from crmkpi.ingest.shapes import filled
from crmkpi.ingest.source import Source
from crmkpi.ingest.wrapped import unwrapped_head

__all__ = ["Source", "sniff"]

_HEAD_RECORDS = 300


def sniff(
    path: Path, *, file: str | None = None, limits: Limits = DEFAULT, sha256: str | None = None
) -> list[Source]:
    """The tables of a file, at least one, in the order of the file.

    `file` is the name to show; `sha256` saves hashing when the upload was hashed on the way in. Raises a
    ReadingError (empty_file, not_a_table, nul_bytes, too_many_columns ...) when there is no table to read.
    """
    name = file or path.name
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise FileMissingError(file=name) from error
    if size > limits.file_bytes:
        raise FileTooLargeError(file=name, limit_mb=limits.file_bytes // MEGABYTE)
    with ThreadPoolExecutor(max_workers=1) as pool:
        digest = pool.submit(_sha256, path) if sha256 is None else None
        found = _sniffed(path, name, size, limits)
        hashed = sha256 if digest is None else digest.result()
    return [_named(source, str(hashed)) for source in found]


def _named(source: Source, sha256: str) -> Source:
    values = {**source.__dict__, "sha256": sha256}
    return Source(**values)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sniffed(path: Path, name: str, size: int, limits: Limits) -> list[Source]:
    head = archive.read_head(path)
    if not head.strip():
        raise EmptyFileError(file=name)
    kind = archive.kind_of(head, name)
    base = Source(path=path, file=name, sha256="", bytes=size, kind=kind)
    if kind == "zip":
        inner = archive.workbook_in_zip(path)
        if inner == "document":
            raise NotATableError(file=name, found="DOCX/PPTX")
        if inner is None:
            return _zip_sources(base, limits)
        base = _with(base, kind="xlsx")
        archive.members_checked(path, name, limits)
    elif kind == "xlsx" and archive.ole_is_encrypted(_ole_directory(path)):
        raise PasswordError(file=name)
    return _tables(base, head, limits)


def _ole_directory(path: Path) -> bytes:
    """Beginning and end of an OLE file, where its directory usually stands."""
    with path.open("rb") as file:
        start = file.read(MEGABYTE)
        file.seek(max(0, path.stat().st_size - MEGABYTE))
        return start + file.read()


def _with(source: Source, **changes: object) -> Source:
    return Source(**{**source.__dict__, **changes})  # type: ignore[arg-type]


def _tables(base: Source, head: bytes, limits: Limits) -> list[Source]:
    """Tables of a plain or gz file, a workbook, an HTML page or a Parquet file."""
    if base.kind == "xlsx":
        return sheets.sheet_sources(base, limits)
    if base.kind == "parquet":
        return [sheets.parquet_source(base, limits)]
    if base.kind == "gz":
        head = _packed_head(base, limits)
        if archive.kind_of(head, base.file) not in ("csv", "html"):
            raise NestedArchiveError(file=base.file, member=base.file)
    if archive.kind_of(head, base.file) == "html":
        return markup.html_sources(_with(base, content="html"), limits)
    return [_text_source(base, head, limits)]


def _packed_head(base: Source, limits: Limits) -> bytes:
    with archive.open_bytes(base.path, base.kind, base.member, base.file, limits) as stream:
        head = _read(stream, archive.HEAD_BYTES)
    if not head.strip():
        raise EmptyFileError(file=base.file)
    return head


def _read(stream: IO[bytes], size: int) -> bytes:
    parts, left = [], size
    while left > 0 and (chunk := stream.read(left)):
        parts.append(chunk)
        left -= len(chunk)
    return b"".join(parts)


def _zip_sources(base: Source, limits: Limits) -> list[Source]:
    """Tables of all members of a zip; members that are no tables are passed over if at least one is."""
    out: list[Source] = []
    refused: ReadingError | None = None
    for member in archive.members(base.path, base.file, limits):
        inner = _with(base, member=member)
        try:
            head = _packed_head(inner, limits)
            kind = archive.kind_of(head, member)
            if (kind in ("gz", "zip") and not head.startswith(b"PK")) or kind == "parquet":
                raise NestedArchiveError(file=base.file, member=member)
            if kind in ("zip", "xlsx"):
                out += sheets.sheet_sources(inner, limits)
            elif kind == "html":
                out += markup.html_sources(_with(inner, content="html"), limits)
            else:
                out.append(_text_source(inner, head, limits))
        except (EmptyFileError, NotATableError) as error:
            refused = error
    if not out:
        raise refused or EmptyFileError(file=base.file)
    return out


# text -----------------------------------------------------------------------------------------------


def _text_source(base: Source, head: bytes, limits: Limits) -> Source:
    head = _long_enough(base, head, limits)
    encoding = detect(head, _probes(base, head))
    lines = _head_lines(base, head, encoding, limits)
    if not any(line.strip() for line in lines):
        raise EmptyFileError(file=base.file)
    _refuse_binary(base, lines)
    sniffed = sniff_dialect(lines)
    inside = unwrapped_head(lines, sniffed)
    if inside is not None:
        lines, sniffed = inside
        base = _with(base, wrapped=True)
    _refuse_wide(base, lines, sniffed, limits)
    return _located(base, lines, sniffed, encoding)


def _long_enough(base: Source, head: bytes, limits: Limits) -> bytes:
    """The head with at least a few line ends, unless the file ends before; refuses a line without end."""
    whole = len(head) < archive.HEAD_BYTES
    if whole or head.count(b"\n") + head.count(b"\r") >= 3:
        return head
    with archive.open_bytes(base.path, base.kind, base.member, base.file, limits) as stream:
        head = _read(stream, limits.line_bytes + 1)
    if len(head) > limits.line_bytes and b"\n" not in head and b"\r" not in head:
        raise LineTooLongError(file=base.file, line=1, limit_mb=limits.line_bytes // MEGABYTE)
    return head


def _probes(base: Source, head: bytes) -> tuple[bytes, ...]:
    """Pieces from further on, to find the encoding of a file whose head is pure ASCII."""
    if base.kind != "csv" or not head.isascii() or base.bytes <= len(head):
        return ()
    out = []
    with base.path.open("rb") as file:
        for part in (0.25, 0.5, 0.75, 1.0):
            file.seek(max(0, int(base.bytes * part) - 65536))
            piece = file.read(65536)
            out.append(piece[piece.find(b"\n") + 1 :])
    return tuple(out)


def _head_lines(base: Source, head: bytes, encoding: Encoding, limits: Limits) -> list[str]:
    """Whole lines of the head, decoded; a last line that the head cuts is left out."""
    blocks = TextBlocks(io.BytesIO(head), encoding, base.file, limits, lenient=True)
    text = b"".join(blocks).decode("utf-8", "replace").replace("\r\n", "\n")
    lines = text.split("\n")
    cut = len(head) >= archive.HEAD_BYTES and len(head) < max(base.bytes, archive.HEAD_BYTES + 1)
    if (cut or not lines[-1]) and len(lines) > 1:
        lines.pop()
    return lines


def _refuse_binary(base: Source, lines: Sequence[str]) -> None:
    text = "\n".join(lines[:2000])[:100_000]
    strange = sum(1 for ch in text if ch < " " and ch not in "\t\n\x01\x1f\x0b\x0c")
    lost = text.count("\ufffd")
    if strange > max(2, 0.02 * len(text)) or lost > max(8, 0.3 * len(text)):
        raise NotATableError(file=base.file, found="BIN")


def _refuse_wide(base: Source, lines: Sequence[str], sniffed: Sniffed, limits: Limits) -> None:
    delimiter = sniffed.dialect.delimiter
    widest = max((line.count(delimiter) for line in lines[:50]), default=0) + 1 if delimiter else 1
    if max(widest if sniffed.dialect.quote is None else 0, sniffed.width) > limits.columns:
        raise TooManyColumnsError(file=base.file, columns=max(widest, sniffed.width), limit=limits.columns)


def _located(base: Source, lines: list[str], sniffed: Sniffed, encoding: Encoding) -> Source:
    """The header among the records of the head, and where the data begin."""
    records = records_of(lines[sniffed.sep_lines :], sniffed.dialect, sniffed.width, DEFAULT)[:_HEAD_RECORDS]
    rows = [record.cells for _, record in records]
    header = find_header(rows, sniffed.width)
    cells, phantom = _phantom(rows, header)
    first_line = records[header.first][0] + 1 + sniffed.sep_lines
    last = records[header.first + header.rows - 1] if header.rows else None
    data_row = _after(last) + sniffed.sep_lines if last else first_line
    return _with(
        base,
        encoding=_encoding_name(encoding),
        double_encoded=encoding.double,
        delimiter=sniffed.dialect.delimiter,
        quote=sniffed.dialect.quote,
        escape=sniffed.dialect.escape,
        skip_space=sniffed.dialect.skip_space,
        header_row=first_line if header.rows else 0,
        header_rows=header.rows,
        skipped_title_rows=first_line - 1 - sniffed.sep_lines,
        header=cells,
        data_row=data_row,
        phantom_columns=phantom,
        header_cells=len(rows[header.first])
        if header.rows == 1 and len(rows[header.first]) < len(cells) - phantom
        else 0,
        kinds=column_kinds(rows[header.first + header.rows :], len(cells)),
    )


def _after(at: tuple[int, Record]) -> int:
    return at[0] + at[1].lines + 1


def _encoding_name(encoding: Encoding) -> str:
    return "utf-8-sig" if encoding.name == "utf-8" and encoding.bom else encoding.name


def _phantom(rows: Sequence[Sequence[str]], header: Header) -> tuple[tuple[str, ...], int]:
    """Header cells wide enough for the rows, and how many columns at the right end are nameless and empty."""
    body = [row for row in rows[header.first + header.rows :] if filled(row)]
    width = len(header.cells)
    if not header.rows:
        return header.cells, 0
    phantom = 0
    while phantom < width - 1:
        place = width - 1 - phantom
        if header.cells[place].strip() or any(len(row) > place and row[place].strip() for row in body):
            break
        phantom += 1
    return header.cells, phantom


def text_encoding(source: Source) -> Encoding:
    """The Encoding with which `read` decodes a text source."""
    name = source.encoding or "utf-8"
    if name == "utf-8-sig":
        return Encoding("utf-8", b"\xef\xbb\xbf", source.double_encoded)
    with archive.open_bytes(source.path, source.kind, source.member, source.file, DEFAULT) as stream:
        start = stream.read(4)
    found = detect(start)
    bom = found.bom if found.name == name else b""
    return Encoding(name, bom, source.double_encoded)
