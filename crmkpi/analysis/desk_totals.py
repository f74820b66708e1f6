"""A finished test read from totals: one row per arm with its people and what came of them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import polars as pl
from scipy import stats

from crmkpi.analysis.desk import DeskAnswer, Reading, checked_split, corrected
from crmkpi.analysis.desk_columns import (
    MOST_ARMS,
    NoControlArmError,
    NoOutcomeError,
    TestColumns,
    arm_values,
    control_of,
)
from crmkpi.analysis.planning import mde_mean, mde_share
from crmkpi.analysis.uplift import LEVEL, BadArmError, Effect, known, two_proportions, welch_parts

SIZE = re.compile(
    r"^(n|size|people|users?|customers?|clients?|visitors?|recipients?|audience|total|sent|count|participants)\b"
    r"|клиент|получател|людей|человек|отправлен|размер|аудитор|пользовател|^всего|участник",
    re.IGNORECASE,
)
SPREAD = re.compile(r"(^|[ _.-])(sd|std|stdev|sigma|ско)([ _.-]|$)|отклонен|deviation", re.IGNORECASE)
MEAN = re.compile(r"mean|avg|average|per[ _-](user|customer|person|client)|средн|на клиент|на человек", re.I)
LEAST_PEOPLE = 2


@dataclass(frozen=True)
class TotalsColumns:
    """`arm`, `size` and the outcomes with the column of their standard deviation (None: not given)."""

    arm: str
    size: str
    outcomes: tuple[tuple[str, str | None], ...]


def totals_columns(table: pl.DataFrame) -> TotalsColumns | None:
    """The columns of a table with one row per arm; None where the table is something else."""
    if not 2 <= table.height <= MOST_ARMS:
        return None
    texts = [c for c in table.columns if table[c].dtype == pl.String and table[c].n_unique() == table.height]
    numbers = [c for c in table.columns if table[c].dtype == pl.Float64 and not table[c].null_count()]
    size = next((c for c in numbers if SIZE.search(c) and _whole(table[c])), None)
    if not texts or size is None:
        return None
    spreads = [c for c in numbers if SPREAD.search(c)]
    rest = [c for c in numbers if c != size and c not in spreads]
    return TotalsColumns(texts[0], size, tuple((c, _spread_of(c, spreads, len(rest))) for c in rest))


def _whole(values: pl.Series) -> bool:
    return bool(((values == values.round(0)) & (values >= LEAST_PEOPLE)).all())


def _spread_of(outcome: str, spreads: list[str], outcomes: int) -> str | None:
    """sd_spend belongs to spend; a single one belongs to the only mean."""
    stem = MEAN.sub("", outcome).strip(" _.-").casefold()
    for name in spreads:
        if stem and stem in name.casefold():
            return name
    return spreads[0] if len(spreads) == 1 and (outcomes == 1 or MEAN.search(outcome)) else None


def read_totals(
    table: pl.DataFrame,
    columns: TotalsColumns,
    file: str,
    *,
    control: str | None = None,
    control_share: float | None = None,
) -> DeskAnswer:
    """Read totals per arm. Whole numbers up to the arm's size are people who did it, numbers from 0 to 1 their share,
    anything else money: of all people (a sum), or a mean where a standard deviation or the header says so.

    Money without a standard deviation has a difference but no interval. NoOutcomeError, NoControlArmError,
    BadArmError (more people did it than there are).
    """
    if not columns.outcomes:
        raise NoOutcomeError(file=file, columns=", ".join(table.columns))
    arms = arm_values(table, columns.arm)
    base = control or control_of(columns.arm, arms)
    if base is None or base not in arms:
        raise NoControlArmError(column=columns.arm, known=", ".join(arms))
    rows = {str(r[columns.arm]).strip(): r for r in table.iter_rows(named=True)}
    people = {arm: int(rows[arm][columns.size]) for arm in arms}
    readings = []
    for name, spread in columns.outcomes:
        kind = _kind(table, name, columns.size, spread)
        for arm in arms:
            if arm != base:
                readings.append(_reading(arm, name, spread, kind, rows[arm], rows[base], columns.size))
    split = checked_split(people, base, control_share)
    seen = TestColumns(columns.arm, base, tuple(arms), tuple(c for c, _ in columns.outcomes), None, (), None)
    told = control_share is not None
    return DeskAnswer(seen, base, people, split, told, tuple(corrected(readings, split)), ())


def _kind(table: pl.DataFrame, name: str, size: str, spread: str | None) -> str:
    values = table[name]
    if spread is not None or MEAN.search(name):
        return "mean"
    if bool(((values >= 0) & (values <= 1)).all()) and bool((values != values.round(0)).any()):
        return "portion"
    whole = bool((values == values.round(0)).all()) and bool((values >= 0).all())
    if whole and bool((values <= table[size]).all()):
        return "hits"
    return "sum"


def _reading(
    arm: str,
    name: str,
    spread: str | None,
    kind: str,
    treated: dict[str, float],
    control: dict[str, float],
    size: str,
) -> Reading:
    n1, n0 = int(treated[size]), int(control[size])
    if kind in ("hits", "portion"):
        hits = [round(r[name] * (r[size] if kind == "portion" else 1)) for r in (treated, control)]
        effect = two_proportions(hits[0], n1, hits[1], n0)
        pooled = sum(hits) / (n1 + n0)
        mde = mde_share(pooled, n1, n0) if 0 < pooled < 1 else None
        return Reading(arm, name, "share", effect, mde=mde)
    if min(n1, n0) < LEAST_PEOPLE:
        raise BadArmError(n=min(n1, n0), hits=0)
    means = [r[name] / (r[size] if kind == "sum" else 1) for r in (treated, control)]
    if spread is None or treated[spread] == control[spread] == 0:
        note = ("no_spread",)
        effect = Effect(
            "welch", n1, n0, means[0], means[1], means[0] - means[1], None, None, None, notes=note
        )
        return Reading(arm, name, "mean", effect)
    sds = [float(r[spread]) for r in (treated, control)]
    diff, se, df, p = (float(x) for x in welch_parts(means[0], sds[0] ** 2, n1, means[1], sds[1] ** 2, n0))
    half = float(stats.t.ppf(0.5 + LEVEL / 2, df)) * se
    effect = Effect(
        method="welch",
        n_treated=n1,
        n_control=n0,
        treated=means[0],
        control=means[1],
        estimate=diff,
        low=known(diff - half),
        high=known(diff + half),
        p_value=known(p),
        statistic=known(diff / se),
        df=known(df),
    )
    pooled_sd = math.sqrt((sds[0] ** 2 * n1 + sds[1] ** 2 * n0) / (n1 + n0))
    return Reading(arm, name, "mean", effect, mde=mde_mean(pooled_sd, n1, n0) if pooled_sd > 0 else None)
