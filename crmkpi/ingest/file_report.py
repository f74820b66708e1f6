"""What is told about one table of one file: the entry of `inspect` and `load` in JSON, and of the Data page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from crmkpi.i18n import Words
from crmkpi.ingest.match import Reason
from crmkpi.ingest.profile import NUMERIC, ColumnProfile
from crmkpi.ingest.questions import Question
from crmkpi.ingest.source import Source
from crmkpi.ingest.text_table import Finding, TextTable

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass
class FileReport:
    """One table of one file as it was understood. `header_set` is the hash under which its mapping is kept;
    `dimensions`: kept further columns, own name -> source column; `reasons`: source column -> why it was taken
    for what; `rules`: what is special about the known export; `loaded`: whether its rows are in the store;
    `answers`: what was decided."""

    source: Source
    columns: list[ColumnProfile]
    rows_in: int
    rows_used: int
    rows_rejected: int
    rows_empty: int
    dropped_total_rows: int
    skipped_title_rows: int
    header_set: str
    table: str | None = None
    system: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    dimensions: dict[str, str] = field(default_factory=dict)
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    unsure: tuple[str, ...] = ()
    pii: Mapping[str, str] = field(default_factory=dict)
    alternatives: Sequence[tuple[str, float]] = ()
    questions: list[Question] = field(default_factory=list)
    issues: list[Finding] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    loaded: bool = False
    words: Words = field(default_factory=Words, repr=False)

    @property
    def file(self) -> str:
        """Name of the file as the user knows it."""
        return self.source.file

    @property
    def sha256(self) -> str:
        """Hash of the file's bytes."""
        return self.source.sha256

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return self.source.bytes

    @property
    def member(self) -> str | None:
        """Name inside an archive."""
        return self.source.member

    @property
    def sheet(self) -> str | None:
        """Sheet of a workbook."""
        return self.source.sheet

    def as_dict(self, words: Words | None = None) -> dict[str, object]:
        """One entry of cli.md `inspect` "files"; issue messages in the language of `words`."""
        t = words or self.words
        source = self.source
        return {
            "file": source.file,
            "sha256": source.sha256,
            "bytes": source.bytes,
            "kind": source.kind,
            "member": source.member,
            "sheet": source.sheet,
            "encoding": source.encoding,
            "delimiter": source.delimiter,
            "quote": source.quote,
            "decimal": decimal_sign(self.columns),
            "header_row": source.header_row,
            "skipped_title_rows": self.skipped_title_rows,
            "dropped_total_rows": self.dropped_total_rows,
            "rows_in": self.rows_in,
            "rows_used": self.rows_used,
            "rows_rejected": self.rows_rejected,
            "rows_empty": self.rows_empty,
            "columns": [column_dict(c) for c in self.columns],
            "table": self.table,
            "system": self.system,
            "mapping": dict(self.mapping),
            "confidence": {k: round(v, 3) for k, v in self.confidence.items()},
            "dimensions": dict(self.dimensions),
            "reasons": {
                name: {"code": r.code, "params": _plain(r.params)} for name, r in self.reasons.items()
            },
            "unsure": list(self.unsure),
            "alternatives": [[table, score] for table, score in self.alternatives],
            "questions": [question_dict(q) for q in self.questions],
            "issues": [issue_dict(i, t) for i in self.issues],
        }


def report_of(
    text: TextTable, profiles: Sequence[ColumnProfile], header_set: str, words: Words
) -> FileReport:
    """The report before the table is recognised."""
    used = text.rows_in - text.rows_rejected - text.rows_empty - text.dropped_total_rows
    return FileReport(
        source=text.source,
        columns=list(profiles),
        rows_in=text.rows_in,
        rows_used=used,
        rows_rejected=text.rows_rejected,
        rows_empty=text.rows_empty,
        dropped_total_rows=text.dropped_total_rows,
        skipped_title_rows=text.skipped_title_rows,
        header_set=header_set,
        issues=[*text.findings, *(f for p in profiles for f in p.findings)],
        words=words,
    )


def decimal_sign(columns: Sequence[ColumnProfile]) -> str | None:
    """The decimal sign that most number columns use; None without one."""
    signs = Counter(c.format for c in columns if c.kind in NUMERIC and c.format in (",", "."))
    return signs.most_common(1)[0][0] if signs else None


def column_dict(column: ColumnProfile) -> dict[str, object]:
    """A column as in cli.md."""
    return {
        "name": column.name,
        "kind": column.kind,
        "format": column.format,
        "unparsed": column.unparsed,
        "distinct": column.distinct,
        "min": column.min,
        "max": column.max,
        "sum": column.sum,
        "examples": list(column.examples),
    }


def question_dict(question: Question) -> dict[str, object]:
    """A question as in cli.md, with the parameters of its sentence."""
    return {
        "code": question.code,
        "column": question.column,
        "options": list(question.options),
        "default": question.default,
        "changes_numbers": question.changes_numbers,
        "params": _plain(question.params),
    }


def _plain(params: Mapping[str, object]) -> dict[str, object]:
    """Parameters that JSON can hold."""
    kept: dict[str, object] = {}
    for name, value in params.items():
        if isinstance(value, Mapping):
            kept[name] = _plain(value)
        else:
            kept[name] = value if isinstance(value, (int, float, str, type(None))) else str(value)
    return kept


def issue_dict(issue: Finding, words: Words) -> dict[str, object]:
    """A finding as in cli.md, with its sentence and the metrics that it touches."""
    return {
        "code": issue.code,
        "level": issue.level,
        "column": issue.column,
        "count": issue.count,
        "message": issue_text(issue, words),
        "metrics": issue.params.get("metrics", []),
    }


def _day(value: object) -> object:
    if not isinstance(value, str) or not ISO_DAY.fullmatch(value):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:  # an order number may look like a day
        return value


def issue_text(issue: Finding, words: Words) -> str:
    """The sentence of a finding."""
    params = {"column": issue.column, "count": issue.count, "n": issue.count, **issue.params}
    # a finding that was kept in a file has its days as text
    params = {k: _day(v) for k, v in params.items()}
    table = f"table.{params.get('table')}"
    if words.has(table):
        params["table"] = f"«{words(table)}»" if words.lang == "ru" else words(table)
    key = f"issue.{issue.code}"
    # a record of another version may hold a code that this one has no sentence for
    return words(key, **params) if words.has(key) else issue.code
