"""The user's own benchmarks as a list: metric, value or band, and always the source with its year."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.catalog import metrics
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.plan import metric_name


@dataclass(frozen=True)
class LibraryLine:
    """One benchmark of one's own; `place` is its position in the library."""

    place: int
    metric: str
    value: str
    source: str


def library_lines(project: Project, t: Words) -> tuple[LibraryLine, ...]:
    """The library in the order of metric names."""
    lines = []
    for place, one in enumerate(project.library):
        unit = metrics()[one.metric].unit if one.metric in metrics() else "ratio"
        low, high = one.bounds
        value = t.value(low, unit)
        if high > low:
            value = t("librarybox.band", low=value, high=t.value(high, unit))
        sample = f", {one.sample}" if one.sample else ""
        source = f"{one.source}, {one.year} ({t(f'aim.kind.{one.kind}')}{sample})"
        lines.append(LibraryLine(place, metric_name(t)(one.metric), value, source))
    return tuple(sorted(lines, key=lambda line: (line.metric.casefold(), line.source)))
