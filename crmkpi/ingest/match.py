"""Which canonical table a file is, and which of its columns is which: one proposal, with reasons and doubts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from crmkpi.ingest.amount_choice import amount_question, is_order_total
from crmkpi.ingest.bounce_evidence import without_other_errors
from crmkpi.ingest.column_names import plain
from crmkpi.ingest.known_exports import PresetMatch, match_preset
from crmkpi.ingest.pii import personal
from crmkpi.ingest.profile import MOMENTS, ColumnProfile
from crmkpi.ingest.questions import Question
from crmkpi.ingest.scoring import ACCEPT, SURE, Fit, fit
from crmkpi.ingest.synonym_words import names_of, stems
from crmkpi.ingest.table_choice import Candidate, choose, period_headers
from crmkpi.ingest.text_table import TextTable
from crmkpi.tables import TABLES, Table

ENOUGH = 0.42
# how sure it is that the only date of a file is the date of its rows
ONLY_DATE = 0.6
MOST_SEGMENTS = 200
_SETTLED = frozenset(
    {"amount", "gross", "line_amount", "unit_price", "order_id", "ordered_at", "customer_id"}
)


@dataclass(frozen=True)
class Reason:
    """Why a column was taken for what it was; text is i18n `reason.<code>`."""

    code: str
    params: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """What a file most likely is. Nothing here is applied before a person (or `--mapping`) accepts it.

    `mapping`: canonical -> source column; `confidence` per canonical column, 0..1; `unsure`: canonical columns to
    check; `reasons` per source column, mapped or not; `dimensions`: further columns worth a split, name -> source;
    `alternatives`: other tables with their scores; `pii`: source -> kind; `rules`: codes of a preset.
    """

    table: str | None
    system: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    unsure: tuple[str, ...] = ()
    dimensions: dict[str, str] = field(default_factory=dict)
    alternatives: list[tuple[str, float]] = field(default_factory=list)
    pii: dict[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()


def header_set(columns: Iterable[str]) -> str:
    """Stable name of a set of headers: order, case and spacing do not matter. Confirmed mappings stand under it."""
    names = sorted({plain(c) or c.strip() for c in columns})
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()[:16]


def propose(
    table: TextTable,
    profiles: Sequence[ColumnProfile],
    remembered: Mapping[str, Mapping[str, object]] | None = None,
) -> Proposal:
    """Recognise a file: a remembered mapping of the same headers, else a known export, else the scorer.

    `remembered`: header set -> {"table", "columns": {canonical: source}}, as people confirmed it.
    """
    private = personal(profiles)
    known = (remembered or {}).get(header_set(table.columns))
    made = _remembered(known, profiles) if known else None
    made = made or _from_preset(profiles) or _scored(table, profiles)
    if made.table is None:
        return Proposal(None, reasons=made.reasons, alternatives=made.alternatives, pii=private)
    asked = (
        amount_question(table, profiles, made.table, made.mapping)
        if made.system is None and not known
        else None
    )
    used = set(made.mapping.values())
    reasons = {p.name: Reason("not_used") for p in profiles} | made.reasons
    reasons |= {
        name: Reason("personal", {"kind": kind}) for name, kind in private.items() if name not in used
    }
    dimensions = _dimensions(profiles, used | set(private), made.table)
    reasons |= {name: Reason("dimension") for name in dimensions.values()}
    return Proposal(
        table=made.table,
        system=made.system,
        mapping=made.mapping,
        confidence=made.confidence,
        reasons=reasons,
        questions=_column_questions(profiles, used) + ((asked,) if asked else ()),
        unsure=made.unsure,
        dimensions=dimensions,
        alternatives=made.alternatives,
        pii=private,
        rules=made.rules,
    )


def _remembered(known: Mapping[str, object], profiles: Sequence[ColumnProfile]) -> Proposal | None:
    columns = known.get("columns")
    if not isinstance(columns, Mapping) or known.get("table") not in TABLES:
        return None
    here = {plain(p.name): p.name for p in reversed(profiles)} | {p.name: p.name for p in profiles}
    mapping = {str(c): here.get(str(s)) or here.get(plain(str(s))) for c, s in columns.items()}
    kept = {c: s for c, s in mapping.items() if s is not None}
    return Proposal(
        table=str(known["table"]),
        mapping=kept,
        confidence=dict.fromkeys(kept, 1.0),
        reasons={s: Reason("remembered", {"column": c}) for c, s in kept.items()},
    )


def _from_preset(profiles: Sequence[ColumnProfile]) -> Proposal | None:
    hit = match_preset(p.name for p in profiles)
    if hit is None:
        return None
    preset = hit.preset
    pairs = _beyond(hit, profiles) if preset.confirmed else _agreed(hit, profiles)
    mapping = {**(hit.mapping if preset.confirmed else {}), **{c: s for c, (s, _) in pairs.items()}}
    by_preset = {c: s for c, s in hit.mapping.items() if mapping.get(c, s) == s and _free(s, c, mapping)}
    sure = 1.0 if preset.confirmed else 0.9
    confidence = {c: f.score for c, (_, f) in pairs.items()} | dict.fromkeys(by_preset, sure)
    reasons = {s: Reason(f.why, {"column": c}) for c, (s, f) in pairs.items()}
    reasons |= {s: Reason("preset", {"column": c, "title": preset.title}) for c, s in by_preset.items()}
    return Proposal(preset.table, preset.id, mapping | by_preset, confidence, reasons, rules=preset.rules)


def _free(source: str, canonical: str, mapping: Mapping[str, str]) -> bool:
    """A source may serve a second column only as a campaign's name beside its id."""
    users = {c for c, s in mapping.items() if s == source} - {canonical}
    return not users or users | {canonical} == {"campaign", "campaign_id"}


