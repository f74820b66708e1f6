"""What a file is by its first bytes, and bounded readers for what is packed.

Nothing is ever unpacked to a path named by an archive, and no reader gives more bytes than `Limits` allow.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from crmkpi.ingest.limits import MEGABYTE, Limits
from crmkpi.ingest.reading_errors import (
    DamagedFileError,
    FileMissingError,
    NestedArchiveError,
    NotATableError,
    PasswordError,
    TooManyEntriesError,
    UnpackedTooLargeError,
)

HEAD_BYTES = 256 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"RIFF", "RIFF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7Z"),
    (b"BZh", "BZ2"),
    (b"\xfd7zXZ", "XZ"),
    (b"\x28\xb5\x2f\xfd", "ZSTD"),
    (b"x\x9c", "ZLIB"),
    (b"x\xda", "ZLIB"),
    (b"MZ\x90\x00", "EXE"),
    (b"MZ\x00\x00", "EXE"),
    (b"\x7fELF", "EXE"),
    (b"{\\rtf", "RTF"),
    (b"SQLite format 3\x00", "SQLite"),
)
_HTML_STARTS = (
    b"<html",
    b"<!doctype html",
    b"<table",
    b"<head",
    b"<meta",
    b"<body",
    b"<style",
    b"<div",
    b"<!--",
)
_SKIPPED = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")


def kind_of(head: bytes, file: str) -> str:
    """Kind by content, never by name: csv, gz, zip, xlsx (any workbook), html, parquet.

    Raises NotATableError by name of what was found instead (pdf, image, rar, json ...).
    """
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            raise NotATableError(file=file, found=name)
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(_OLE):
        return "xlsx"
    if head.startswith(b"PAR1"):
        return "parquet"
    return _text_kind(head, file)


def _text_kind(head: bytes, file: str) -> str:
    start = (
        head[:4096].replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe").lstrip().lower()
    )
    if start.startswith(b"<"):
        if start.startswith(_HTML_STARTS) or b"<table" in start or b"<html" in start:
            return "html"
        if b"office:spreadsheet" in start:
            return "html"
        raise NotATableError(file=file, found="XML")
    if start.startswith((b'{"', b'[{"', b"{\n", b"{\r\n", b"[\n", b"[ {", b"{ ")) and b'"' in start:
        raise NotATableError(file=file, found="JSON")
    return "csv"


def read_head(path: Path, size: int = HEAD_BYTES) -> bytes:
    """First bytes of a file. Raises FileMissingError."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise FileMissingError(file=path.name) from error


class BoundedReader(io.RawIOBase):
    """A reader that stops an archive from unpacking to more than the limits allow.

    `packed` is the packed size in bytes: an output over `packed_floor` and over `packed_ratio` times it is a
    bomb. Damage in the container becomes DamagedFileError.
    """

    def __init__(self, raw: IO[bytes], packed: int, file: str, limits: Limits) -> None:
        super().__init__()
        self._raw = raw
        self._file = file
        self._out = 0
        self._limit = min(
            limits.unpacked_bytes, max(limits.packed_floor, limits.packed_ratio * max(packed, 1))
        )

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; -1 reads to the end, still within the limit."""
        wanted = self._limit - self._out + 1 if size is None or size < 0 else size
        try:
            data = self._raw.read(min(wanted, self._limit - self._out + 1))
        except RuntimeError as error:  # zipfile says so of encrypted members
            raise PasswordError(file=self._file) from error
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise DamagedFileError(file=self._file) from error
        self._out += len(data)
        if self._out > self._limit:
            raise UnpackedTooLargeError(file=self._file, limit_mb=self._limit // MEGABYTE)
        return data


@contextmanager
def open_bytes(path: Path, kind: str, member: str | None, file: str, limits: Limits) -> Iterator[IO[bytes]]:
    """The unpacked bytes of a plain file, a gz file or a member of a zip, bounded by `limits`."""
    try:
        if kind == "gz":
            with gzip.open(path, "rb") as raw:
                yield BoundedReader(raw, path.stat().st_size, file, limits)  # type: ignore[arg-type, misc]
        elif kind == "zip" and member is not None:
            with zipfile.ZipFile(path) as archive, _open_member(archive, member, file) as raw:
                packed = archive.getinfo(member).compress_size
                yield BoundedReader(raw, packed, file, limits)  # type: ignore[arg-type, misc]
        else:
            with path.open("rb") as plain:
                yield plain
    except (zipfile.BadZipFile, gzip.BadGzipFile, KeyError, NotImplementedError) as error:
        raise DamagedFileError(file=file) from error
    except OSError as error:
        raise FileMissingError(file=file) from error


def _open_member(archive: zipfile.ZipFile, member: str, file: str) -> IO[bytes]:
    try:
        return archive.open(member)
    except RuntimeError as error:
        raise PasswordError(file=file) from error
    except UnicodeDecodeError as error:  # a name that claims to be UTF-8 and is not
        raise DamagedFileError(file=file) from error


def members(path: Path, file: str, limits: Limits) -> list[str]:
    """Names of the members of a zip that may hold a table, in the order of the archive.

    Folders, `__MACOSX` and dot files are passed over. Raises on too many entries, on a size that lies above
    the limits, on archives in archives, on a password, before anything is unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DamagedFileError(file=file) from error
    check_entries(entries, file, limits)
    names = [entry.filename for entry in entries if not entry.is_dir() and not _passed_over(entry.filename)]
    for name in names:
        if name.lower().endswith((".zip", ".gz", ".rar", ".7z", ".tar", ".bz2", ".xz")):
            raise NestedArchiveError(file=file, member=name)
    return list(dict.fromkeys(names))


def members_checked(path: Path, file: str, limits: Limits) -> None:
    """Checks a workbook's container before it is opened: it is a zip too."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DamagedFileError(file=file) from error
    check_entries(entries, file, limits, most=20 * limits.archive_entries)


def check_entries(entries: list[zipfile.ZipInfo], file: str, limits: Limits, most: int | None = None) -> None:
    """Refuses a container by its table of contents: count, unpacked size, ratio, password."""
    most = most or limits.archive_entries
    if len(entries) > most:
        raise TooManyEntriesError(file=file, entries=len(entries), limit=most)
    if any(entry.flag_bits & 1 for entry in entries):
        raise PasswordError(file=file)
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    allowed = min(limits.unpacked_bytes, max(limits.packed_floor, limits.packed_ratio * max(packed, 1)))
    if unpacked > allowed:
        raise UnpackedTooLargeError(file=file, limit_mb=allowed // MEGABYTE)


def _passed_over(name: str) -> bool:
    low = name.replace("\\", "/").lower()
    return low.startswith("__macosx/") or low.rsplit("/", 1)[-1].startswith(".") or low.endswith(_SKIPPED)


def workbook_in_zip(path: Path) -> str | None:
    """For a PK file: "workbook" (xlsx, xlsm, xlsb, ods), "document" (docx, pptx ...) or None for a plain zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                return "workbook" if b"spreadsheet" in archive.read("mimetype")[:200] else "document"
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, NotImplementedError, zlib.error):
        return None
    if any(name.startswith("xl/") for name in names):
        return "workbook"
    if "[Content_Types].xml" in names:
        return "document"
    return None


def ole_is_encrypted(head: bytes) -> bool:
    """Whether an OLE container is a password-protected workbook rather than an old .xls."""
    return "EncryptedPackage".encode("utf-16-le") in head or "EncryptionInfo".encode("utf-16-le") in head
