"""Rules by which a target gets its status, and thresholds of the coach, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from crmkpi.i18n import Words
from crmkpi.targets.settings import Condition, Status, StatusRule, TargetSettings

STATUSES: tuple[Status, ...] = get_args(Status)
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
# thresholds a person can set on the screen, and whether they are typed in per cent
THRESHOLDS = {
    "chance_sure": True,
    "chance_fair": True,
    "chance_low": True,
    "chance_very_low": True,
    "split_relative": True,
    "min_root_share": True,
    "band_sigmas": False,
    "min_periods": False,
}


@dataclass(frozen=True)
class RuleLine:
    """One rule as a sentence: «Если …, то …»; never: an earlier rule already takes all its cases."""

    text: str
    never: bool


@dataclass(frozen=True)
class RulesView:
    """Rules in their order. own: whether anything differs from the defaults."""

    lines: tuple[RuleLine, ...]
    own: bool


def rules_view(settings: TargetSettings, t: Words) -> RulesView:
    """The rules in words; one that an earlier, wider rule swallows says so."""
    lines = []
    for place, rule in enumerate(settings.status_rules):
        earlier = settings.status_rules[:place]
        never = any(set(other.when) <= set(rule.when) for other in earlier)
        lines.append(RuleLine(rule_text(rule, t), never))
    return RulesView(tuple(lines), settings != TargetSettings())


def rule_text(rule: StatusRule, t: Words) -> str:
    """One rule: «Если срок прошёл и уровень держится: достигнуто»."""
    status = t(f"status.{rule.status}")
    if not rule.when:
        return t("rules.otherwise", status=status)
    when = t("rules.and").join(t(f"status.why.{code}") for code in rule.when)
    return t("rules.line", when=when, status=status)
