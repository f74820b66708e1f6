"""Status of a target: facts are gathered, then the first rule whose conditions all hold decides."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from crmkpi.targets.settings import Condition, Status, TargetSettings


@dataclass(frozen=True)
class Situation:
    """What the rules look at. `milestone` is the state of the last control point of the target's own grain.

    kind stay_*: `held` = every known period so far was on the good side; `broken` = the last one was not.
    """

    value_known: bool
    reached: bool
    stays: bool
    held: bool
    due_passed: bool
    guardrails_ok: bool
    milestone: str | None
    chance: float | None


def conditions(now: Situation, settings: TargetSettings) -> set[Condition]:
    """Conditions that hold, by name."""
    found: set[Condition] = set()
    if not now.value_known:
        found.add("no_value")
    if now.stays:
        found.add("held" if now.held else "broken")
    elif now.reached:
        found.add("reached")
    if now.due_passed:
        found.add("due_passed")
    if not now.guardrails_ok:
        found.add("guardrail_broken")
    found.add(_milestone(now.milestone))
    found.add(chance_condition(now.chance, settings))
    return found


def _milestone(state: str | None) -> Condition:
    if state == "met":
        return "milestone_met"
    if state == "within_band":
        return "within_band"
    return "milestone_missed" if state == "missed" else "nothing_due_yet"


def chance_condition(chance: float | None, settings: TargetSettings) -> Condition:
    """Band of a chance: high from .5, fair from .2, low from .05, else very low."""
    if chance is None:
        return "chance_unknown"
    if chance >= settings.chance_fair:
        return "chance_high"
    if chance >= settings.chance_low:
        return "chance_fair"
    return "chance_low" if chance >= settings.chance_very_low else "chance_very_low"


def status_of(now: Situation, settings: TargetSettings) -> tuple[Status, Collection[Condition]]:
    """The status and the conditions of the rule that gave it; `not_enough_data` when no rule fits."""
    held = conditions(now, settings)
    for rule in settings.status_rules:
        if set(rule.when) <= held:
            return rule.status, rule.when
    return "not_enough_data", ()


def progress(start: float | None, current: float | None, goal: float | None) -> float | None:
    """(current - baseline) / (goal - baseline), never current / goal; None when the goal is the baseline."""
    if start is None or current is None or goal is None or goal == start:
        return None
    return (current - start) / (goal - start)
