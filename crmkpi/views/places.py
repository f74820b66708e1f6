"""Where a change sits: dimensions by how well they localise it, each with one sentence and its segments."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.catalog import Metric, metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.i18n import Words
from crmkpi.tree.explain import Explained
from crmkpi.tree.where import Place, RankedSegment, places
from crmkpi.views.customer_lists import listed
from crmkpi.views.node import dimension_choices
from crmkpi.views.parts import Part
from crmkpi.views.tree import direction, signed_value

MOST = 8


@dataclass(frozen=True)
class NodeChoice:
    """A node whose change can be searched over segments, with its own part of the root's change."""

    metric: str
    name: str


@dataclass(frozen=True)
class PlaceView:
    """One dimension. `sentence`: what to remember; `parts`: segments by excess; `effects`: rate and mix in total.

    `segments`: the values behind the parts, empty where no order or customer carries the dimension (no list then).
    """

    dimension: str
    name: str
    sentence: str
    parts: tuple[Part, ...]
    effects: str | None
    notes: tuple[str, ...]
    segments: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class PlacesView:
    """All dimensions for one node, the best first. `headline` names the place, or says that there is none."""

    headline: str
    text: str
    rows: tuple[PlaceView, ...]


def node_options(found: Explained, t: Words) -> tuple[NodeChoice, ...]:
    """The root and its nodes that have a part of the change, the largest part first; each metric once."""
    parts = [n for n in found.nodes[1:] if n.contribution and n.edge == "identity" and n.metric]
    parts.sort(key=lambda n: -abs(n.contribution or 0.0))
    top = found.top
    chosen = [NodeChoice(top.metric or top.id, top.text(t))]
    for node in parts:
        part = signed_value(node.contribution or 0.0, top.unit, t)
        chosen.append(NodeChoice(node.metric or "", t("places.option", name=node.text(t), part=part)))
    return tuple({c.metric: c for c in reversed(chosen)}.values())[::-1]


def places_view(
    data: DataDir, found: Explained, metric: str, where: tuple[Where, ...], t: Words
) -> PlacesView:
    """Where the change of a metric between the tree's two periods sits, over every dimension of the data."""
    names = dimension_choices(data, t, metric)
    taken = {w.dimension for w in where}
    searched = [name for name in names if name not in taken]
    ranked = places(data, metric, searched, found.period, found.vs, where)
    facts = metrics()[metric]
    rows = tuple(
        _row(place, names[place.dimension], facts, listed(data, place.dimension), t) for place in ranked
    )
    label = facts.label[t.lang]
    if not rows:
        return PlacesView(t("places.none", name=label), t("places.none_text"), ())
    best = ranked[0]
    if best.overlapping or not (best.strength or best.split.simpson):
        return PlacesView(t("places.even", name=label), t("places.even_text"), rows)
    headline = t("places.best", name=label, dimension=names[best.dimension])
    return PlacesView(headline, rows[0].sentence, rows)


def _row(place: Place, name: str, facts: Metric, with_list: bool, t: Words) -> PlaceView:
    notes = [t("places.overlap")] if place.overlapping else []
    return PlaceView(
        dimension=place.dimension,
        name=name,
        sentence=_sentence(place, facts, t),
        parts=tuple(_part(segment, place, facts, t) for segment in place.segments[:MOST]),
        effects=_effects(place, facts, t),
        notes=tuple(notes),
        segments=tuple(s.part.segment for s in place.segments[:MOST]) if with_list else (),
    )


def _sentence(place: Place, facts: Metric, t: Words) -> str:
    if place.split.simpson:
        falling = (place.split.change or 0.0) < 0
        return t("places.simpson_down" if falling else "places.simpson_up")
    out = [s for s in place.segments if s.stands_out and s.excess]
    if not out or place.overlapping:
        return t("places.alike")
    first = out[0]
    before = t.value(first.part.before, facts.unit, short=True)
    after = t.value(first.part.after, facts.unit, short=True)
    excess = _signed(first.excess, facts, t)
    return t("places.stands_out", segment=_name(first, t), before=before, after=after, excess=excess)


def _signed(value: float, facts: Metric, t: Words) -> str:
    """An excess with its sign; people and orders are counted whole."""
    return signed_value(round(value) if facts.unit == "count" else value, facts.unit, t)


def _name(segment: RankedSegment, t: Words) -> str:
    found = t("segment.blank") if segment.part.segment is None else segment.part.segment
    status = segment.part.status
    return f"{found} ({t('segment.' + status)})" if status else found


def _part(segment: RankedSegment, place: Place, facts: Metric, t: Words) -> Part:
    part = segment.part
    before, after = (t.value(v, facts.unit, short=True) for v in (part.before, part.after))
    notes = [
        f"{before} → {after}",
        t("places.part", part=signed_value(part.contribution or 0.0, facts.unit, t)),
    ]
    if part.rate is not None and part.mix is not None:
        rate, mix = signed_value(part.rate, facts.unit, t), signed_value(part.mix, facts.unit, t)
        notes += [f"{t('segment.rate')}: {rate}", f"{t('segment.mix')}: {mix}"]
    if not segment.stands_out:
        notes.append(t("places.usual"))
    tone = direction(segment.excess, None, facts.better) if segment.stands_out else "neutral"
    text = _signed(segment.excess, facts, t)
    return Part(_name(segment, t), segment.excess, text, tone, "; ".join(notes))


def _effects(place: Place, facts: Metric, t: Words) -> str | None:
    """For ratios: how much of the change is the segments' own and how much their weights; None for sums."""
    if place.split.kind != "ratio" or place.overlapping:
        return None
    rate = sum(s.part.rate or 0.0 for s in place.segments)
    mix = sum(s.part.mix or 0.0 for s in place.segments)
    return t("places.effects", rate=signed_value(rate, facts.unit, t), mix=signed_value(mix, facts.unit, t))
