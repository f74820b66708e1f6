"""Load: files -> kept rows -> canonical tables in the project's data directory, all or nothing.

Everything is built in a fresh directory beside the old one and renamed at the end: an error leaves the project
as it was. A question that changes numbers and has no answer holds up its own file only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from crmkpi.engine.data import DataDir, Meta
from crmkpi.i18n import Words
from crmkpi.ingest import files
from crmkpi.ingest.bridge import BridgeStep
from crmkpi.ingest.build import Built, build
from crmkpi.ingest.changes import Changes, changes
from crmkpi.ingest.file_report import FileReport, issue_dict, question_dict
from crmkpi.ingest.files import Entry
from crmkpi.ingest.fingerprints import new_key, read_key, write_key
from crmkpi.ingest.inner_lines import lines_of
from crmkpi.ingest.inspect import Given, Progress, Seen, look, unheard
from crmkpi.ingest.load_record import Loaded, LoadRecord, loaded_of, read_record, write_record
from crmkpi.ingest.load_settings import LoadSettings
from crmkpi.ingest.loading_errors import TwoFilesOneTableError
from crmkpi.ingest.merge import shared_keys
from crmkpi.ingest.prepare import Prepared, prepare
from crmkpi.ingest.privacy import Secret, hashed, usual_policy
from crmkpi.ingest.quality import finding
from crmkpi.ingest.receipt import FileReceipt, Receipt
from crmkpi.ingest.rejected import write_rejected
from crmkpi.ingest.sheet_names import sheets_apart
from crmkpi.ingest.switches import SwitchEffect
from crmkpi.ingest.text_table import Finding
from crmkpi.ingest.total_rows import Totals, read_totals, write_totals

__all__ = ["LoadResult", "LoadSettings", "Loaded", "load", "read_record", "rebuild", "switch_effects"]
Parts = list[tuple[Entry, pl.DataFrame]]
Identity = tuple[str, str | None, str | None]
# part of a load that goes into looking at the files, and where the next stages begin (measured: 1.5 million rows)
LOOKING, BUILDING, WRITING = 0.5, 0.72, 0.93


@dataclass
class LoadResult:
    """What a load did. `unanswered`: questions that hold files up, as in cli.md; `unchanged`: the same bytes
    with the same choices were there already; `switches`: what flipping one would do; `changes`: what this load
    changed in data that were there (None for the first load); `kept_files`: sha256 of all files that the tables
    rest on."""

    files: list[FileReport] = field(default_factory=list)
    loaded: list[Loaded] = field(default_factory=list)
    unanswered: list[dict[str, object]] = field(default_factory=list)
    receipt: Receipt = field(default_factory=Receipt)
    bridge: list[BridgeStep] = field(default_factory=list)
    issues: list[Finding] = field(default_factory=list)
    unchanged: bool = False
    switches: list[SwitchEffect] = field(default_factory=list)
    changes: Changes | None = None
    currency: str | None = None
    kept_files: frozenset[str] = frozenset()

    def as_dict(self, words: Words | None = None) -> dict[str, object]:
        """The JSON of cli.md `load`: that of `inspect` and what was loaded, asked, found and bridged."""
        t = words or Words()
        return {
            "files": [report.as_dict(t) for report in self.files],
            "loaded": [one.as_dict() for one in self.loaded],
            "unanswered": self.unanswered,
            "unchanged": self.unchanged,
            "bridge": [step.as_dict() for step in self.bridge],
            "receipt": self.receipt.as_dict(),
            "switches": [switch.as_dict() for switch in self.switches],
            "changes": self.changes.as_dict() if self.changes is not None else None,
            "issues": [issue_dict(issue, t) for issue in self.issues],
        }


def load(
    paths: Sequence[Path],
    store: DataDir,
    mapping: Given | None = None,
    answers: Given | None = None,
    settings: LoadSettings | None = None,
    append: bool = False,
    progress: Progress | None = None,
    remembered: Given | None = None,
    words: Words | None = None,
    names: Mapping[Path, str] | None = None,
) -> LoadResult:
    """Read the files and rebuild the store with them.

    A file replaces the earlier one of the same table and header set; with `append` it adds to it, and rows
    already there by key are updated. Files of one table with different headers stand side by side. The same
    bytes with the same choices change nothing. `mapping`, `answers`, `remembered`, `names`: see inspect.py.
    Raises the errors of reading and loading; then nothing has changed.
    """
    settings, say = settings or LoadSettings(), progress or unheard
    index = files.read_index(store.root)
    given = Choices(words, answers, remembered, mapping, names or {})
    seen = sheets_apart(_recognised(_distinct(_looked_at(paths, given, say))))
    known = any(s.report.table == "orders" for s in seen) or any(e.table == "orders" for e in index.entries)
    rows = sum(s.report.rows_in for s in seen)
    say("cleaning", LOOKING, rows)
    secret = Secret(read_key(store.root) or new_key(), usual_policy(index.entries))
    ready = [prepare(s, settings.zone, known, n, secret) for n, s in enumerate(seen)]
    ready += [lines for p in ready if (lines := lines_of(p)) is not None]
    for one in seen:
        one.forget_cells()
    result = LoadResult(files=[s.report for s in seen], unanswered=_unanswered(ready))
    fresh = [(p.entry, p.rows) for p in ready if p.entry is not None and p.rows is not None]
    record = read_record(store.root)
    if not fresh or _same(fresh, index.entries, record, settings):
        return _untouched(result, record, index.entries, unchanged=bool(fresh))
    if not append:
        _refuse_twins(fresh)
    parts = combined(store.root, index.entries, fresh, append)
    say("building", BUILDING, rows)
    totals = read_totals(store.root, [e for e, _ in parts]) | _fresh_totals(ready, parts)
    built = build(parts, settings, totals)
    built.receipt.files = _file_receipts(seen, record, parts)
    result.changes = changes(store, built.frames, built.scale)
    say("writing", WRITING, rows)
    aside = {(p.entry.identity, p.entry.table): p.rejected for p in ready if p.entry is not None}
    _write(store, parts, built, settings, aside, secret.key, result.changes, totals)
    for prepared in ready:
        prepared.seen.report.loaded = prepared.entry is not None
    return _finished(result, built, parts)


def rebuild(store: DataDir, settings: LoadSettings) -> LoadResult:
    """Build all tables again from the kept rows, after a switch was changed. Nothing to read, nothing to ask."""
    entries = files.read_index(store.root).entries
    record = read_record(store.root)
    if not entries or (record is not None and record.switched_as(settings)):
        return _untouched(LoadResult(), record, entries, unchanged=True)
    parts = [(e, files.read_part(store.root, e)) for e in entries]
    built = build(parts, settings, read_totals(store.root, entries))
    built.receipt.files = record.receipt.files if record is not None else []
    _write(store, parts, built, settings, changed=record.changes if record is not None else None)
    return _finished(LoadResult(), built, parts)


def switch_effects(store: DataDir, settings: LoadSettings) -> list[SwitchEffect]:
    """What each switch does to the money under these settings; [] where no sales were loaded. Writes nothing.

    The effects of the settings that the tables were built with are on record; others are computed.
    """
    record = read_record(store.root)
    if record is None or record.switched_as(settings):
        return record.switches if record is not None else []
    entries = files.read_index(store.root).entries
    parts = [(e, files.read_part(store.root, e)) for e in entries]
    return build(parts, settings, read_totals(store.root, entries)).switches


@dataclass(frozen=True)
class Choices:
    """What people decided about the files, as `look` takes it."""

    words: Words | None
    answers: Given | None
    remembered: Given | None
    mapping: Given | None
    names: Mapping[Path, str]


def _looked_at(paths: Sequence[Path], given: Choices, say: Progress) -> list[Seen]:
    found: list[Seen] = []
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    for n, path in enumerate(paths):
        before = sum(one.report.rows_in for one in found)
        inner = _part_of(say, sum(sizes[:n]), sizes[n], max(1, sum(sizes)), before)
        name = given.names.get(path)
        found += look(path, given.words, given.answers, given.remembered, given.mapping, name, inner)
    return found


def _part_of(say: Progress, before: int, own: int, every: int, rows_before: int) -> Progress:
    """Progress of one of several files, by their bytes, as progress of the whole; looking comes first."""

    def inner(stage: str, share: float, rows: int | None = None) -> None:
        say(stage, LOOKING * (before + own * share) / every, rows_before + (rows or 0))

    return inner


def _distinct(seen: Sequence[Seen]) -> list[Seen]:
    """The same bytes given twice count once."""
    kept: dict[tuple[str, str | None, str | None, int], Seen] = {}
    for one in seen:
        source = one.report.source
        kept.setdefault((source.sha256, source.member, source.sheet, source.table_index), one)
    return list(kept.values())


def _recognised(seen: Sequence[Seen]) -> list[Seen]:
    """Leave out tables of a workbook or archive that are nothing we know, as long as one beside them is."""
    known = {s.report.sha256 for s in seen if s.report.table is not None and s.report.rows_used}
    kept = [
        s for s in seen if (s.report.table is not None and s.report.rows_used) or s.report.sha256 not in known
    ]
    left = [s for s in seen if s not in kept]
    for one in left:
        beside = next(s for s in kept if s.report.sha256 == one.report.sha256)
        inner = one.report.member or one.report.sheet
        beside.report.issues += finding("table_left_out", "info", 1, inner, ())
    return kept


def _unanswered(ready: Sequence[Prepared]) -> list[dict[str, object]]:
    return [
        {"file": p.seen.report.file, "sha256": p.seen.report.sha256, **question_dict(question)}
        for p in ready
        for question in p.open
    ]


def _same(fresh: Parts, entries: Sequence[Entry], record: LoadRecord | None, settings: LoadSettings) -> bool:
    """Whether every table is there already, understood and switched the same way."""
    if record is None or not record.switched_as(settings):
        return False
    ignored = {"order", "file", "part"}
    there = [e.model_dump(exclude=ignored) for e in entries]
    return all(entry.model_dump(exclude=ignored) in there for entry, _ in fresh)


def _refuse_twins(fresh: Parts) -> None:
    """Two files of one report in one load must not share keys: nobody can tell which one is right."""
    for position, (first, rows) in enumerate(fresh):
        for second, others in fresh[position + 1 :]:
            if first.group != second.group:
                continue
            count = shared_keys(first.table, rows, others)
            if count:
                raise TwoFilesOneTableError(
                    first=first.file, second=second.file, table=first.table, count=count
                )


def combined(root: Path, entries: Sequence[Entry], fresh: Parts, append: bool) -> Parts:
    """Old and new tables in the order of loading; a new one takes the place of its own earlier self, and
    without `append` of every earlier file of its group."""
    identities = {entry.identity for entry, _ in fresh}
    groups = set() if append else {entry.group for entry, _ in fresh}
    kept = [e for e in entries if e.identity not in identities and e.group not in groups]
    last = max((e.order for e in kept), default=-1)
    used = {(e.sha256, e.part) for e in kept}
    numbered: Parts = []
    for step, (entry, rows) in enumerate(fresh, start=1):
        number = 0
        while (entry.sha256, f"{number}.parquet") in used:
            number += 1
        used.add((entry.sha256, f"{number}.parquet"))
        numbered.append((entry.model_copy(update={"order": last + step, "part": f"{number}.parquet"}), rows))
    return [(e, files.read_part(root, e)) for e in kept] + numbered


def _fresh_totals(ready: Sequence[Prepared], parts: Parts) -> dict[tuple[str, str], pl.DataFrame]:
    """Total rows of the new tables under the parts that they will have."""
    new = {(p.entry.identity, p.entry.table): p.totals for p in ready if p.entry is not None}
    found = {(e.sha256, e.part): new.get((e.identity, e.table)) for e, _ in parts}
    return {place: rows for place, rows in found.items() if rows is not None}


def _write(
    store: DataDir,
    parts: Parts,
    built: Built,
    settings: LoadSettings,
    rejected: Mapping[tuple[Identity, str], pl.DataFrame | None] | None = None,
    key: bytes | None = None,
    changed: Changes | None = None,
    totals: Totals | None = None,
) -> None:
    there = files.read_index(store.root).entries
    with files.replacing(store.root) as fresh:
        target = DataDir(fresh)
        for entry, rows in parts:
            if entry in there:
                files.carry_part(store.root, fresh, entry)
            else:
                files.write_part(fresh, entry, rows)
                aside = (rejected or {}).get((entry.identity, entry.table))
                if aside is not None:
                    write_rejected(fresh, entry, aside)
                if (entry.sha256, entry.part) in (totals or {}):
                    write_totals(fresh, entry, (totals or {})[entry.sha256, entry.part])
        files.write_index(fresh, [entry for entry, _ in parts])
        for name, frame in built.frames.items():
            target.write(name, frame)
        target.seal(lambda meta: fill_meta(meta, built, settings))
        there_already = read_key(store.root)
        if there_already or (key is not None and hashed(entry for entry, _ in parts)):
            write_key(fresh, there_already or key or b"")
        write_record(fresh, LoadRecord.of(built, settings, changed))


def fill_meta(meta: Meta, built: Built, settings: LoadSettings) -> None:
    """What the tables and the switches say about the data, written into their meta."""
    meta.scale, meta.currency = built.scale, settings.currency or built.currency
    meta.zone, meta.inactivity_days = settings.zone, settings.inactivity_days
    meta.margin_rate = settings.margin_rate
    meta.loyalty_tiers, meta.loyalty_floor = list(settings.loyalty_tiers), settings.loyalty_floor
    meta.coverage, meta.dimensions, meta.columns = built.coverage, built.dimensions, built.columns
    everyone = ["base_all"] if built.everyone else []
    meta.flags = sorted({*built.flags, *everyone})


def _file_receipts(seen: Sequence[Seen], record: LoadRecord | None, parts: Parts) -> list[FileReceipt]:
    """Receipts of all files that the tables rest on: the new ones, then those still there from before."""
    new = [_file_receipt(s) for s in seen]
    have = {(r.file, r.member, r.sheet) for r in new}
    names = {(e.file, e.member, e.sheet) for e, _ in parts}
    old = record.receipt.files if record is not None else []
    return new + [r for r in old if (r.file, r.member, r.sheet) in names - have]


def _file_receipt(seen: Seen) -> FileReceipt:
    report = seen.report
    reasons = dict(seen.text.rejected["reason"].value_counts().sort("reason").iter_rows())
    services = sum(f.count for f in seen.notes if f.code == "service_rows")
    reasons |= {"service_row": services} if services else {}
    return FileReceipt(
        report.file, report.member, report.sheet, report.table or "", report.rows_in, report.rows_used,
        report.rows_rejected, report.rows_empty, report.dropped_total_rows, report.skipped_title_rows, reasons,
        list(report.issues),
    )  # fmt: skip


def _finished(result: LoadResult, built: Built, parts: Parts) -> LoadResult:
    result.loaded, result.receipt = loaded_of(built), built.receipt
    result.bridge, result.issues, result.currency = built.bridge, built.findings, built.currency
    result.switches = built.switches
    result.kept_files = frozenset(entry.sha256 for entry, _ in parts)
    return result


def _untouched(
    result: LoadResult, record: LoadRecord | None, entries: Sequence[Entry], unchanged: bool
) -> LoadResult:
    """Nothing was written: tell what is there."""
    result.unchanged = unchanged
    result.kept_files = frozenset(e.sha256 for e in entries)
    if record is not None:
        result.loaded, result.receipt = record.loaded, record.receipt
        result.bridge, result.issues, result.currency = record.bridge, record.findings, record.currency
        result.switches = record.switches
    return result
