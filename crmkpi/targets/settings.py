"""Thresholds of the target coach. All of them are our own choice (methods.md, mark D), so all can be changed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crmkpi.errors import CrmKpiError

Status = Literal["on_track", "at_risk", "off_track", "done", "not_enough_data"]
Condition = Literal[
    "reached",
    "held",
    "broken",
    "guardrail_broken",
    "due_passed",
    "no_value",
    "nothing_due_yet",
    "milestone_met",
    "within_band",
    "milestone_missed",
    "chance_unknown",
    "chance_high",
    "chance_fair",
    "chance_low",
    "chance_very_low",
]


class RulesOrderError(CrmKpiError):
    """Thresholds that must grow do not: `names` of the settings, `values` as given."""

    code = "rules_order"


class RulesEmptyError(CrmKpiError):
    """A list of status rules without any rule."""

    code = "rules_empty"


class StatusRule(BaseModel):
    """One rule: the status, when all conditions hold. The first rule that fits decides."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    status: Status
    when: tuple[Condition, ...] = ()


def _rule(status: Status, *when: Condition) -> StatusRule:
    return StatusRule(status=status, when=when)


# Order is meaning: a KPI is met only while its pair holds, and a passed date ends all talk of chances.
DEFAULT_RULES: tuple[StatusRule, ...] = (
    _rule("not_enough_data", "no_value"),
    _rule("at_risk", "reached", "guardrail_broken"),
    _rule("done", "reached"),
    _rule("done", "held", "due_passed"),
    _rule("off_track", "due_passed"),
    _rule("off_track", "broken"),
    _rule("on_track", "held", "chance_unknown"),
    _rule("not_enough_data", "nothing_due_yet", "chance_unknown"),
    _rule("at_risk", "guardrail_broken"),
    _rule("off_track", "milestone_missed", "chance_unknown"),
    _rule("off_track", "milestone_missed", "chance_low"),
    _rule("off_track", "milestone_missed", "chance_very_low"),
    _rule("at_risk", "milestone_missed"),
    _rule("at_risk", "chance_very_low"),
    _rule("at_risk", "chance_low"),
    _rule("on_track"),
)


class TargetSettings(BaseModel):
    """`[settings]` of a targets file, and the project's own. Chances and shares are 0..1, horizons days."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    # M: history that a target needs
    min_periods: int = Field(default=6, ge=2)
    min_periods_seasonal: int = Field(default=12, ge=2)
    min_coverage: float = Field(default=0.95, ge=0, le=1)
    noise_sigmas: float = Field(default=1.96, gt=0)
    # A: bands of the chance
    chance_sure: float = Field(default=0.8, gt=0, le=1)
    chance_fair: float = Field(default=0.5, gt=0, le=1)
    chance_low: float = Field(default=0.2, gt=0, le=1)
    chance_very_low: float = Field(default=0.05, gt=0, le=1)
    min_independent: float = Field(default=5, gt=0)
    # R: least share of the root's gap
    min_root_share: float = Field(default=0.05, ge=0, le=1)
    # T: horizons by level of the metric
    tactical_days: tuple[int, int] = (14, 56)
    strategic_days: tuple[int, int] = (60, 200)
    goal_days: tuple[int, int] = (28, 366)
    min_checkpoints: int = Field(default=2, ge=0)
    # gap: rating in sigmas, advice to split
    rating_sigmas: tuple[float, float, float] = (0.5, 1.5, 3.0)
    split_sigmas: float = Field(default=1.5, gt=0)
    split_relative: float = Field(default=0.25, gt=0)
    split_months: float = Field(default=3, gt=0)
    # milestones: width of the band around the path, in sigmas of one period
    band_sigmas: float = Field(default=1.96, gt=0)
    # a relative or points change above this is asked about (15 typed for 15 %)
    ask_above: float = Field(default=5, gt=0)
    # focus: KPIs of one owner
    focus_kpis: tuple[int, int] = (3, 5)
    paths: int = Field(default=2000, ge=100, le=20000)
    status_rules: tuple[StatusRule, ...] = DEFAULT_RULES


# settings that only make sense when they do not fall
GROWING = (
    ("chance_very_low", "chance_low", "chance_fair", "chance_sure"),
    ("tactical_days",),
    ("strategic_days",),
    ("goal_days",),
    ("focus_kpis",),
    ("rating_sigmas",),
)


def checked_rules(settings: TargetSettings) -> TargetSettings:
    """The same settings if they fit together. Errors: RulesOrderError, RulesEmptyError."""
    for names in GROWING:
        values: list[float] = []
        for name in names:
            found = getattr(settings, name)
            values += found if isinstance(found, tuple) else [found]
        if values != sorted(values):
            raise RulesOrderError(names=", ".join(names), values=", ".join(f"{v:g}" for v in values))
    if not settings.status_rules:
        raise RulesEmptyError()
    return settings


def moved(rules: tuple[StatusRule, ...], place: int, by: int) -> tuple[StatusRule, ...]:
    """The rules with one of them moved up (by < 0) or down; at an end it stays."""
    to = min(max(place + by, 0), len(rules) - 1)
    found = list(rules)
    found.insert(to, found.pop(place))
    return tuple(found)
