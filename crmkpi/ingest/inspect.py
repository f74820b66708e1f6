"""Look at files without writing anything: sniff, read as text, profile, recognise, ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from crmkpi.i18n import Words
from crmkpi.ingest import amounts, nobody, repeats
from crmkpi.ingest.clean import CleanTable, clean
from crmkpi.ingest.file_report import FileReport, report_of
from crmkpi.ingest.known_exports import match_preset
from crmkpi.ingest.loading_errors import BadAnswerError, BadMappingError
from crmkpi.ingest.match import Proposal, header_set, propose
from crmkpi.ingest.privacy import without_dropped
from crmkpi.ingest.profile import AS_WRITTEN, NUMERIC, ColumnProfile, profile
from crmkpi.ingest.quality import ANONYMOUS_SHARE
from crmkpi.ingest.questions import Question, answer_to
from crmkpi.ingest.rates import rate_questions, with_counts
from crmkpi.ingest.read import read
from crmkpi.ingest.second_table import first_table
from crmkpi.ingest.sniff import Source, sniff
from crmkpi.ingest.special_rules import fixed_answers, rule_questions, ruled
from crmkpi.ingest.survey_kind import with_kind
from crmkpi.ingest.text_table import Finding, TextTable
from crmkpi.ingest.wide import KpiSheet, kpi_sheet
from crmkpi.tables import TABLES

Given = Mapping[str, Mapping[str, Any]]
# part of looking at a file that goes into reading its text; the rest is finding out what the columns hold
READING = 0.25
MATCHING = 0.95
# columns that the questions about rows need
ASKED = {
    "orders": ("order_id", "customer_id", "amount", "shipping", "gross", "discount", "currency"),
    "order_lines": ("order_id", "customer_id", "quantity", "unit_price", "line_amount", "currency"),
}


class Progress(Protocol):
    """Who is told how far the work is: stage, share of the whole 0..1, records read so far."""

    def __call__(self, stage: str, share: float, rows: int | None = None) -> None: ...


@dataclass
class Seen:
    """One table of one file with everything that was found out about it."""

    report: FileReport
    text: TextTable
    profiles: list[ColumnProfile]
    # what special rules did to the rows when they were last typed
    notes: list[Finding] = field(default_factory=list)

    def forget_cells(self) -> None:
        """Let go of the text once it is typed: the largest thing in memory while the tables are built."""
        self.text = replace(
            self.text, frame=pl.DataFrame(schema=dict.fromkeys(self.text.columns, pl.String)), spool=None
        )

    def cleaned(self, zone: str | None, only: Sequence[str] | None = None) -> CleanTable:
        """Typed rows of the mapped columns (all, or `only` these canonical ones)."""
        report = self.report
        assert report.table is not None
        mapping = {k: v for k, v in report.mapping.items() if only is None or k in only}
        dimensions = report.dimensions if only is None else {}
        table = clean(self.text, self.profiles, report.table, mapping, dimensions, self._zones(zone))
        if only is not None:
            return table
        table, counted = with_counts(table, self.text, self.profiles, report.answers)
        table, special = ruled(table, self.text, report.rules, report.answers)
        self.notes = [*counted, *special]
        if report.table == "surveys":
            table = with_kind(table, self.text, self.profiles, report.answers)
        return table

    def _zones(self, zone: str | None) -> dict[str, str | None]:
        """Columns of times with an offset -> the zone to show them in, as was answered, else by the default."""
        found: dict[str, str | None] = {}
        for p in self.profiles:
            for asked in (q for q in p.questions if q.code == "time_zone"):
                answer = answer_to(self.report.answers, asked.code, p.name) or asked.default
                found[p.name] = zone if answer == "project" else AS_WRITTEN
        return found


def inspect(
    paths: Sequence[Path],
    lang_words: Words | None = None,
    answers: Given | None = None,
    remembered: Given | None = None,
    mapping: Given | None = None,
    names: Mapping[Path, str] | None = None,
) -> list[FileReport]:
    """Reports on every table of every file. `answers` and `mapping`: file name or sha256 -> as in cli.md;
    `remembered`: confirmed mappings by header set; `names`: what to call an upload.

    Raises the errors of reading (empty_file, not_a_table ...) and bad_mapping, bad_answer.
    """
    found: list[FileReport] = []
    for path in paths:
        for seen in look(path, lang_words, answers, remembered, mapping, (names or {}).get(path)):
            if seen.report.table is not None and seen.report.rows_used:
                seen.report.questions = all_questions(seen, None)
            found.append(seen.report)
    return found


def look(
    path: Path,
    words: Words | None = None,
    answers: Given | None = None,
    remembered: Given | None = None,
    mapping: Given | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Iterator[Seen]:
    """Every table of one file: read, profiled, recognised or mapped as told."""
    say = progress or unheard
    for source in sniff(path, file=name):
        say("reading", 0.0)
        text = first_table(read(source, heard=lambda share, rows: say("reading", READING * share, rows)))
        told = for_source(mapping, source)
        sheet = _sheet(text, told, remembered or {})
        key = header_set(sheet.key if sheet is not None else text.columns)
        given = {k: str(v) for k, v in for_source(answers, source).items()}
        given = {**(remembered or {}).get(key, {}).get("answers", {}), **given}
        if sheet is not None:
            text = sheet.long(given)
        profiles = profile(text, given, _profiling(say, text.rows_in))
        say("matching", MATCHING, text.rows_in)
        report = report_of(text, profiles, key, words or Words())
        report.answers = given
        _recognise(report, text, profiles, remembered, told)
        if sheet is not None:
            report.questions += sheet.questions()
        yield Seen(report, text, profiles)


def unheard(stage: str, share: float, rows: int | None = None) -> None:
    """Nobody listens to the progress."""


def _profiling(say: Progress, rows: int) -> Callable[[float], None]:
    return lambda share: say("profiling", READING + (MATCHING - READING) * share, rows)


def _sheet(text: TextTable, told: Mapping[str, Any], remembered: Given) -> KpiSheet | None:
    """The table as a KPI sheet, unless people say that it is another table or its columns make one up.

    One row per period may also be an export (advertising by day): it is one when a table explains each number.
    """
    if told.get("table", "dated_values") != "dated_values":
        return None
    sheet = kpi_sheet(text)
    own = set(map(str, told.get("columns", {}).values()))
    if sheet is None or header_set(text.columns) in remembered or (own and own <= set(text.columns)):
        return None
    if not sheet.by_rows:
        return sheet
    profiles = profile(text)
    proposal = propose(text, profiles)
    if proposal.table is None or TABLES[proposal.table].missing(set(proposal.mapping), asked=True):
        return sheet
    numbers = {p.name for p in profiles if p.kind in NUMERIC}
    return None if numbers <= set(proposal.mapping.values()) else sheet


def for_source(given: Given | None, source: Source) -> Mapping[str, Any]:
    """What was given for this table: by `file/member`, member or sheet, file name, or sha256."""
    inner = source.member or source.sheet
    keys = [f"{source.file}/{inner}", inner] if inner else []
    for key in (*keys, source.file, source.sha256):
        if given and key in given:
            return given[key]
    return {}


def _recognise(
    report: FileReport,
    text: TextTable,
    profiles: list[ColumnProfile],
    remembered: Given | None,
    override: Mapping[str, Any],
) -> None:
    proposal = propose(text, profiles, {k: dict(v) for k, v in (remembered or {}).items()})
    report.table, report.system = proposal.table, proposal.system
    report.mapping, report.confidence = dict(proposal.mapping), dict(proposal.confidence)
    report.dimensions, report.reasons = dict(proposal.dimensions), proposal.reasons
    report.unsure, report.pii = proposal.unsure, proposal.pii
    report.alternatives = proposal.alternatives
    if override:
        _override(report, override, text.columns)
    chosen = answer_to(report.answers, "which_amount", None)
    if chosen is not None and chosen in text.columns:
        report.mapping = {k: v for k, v in report.mapping.items() if v != chosen} | {"amount": chosen}
    without_dropped(report)
    if report.table == "campaigns" and "campaign" in report.mapping:
        # a report by names only: the name is the id
        report.mapping.setdefault("campaign_id", report.mapping["campaign"])
    report.rules = _rules(report, text)
    report.questions = _questions(proposal, profiles, report, "amount" in override.get("columns", {}))
    report.questions += rule_questions(report.table, text, profiles, report.mapping, report.answers)
    report.questions += rate_questions(report.table, text, profiles, report.mapping)


def _rules(report: FileReport, text: TextTable) -> tuple[str, ...]:
    """Rules of the known export whose headers these are, also where people have confirmed the mapping since."""
    hit = match_preset(text.columns)
    return hit.preset.rules if hit is not None and hit.preset.table == report.table else ()


def _override(report: FileReport, given: Mapping[str, Any], columns: Sequence[str]) -> None:
    """The user's own mapping instead of the proposal; BadMappingError for a name that does not exist."""
    table = str(given.get("table", report.table))
    if table not in TABLES:
        raise BadMappingError(file=report.file, name=table, known=", ".join(TABLES))
    mapping = {str(k): str(v) for k, v in given.get("columns", report.mapping).items() if v}
    for canonical, source in mapping.items():
        if canonical not in TABLES[table].names:
            raise BadMappingError(file=report.file, name=canonical, known=", ".join(TABLES[table].names))
        if source not in columns:
            raise BadMappingError(file=report.file, name=source, known=", ".join(columns[:40]))
    report.table, report.mapping = table, mapping
    kept = given.get("dimensions", report.dimensions)
    report.dimensions = {
        str(k): str(v) for k, v in kept.items() if v in columns and v not in mapping.values()
    }
    report.confidence = dict.fromkeys(mapping, 1.0)


