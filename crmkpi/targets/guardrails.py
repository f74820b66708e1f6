"""Guardrails: a KPI counts as met only while its pair metric does not get worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmkpi.forecast.series import Series
from crmkpi.periods import Period
from crmkpi.targets.facts import Facts
from crmkpi.targets.history import history_of
from crmkpi.targets.target import Guardrail, Target


@dataclass(frozen=True)
class Guard:
    """State of one guardrail. `floor` is the worst value allowed; ok None = cannot be told yet.

    automatic: the catalogue's pair with the default floor, not typed by a person.
    """

    metric: str
    floor: float | None
    value: float | None
    ok: bool | None
    automatic: bool


def guards(
    target: Target,
    facts: Facts,
    known: Mapping[str, tuple[Facts, Series]],
    baseline: Period | None,
    current: Period | None,
) -> list[Guard]:
    """Guardrails of a target: those typed, or else the catalogue's pairs that the data support.

    `known`: metric -> facts and series at the target's grain, as of the day.
    """
    wanted: Sequence[Guardrail] = target.guardrail
    automatic = not wanted
    if automatic:
        wanted = [Guardrail(metric=pair) for pair in facts.pair if pair in known and pair != target.metric]
    found = []
    for rail in wanted:
        if rail.metric not in known:
            found.append(Guard(rail.metric, rail.floor, None, None, automatic))
            continue
        pair, series = known[rail.metric]
        floor = rail.floor if rail.floor is not None else default_floor(pair, series, baseline, current)
        value = _value(series, current)
        found.append(Guard(rail.metric, floor, value, holds(pair, floor, value), automatic))
    return found


def default_floor(
    pair: Facts, series: Series, baseline: Period | None, current: Period | None = None
) -> float | None:
    """Baseline minus one sigma of the pair's own noise (plus, where less is better); None if not known.

    definitions.md, Control: "stays above its floor (default: baseline minus one historical sigma)". Where two
    years show a season, the floor moves with it: a pair that is low every July is not worse in July.
    """
    base = _value(series, baseline)
    past = [p for p in series if baseline is None or p.period.last <= baseline.last]
    history = history_of(past, pair.share, pair.limits)
    sigma = history.noise()
    current = current or baseline
    if base is None or sigma is None or not history.scale.fits(base):
        return None
    worse = -sigma if pair.better != "down" else sigma
    level = history.level(base, baseline)
    assert level is not None
    season = history.season_of(current) if baseline else 0.0
    return history.scale.back_one(level + worse + season)


def holds(pair: Facts, floor: float | None, value: float | None) -> bool | None:
    """Whether the pair is on the good side of its floor; None when one of them is unknown."""
    if floor is None or value is None:
        return None
    slack = 1e-9 * max(1.0, abs(floor))
    return value <= floor + slack if pair.better == "down" else value >= floor - slack


def _value(series: Series, period: Period | None) -> float | None:
    return next((p.value for p in series if p.period == period and p.complete), None)