def _agreed(hit: PresetMatch, profiles: Sequence[ColumnProfile]) -> dict[str, tuple[str, Fit]]:
    """What the scorer is certain of: an unconfirmed preset only fills what is left."""
    found = candidate(TABLES[hit.preset.table], profiles).pairs
    claimed = set(hit.mapping.values())
    return {
        c: pair
        for c, pair in found.items()
        if pair[1].score >= 0.9 or (pair[1].score >= SURE and c not in hit.mapping and pair[0] not in claimed)
    }


def _beyond(hit: PresetMatch, profiles: Sequence[ColumnProfile]) -> dict[str, tuple[str, Fit]]:
    """Columns that people added to a known export; money that makes revenue stays as the preset says."""
    known = {stems(h) for h in hit.preset.headers} | {stems(s) for s in hit.mapping.values()}
    rest = [p for p in profiles if stems(p.name) not in known]
    found = candidate(TABLES[hit.preset.table], rest).pairs
    return {c: f for c, f in found.items() if c not in {*hit.mapping, *_SETTLED} and f[1].score >= SURE}


def _scored(table: TextTable, profiles: Sequence[ColumnProfile]) -> Proposal:
    wide = period_headers(profiles)
    if wide is not None:
        reasons = {name: Reason("wide_sheet") for name in wide}
        return Proposal(None, reasons=reasons)
    candidates = [candidate(spec, profiles) for spec in TABLES.values()]
    ranked = choose(candidates, profiles, table.source)
    best = without_other_errors(ranked[0], table, profiles)
    alternatives = [(c.table, round(c.score, 3)) for c in ranked[1:5] if c.score > 0.2]
    if best.score < ENOUGH:
        return Proposal(None, alternatives=[(best.table, round(best.score, 3)), *alternatives])
    repeated = _order_total(table, profiles, best)
    if repeated is not None and "unit_price" not in best.pairs:
        # lines that only repeat their order's total are rows of orders
        best = next(c for c in candidates if c.table == "orders")
    pairs = {c: pair for c, pair in best.pairs.items() if c != "line_amount" or repeated is None}
    pairs |= _only_date(best.table, pairs, profiles)
    fits = {c: f for c, (_, f) in pairs.items()}
    reasons = {s: Reason(f.why, {"column": c}) for c, (s, f) in pairs.items()}
    if repeated is not None and repeated not in reasons:
        reasons[repeated] = Reason("order_total")
    return Proposal(
        table=best.table,
        mapping={c: s for c, (s, _) in pairs.items()},
        confidence={c: round(min(f.score, 1.0), 3) for c, f in fits.items()},
        reasons=reasons,
        unsure=tuple(c for c, f in fits.items() if f.score < SURE),
        alternatives=alternatives,
    )


