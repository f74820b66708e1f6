"""What a reader with a link sees: an edition in the reader's language, and what changed since the one seen before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import polars as pl

from crmkpi.i18n import LANGUAGES, Words
from crmkpi.views.parts import Part
from crmkpi.views.path import PathPoint, TargetPath
from crmkpi.views.rows import csv_bytes
from crmkpi.views.series import SeriesPoint
from crmkpi.views.tree import TreeCard
from crmkpi.views.verdict import Answer

T = TypeVar("T")
QUESTIONS = ("good", "helps", "pays")


@dataclass(frozen=True)
class KpiCard:
    """One KPI of an edition; texts are ready to print. `hidden`: its number speaks of too few people."""

    id: str
    name: str
    owner: str
    tone: str
    status: str
    good: Answer
    helps: Answer
    pays: Answer
    chance: str | None
    steps: tuple[str, ...]
    sentence: str
    now: str
    start: str
    goal: str
    left: str
    progress: float | None
    progress_text: str | None
    path: TargetPath | None
    hidden: bool = False


@dataclass(frozen=True)
class SegmentsView:
    """A node's metric by one dimension."""

    by: str
    title: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class NodeStory:
    """What may be opened behind a node; series and segments are empty where the owner shares none."""

    definition: str
    formula: str | None
    unit: str
    additive: bool
    series: tuple[SeriesPoint, ...]
    segments: tuple[SegmentsView, ...]


@dataclass(frozen=True)
class TreeStory:
    """The tree of an edition."""

    title: str
    period: str
    vs: str
    direction: str
    headline: str
    sentences: tuple[str, ...]
    notices: tuple[str, ...]
    cards: tuple[TreeCard, ...]
    drivers: tuple[Part, ...]
    nodes: Mapping[str, NodeStory]


@dataclass(frozen=True)
class EditionView:
    """A whole edition in one language."""

    title: str
    data_to: str
    headline: str
    tone: str
    kpis: tuple[KpiCard, ...]
    tree: TreeStory | None


def edition_view(document: Mapping[str, Any], t: Words) -> EditionView:
    """The edition in the reader's language. What an older edition lacks is left out, not guessed."""
    told = document.get("lang", {})
    found: Mapping[str, Any] = told.get(t.lang) or next(
        (told[lang] for lang in LANGUAGES if lang in told), {}
    )
    tree = found.get("tree")
    return EditionView(
        title=found.get("title", ""),
        data_to=found.get("data", {}).get("to", ""),
        headline=found.get("headline", ""),
        tone=found.get("tone", "neutral"),
        kpis=tuple(_kpi(one) for one in found.get("kpis", ())),
        tree=_tree(tree) if tree else None,
    )


def _made(kind: type[T], raw: Mapping[str, Any], **more: Any) -> T:
    """A dataclass from the fields it knows."""
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    return kind(**{k: v for k, v in raw.items() if k in known} | more)


def _kpi(raw: Mapping[str, Any]) -> KpiCard:
    answers = {name: _made(Answer, raw[name]) for name in QUESTIONS}
    path = raw.get("path")
    way = _made(TargetPath, path, points=tuple(_made(PathPoint, p) for p in path["points"])) if path else None
    return _made(KpiCard, raw, **answers, steps=tuple(raw.get("steps", ())), path=way)


def _tree(raw: Mapping[str, Any]) -> TreeStory:
    return _made(
        TreeStory,
        raw,
        sentences=tuple(raw.get("sentences", ())),
        notices=tuple(raw.get("notices", ())),
        cards=tuple(_made(TreeCard, card, spark=tuple(card.get("spark", ()))) for card in raw["cards"]),
        drivers=_parts(raw.get("drivers", ())),
        nodes={name: _story(one) for name, one in raw.get("nodes", {}).items()},
    )


def _story(raw: Mapping[str, Any]) -> NodeStory:
    segments = tuple(
        _made(SegmentsView, one, parts=_parts(one["parts"]), notes=tuple(one.get("notes", ())))
        for one in raw.get("segments", ())
    )
    series = tuple(_made(SeriesPoint, point) for point in raw.get("series", ()))
    return _made(NodeStory, raw, segments=segments, series=series)


def _parts(raw: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    return tuple(_made(Part, one) for one in raw)


# what changed ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ChangeLine:
    """One difference between two editions. tone: good, bad, warn or neutral."""

    name: str
    text: str
    tone: str


RANK = {"bad": 0, "warn": 1, "neutral": 2, "good": 3}


def changes(before: EditionView, after: EditionView, t: Words) -> tuple[ChangeLine, ...]:
    """What a reader of `before` must know: KPIs that are new, gone, judged otherwise, moved or aimed elsewhere."""
    old = {kpi.id: kpi for kpi in before.kpis}
    lines = [line for kpi in after.kpis for line in _changed(old.get(kpi.id), kpi, t)]
    still = {kpi.id for kpi in after.kpis}
    gone = [ChangeLine(kpi.name, t("reader.gone"), "neutral") for kpi in before.kpis if kpi.id not in still]
    return (*lines, *gone)


def _changed(old: KpiCard | None, new: KpiCard, t: Words) -> list[ChangeLine]:
    if old is None:
        return [ChangeLine(new.name, t("reader.added"), "neutral")]
    said = []
    if old.status != new.status:
        said.append(t("reader.status", old=old.status, new=new.status))
    if old.now != new.now:
        said.append(t("reader.moved", old=old.now, new=new.now))
    if old.goal != new.goal:
        said.append(t("reader.goal", old=old.goal, new=new.goal))
    if old.chance != new.chance and new.chance:
        said.append(t("reader.chance", old=old.chance or "—", new=new.chance))
    if not said:
        return []
    step = RANK.get(new.tone, 2) - RANK.get(old.tone, 2)
    return [ChangeLine(new.name, " ".join(said), "good" if step > 0 else "bad" if step < 0 else "neutral")]


def export(view: EditionView, t: Words) -> bytes:
    """The KPIs of an edition as CSV for a spreadsheet; texts that look like formulas are guarded."""
    columns = ("name", "status", "now", "goal", "left", "chance", *QUESTIONS)
    rows = {t(f"reader.column_{name}"): [_cell(kpi, name) for kpi in view.kpis] for name in columns}
    return csv_bytes(pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String)))


def _cell(kpi: KpiCard, name: str) -> str | None:
    value = getattr(kpi, name)
    return value.text if isinstance(value, Answer) else value