def _questions(
    proposal: Proposal, profiles: list[ColumnProfile], report: FileReport, amount_told: bool
) -> list[Question]:
    """Questions on mapped columns and on the file; a column that is not used changes no number, and an amount
    that a person has chosen is not asked about."""
    used = set(report.mapping.values())
    found = [q for p in profiles if p.name in used for q in p.questions] + list(proposal.questions)
    own = [repeats.CODE, amounts.CODE, "anonymous_orders", *(["which_amount"] if amount_told else [])]
    return list({q.key: q for q in found if q.code not in own}.values())


def all_questions(seen: Seen, zone: str | None) -> list[Question]:
    """The report's questions and those that only the typed rows can raise."""
    table = seen.report.table
    if table not in ASKED or TABLES[table].missing(set(seen.report.mapping)):
        return seen.report.questions
    return [*seen.report.questions, *row_questions(seen, seen.cleaned(zone, ASKED[table]))]


def row_questions(seen: Seen, rows: CleanTable) -> list[Question]:
    """Repeated order numbers, shipping inside the amount, several currencies, many orders without a customer."""
    table, frame = seen.report.table, rows.frame
    found: list[Question] = []
    if table == "orders":
        asked = [repeats.question(repeats.repeats(frame)), amounts.question(frame, rows.labels)]
        settled_by_system = fixed_answers(seen.report.rules)
        found += [q for q in asked if q is not None and q.code not in settled_by_system]
    if "currency" in frame.columns:
        values = sorted(frame["currency"].drop_nulls().unique())
        if len(values) > 1 and not any(q.code == "currency" for q in seen.report.questions):
            sums = _sums(frame, values)
            found.append(Question("currency", rows.labels["currency"], tuple(values), None, True, sums))
    if "customer_id" in frame.columns:
        for name, share in nobody.suspects(frame["customer_id"]).items():
            told: dict[str, object] = {"x": name, "share": round(100 * share, 1)}
            found.append(Question(nobody.QUESTION, name, (nobody.SOMEBODY, nobody.NOBODY), None, True, told))
        ids = nobody.nobody_of(frame["customer_id"], nobody.nobody_told(seen.report.answers))
        frame = nobody.without_placeholders(frame, ids)
    anonymous = _anonymous(frame)
    if anonymous > ANONYMOUS_SHARE:
        params: dict[str, object] = {"share": round(100 * anonymous, 1), **_both_revenues(frame)}
        column = rows.labels.get("customer_id")
        found.append(Question("anonymous_orders", column, ("customers", "all"), "customers", True, params))
    return found