def _only_date(
    table: str, pairs: Mapping[str, tuple[str, Fit]], profiles: Sequence[ColumnProfile]
) -> dict[str, tuple[str, Fit]]:
    """The date of the rows where no header names it, but the file has one column of dates and no more («Открыт» of a
    check). To be confirmed; a header that says another date (of a delivery, of birth) is not taken."""
    time = next((c for c in TABLES[table].columns if c.name == TABLES[table].time and c.required), None)
    dates = [p for p in profiles if p.kind in MOMENTS]
    if (
        time is None
        or time.name in pairs
        or len(dates) != 1
        or dates[0].name in {s for s, _ in pairs.values()}
    ):
        return {}
    if names_of(table, time.name).excludes(stems(dates[0].name)):
        return {}
    return {time.name: (dates[0].name, Fit(ONLY_DATE, "only_date"))}


def _order_total(table: TextTable, profiles: Sequence[ColumnProfile], best: Candidate) -> str | None:
    """Source of a line amount that is really its order's total, repeated on every line; None otherwise."""
    mapping = {c: s for c, (s, _) in best.pairs.items()}
    if best.table != "order_lines" or not is_order_total(table, profiles, mapping):
        return None
    return mapping["line_amount"]


def candidate(spec: Table, profiles: Sequence[ColumnProfile]) -> Candidate:
    """The best assignment of a file's columns to one table, as one problem and not column by column."""
    fits = [[fit(p, spec.name, c) for p in profiles] for c in spec.columns]
    needed = {c.name for c in spec.columns if c.required} | {n for group in spec.one_of for n in group}
    # a required column outbids an optional one for the same header
    gain = np.array(
        [
            [f.score + (0.08 if c.name in needed and f.score else 0.0) for f in row]
            for c, row in zip(spec.columns, fits, strict=True)
        ]
    )
    gain[gain < ACCEPT] = 0.0
    rows, columns = linear_sum_assignment(gain, maximize=True) if gain.size else ([], [])
    pairs: dict[str, tuple[str, Fit]] = {}
    for i, j in zip(rows, columns, strict=True):
        if gain[i][j] > 0:
            pairs[spec.columns[i].name] = (profiles[j].name, fits[i][j])
    named = pairs.get("campaign")
    if named is not None and named[1].score < SURE and "campaign_id" in pairs:
        # a subject line beside the campaign's name tells nothing more
        del pairs["campaign"]
    if spec.name == "orders" and "amount" not in pairs and "gross" in pairs:
        source = next(p for p in profiles if p.name == pairs["gross"][0])
        only = fit(source, "orders", next(c for c in spec.columns if c.name == "amount"))
        if only.score >= ACCEPT:
            # the only sum of a payments' report is what was paid, whatever it is called
            pairs["amount"] = (pairs.pop("gross")[0], only)
    return Candidate(spec.name, pairs)


def _dimensions(profiles: Sequence[ColumnProfile], used: set[str], table: str) -> dict[str, str]:
    """Further columns with few values that people split by, under their own lower-case names."""
    if table in ("dated_values", "loyalty_points"):
        return {}
    out: dict[str, str] = {}
    for p in profiles:
        few = 2 <= p.distinct <= MOST_SEGMENTS and (p.filled < 40 or p.distinct <= 0.2 * p.filled)
        if p.name not in used and p.kind in ("category", "flag") and few:
            out[p.name.strip().lower()] = p.name
    return out


def _column_questions(profiles: Sequence[ColumnProfile], used: set[str]) -> tuple[Question, ...]:
    return tuple(q for p in profiles if p.name in used for q in p.questions)
