"""Start: the drafts of this computer, to come back to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.project.drafts import Drafts
from crmkpi.project.place import DOCUMENT

MOST = 12


@dataclass(frozen=True)
class DraftLine:
    """One saved draft: id, printed name and when it was changed."""

    id: str
    name: str
    saved: str


def draft_lines(drafts: Drafts, without: str | None, t: Words) -> tuple[DraftLine, ...]:
    """The latest drafts, the open one left out. One without a name gets one; a damaged one says so."""
    folders = drafts.folder.iterdir() if drafts.folder.is_dir() else ()
    found = [(_saved_at(f), f.name) for f in folders if f.name != without and drafts.has(f.name)]
    return tuple(_line(drafts, name, saved, t) for saved, name in sorted(found, reverse=True)[:MOST])


def _saved_at(folder: Path) -> float:
    document = folder / DOCUMENT
    return document.stat().st_mtime if document.is_file() else 0.0


def _line(drafts: Drafts, draft: str, saved: float, t: Words) -> DraftLine:
    try:
        name = drafts.place(draft).read().name or t("start.unnamed")
    except CrmKpiError:
        name = t("start.unreadable")
    day = datetime.fromtimestamp(saved, UTC).date()
    return DraftLine(draft, name, t("share.saved", date=t.date(day)))