def _worth(frame: pl.DataFrame) -> pl.Expr | None:
    """Money of a row of an order file or of lines, None where the file has none."""
    names = set(frame.columns)
    for name in ("amount", "line_amount"):
        if name in names:
            return pl.col(name)
    return pl.col("quantity") * pl.col("unit_price") if {"quantity", "unit_price"} <= names else None


def _sums(frame: pl.DataFrame, values: Sequence[str]) -> dict[str, object]:
    """Sum of the amounts in each currency."""
    worth = _worth(frame)
    if worth is None:
        return {}
    sums = dict(frame.group_by("currency").agg(worth.sum().round(2)).drop_nulls("currency").iter_rows())
    return {"sums": {value: sums.get(value) for value in values}}


def _both_revenues(frame: pl.DataFrame) -> dict[str, object]:
    """Plain sums of positive amounts: of known customers, and of everyone."""
    worth = _worth(frame)
    if worth is None:
        return {}
    sold = frame.filter(worth > 0)
    known = sold.filter(pl.col("customer_id").is_not_null())
    return {
        name: round(float(rows.select(worth.sum()).item() or 0), 2)
        for name, rows in (("customers", known), ("all", sold))
    }


def _anonymous(frame: pl.DataFrame) -> float:
    """Share of orders without a customer, among those that sold something."""
    if "customer_id" not in frame.columns:
        return 0.0
    worth = [pl.col(c) > 0 for c in ("amount", "quantity", "unit_price", "line_amount") if c in frame.columns]
    sold = frame.filter(*worth).select("order_id", "customer_id")
    if not sold["customer_id"].has_nulls():
        return 0.0
    known = sold.filter(pl.col("customer_id").is_not_null())["order_id"].n_unique()
    every = sold["order_id"].n_unique()
    return 1 - known / every if every else 0.0


def settled(report: FileReport, questions: Sequence[Question]) -> tuple[dict[str, str], list[Question]]:
    """What each question was decided as (answer, else marked default), and the questions still open.

    Raises BadAnswerError for an answer that is no option.
    """
    decided: dict[str, str] = {}
    still: list[Question] = []
    for question in questions:
        answer = answer_to(report.answers, question.code, question.column)
        if answer is not None and question.options and answer not in question.options:
            known = ", ".join(question.options)
            raise BadAnswerError(file=report.file, question=question.key, answer=answer, known=known)
        value = answer if answer is not None else question.default
        if value is not None:
            decided[question.key] = decided[question.code] = value
        elif question.changes_numbers:
            still.append(question)
    return decided, still
