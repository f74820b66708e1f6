"""Where should I aim? Goals with their source: own past, trend, published bands, the tree's root, own library.

A suggestion is a whole target, assessed like one that was typed. One that fails a letter is not suggested; it is
listed with the letters it fails, so that nobody wonders where the own record went (methods.md 4, 6, 11).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from crmkpi.catalog.benchmarks import Benchmark, BenchmarkBand
from crmkpi.forecast.forecast import Forecast, forecast
from crmkpi.forecast.series import known_tail
from crmkpi.targets.assess import Assessment, Inputs, assess
from crmkpi.targets.history import MIN_CHANGES, History, history_of
from crmkpi.targets.library import OwnBenchmark
from crmkpi.targets.resolve import Resolved, resolve
from crmkpi.targets.target import Target

Source = Literal[
    "own_best", "past_growth", "trend", "ambitious", "bold", "stretch",
    "benchmark", "own_benchmark", "past_project", "cascade",
]  # fmt: skip
# what a strong past growth is
STRONG = 0.75
# chances of the goals taken from the simulated futures
FUTURES: tuple[tuple[Source, float], ...] = (
    ("trend", 0.5),
    ("ambitious", 0.35),
    ("bold", 0.22),
    ("stretch", 0.12),
)
MIN_BAND_ROWS = 2
# a suggestion is rounded to about this part of the way to it
FINENESS = 20


@dataclass(frozen=True)
class BenchmarkLine:
    """One published row as shown beside a suggestion: who, when, on what, counted how, in which mail era."""

    publisher: str
    year: int | None
    sample: str
    definition: str
    era: str
    value: float
    url: str
    confidence: str


@dataclass(frozen=True)
class Aim:
    """One suggested goal. `target` is ready to be saved; `params` fill the sentence `aim.source.<source>`.

    lines: the rows behind a benchmark; low, high: its band. chance 0..1 or None.
    """

    source: Source
    goal: float
    target: Target
    chance: float | None
    assessment: Assessment
    params: Mapping[str, object] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    lines: tuple[BenchmarkLine, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A candidate that is not suggested: the letters it fails, or `reached`, `anyway` (it comes by itself), `worse`;
    `lever`: it would pass, were a new lever named."""

    source: Source
    goal: float
    why: tuple[str, ...]


@dataclass(frozen=True)
class Aims:
    """Suggestions from the easiest to the hardest. `blocked`: letters that no goal can mend (a date, no path)."""

    found: tuple[Aim, ...]
    left_out: tuple[LeftOut, ...]
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Candidate:
    source: Source
    value: float
    params: Mapping[str, object] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    rows: tuple[Benchmark, ...] = ()
    labels: tuple[str, ...] = ()


def suggest(
    inputs: Inputs,
    library: Sequence[OwnBenchmark] = (),
    cascade: float | None = None,
    root: str | None = None,
) -> Aims:
    """Suggested goals for the metric, segment, grain and date of a draft (its own goal is not looked at).

    inputs: as for assess. library: own benchmarks and past projects. cascade: what the metric must become for the
    goal of `root` (tree.cascade), None without one.
    """
    draft = inputs.target.model_copy(
        update={"goal": 0.0, "change_type": "absolute", "kind": "reach", "confirmed": True}
    )
    inputs = replace(inputs, target=draft)
    own = inputs.series[draft.grain]
    resolved = resolve(draft, inputs.facts, own, inputs.as_of, inputs.settings)
    if draft.measure == "total":
        candidates = list(_of_totals(inputs, resolved))
    else:
        history = history_of(own, inputs.facts.share, inputs.facts.limits)
        candidates = [
            *_of_past(inputs, resolved, history),
            *_of_future(inputs, resolved),
            *_of_others(inputs, resolved, library),
        ]
        if cascade is not None:
            candidates.append(_Candidate("cascade", cascade, {"root": root}))
    return _judged(inputs, resolved, candidates)


def _of_past(inputs: Inputs, resolved: Resolved, history: History) -> Iterable[_Candidate]:
    """Own best level, and a strong past growth over as many periods; both free of season, then of the due one."""
    if history.periods < MIN_CHANGES + 1 or resolved.due_period is None:
        return
    sign = 1 if resolved.up else -1
    season = history.season_of(resolved.due_period)
    best = int(np.argmax(history.z * sign))
    period = known_tail(inputs.series[inputs.target.grain])[best].period
    yield _Candidate("own_best", history.scale.back_one(float(history.z[best]) + season), {"period": period})
    start = history.level(resolved.baseline_value, resolved.baseline_period)
    changes = history.changes(resolved.steps) * sign
    if start is None or len(changes) < MIN_CHANGES:
        return
    growth = float(np.quantile(changes, STRONG))
    if growth > 0:
        value = history.scale.back_one(start + sign * growth + season)
        yield _Candidate("past_growth", value, {"periods": resolved.steps, "changes": len(changes)})


def _forecast(inputs: Inputs, resolved: Resolved) -> Forecast | None:
    if resolved.due_period is None:
        return None
    found = forecast(
        inputs.series[inputs.target.grain],
        resolved.due_period,
        share=inputs.facts.share,
        limits=inputs.facts.limits,
        paths=inputs.settings.paths,
    )
    return found if isinstance(found, Forecast) else None


