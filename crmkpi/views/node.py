"""The panel of one node: its number opened to definition, formula, period, rows, warnings; series and split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

from crmkpi.catalog import Metric, metrics
from crmkpi.catalog.metric import Texts
from crmkpi.engine.data import DataDir, DimensionInfo
from crmkpi.engine.dimensions import dimensions, way
from crmkpi.engine.evaluate import Where, evaluate, evaluate_periods
from crmkpi.i18n import Words
from crmkpi.periods import Period, parse_period
from crmkpi.tree.opening import coverage_of
from crmkpi.tree.segments import SegmentPart, SegmentSplit, segment_parts
from crmkpi.tree.shown import ShownNode
from crmkpi.views.columns import column_name
from crmkpi.views.parts import Part
from crmkpi.views.series import SeriesPoint
from crmkpi.views.tree import arrow, direction, signed_value

MOST_SEGMENTS = 12
MANY = 40
TABLE_ORDER = ("orders", "customers", "order_lines", "messages", "campaigns")
# how many periods of each grain a screen holds
LENGTH = {"day": 92, "week": 53, "month": 37, "quarter": 16, "year": 12}
GRAINS = ("day", "week", "month", "quarter", "year")
SIGNS = {"*": "×", "/": "÷", "-": "−", "+": "+"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class NodeView:
    """One metric in one period. Texts are ready to print; `fraction` is None for metrics that are no fraction."""

    metric: str
    name: str
    definition: str
    formula: str | None
    value_text: str
    before_text: str
    change_text: str
    direction: str
    period_text: str
    vs_text: str
    fraction: str | None
    behind: str
    part_text: str | None
    why: str | None
    warnings: tuple[str, ...]
    unit: str
    additive: bool


@dataclass(frozen=True)
class SplitView:
    """A metric over the segments of one dimension: rows to draw and what must be said beside them."""

    title: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]


def node_view(
    data: DataDir,
    node: ShownNode,
    root: ShownNode,
    period: Period,
    vs: Period,
    where: tuple[Where, ...],
    t: Words,
) -> NodeView | None:
    """The opened number of a node; None for the «other» node, which has no metric of its own."""
    if node.metric is None:
        return None
    metric = metrics()[node.metric]
    result = evaluate_periods(data, [metric.id], [vs, period], where=where)
    row = next(r for r in result.rows.iter_rows(named=True) if r["period"] == period.text)
    part = None if node.parent is None or node.contribution is None else node.contribution
    return NodeView(
        metric=metric.id,
        name=node.text(t),
        definition=metric.definition[t.lang],
        formula=formula_text(metric, t),
        value_text=t.value(node.after, node.unit),
        before_text=t.value(node.before, node.unit),
        change_text=arrow(node.change) + t.change(node.before, node.after, node.unit),
        direction=direction(node.change, node.before, node.better),
        period_text=t.period(period),
        vs_text=t.period(vs),
        fraction=fraction_text(metric, row["numerator"], row["denominator"], t),
        behind=t("node.behind", rows=row["n_rows"], customers=row["n_customers"]),
        part_text=None if part is None else _part_sentence(part, root, t),
        why=belief_text(node.why, node.elasticity, node.grade, t),
        warnings=warning_texts([*(row["warnings"] or ()), *node.warnings], t),
        unit=metric.unit,
        additive=metric.klass in ("sum", "unique", "stock"),
    )


def belief_text(why: Texts | None, elasticity: float | None, grade: str | None, t: Words) -> str | None:
    """Why a node hangs where it hangs, with the stated strength and its evidence; None where nothing was said."""
    if why is None or elasticity is None:
        return why[t.lang] if why else None
    return t("editor.with_strength", why=why[t.lang], elasticity=elasticity, grade=t(f"editor.grade_{grade}"))


def _part_sentence(part: float, root: ShownNode, t: Words) -> str:
    return t("node.part", part=signed_value(part, root.unit, t), root=root.text(t))


def warning_texts(codes: Sequence[str], t: Words) -> tuple[str, ...]:
    """The sentences of warning codes, each once; a code without a sentence is shown as it is."""
    unique = dict.fromkeys(codes)
    return tuple(t(f"warning.{code}") if t.has(f"warning.{code}") else code for code in unique)


def formula_text(metric: Metric, t: Words) -> str | None:
    """The definition's formula with the names people know; None where the metric is a measure itself."""
    if metric.formula is None:
        return None
    text = NAME.sub(lambda m: _spoken(m.group(0), t), metric.formula)
    return re.sub(r"\s*([*/+-])\s*", lambda m: f" {SIGNS[m.group(1)]} ", text)


def _spoken(name: str, t: Words) -> str:
    known = metrics().get(name)
    label = known.label[t.lang] if known else t(f"measure.{name}") if t.has(f"measure.{name}") else name
    return label.replace("-", "\u2011").replace("/", "\u2215")


def fraction_text(metric: Metric, numerator: float | None, denominator: float | None, t: Words) -> str | None:
    """«8 911 407,90 ÷ 18 532»: what the ratio was computed from."""
    if numerator is None or denominator is None:
        return None
    return f"{t.number(numerator)} ÷ {t.number(denominator)}"


# over time -----------------------------------------------------------------------------------------------
def series(
    data: DataDir, metric: str, grain: str, where: tuple[Where, ...], t: Words
) -> tuple[SeriesPoint, ...]:
    """The metric by period, with the same period a year earlier where the data reach back that far."""
    result = evaluate(data, [metric], grain, where=where)
    unit = metrics()[metric].unit
    rows = list(result.rows.select("period", "value", "complete").iter_rows())
    values = {period: value for period, value, _ in rows}
    shown = rows[-LENGTH[grain] :]
    return tuple(_point(text, value, complete, values, unit, t) for text, value, complete in shown)


