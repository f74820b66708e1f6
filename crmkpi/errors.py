"""Errors that a user can cause: a code and its parameters, never a sentence.

The sentence lives in i18n under `error.<code>` in every language; the command line prints it on stderr
after the upper-cased code (`E-EMPTY-FILE: ...`), a page shows it in place. Rooms declare their own errors
as subclasses, next to the code that raises them, and end their names in `Error`.
"""

from __future__ import annotations

from typing import ClassVar


class CrmKpiError(Exception):
    """Base of everything that is the user's to mend. `exit_status` is the command line's exit code."""

    code: ClassVar[str] = "unexpected"
    exit_status: ClassVar[int] = 2

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(f"{self.code}: {params}")

    @property
    def key(self) -> str:
        """Key of the sentence in the i18n catalogues."""
        return f"error.{self.code}"

    @property
    def label(self) -> str:
        """Upper-cased code for stderr: `empty_file` -> `E-EMPTY-FILE`."""
        return "E-" + self.code.upper().replace("_", "-")


class UnansweredError(CrmKpiError):
    """A question that changes numbers has no answer yet; the file waits, the others go on."""

    code = "unanswered"
    exit_status = 3
