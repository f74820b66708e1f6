"""Strong and weak sides: every metric placed by its own history and by the published band.

The verdicts are those of the articles: works well, needs attention, not known; a metric inside its usual range is as
usual. Own history ranks above a benchmark (methods.md 11): where they disagree, attention wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from crmkpi.catalog.benchmarks import BenchmarkBand
from crmkpi.forecast.series import Series, known_tail
from crmkpi.periods import Period
from crmkpi.targets.aim import MIN_BAND_ROWS, BenchmarkLine, band_of
from crmkpi.targets.facts import Facts
from crmkpi.targets.history import history_of
from crmkpi.targets.settings import TargetSettings

Verdict = Literal["works_well", "as_usual", "needs_attention", "not_known"]
# the best and the worst quarter of own periods
GOOD, BAD = 0.75, 0.25
ORDER: tuple[Verdict, ...] = ("needs_attention", "as_usual", "works_well", "not_known")


@dataclass(frozen=True)
class Side:
    """One metric's place. percentile 0..1 in the good direction, among its own periods free of season.

    why: codes of the sentences `sides.why.<code>`: best_quarter, worst_quarter, middle, above_band, inside_band,
    below_band (of the good direction), short_history, no_value, no_direction.
    """

    metric: str
    verdict: Verdict
    value: float | None
    period: Period | None
    percentile: float | None
    why: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    lines: tuple[BenchmarkLine, ...] = ()


def place(facts: Facts, series: Series, band: BenchmarkBand | None, settings: TargetSettings) -> Side:
    """The place of the last complete period of one metric (series as of the day, nothing later)."""
    tail = known_tail(series)
    if not tail or tail[-1].value is None:
        return Side(facts.id, "not_known", None, None, None, ("no_value",))
    value, period = tail[-1].value, tail[-1].period
    known = band if band is not None and len(band.rows) >= MIN_BAND_ROWS else None
    low, high = (known.low, known.high) if known else (None, None)
    if facts.better == "band":
        return Side(facts.id, "not_known", value, period, None, ("no_direction",), low, high, band_of(band))
    percentile = _percentile(facts, series) if len(tail) >= settings.min_periods else None
    beside = _beside(value, known, facts.better != "down")
    why = [_history_code(percentile)]
    if beside is not None:
        why.append(beside)
    verdict = _verdict(percentile, beside)
    return Side(facts.id, verdict, value, period, percentile, tuple(why), low, high, band_of(band))


def _percentile(facts: Facts, series: Series) -> float | None:
    """(rank + 0.5) / n of the last value among all, season taken out, 1 = the best; None where nothing ever moved."""
    z = history_of(series, facts.share, facts.limits).z
    if len(z) == 0 or float(z.max() - z.min()) <= 1e-12:
        return None
    signed = z if facts.better != "down" else -z
    below, same = (signed < signed[-1]).sum(), (signed == signed[-1]).sum()
    return float((below + 0.5 * same) / len(signed))


def _history_code(percentile: float | None) -> str:
    if percentile is None:
        return "short_history"
    return "best_quarter" if percentile >= GOOD else "worst_quarter" if percentile <= BAD else "middle"


def _beside(value: float, band: BenchmarkBand | None, up: bool) -> str | None:
    if band is None:
        return None
    if band.low <= value <= band.high:
        return "inside_band"
    return "above_band" if (value > band.high) == up else "below_band"


def _verdict(percentile: float | None, beside: str | None) -> Verdict:
    if percentile is None and beside is None:
        return "not_known"
    if beside == "below_band" or (percentile is not None and percentile <= BAD):
        return "needs_attention"
    if beside == "above_band" or (percentile is not None and percentile >= GOOD):
        return "works_well"
    return "as_usual"


def ranked(sides: Sequence[Side]) -> list[Side]:
    """Candidates for a target first: what needs attention, the worst place first; the unknown last."""
    return sorted(
        sides, key=lambda s: (ORDER.index(s.verdict), s.percentile if s.percentile is not None else 1.0)
    )
