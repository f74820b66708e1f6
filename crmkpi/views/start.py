"""Start: the drafts of this computer, to come back to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from crmkpi.i18n import Words
from crmkpi.project.drafts import Drafts

MOST = 12


@dataclass(frozen=True)
class DraftLine:
    """One saved draft: id, printed name and when it was changed."""

    id: str
    name: str
    saved: str


def draft_lines(drafts: Drafts, without: str | None, t: Words) -> tuple[DraftLine, ...]:
    """The latest drafts, the open one left out. Drafts without a name get one."""
    found = [e for e in drafts.entries() if e.id != without]
    return tuple(DraftLine(e.id, e.name or t("start.unnamed"), _saved(e.saved, t)) for e in found[:MOST])


def _saved(seconds: float, t: Words) -> str:
    return t("share.saved", date=t.date(datetime.fromtimestamp(seconds, UTC).date()))
