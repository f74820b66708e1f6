"""The glossary: every metric with its meaning, formula, and whether the open project has data for it."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.catalog import Metric, metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import available
from crmkpi.engine.sheet import OWN
from crmkpi.i18n import Words
from crmkpi.tree.own_metric import OWN_SOURCE
from crmkpi.views.node import formula_text
from crmkpi.views.tree import missing_text


@dataclass(frozen=True)
class Entry:
    """One metric. `missing` None = the project has data for it; `known` False = no project is open.
    `own`: the user made it."""

    id: str
    name: str
    definition: str
    formula: str | None
    level: str
    better: str
    pair: tuple[str, ...]
    missing: str | None
    known: bool
    own: bool = False


def entries(data: DataDir | None, search: str, t: Words) -> tuple[Entry, ...]:
    """Metrics whose name, meaning or synonyms hold every word of the search, by name."""
    gaps = available(data) if data else {}
    words = search.casefold().split()
    found = [m for m in metrics().values() if not m.local and _matches(m, words, t)]
    rows = [_entry(m, data, gaps, t) for m in found]
    return tuple(sorted(rows, key=lambda e: (e.missing is not None, e.name.casefold())))


def _matches(metric: Metric, words: list[str], t: Words) -> bool:
    own = metric.synonyms.ru if t.lang == "ru" else metric.synonyms.en
    texts = (metric.id, metric.label["ru"], metric.label["en"], metric.definition[t.lang], *own)
    text = " ".join(texts).casefold()
    return all(word in text for word in words)


def _entry(metric: Metric, data: DataDir | None, gaps: object, t: Words) -> Entry:
    gap = gaps.get(metric.id) if isinstance(gaps, dict) else None
    missing = None
    if data is not None and gap is not None:
        missing = missing_text(tuple(gap.missing), gap.reason, t)
    return Entry(
        id=metric.id,
        name=metric.label[t.lang],
        definition=metric.definition[t.lang],
        formula=formula_text(metric, t),
        level=t(f"level.{metric.level or 'other'}"),
        better=t(f"glossary.better_{metric.better}"),
        pair=tuple(metrics()[p].label[t.lang] for p in metric.pair if p in metrics()),
        missing=missing,
        known=data is not None,
        own=is_own(metric),
    )


def is_own(metric: Metric) -> bool:
    """Whether the user made the metric: by a formula, or as a row of a sheet."""
    return metric.source == OWN_SOURCE or metric.id.startswith(OWN)
