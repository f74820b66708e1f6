"""Targets and reasons in words: every target reads back as one sentence, every letter says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.targets.facts import Facts
from crmkpi.targets.reason import Amount, Letter, Reason, Share, Step
from crmkpi.targets.resolve import Resolved
from crmkpi.targets.target import Target

Named = Callable[[str], str]


def target_sentence(target: Target, facts: Facts, resolved: Resolved, t: Words) -> str:
    """The whole target as one sentence a person can agree to."""
    kind = target.kind
    up = resolved.goal is None or resolved.baseline_value is None or resolved.goal >= resolved.baseline_value
    if resolved.baseline_value is None or resolved.goal is None:
        key = "smart.sentence.no_baseline"
    elif target.measure == "total":
        key = "smart.sentence.total_up" if resolved.up else "smart.sentence.total_down"
    elif kind == "reach":
        key = "smart.sentence.reach_up" if up else "smart.sentence.reach_down"
    else:
        key = f"smart.sentence.{kind}"
    return t(
        key,
        metric=facts.label.get(t.lang, facts.id),
        start=t.value(resolved.baseline_value, facts.unit),
        goal=t.value(resolved.goal, facts.unit),
        change=t.change(resolved.baseline_value, resolved.goal, facts.unit),
        due=target.due,
        grain=t(f"grain.{target.grain}"),
        where=where_text(target, t),
        owner=owner_name(target.owner, t),
    )


def owner_name(owner: str, t: Words) -> str:
    """The owner as printed: `me` in the reader's language."""
    return t("smart.sentence.me") if owner == "me" else owner


def where_text(target: Target, t: Words) -> str:
    """The segment filter of a target as printed, empty without one."""
    if not target.where:
        return ""
    parts = [f"{name} = {', '.join(v or '—' for v in values)}" for name, values in target.where.items()]
    return t("smart.sentence.where", segments="; ".join(parts))


def letter_message(letter: Letter, facts: Facts, t: Words, named: Named) -> str:
    """All reasons of a letter as sentences."""
    return " ".join(reason_text(reason, facts, t, named) for reason in letter.reasons)


def reason_text(reason: Reason, facts: Facts, t: Words, named: Named) -> str:
    """One reason in words. `named` gives the printed name of a metric id."""
    return t(f"smart.reason.{reason.code}", **_said(reason.params, facts, t, named))


def _said(params: Mapping[str, object], facts: Facts, t: Words, named: Named) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in params.items():
        if isinstance(value, Amount):
            found[key] = t.value(value.value, value.unit or facts.unit)
        elif isinstance(value, Step):
            found[key] = t.points(value.value) if facts.share else t.value(value.value, facts.unit)
        elif isinstance(value, Share):
            found[key] = t.percent(value.value)
        elif isinstance(value, Period):
            found[key] = t.period(value)
        elif key == "root" and isinstance(value, str):
            found[key] = named(value)
        elif key == "owner" and isinstance(value, str):
            found[key] = owner_name(value, t)
        else:
            found[key] = value
    return found


def verdict(letters: Mapping[str, Letter], t: Words) -> str:
    """One line of advice over the five letters."""
    weak = [t(f"smart.letter.{name}").lower() for name, letter in letters.items() if not letter.ok]
    return t("smart.verdict.advice", letters=", ".join(weak)) if weak else t("smart.verdict.good")


def gap_text(absolute: float | None, reached: bool, facts: Facts, t: Words) -> str:
    """What remains, unsigned: «осталось +12 п.п.», «осталось снизить на 5 п.п.», «достигнуто с запасом 2 п.п.»."""
    if absolute is None:
        return t.value(None, facts.unit)
    size = t.points(abs(absolute)) if facts.share else t.value(abs(absolute), facts.unit)
    if reached:
        return t("gap.done_with", gap=size) if absolute else t("gap.reached")
    return t("gap.left_up" if absolute > 0 else "gap.left_down", gap=size)
