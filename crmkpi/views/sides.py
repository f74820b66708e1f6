"""Strong and weak sides on screen: every node of the tree placed, the candidates for a target first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.coach import strong_and_weak
from crmkpi.targets.coach_text import benchmark_line_text
from crmkpi.targets.plan import metric_name
from crmkpi.targets.sides import Side

GROUPS = ("needs_attention", "works_well", "as_usual", "not_known")
DEFAULT_TREE = "ecommerce_revenue"


@dataclass(frozen=True)
class SideLine:
    """One metric: value with its period, why it stands here, the published rows behind a market band."""

    metric: str
    name: str
    value: str
    why: str
    sources: tuple[str, ...]
    has_target: bool
    process: bool


@dataclass(frozen=True)
class SideGroup:
    """One verdict with its metrics, the worst place first."""

    verdict: str
    title: str
    lines: tuple[SideLine, ...]


@dataclass(frozen=True)
class SidesView:
    """`headline` counts what works and what does not; groups hold each placed metric once."""

    headline: str
    groups: tuple[SideGroup, ...]


def sides_view(data: DataDir, project: Project, t: Words) -> SidesView:
    """Every metric of the project's tree that the data feed (coach.strong_and_weak), by verdict."""
    found = strong_and_weak(data, project.tree.template or DEFAULT_TREE)
    taken = {target.metric for target in project.targets}
    groups = tuple(
        SideGroup(verdict, t(f"sides.verdict.{verdict}"), lines)
        for verdict in GROUPS
        if (lines := _lines([side for side in found if side.verdict == verdict], taken, t))
    )
    count = {group.verdict: len(group.lines) for group in groups}
    return SidesView(
        t("sidesbox.headline", weak=count.get("needs_attention", 0), strong=count.get("works_well", 0)),
        groups,
    )


def _lines(sides: Sequence[Side], taken: set[str], t: Words) -> tuple[SideLine, ...]:
    """Results before processes: only a result is a KPI; inside, the worst place stays first."""
    return tuple(sorted((_line(side, taken, t) for side in sides), key=lambda line: line.process))


def _line(side: Side, taken: set[str], t: Words) -> SideLine:
    facts = metrics()[side.metric]
    value = t.value(side.value, facts.unit)
    period = f", {t.period(side.period)}" if side.period else ""
    why = ", ".join(t(f"sides.why.{code}") for code in side.why)
    return SideLine(
        metric=side.metric,
        name=metric_name(t)(side.metric),
        value=f"{value}{period}",
        why=why[:1].upper() + why[1:] + ".",
        sources=tuple(benchmark_line_text(row, t) for row in side.lines),
        has_target=side.metric in taken,
        process=facts.kind == "process",
    )
