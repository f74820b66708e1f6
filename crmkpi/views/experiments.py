"""The experiment desk: a finished test in words, for any file with arms and results."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from crmkpi.analysis.desk import DeskAnswer, Reading, read_test
from crmkpi.analysis.desk_columns import TestColumns, arm_candidates, arm_values, control_of, recognise
from crmkpi.analysis.desk_totals import read_totals, totals_columns
from crmkpi.analysis.uplift import Effect
from crmkpi.i18n import Words
from crmkpi.ingest.free_table import FreeTable, free_table

TONES = {"up": "good", "down": "bad", "broken_split": "warn"}
MOST_SEGMENT_LINES = 12
# the past that explains less than this share of the spread is not worth a line
USEFUL = 0.98


@dataclass(frozen=True)
class Choices:
    """What a person says about the file instead of the guess; None and empty leave the guess."""

    arm: str | None = None
    control: str | None = None
    outcomes: tuple[str, ...] = ()
    before: str | None = None
    control_share: float | None = None


@dataclass(frozen=True)
class Guess:
    """What the boxes of the page hold: possible arms, the groups of the chosen one, numbers that may be results."""

    arms: tuple[str, ...]
    arm: str | None
    groups: tuple[str, ...]
    control: str | None
    numbers: tuple[str, ...]
    outcomes: tuple[str, ...]
    totals: bool


@dataclass(frozen=True)
class ReadingRow:
    """One comparison: who against whom on what, in words; `value` is what the badge prints."""

    name: str
    value: str
    tone: str
    text: str
    trust: tuple[str, ...]


@dataclass(frozen=True)
class DeskView:
    """The verdict on a test, its comparisons by outcome, the segments that stand out, and what to know beside it."""

    headline: str
    tone: str
    sentences: tuple[str, ...]
    outcomes: tuple[tuple[str, tuple[ReadingRow, ...]], ...]
    segments: tuple[ReadingRow, ...]
    segments_text: str
    notes: tuple[str, ...]


def opened_test(path: Path, name: str | None = None) -> FreeTable:
    """The table of a test's file; the errors of reading."""
    return free_table(path, name)


def guess(found: FreeTable, arm: str | None = None) -> Guess:
    """The columns as they are understood before a person says anything; never an error."""
    table = found.frame
    if totals_columns(table) is not None:
        column = arm or next((c for c in table.columns if table[c].dtype == pl.String), None)
        groups = arm_values(table, column) if column else []
        return Guess((), column, tuple(groups), control_of(column or "", groups), (), (), True)
    likely = arm_candidates(table)
    few = [c for c in table.columns if 2 <= table[c].drop_nulls().n_unique() <= 12]
    chosen = arm or next(iter(likely), None)
    groups = arm_values(table, chosen) if chosen else []
    numbers = tuple(c for c in table.columns if table[c].dtype == pl.Float64 and c != chosen)
    outcomes: tuple[str, ...] = ()
    if chosen and 2 <= len(groups) <= 12 and numbers:
        outcomes = recognise(table, found.file, arm=chosen).outcomes
    arms = tuple(dict.fromkeys([*likely, *few]))
    return Guess(
        arms, chosen, tuple(groups), control_of(chosen or "", groups), numbers, outcomes, totals=False
    )


def read_file(found: FreeTable, choices: Choices | None = None) -> DeskAnswer:
    """Read a test's file: one row a person, or totals with one row an arm. The errors of the desk."""
    said = choices or Choices()
    totals = totals_columns(found.frame)
    if totals is not None:
        return read_totals(
            found.frame, totals, found.file, control=said.control, control_share=said.control_share
        )
    columns = recognise(
        found.frame,
        found.file,
        arm=said.arm,
        control=said.control,
        outcomes=said.outcomes,
        before=said.before,
    )
    return read_test(found.frame, columns, control_share=said.control_share)


def desk_view(answer: DeskAnswer, found: FreeTable, t: Words) -> DeskView:
    """The verdict by the first outcome, then every comparison."""
    columns = answer.columns
    first = [r for r in answer.readings if r.outcome == columns.outcomes[0]] or list(answer.readings)
    headline, tone = _headline(first, answer, t)
    rows = []
    for outcome in columns.outcomes:
        mine = [r for r in answer.readings if r.outcome == outcome]
        if mine:
            rows.append((outcome, tuple(_row(r, t) for r in mine)))
    shown = [r for r in answer.segments if r.verdict in ("up", "down") and r.outcome == columns.outcomes[0]]
    shown.sort(key=lambda r: -abs(r.effect.estimate or 0.0))
    text = ""
    if answer.segments:
        looks, stand = len(answer.segments), sum(r.verdict in ("up", "down") for r in answer.segments)
        apart = [d for d in answer.differ if d.differ]
        text = t("experiments.parts_same")
        if apart:
            names = "; ".join(
                t("experiments.part", segment=d.segment, outcome=d.outcome, arm=d.arm) for d in apart
            )
            text = t("experiments.parts_differ", names=names)
        text = f"{text} {t('experiments.segments_text', looks=looks, stand=stand)}"
    return DeskView(
        headline=headline,
        tone=tone,
        sentences=_sentences(answer, t),
        outcomes=tuple(rows),
        segments=tuple(_row(r, t) for r in shown[:MOST_SEGMENT_LINES]),
        segments_text=text,
        notes=_notes(answer, found, t),
    )