def _point(
    text: str, value: float | None, complete: bool, values: dict[str, float | None], unit: str, t: Words
) -> SeriesPoint:
    period = parse_period(text)
    earlier = None if period.grain in ("day", "year") else values.get(period.year_ago().text)
    return SeriesPoint(
        label=t.period(period),
        tick=tick(period, t),
        value=value,
        text=t.value(value, unit),
        complete=complete,
        compare=earlier,
        compare_text=t.value(earlier, unit) if earlier is not None else "",
        first=period.first,
        last=period.last,
    )


def tick(period: Period, t: Words) -> str:
    """The short name of a period for an axis: «ноя 11», «3 кв. 11», «5 сен»."""
    first = period.first
    if period.grain in ("day", "week"):
        return format_date(first, "d MMM", locale=t.locale)
    if period.grain == "month":
        return format_date(first, "LLL yy", locale=t.locale).replace(".", "")
    if period.grain == "quarter":
        return t("node.quarter_tick", quarter=(first.month + 2) // 3, short=f"{first:%y}")
    return str(first.year)


def grains_for(data: DataDir) -> tuple[str, ...]:
    """Grains that give at least two periods."""
    covered = coverage_of(data, "orders")
    days = (covered.last - covered.first).days + 1
    least = {"day": 2, "week": 14, "month": 45, "quarter": 120, "year": 400}
    return tuple(g for g in GRAINS if days >= least[g])


# over segments -------------------------------------------------------------------------------------------
def dimension_choices(data: DataDir, t: Words, metric: str | None = None) -> dict[str, str]:
    """Dimensions with their printed names (our word for the column, else the file's header), the useful ones first.

    With a metric, only those that its rows have. Order: columns of orders, then of customers and lines; within a
    table those with fewer values first, because a person reads ten bars and not two hundred.
    """
    known = data.meta.dimensions
    table = metrics()[metric].table if metric else "orders"
    base = table if data.has(table) else "orders"
    names = [n for n in dimensions(data) if way(data, base, n) != "none"]
    found = {}
    for name in sorted(names, key=lambda n: _usefulness(known.get(n))):
        info = known.get(name)
        ours = column_name(name, t)
        found[name] = ours if ours != name or info is None else info.label
    return found


def _usefulness(info: DimensionInfo | None) -> tuple[int, int]:
    if info is None:
        return len(TABLE_ORDER), 0
    place = TABLE_ORDER.index(info.table) if info.table in TABLE_ORDER else len(TABLE_ORDER)
    # beyond a screenful of segments a split is for searching, not for reading
    return (place if info.values <= MANY else place + len(TABLE_ORDER)), info.values


def segment_values(data: DataDir, dimension: str, first: date, last: date) -> tuple[str | None, ...]:
    """Segments of a dimension by orders, the largest first."""
    whole = Period(first, last, "window")
    result = evaluate_periods(data, ["orders_count"], [whole], by=dimension)
    rows = sorted(result.rows.select("segment", "value").iter_rows(), key=lambda r: -(r[1] or 0))
    return tuple(segment for segment, _ in rows)


def split_view(
    data: DataDir,
    metric: str,
    dimension: str,
    period: Period,
    vs: Period,
    where: tuple[Where, ...],
    t: Words,
    hidden: frozenset[str | None] = frozenset(),
) -> SplitView:
    """How each segment moved the metric: change, for ratios its own change and the mix.

    `hidden`: segments about too few people for this reader; together they are one row without a number.
    """
    found = segment_parts(data, metric, dimension, period, vs, where)
    facts = metrics()[metric]
    parts = [part for part in found.parts if part.segment not in hidden]
    rows = [_segment(part, found, facts, t) for part in parts]
    if len(rows) > MOST_SEGMENTS:
        rows = [*rows[: MOST_SEGMENTS - 1], _rest(parts[MOST_SEGMENTS - 1 :], facts, t)]
    if hidden:
        rows.append(Part(t.plural("segment.few", len(hidden)), None, t.value(None, facts.unit), "neutral"))
    notes = [t("segment.simpson")] if found.simpson else []
    if found.overlap:
        notes.append(t("segment.overlap", value=signed_value(found.overlap, facts.unit, t)))
    return SplitView(t(f"segment.{found.kind}"), tuple(rows), (*notes, *warning_texts(found.warnings, t)))


def _segment(part: SegmentPart, split: SegmentSplit, facts: Metric, t: Words) -> Part:
    name = t("segment.blank") if part.segment is None else part.segment
    if part.status:
        name = f"{name} ({t('segment.' + part.status)})"
    value = f"{t.value(part.before, facts.unit, short=True)} → {t.value(part.after, facts.unit, short=True)}"
    if part.contribution is None:
        return Part(name, part.after, t.value(part.after, facts.unit, short=True), "neutral", value)
    note = value
    if split.kind == "ratio" and part.rate is not None and part.mix is not None:
        rate, mix = signed_value(part.rate, facts.unit, t), signed_value(part.mix, facts.unit, t)
        note = f"{value}; {t('segment.rate')}: {rate}; {t('segment.mix')}: {mix}"
    tone = direction(part.contribution, None, facts.better)
    return Part(name, part.contribution, signed_value(part.contribution, facts.unit, t), tone, note)


def _rest(parts: Sequence[SegmentPart], facts: Metric, t: Words) -> Part:
    known = [p.contribution for p in parts if p.contribution is not None]
    total = sum(known) if len(known) == len(parts) else None
    text = (
        t.signed(t.value(total, facts.unit, short=True), total)
        if total is not None
        else t.value(None, facts.unit)
    )
    return Part(t.plural("node.rest", len(parts)), total, text, direction(total, None, facts.better))
