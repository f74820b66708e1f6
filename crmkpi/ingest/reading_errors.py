"""Why a file could not be read as a table. Sentences live in i18n `error.<code>`."""

from __future__ import annotations

from crmkpi.errors import CrmKpiError


class ReadingError(CrmKpiError):
    """Base of everything that stops a file before it becomes a text table."""

    code = "unreadable_file"


class FileMissingError(ReadingError):
    """No such file, or it cannot be opened. Params: file."""

    code = "file_unavailable"


class EmptyFileError(ReadingError):
    """Nothing but white space. Params: file."""

    code = "empty_file"


class NotATableError(ReadingError):
    """Another kind of content. Params: file, found (PDF, PNG, RAR, JSON ...)."""

    code = "not_a_table"


class NulBytesError(ReadingError):
    """NUL bytes in a text file. Params: file, line (1-based)."""

    code = "nul_bytes"


class BadBytesError(ReadingError):
    """More undecodable bytes than allowed. Params: file, encoding, offset (bytes, 0-based), count."""

    code = "mixed_encodings"


class LineTooLongError(ReadingError):
    """A line without an end. Params: file, line (1-based), limit_mb."""

    code = "line_too_long"


class TooManyColumnsError(ReadingError):
    """Params: file, columns, limit."""

    code = "too_many_columns"


class FileTooLargeError(ReadingError):
    """Params: file, limit_mb."""

    code = "file_too_large"


class UnpackedTooLargeError(ReadingError):
    """The archive unpacks to more than is allowed. Params: file, limit_mb."""

    code = "unpacked_too_large"


class TooManyEntriesError(ReadingError):
    """Params: file, entries, limit."""

    code = "too_many_entries"


class NestedArchiveError(ReadingError):
    """An archive inside an archive. Params: file, member."""

    code = "nested_archive"


class DamagedFileError(ReadingError):
    """The container is cut or broken. Params: file."""

    code = "damaged_file"


class PasswordError(ReadingError):
    """The file is protected with a password. Params: file."""

    code = "password_protected"


class ChangedFileError(ReadingError):
    """The file differs from the one that was looked at. Params: file."""

    code = "file_changed"