def _headline(first: list[Reading], answer: DeskAnswer, t: Words) -> tuple[str, str]:
    if answer.split is not None and not answer.split.sound:
        return t("experiments.headline_broken"), "warn"
    moved = [r for r in first if r.verdict in ("up", "down")]
    if not moved:
        return t("experiments.headline_none", outcome=first[0].outcome), "neutral"
    best = max(moved, key=lambda r: r.effect.estimate or 0.0)
    text = t("experiments.headline", arm=best.arm, outcome=best.outcome, change=difference(best, t))
    return text, TONES[best.verdict]


def _sentences(answer: DeskAnswer, t: Words) -> tuple[str, ...]:
    groups = ", ".join(
        t("experiments.group", name=a, people=n) for a, n in answer.people.items() if a != answer.control
    )
    out = [t("experiments.who", groups=groups, control=answer.control, n=answer.people[answer.control])]
    if answer.split is None:
        out.append(t("experiments.split_unknown"))
    elif answer.split.sound:
        out.append(t("experiments.split_told" if answer.told else "experiments.split_equal"))
    else:
        out.append(t("experiments.split_broken", p=small(answer.split.p_value, t)))
    return tuple(out)


def _row(reading: Reading, t: Words) -> ReadingRow:
    where = t("experiments.inside", segment=reading.segment, value=reading.value) if reading.segment else ""
    name = t("experiments.against", arm=reading.arm) + (f" · {where}" if where else "")
    e = reading.effect
    params = {"treated": amount(e.treated, reading, t), "control": amount(e.control, reading, t)}
    text = [t("experiments.levels", **params)]
    text.append(
        sentence(t("experiments.interval", low=change(e.low, reading, t), high=change(e.high, reading, t)))
    )
    if e.low is None:
        # totals of money without a standard deviation, or people who all have the same value
        why = "no_spread" if e.method == "welch" and reading.by_welch is None else "same"
        return ReadingRow(name, difference(reading, t), "neutral", f"{text[0]} {t(f'experiments.{why}')}", ())
    said = reading.verdict
    # "the smallest seen" belongs to what was not seen
    if said == "not_shown" and reading.mde is None:
        said = "unknown"
    text.append(sentence(t(f"effect_verdict.{said}", mde=change(reading.mde, reading, t))))
    tone = TONES.get(reading.verdict, "neutral")
    return ReadingRow(name, difference(reading, t), tone, " ".join(text), _trust(reading, t))


def _trust(reading: Reading, t: Words) -> tuple[str, ...]:
    """Other ways to the same number: lift, Welch, receipts cut, the time before, the corrected p."""
    e, out = reading.effect, []
    if e.lift is not None and e.lift_low is not None and e.lift_high is not None:
        lift = {k: t.signed(t.percent(v), v) for k, v in (("lift", e.lift), ("low", e.lift_low))}
        out.append(t("experiments.lift", **lift, high=t.signed(t.percent(e.lift_high), e.lift_high)))
    if e.total is not None:
        total = {
            k: t.signed(t.number(round(v)), v) for k, v in zip(("value", "low", "high"), e.total, strict=True)
        }
        out.append(t(f"experiments.total_{reading.kind}", **total))
    for key, other in (("welch", reading.by_welch), ("winsorised", reading.winsorised)):
        if other is not None and other.low is not None and e.method != other.method:
            out.append(t(f"experiments.{key}", value=span(other, reading, t)))
    useful = reading.adjusted is not None and reading.adjusted.kept < USEFUL
    if useful and reading.adjusted is not None and reading.adjusted.effect.low is not None:
        less = t.percent(1 - reading.adjusted.kept**0.5, 0)
        out.append(t("experiments.cuped", value=span(reading.adjusted.effect, reading, t), share=less))
    if reading.holm_p is not None:
        out.append(t("experiments.p", p=small(reading.holm_p, t)))
    if "few_hits" in e.notes:
        out.append(t("effect_note.few_hits"))
    if reading.dropped:
        out.append(t.plural("experiments.dropped", reading.dropped))
    return tuple(out)


