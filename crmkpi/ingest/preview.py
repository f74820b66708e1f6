"""What the mapping screen shows of a file before anything is loaded: report, personal data, first canonical rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.ingest.inspect import Given, Progress, Seen, all_questions, look
from crmkpi.ingest.privacy import Policy, Secret, policies, protected

SHOWN = 20
# rows of one order stand together, so special rules of known exports hold on a stretch from the top
SCANNED = 400
# fingerprints on the screen only show what they look like
EXAMPLE_KEY = b"example"


def preview(
    paths: Sequence[Path],
    words: Words | None = None,
    answers: Given | None = None,
    remembered: Given | None = None,
    mapping: Given | None = None,
    names: Mapping[Path, str] | None = None,
    progress: Progress | None = None,
    default: Policy = "hash",
) -> list[dict[str, object]]:
    """Reports as `inspect` gives them, each with five more entries.

    `path`: where the file lies; `personal`: source column -> kind of personal data; `privacy`: personal column
    that is used -> what is done with it (`default`: with the customer's key, unasked); `filled`: source column ->
    cells that are not blank; `preview`: {"columns": canonical names, "rows": the first 20 rows as they will be
    kept, dates in ISO}, None where the table is not recognised or its rows cannot be read yet.
    Raises the errors of reading and bad_mapping, bad_answer.
    """
    found: list[dict[str, object]] = []
    for path in paths:
        for seen in look(path, words, answers, remembered, mapping, (names or {}).get(path), progress):
            report = seen.report
            known = report.table is not None and report.rows_used > 0
            if known:
                report.questions = all_questions(seen, None)
            more = {
                "path": str(path),
                "personal": dict(report.pii),
                "privacy": dict(policies(report, default)),
                "filled": {p.name: p.filled for p in seen.profiles},
                "preview": first_rows(seen, default) if known else None,
            }
            found.append(report.as_dict(words) | more)
    return found


def first_rows(seen: Seen, default: Policy = "hash", count: int = SHOWN) -> dict[str, object] | None:
    """The first rows of a recognised table as they will be kept; None while they cannot be read."""
    head = seen.text.frame.lazy().head(SCANNED).collect()
    try:
        table = replace(seen, text=replace(seen.text, frame=head)).cleaned(None)
    except CrmKpiError:
        # the same sentence stands in the report of the load
        return None
    columns = [c for c in table.frame.columns if not c.startswith("__")]
    shown = replace(seen.report, issues=[])
    frame, _ = protected(shown, table, table.frame.select(columns).head(count), Secret(EXAMPLE_KEY, default))
    rows = frame.rows()
    return {"columns": columns, "rows": [[_plain(value) for value in row] for row in rows]}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        whole = value.time() == datetime.min.time()
        return value.date().isoformat() if whole else value.isoformat(sep=" ", timespec="minutes")
    return value.isoformat() if isinstance(value, date) else value
