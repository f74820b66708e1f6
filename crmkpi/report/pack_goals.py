"""Goals of a pack: what a person had set, where it began, what came of it, and what its chance was at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.gather import data_to
from crmkpi.targets.plan import plan
from crmkpi.targets.target import Target, TargetsDocument
from crmkpi.views.gap import GLYPHS, TONES, chance_text, left_text


@dataclass(frozen=True)
class Goal:
    """One target at the end of the period. `chance`: at the start, as the past then allowed to say."""

    name: str
    sentence: str
    status: str
    tone: str
    met: bool
    start: str
    result: str
    goal: str
    chance: str
    paste: str


def goals(data: DataDir, project: Project, person: str, last: date, t: Words) -> tuple[Goal, ...]:
    """The person's targets as they stood on the last day of the period; those set later are not there."""
    fold = person.strip().casefold()
    day = min(last, data_to(data))
    own = tuple(
        x
        for x in project.targets
        if x.owner.strip().casefold() == fold and (x.baseline is None or x.baseline.date <= day)
    )
    if not own:
        return ()
    found = plan(data, TargetsDocument(target=own), day, t, project.tree.template)["targets"]
    return tuple(_goal(x, f, _at_start(data, project, x, t), t) for x, f in zip(own, found, strict=True))


def _at_start(data: DataDir, project: Project, target: Target, t: Words) -> str:
    """The chance as it was on the day of the starting point; unknown without a frozen one."""
    if target.baseline is None:
        return t("pack.chance_unknown")
    document = TargetsDocument(target=(target,))
    found = plan(data, document, target.baseline.date, t, project.tree.template)["targets"][0]
    return chance_text(found["probability"], t) or t("pack.chance_unknown")


def _goal(target: Target, found: Mapping[str, Any], chance: str, t: Words) -> Goal:
    metric = metrics()[target.metric]
    tone = TONES[found["status"]]
    words = {
        "name": metric.label[t.lang],
        "start": t.value(found["baseline"]["value"], metric.unit),
        "result": t.value(found["current"]["value"], metric.unit),
        "goal": t.value(found["goal"], metric.unit),
        "due": target.due,
        "left": left_text(found, metric.unit, t),
        "chance": chance,
    }
    known = chance != t("pack.chance_unknown")
    return Goal(
        name=metric.label[t.lang],
        sentence=found["sentence"],
        status=f"{GLYPHS[tone]} {t('status.' + found['status'])}",
        tone=tone,
        met=found["status"] == "done",
        start=str(words["start"]),
        result=str(words["result"]),
        goal=str(words["goal"]),
        chance=chance,
        paste=t("pack.paste_goal" if known else "pack.paste_goal_plain", **words),
    )