def _notes(answer: DeskAnswer, found: FreeTable, t: Words) -> tuple[str, ...]:
    counted = sum(r.holm_p is not None for r in answer.readings)
    out = [t("experiments.several", n=counted)] if counted > 1 else []
    for key, n in (("repeated", answer.repeated), ("in_both", answer.in_both), ("no_arm", answer.no_arm)):
        if n:
            out.append(t.plural(f"experiments.{key}", n))
    if found.rejected:
        out.append(t.plural("experiments.rejected", found.rejected))
    used = {answer.columns.arm, *answer.columns.outcomes}
    out += [t("experiments.unread", column=c, cells=n) for c, n in found.unread.items() if c in used]
    return tuple(out)


def sentence(text: str) -> str:
    """A sentence that ends once: «п.п.» brings a full stop of its own."""
    return text.rstrip(".") + "."


def difference(reading: Reading, t: Words) -> str:
    """The estimate with its sign: points for a share, a number for money."""
    return change(reading.effect.estimate, reading, t)


def change(value: float | None, reading: Reading, t: Words) -> str:
    """A difference in the unit of the reading, signed."""
    if value is None:
        return t("experiments.unknown")
    if reading.kind == "share":
        return t.signed(t("experiments.points", n=t.number(value * 100, 2)), value)
    return t.signed(t.number(value, 2), value)


def amount(value: float | None, reading: Reading, t: Words) -> str:
    """A level of one arm: per cent of a share, a plain number of money."""
    return t.percent(value, 2) if reading.kind == "share" else t.number(value, 2)


def span(effect: Effect, reading: Reading, t: Words) -> str:
    """Estimate and interval in one phrase."""
    parts = {k: change(v, reading, t) for k, v in (("value", effect.estimate), ("low", effect.low))}
    return t("experiments.span", **parts, high=change(effect.high, reading, t))


def small(p: float, t: Words) -> str:
    """A probability that may be tiny: below 0.0001 only that is said."""
    return f"< {t.number(0.0001, 4)}" if p < 0.0001 else t.number(p, 4)


# the command line -----------------------------------------------------------------------------------------
def desk_document(answer: DeskAnswer, found: FreeTable, t: Words) -> dict[str, Any]:
    """The whole reading as plain values for JSON: shares 0..1, unknown is None."""
    c: TestColumns = answer.columns
    split = answer.split
    return {
        "file": found.file,
        "rows": found.frame.height,
        "columns": {
            "arm": c.arm,
            "outcomes": list(c.outcomes),
            "before": c.before,
            "segments": list(c.segments),
            "person": c.person,
        },
        "control": answer.control,
        "arms": [{"arm": a, "people": n} for a, n in answer.people.items()],
        "split": None
        if split is None
        else {
            "chi_square": split.chi_square,
            "p_value": split.p_value,
            "sound": split.sound,
            "told": answer.told,
        },
        "readings": [_as_dict(r) for r in answer.readings],
        "segments": [_as_dict(r) for r in answer.segments],
        "parts_differ": [asdict(d) for d in answer.differ],
        "verdict": desk_view(answer, found, t).headline,
        "notes": list(_notes(answer, found, t)),
    }


def _as_dict(reading: Reading) -> dict[str, Any]:
    own = {
        "arm": reading.arm,
        "outcome": reading.outcome,
        "segment": reading.segment,
        "value": reading.value,
        "kind": reading.kind,
        **_effect(reading.effect),
        "mde": reading.mde,
        "holm_p": reading.holm_p,
        "verdict": reading.verdict,
        "dropped": reading.dropped,
    }
    for key, other in (("welch", reading.by_welch), ("winsorised", reading.winsorised)):
        own[key] = _effect(other) if other is not None else None
    adjusted = reading.adjusted
    own["cuped"] = None if adjusted is None else _effect(adjusted.effect) | {"variance_kept": adjusted.kept}
    return own


def _effect(e: Effect) -> dict[str, Any]:
    total = e.total
    return {
        "method": e.method,
        "n_treated": e.n_treated,
        "n_control": e.n_control,
        "treated": e.treated,
        "control_value": e.control,
        "estimate": e.estimate,
        "low": e.low,
        "high": e.high,
        "p_value": e.p_value,
        "lift": e.lift,
        "lift_low": e.lift_low,
        "lift_high": e.lift_high,
        "total": None if total is None else {"estimate": total[0], "low": total[1], "high": total[2]},
    }
