"""File: one report written whole, its kind chosen by the suffix."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypedDict

from crmkpi.i18n import Words
from crmkpi.project.own_catalogue import project_in_force
from crmkpi.project.place import Place
from crmkpi.report.content import Content, Source, content, source
from crmkpi.report.deck import deck_bytes
from crmkpi.report.options import ReportFolderError, ReportFormatError, ReportOptions
from crmkpi.report.page import page_bytes
from crmkpi.report.paper import paper_bytes
from crmkpi.report.workbook import workbook_bytes


class Written(TypedDict):
    """What `crmkpi report` prints: name and size of the file, the sections that it holds."""

    file: str
    bytes: int
    sections: list[str]


KINDS: dict[str, Callable[[Source, Content, ReportOptions], bytes]] = {
    "html": page_bytes,
    "pdf": paper_bytes,
    "pptx": deck_bytes,
    "xlsx": workbook_bytes,
}


def write(place: Place, target: Path, words: Words, options: ReportOptions | None = None) -> Written:
    """Write the report of a project to `target` (html, pdf, pptx or xlsx), in the language of the words.

    The file appears whole or not at all. The same project gives the same bytes. Errors: ReportFormatError,
    ReportFolderError, ProjectWithoutDataError, ReportUnknownKpiError.
    """
    suffix = checked_target(target, KINDS)
    chosen = options or ReportOptions()
    # a report may be made in a thread of its own, which knows nothing of the project's own trees and metrics
    with project_in_force(place):
        origin = source(place, words, chosen)
        found = content(origin, chosen)
        made = KINDS[suffix](origin, found, chosen)
    save(made, target)
    return {"file": target.name, "bytes": len(made), "sections": list(found.sections)}


def checked_target(target: Path, kinds: Iterable[str]) -> str:
    """The suffix of a file that can be written. Errors: ReportFormatError, ReportFolderError."""
    known, suffix = tuple(kinds), target.suffix.lower().lstrip(".")
    if suffix not in known:
        raise ReportFormatError(suffix=target.suffix or target.name, known=", ".join(known))
    if not target.parent.is_dir() or not os.access(target.parent, os.W_OK):
        raise ReportFolderError(folder=target.parent.name or ".")
    return suffix


def save(made: bytes, target: Path) -> None:
    """Write the file whole or not at all, readable as the user's files usually are."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".report-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(made)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)
