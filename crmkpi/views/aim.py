"""Where to aim and by when: suggested goals and dates, each with where it comes from and a sentence of reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.coach import dates, goals
from crmkpi.targets.coach_text import (
    aim_text,
    benchmark_line_text,
    blocked_text,
    due_text,
    left_out_text,
    pace_texts,
)
from crmkpi.targets.resolve import ImpossibleGoalError
from crmkpi.targets.target import Target
from crmkpi.targets.when import Dues
from crmkpi.views.gap import chance_text
from crmkpi.views.targets import refusal


@dataclass(frozen=True)
class AimChip:
    """One suggested goal: the value to take over, its printed form, short source, reason, chance, published rows."""

    goal: float
    label: str
    source: str
    why: str
    chance: str | None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class DueChip:
    """One proposed date and its reason."""

    day: date
    label: str
    why: str


@dataclass(frozen=True)
class AimsView:
    """Goals from the easiest to the hardest, what was left out and why, dates and the past they rest on."""

    goals: tuple[AimChip, ...]
    left_out: tuple[str, ...]
    blocked: str
    dues: tuple[DueChip, ...]
    pace: tuple[str, ...]


def aims_view(data: DataDir, project: Project, draft: Target, goal: float | None, t: Words) -> AimsView:
    """Suggestions for a draft. `goal`: the typed goal in the metric's unit, None before one was typed."""
    template, unit = project.tree.template, metrics()[draft.metric].unit
    others = [x for x in project.targets if x.id != draft.id]
    try:
        found = goals(
            data,
            draft,
            settings=project.rules,
            template=template,
            library=project.library,
            others=others,
        )
        when = _dates(data, draft, goal, template)
    except CrmKpiError as error:
        return AimsView((), (), refusal(error, t), (), ())
    return AimsView(
        goals=tuple(
            AimChip(
                goal=aim.goal,
                label=t.value(aim.goal, unit),
                source=t(f"aimchip.{aim.source}"),
                why=aim_text(aim, t),
                chance=chance_text(aim.chance, t),
                lines=tuple(benchmark_line_text(line, t) for line in aim.lines),
            )
            for aim in found.found
        ),
        left_out=tuple(
            t(
                "aimchip.left_out",
                goal=t.value(x.goal, unit),
                source=t(f"aimchip.{x.source}"),
                why=left_out_text(x, t),
            )
            for x in sorted(found.left_out, key=lambda x: x.why != ("lever",))
        ),
        blocked=blocked_text(found, t),
        dues=tuple(DueChip(d.day, t.date(d.day), due_text(d, t)) for d in when.found),
        pace=tuple(pace_texts(when.pace, draft.metric, t)),
    )


def _dates(data: DataDir, draft: Target, goal: float | None, template: str | None) -> Dues:
    """Dates for the typed goal; for one that cannot be (the coach says so) those of any change."""
    try:
        return dates(data, draft, goal=goal, template=template)
    except ImpossibleGoalError:
        return dates(data, draft, template=template)
