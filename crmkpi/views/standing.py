"""Where one target stands: good or bad, how far, how likely, what next; each an answer of one or two short lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.targets.coach import effort_of
from crmkpi.targets.coach_text import effort_texts
from crmkpi.targets.own_kpi import metric_of
from crmkpi.targets.plan import metric_name
from crmkpi.targets.target import CheckIn, Target
from crmkpi.views.tree import signed_value


@dataclass(frozen=True)
class CheckInLine:
    """One check-in as printed: its day, the note, confidence and a typed value, where given."""

    day: str
    note: str
    facts: str


@dataclass(frozen=True)
class Standing:
    """Answers beside the verdict. Every part may be empty where nothing honest can be said.

    far: size of the gap in the reader's terms; worth: at the root; likely: what the chance rests on; own: the owner's
    own confidence; next_point: the nearest control point; counted: what the gap takes in countable things; levers:
    one driver alone each; stages: advice to split with its reasons; risks: what the owner expected to go wrong.
    """

    far: tuple[str, ...]
    worth: str
    likely: tuple[str, ...]
    own: str
    next_point: str
    counted: tuple[str, ...]
    levers: tuple[str, ...]
    stages: str
    risks: tuple[tuple[str, str], ...]
    checkins: tuple[CheckInLine, ...]
    estimate: str


def standing(
    data: DataDir, target: Target, found: Mapping[str, Any], day: date, template: str | None, t: Words
) -> Standing:
    """Everything beside the verdict of one assessed target (`found`: its entry of the plan) as of a day."""
    takes = effort_of(data, target, day, template=template)
    counted, levers = (
        effort_texts(replace(takes, levers=()), t),
        effort_texts(replace(takes, countable=None), t),
    )
    unit = metric_of(target).unit
    open_gap = found["status"] != "done" and found["gap"] not in (None, 0)
    return Standing(
        far=_far(found, t),
        # the same root in countable things already: two numbers for one thing would only puzzle
        worth=""
        if open_gap and takes.countable and takes.countable.what == found["root"]
        else _worth(found, t),
        likely=_likely(found, t),
        own=_own(target.checkins, target.confidence, t),
        next_point=_next_point(found, unit, t),
        counted=tuple(counted) if open_gap else (),
        levers=tuple(levers) if open_gap else (),
        stages=_stages(found, t),
        risks=_risks(target, t),
        checkins=tuple(
            _checkin(c, unit, t) for c in sorted(target.checkins, key=lambda c: c.day, reverse=True)
        ),
        estimate=_estimate(target, t),
    )


def _far(found: Mapping[str, Any], t: Words) -> tuple[str, ...]:
    said = []
    if found["rating"]:
        said.append(t(f"standing.rating_{found['rating']}"))
    if found["gap_sigmas"] is not None:
        said.append(t("standing.sigmas", times=round(found["gap_sigmas"], 1)))
    elif found["gap"] is not None:
        said.append(t("standing.no_sigmas"))
    return tuple(said)


def _worth(found: Mapping[str, Any], t: Words) -> str:
    """What reaching the goal is worth at the root, others unchanged."""
    effect, root = found["root_effect"], found["root"]
    if effect is None or root is None or root == found["metric"]:
        return ""
    size = signed_value(effect, metrics()[root].unit, t)
    return t("standing.worth", size=size, root=metric_name(t)(root), per=t(f"effort.per.{found['grain']}"))


def _likely(found: Mapping[str, Any], t: Words) -> tuple[str, ...]:
    if found["probability"] is None:
        last = [
            r for r in found["smart"]["achievable"]["reasons"] if r in ("not_enough_history", "no_chance")
        ]
        return (found["smart"]["achievable"]["message"],) if last else (t("standing.no_chance"),)
    coverage = found["interval_coverage"]
    if coverage is None:
        return (t("standing.from_history"),)
    return (t("standing.coverage", share=t.percent(coverage, 0)),)


def _own(checkins: tuple[CheckIn, ...], first: float | None, t: Words) -> str:
    """The owner's own confidence: of the last check-in that named one, else the one typed with the target."""
    said = [c for c in sorted(checkins, key=lambda c: c.day) if c.confidence is not None]
    value = said[-1].confidence if said else first
    return "" if value is None else t("standing.own", share=t.percent(value, 0))


def _next_point(found: Mapping[str, Any], unit: str, t: Words) -> str:
    ahead = [m for m in found["milestones"] if m["status"] == "upcoming"]
    if not ahead:
        return ""
    # in the target's own step first: 13 % of a week beside 31 % of a month reads as a fall
    first = min(ahead, key=lambda m: (m["grain"] != found["grain"], m["due"]))
    value = t.value(first["value"] if unit != "count" else round(first["value"]), unit)
    return t("standing.next", day=date.fromisoformat(first["due"]), value=value)


def _stages(found: Mapping[str, Any], t: Words) -> str:
    if found["split_into_stages"] <= 1 or not found["rating"]:
        return ""
    why = ", ".join(t(f"gap.split.{code}") for code in found["split_reasons"])
    return t.plural("standing.stages", found["split_into_stages"], why=why)


def _risks(target: Target, t: Words) -> tuple[tuple[str, str], ...]:
    said = target.premortem.model_dump() if target.premortem else {}
    found = [(t(f"premortem.{name}"), text) for name, text in said.items() if text]
    if target.lever:
        found.insert(0, (t("premortem.lever"), target.lever))
    return tuple(found)


def _estimate(target: Target, t: Words) -> str:
    """The owner's own numbers, printed in one line; empty without any."""
    said = target.estimate.model_dump() if target.estimate else {}
    return "; ".join(
        f"{t(f'premortem.{name}').lower()} — {t.money(value) if name == 'budget' else t.number(value)}"
        for name, value in said.items()
        if value is not None
    )


def _checkin(c: CheckIn, unit: str, t: Words) -> CheckInLine:
    facts = []
    if c.value is not None:
        facts.append(t("checkin.value_was", value=t.value(c.value, unit)))
    if c.confidence is not None:
        facts.append(t("standing.own", share=t.percent(c.confidence, 0)))
    return CheckInLine(t.date(c.day), c.note, " ".join(facts))
