"""Why a readable table could not become canonical data. Sentences live in i18n `error.<code>`."""

from __future__ import annotations

from crmkpi.errors import CrmKpiError


class LoadingError(CrmKpiError):
    """Base of everything that stops a table between reading and the canonical store; nothing is written."""

    code = "not_loaded"


class NoRowsError(LoadingError):
    """Headers and not a single row of data. Params: file."""

    code = "no_rows"


class NotRecognisedError(LoadingError):
    """No canonical table fits the columns. Params: file, columns (what was seen)."""

    code = "not_recognised"


class MissingRequiredError(LoadingError):
    """The table is known, but columns it cannot live without are not there. Params: file, table, columns."""

    code = "missing_required"


class ColumnNotReadError(LoadingError):
    """Not one value of a required column could be read as what it should be. Params: file, column, example."""

    code = "column_not_read"


class NothingUsableError(LoadingError):
    """Every row lost its id, its date or its amount. Params: file, rows."""

    code = "nothing_usable"


class TwoFilesOneTableError(LoadingError):
    """Two files of one table in one load share keys. Params: first, second, table, count."""

    code = "two_files_one_table"


class BadMappingError(LoadingError):
    """A mapping given by hand names a table or a column that does not exist. Params: file, name, known."""

    code = "bad_mapping"


class BadAnswerError(LoadingError):
    """An answer that is none of the question's options. Params: file, question, answer, known."""

    code = "bad_answer"


class BadZoneError(LoadingError):
    """A time zone nobody knows. Params: zone."""

    code = "bad_zone"