def _of_future(inputs: Inputs, resolved: Resolved) -> Iterable[_Candidate]:
    """Where it goes by itself, and what comes out in a third, a fifth, an eighth of such futures."""
    found = _forecast(inputs, resolved)
    if found is None or resolved.due_period is None or found.at(resolved.due_period) is None:
        return
    end = found.paths[:, found.at(resolved.due_period)]
    yield from _quantiles(end, resolved.up)


def _quantiles(values: np.ndarray, up: bool) -> Iterable[_Candidate]:
    for source, chance in FUTURES:
        yield _Candidate(source, float(np.quantile(values, 1 - chance if up else chance)))


def _of_totals(inputs: Inputs, resolved: Resolved) -> Iterable[_Candidate]:
    """The same of the sum; only while all its periods are still to come."""
    found = _forecast(inputs, resolved)
    if found is None or resolved.current_value is None or len(found.periods) != resolved.steps:
        return
    sums = found.paths.sum(axis=1)
    yield from _quantiles(sums, resolved.up)


def _of_others(inputs: Inputs, resolved: Resolved, library: Sequence[OwnBenchmark]) -> Iterable[_Candidate]:
    """A published band of two rows or more, and one's own numbers: the near edge first, the far one when inside."""
    band = inputs.benchmark
    if band is not None and len(band.rows) >= MIN_BAND_ROWS:
        params = {"sources": "; ".join(band.sources[:3]), "rows": len(band.rows)}
        value = _edge(resolved, band.low, band.high)
        yield _Candidate("benchmark", value, params, band.low, band.high, band.rows, band.labels)
    for own in library:
        if own.metric == inputs.facts.id:
            low, high = own.bounds
            source: Source = "past_project" if own.kind == "past_project" else "own_benchmark"
            params = {"sources": f"{own.source}, {own.year}", "kind": own.kind}
            yield _Candidate(source, _edge(resolved, low, high), params, low, high)


def _edge(resolved: Resolved, low: float, high: float) -> float:
    near, far = (low, high) if resolved.up else (high, low)
    now = resolved.baseline_value
    if now is None:
        return near
    return far if (now >= near if resolved.up else now <= near) else near


def _judged(inputs: Inputs, resolved: Resolved, candidates: Sequence[_Candidate]) -> Aims:
    """Round, assess as a target, keep what passes every letter."""
    found: dict[float, Aim] = {}
    out: list[LeftOut] = []
    failing: list[set[str]] = []
    for c in candidates:
        goal = rounded_goal(c.value, _start(inputs, resolved), inputs.facts.klass, inputs.facts.limits)
        if goal in found:
            continue
        if not _better(goal, _start(inputs, resolved), resolved.up):
            out.append(LeftOut(c.source, goal, ("worse",)))
            continue
        target = inputs.target.model_copy(update={"goal": goal})
        judged = assess(replace(inputs, target=target))
        why = _why_not(judged)
        failing.append(set(why))
        if why:
            out.append(LeftOut(c.source, goal, why))
            continue
        lines = tuple(line_of(row) for row in c.rows)
        found[goal] = Aim(
            c.source, goal, target, judged.probability, judged, c.params, c.low, c.high, lines, c.labels
        )
    blocked = set.intersection(*failing) if failing else set()
    ordered = sorted(found.values(), key=lambda a: a.goal, reverse=not resolved.up)
    return Aims(tuple(ordered), tuple(out), tuple(sorted(blocked & {"specific", "relevant", "time_bound"})))


def _start(inputs: Inputs, resolved: Resolved) -> float | None:
    return None if inputs.target.measure == "total" else resolved.baseline_value


def _better(goal: float, start: float | None, up: bool) -> bool:
    return start is None or (goal > start if up else goal < start)


def _why_not(judged: Assessment) -> tuple[str, ...]:
    failing = tuple(name for name, letter in judged.letters.items() if not letter.ok)
    codes = {reason.code for reason in judged.letters["achievable"].reasons}
    if failing == ("achievable",) and "stretch" in codes:
        return ("lever",)
    if failing:
        return failing
    if judged.resolved.reached:
        return ("reached",)
    return ("anyway",) if "will_happen_anyway" in codes else ()


def rounded_goal(
    value: float,
    start: float | None,
    klass: str = "ratio",
    limits: tuple[float | None, float | None] = (None, None),
) -> float:
    """A number people would say: steps of 1, 2 or 5 times a power of ten, about a twentieth of the way to it.

    Things that are counted stay whole; the metric's limits are kept.
    """
    way = abs(value - start) if start is not None and value != start else abs(value)
    if way == 0 or not math.isfinite(value):
        return value
    power = 10.0 ** math.floor(math.log10(way / FINENESS))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= way / FINENESS * 0.999999)
    if klass in ("sum", "unique", "stock") and abs(value) >= 1:
        step = max(step, 1.0)
    # by way of text, so that .1 + .2 is .3
    goal = float(f"{round(value / step) * step:.12g}")
    low, high = limits
    goal = goal if low is None else max(goal, low)
    return goal if high is None else min(goal, high)


def line_of(row: Benchmark) -> BenchmarkLine:
    """A published row with everything that makes it comparable or not."""
    definition = " · ".join(part for part in (row.statistic, row.quote) if part)
    return BenchmarkLine(
        row.publisher, row.year, row.sample, definition, row.era, row.value_in_unit, row.url, row.confidence
    )


def band_of(band: BenchmarkBand | None) -> tuple[BenchmarkLine, ...]:
    """The rows of a band as lines, none for a single row: one number is no norm."""
    if band is None or len(band.rows) < MIN_BAND_ROWS:
        return ()
    return tuple(line_of(row) for row in band.rows)
