"""The experiment desk: a finished test read from a table with a row per person (methods.md 7).

Every arm against the control on every result, Newcombe for shares, bootstrap over people for money (Welch beside it),
CUPED where the file holds the time before, Holm over all looks together. The people stay in the arm they were given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy import stats

from crmkpi.analysis.desk_columns import NoControlArmError, TestColumns, arm_text
from crmkpi.analysis.planning import (
    ALPHA,
    BadShareError,
    SplitCheck,
    mde_mean,
    mde_share,
    split_check,
    verdict,
)
from crmkpi.analysis.revenue import RESAMPLES, WINSOR, bootstrap_effect
from crmkpi.analysis.uplift import Array, Cuped, Effect, cuped, holm, quantile, two_proportions, welch
from crmkpi.errors import CrmKpiError

SMALLEST_ARM = 2
# a segment's part of an arm below this is not read: its interval would only frighten
SMALLEST_SEGMENT = 30
# arms within a tenth of one another were meant to be equal; other plans must be told
NEARLY_EQUAL = 0.10
# more draws than this and the bootstrap says what Welch says, only later
MOST_DRAWS = 150_000_000
SEGMENT_RESAMPLES = 2_000


class TooFewPeopleError(CrmKpiError):
    """The control or every other group has fewer than two people with a result: `arm`, `people`."""

    code = "test_too_few"


@dataclass(frozen=True)
class Reading:
    """One arm against the control on one outcome; for everybody, or for one `value` of the column `segment`.

    `kind`: share (zeros and ones) or mean. `effect`: the answer; `by_welch` and `winsorised`: the same money by
    other ways, for trust; `adjusted`: by CUPED. `mde`: smallest difference that arms of this size show. `holm_p`:
    corrected over all readings of the same question (everybody, or all segments). `verdict`: code of
    `effect_verdict`, after the correction. `dropped`: people without this result.
    """

    arm: str
    outcome: str
    kind: str
    effect: Effect
    segment: str | None = None
    value: str | None = None
    by_welch: Effect | None = None
    winsorised: Effect | None = None
    adjusted: Cuped | None = None
    mde: float | None = None
    holm_p: float | None = None
    verdict: str = "unknown"
    dropped: int = 0


@dataclass(frozen=True)
class PartsDiffer:
    """Whether the parts of a column answer an arm differently on an outcome (Cochran's Q over their differences).

    `holm_p`: corrected over all columns, arms and outcomes; `differ`: below 5 %.
    """

    segment: str
    arm: str
    outcome: str
    holm_p: float
    differ: bool


@dataclass(frozen=True)
class DeskAnswer:
    """What a test's file says. `people`: arm -> how many; `split`: None where nobody told the plan and the arms are
    not nearly equal; `told`: whether the plan was told. `repeated`: rows that were added to a person's other rows;
    `in_both`: people found in two arms, left out; `no_arm`: rows without a group."""

    columns: TestColumns
    control: str
    people: dict[str, int]
    split: SplitCheck | None
    told: bool
    readings: tuple[Reading, ...]
    segments: tuple[Reading, ...]
    differ: tuple[PartsDiffer, ...] = ()
    repeated: int = 0
    in_both: int = 0
    no_arm: int = 0


def read_test(
    table: pl.DataFrame, columns: TestColumns, *, control_share: float | None = None, segments: bool = True
) -> DeskAnswer:
    """Read a test with a row per person.

    `control_share`: planned share of the control group (0..1), the others being equal; without it arms of nearly one
    size are checked against equal ones. NoControlArmError, TooFewPeopleError.
    """
    if columns.control is None:
        raise NoControlArmError(column=columns.arm, known=", ".join(columns.arms))
    if control_share is not None and not 0 < control_share < 1:
        raise BadShareError(value=control_share)
    named = table.with_columns(arm_text(columns.arm).alias(columns.arm))
    known = named.filter(pl.col(columns.arm).is_not_null() & (pl.col(columns.arm) != ""))
    rows, repeated, in_both = _one_per_person(known, columns)
    counted = dict(rows.group_by(columns.arm).len().iter_rows())
    people = {arm: int(counted.get(arm, 0)) for arm in columns.arms}
    split = checked_split(people, columns.control, control_share)
    readings = corrected(_read(rows, columns, None), split)
    if not readings:
        raise TooFewPeopleError(arm=columns.control, people=people[columns.control])
    inside = corrected(_read_segments(rows, columns), split) if segments else []
    return DeskAnswer(
        columns=columns,
        control=columns.control,
        people=people,
        split=split,
        told=control_share is not None,
        readings=tuple(readings),
        segments=tuple(inside),
        differ=parts_differ(inside),
        repeated=repeated,
        in_both=in_both,
        no_arm=named.height - known.height,
    )


def _one_per_person(rows: pl.DataFrame, columns: TestColumns) -> tuple[pl.DataFrame, int, int]:
    """One row a person: money added up, a yes kept; who stands in two arms belongs to none."""
    key = columns.person
    if key is None or rows[key].n_unique() == rows.height:
        return rows, 0, 0
    many = [c for c in columns.outcomes if _kind(rows[c]) == "mean"]
    how = [
        (pl.col(c).sum() if c in many else pl.col(c).max()) if c in columns.outcomes else pl.col(c).first()
        for c in rows.columns
        if c != key
    ]
    per = rows.group_by(key, maintain_order=True).agg(*how, __arms=pl.col(columns.arm).n_unique())
    clean = per.filter(pl.col("__arms") == 1).drop("__arms")
    return clean, rows.height - per.height, per.height - clean.height


def checked_split(people: dict[str, int], control: str, control_share: float | None) -> SplitCheck | None:
    """Arms against the told plan, without one against equal arms if they nearly are; None: nothing to compare."""
    sizes = list(people.values())
    if control_share is not None:
        other = (1 - control_share) / (len(people) - 1)
        return split_check(sizes, [control_share if arm == control else other for arm in people])
    mean = sum(sizes) / len(sizes)
    if max(abs(n - mean) for n in sizes) > NEARLY_EQUAL * mean:
        return None
    return split_check(sizes, [1.0] * len(sizes))


def _read(
    rows: pl.DataFrame, columns: TestColumns, segment: tuple[str, str] | None, whole: Sequence[str] = ()
) -> list[Reading]:
    least = SMALLEST_SEGMENT if segment else SMALLEST_ARM
    found = []
    for outcome in columns.outcomes:
        filled = rows.filter(pl.col(outcome).is_not_null())
        kind = "mean" if outcome in whole else _kind(filled[outcome])
        parts = {a: filled.filter(pl.col(columns.arm) == a) for a in columns.arms}
        base = parts[str(columns.control)]
        for arm in columns.arms:
            if arm != columns.control and min(parts[arm].height, base.height) >= least:
                one = _reading(arm, outcome, kind, parts[arm], base, columns, segment)
                found.append(replace(one, dropped=rows.height - filled.height))
    return found


def _kind(values: pl.Series) -> str:
    return "share" if set(values.drop_nulls().unique().head(3).to_list()) <= {0.0, 1.0} else "mean"


def _reading(
    arm: str,
    outcome: str,
    kind: str,
    treated: pl.DataFrame,
    control: pl.DataFrame,
    columns: TestColumns,
    segment: tuple[str, str] | None,
) -> Reading:
    y1, y0 = (part[outcome].to_numpy().astype(float) for part in (treated, control))
    name, value = segment or (None, None)
    if kind == "share":
        effect = two_proportions(int(y1.sum()), len(y1), int(y0.sum()), len(y0))
        pooled = (y1.sum() + y0.sum()) / (len(y1) + len(y0))
        mde = mde_share(float(pooled), len(y1), len(y0)) if 0 < pooled < 1 else None
        return Reading(arm, outcome, kind, effect, segment=name, value=value, mde=mde)
    by_welch = welch(y1, y0)
    spread = float(np.concatenate([y1, y0]).std())
    mde = mde_mean(spread, len(y1), len(y0)) if spread > 0 else None
    if segment:
        return Reading(
            arm, outcome, kind, _money(y1, y0, SEGMENT_RESAMPLES), segment=name, value=value, mde=mde
        )
    cap = float(np.quantile(np.concatenate([y1, y0]), WINSOR))
    return Reading(
        arm=arm,
        outcome=outcome,
        kind=kind,
        effect=_money(y1, y0, RESAMPLES),
        by_welch=by_welch,
        winsorised=welch(np.minimum(y1, cap), np.minimum(y0, cap)) if cap > 0 else None,
        adjusted=_with_before(treated, control, outcome, columns),
        mde=mde,
    )


def _money(y1: Array, y0: Array, resamples: int) -> Effect:
    """Bootstrap, unless so many people have a value that the mean is normal anyway."""
    if resamples * (np.count_nonzero(y1) + np.count_nonzero(y0)) > MOST_DRAWS:
        return welch(y1, y0)
    return bootstrap_effect(y1, y0, resamples=resamples)


def _with_before(
    treated: pl.DataFrame, control: pl.DataFrame, outcome: str, columns: TestColumns
) -> Cuped | None:
    """The same effect with the time before taken into account; people without a past keep the mean of the others."""
    if columns.before is None:
        return None
    both = [part.select(outcome, columns.before) for part in (treated, control)]
    known = pl.concat(both)[columns.before].drop_nulls()
    if known.is_empty() or known.n_unique() < 2:
        return None
    mean = float(known.mean() or 0.0)  # type: ignore[arg-type]
    (y1, x1), (y0, x0) = ((p[outcome].to_numpy(), p[columns.before].fill_null(mean).to_numpy()) for p in both)
    return cuped(y1, x1, y0, x0)


def _read_segments(rows: pl.DataFrame, columns: TestColumns) -> list[Reading]:
    found = []
    whole = tuple(c for c in columns.outcomes if _kind(rows[c]) == "mean")
    for name in columns.segments:
        marked = rows.with_columns(__segment=arm_text(name))
        for value in sorted(marked["__segment"].drop_nulls().unique().to_list()):
            found += _read(marked.filter(pl.col("__segment") == value), columns, (name, value), whole)
    return found


def corrected(readings: list[Reading], split: SplitCheck | None) -> list[Reading]:
    """Holm over all readings; what does not survive it is not shown, a broken split says nothing at all."""
    adjusted = holm([r.effect.p_value for r in readings])
    out = []
    for reading, p in zip(readings, adjusted, strict=True):
        said = verdict(reading.effect, reading.mde)
        if said in ("up", "down") and (p is None or p >= ALPHA):
            said = "not_shown"
        if split is not None and not split.sound:
            said = "broken_split"
        out.append(replace(reading, holm_p=p, verdict=said))
    return out


def parts_differ(segments: Sequence[Reading]) -> tuple[PartsDiffer, ...]:
    """Cochran's Q per column, arm and outcome: sum of w (d - mean d)^2, w = 1/se^2, chi-square with parts - 1.

    That each part differs from the control says nothing of parts differing from one another; this does.
    """
    groups: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for one in segments:
        e = one.effect
        if (
            one.segment
            and e.estimate is not None
            and e.low is not None
            and e.high is not None
            and e.high > e.low
        ):
            se = (e.high - e.low) / (2 * quantile(e.level))
            groups.setdefault((one.segment, one.arm, one.outcome), []).append((e.estimate, se))
    several = {key: parts for key, parts in groups.items() if len(parts) > 1}
    raw: list[float | None] = []
    for parts in several.values():
        d, w = np.array([x for x, _ in parts]), 1 / np.array([se for _, se in parts]) ** 2
        q = float(np.sum(w * (d - np.sum(w * d) / np.sum(w)) ** 2))
        raw.append(float(stats.chi2.sf(q, len(parts) - 1)))
    adjusted = [1.0 if p is None else p for p in holm(raw)]
    return tuple(PartsDiffer(*key, p, p < ALPHA) for key, p in zip(several, adjusted, strict=True))
