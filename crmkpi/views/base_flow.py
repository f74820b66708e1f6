"""The base: who came and went in a period, RFM groups, and the lists of customers behind them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from crmkpi.analysis.flow import TOTALS, natural_return, waterfalls
from crmkpi.analysis.lists import customers_of, customers_of_segment
from crmkpi.analysis.rfm import SEGMENTS, Rfm, rfm, segment_table, square
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.views.parts import CohortCell, CohortTriangle, Part
from crmkpi.views.rows import guarded

# a growing number of these is good news
GOOD = ("new_customers", "returned_customers", "moved_in")
# flow -> its name in analysis.lists; what a list can be loaded for
LISTS = ("new", "returned", "lost", "active", "reactivated")
WINDOW_DAYS = 90
# Excel opens a UTF-8 file as such only with this mark
BOM = b"\xef\xbb\xbf"
COLUMNS = ("customer_id", "last_order", "orders", "mean_order", "expected_orders", "expected_money")


@dataclass(frozen=True)
class FlowView:
    """The bridge from the active customers of the period before to those of this one."""

    headline: str
    direction: str
    text: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]


def flow_view(data: DataDir, period: str, where: tuple[Where, ...], t: Words) -> FlowView:
    """Active before, new, returned, lost, active now; empty where the period before is not whole."""
    (found,) = waterfalls(data, [parse_period(period)], where)
    name = t.period(found.period)
    if not found.steps:
        return FlowView(t("base.flow_unknown", period=name), "neutral", t("base.flow_unknown_text"), (), ())
    values = {step.metric: step.value for step in found.steps}
    before, after = values[TOTALS[0]], values[TOTALS[1]]
    change = after - before
    tone = "good" if change > 0 else "bad" if change < 0 else "neutral"
    headline = t(
        f"base.flow_{'up' if change > 0 else 'down' if change < 0 else 'same'}",
        period=name,
        before=before,
        after=after,
        change=t.change(before, after, "count"),
    )
    came = sum(values.get(m, 0.0) for m in GOOD)
    text = t("base.flow_text", came=came, left=came - change)
    parts = tuple(_step(metric, value, t) for metric, value in values.items())
    notes = [] if found.reactivated is None else [t("flow.reactivated", n=found.reactivated)]
    usual = natural_return(data, WINDOW_DAYS, where=where)
    if usual.share is not None:
        shares = {
            k: t.percent(v, 0) for k, v in (("share", usual.share), ("low", usual.low), ("high", usual.high))
        }
        notes.append(t("flow.natural_return", days=WINDOW_DAYS, **shares))
    return FlowView(headline, tone, text, parts, tuple(notes))


def _step(metric: str, value: float, t: Words) -> Part:
    total = metric in TOTALS
    text = t.number(value) if total else t.signed(t.number(value), value)
    tone = "total" if total else "good" if metric in GOOD else "bad"
    return Part(t(f"flow.{metric}"), value, text, tone)


@dataclass(frozen=True)
class Group:
    """One RFM group: its line on the screen and what it means."""

    name: str
    part: Part
    text: str
    empty: bool


@dataclass(frozen=True)
class RfmView:
    """The square of recency and frequency (strength = customers), and the named groups, best first."""

    headline: str
    text: str
    grid: CohortTriangle
    groups: tuple[Group, ...]


def rfm_of(data: DataDir, where: tuple[Where, ...]) -> Rfm:
    """Scores on the last day of the data."""
    return rfm(data, where=where)


def rfm_view(found: Rfm, t: Words) -> RfmView:
    """The groups with customers and their share of money; the verdict names the money at risk."""
    table = {row["segment"]: row for row in segment_table(found).iter_rows(named=True)}
    groups = tuple(_group(name, table[name], t) for name in SEGMENTS)
    risk = table["at_risk"]
    headline = t("base.rfm_risk", n=risk["customers"], money=t.money(risk["last_year"], short=True))
    if not risk["customers"]:
        headline = t("base.rfm_safe")
    champions = t.percent(found.champions_share())
    return RfmView(
        headline, t("base.rfm_text", champions=champions, as_of=found.as_of), _grid(found, t), groups
    )


def _group(name: str, row: dict[str, object], t: Words) -> Group:
    customers, share = int(str(row["customers"])), row["share"]
    money = row["money_share"]
    text = t.number(customers) + (f" · {t.percent(share, 0)}" if isinstance(share, float) else "")
    note = t("base.rfm_money", share=t.percent(money if isinstance(money, float) else None, 0))
    tone = {"champions": "good", "loyal": "good", "at_risk": "bad", "slipping": "warn"}.get(name, "neutral")
    part = Part(t(f"rfm_segment.{name}"), float(customers), text, tone, note)
    return Group(name, part, t(f"rfm_segment_text.{name}"), customers == 0)


def _grid(found: Rfm, t: Words) -> CohortTriangle:
    """Rows: recency 5 (newest) to 1; columns: frequency 1 to 5."""
    cells = list(square(found).iter_rows(named=True))
    top = max((c["customers"] for c in cells), default=0) or 1
    sizes = {r: sum(c["customers"] for c in cells if c["r"] == r) for r in range(1, 6)}
    drawn = tuple(
        CohortCell(
            5 - c["r"],
            c["f"],
            c["customers"] / top,
            t.number(c["customers"]),
            t("base.rfm_cell", r=c["r"], f=c["f"], money=t.money(c["money"], short=True)),
        )
        for c in cells
    )
    names = tuple(t("base.rfm_row", r=r) for r in range(5, 0, -1))
    ages = ("", *(t("base.rfm_column", f=f) for f in range(1, 6)))
    return CohortTriangle(names, tuple(t.number(sizes[r]) for r in range(5, 0, -1)), ages, drawn)


def flow_list(data: DataDir, flow: str, period: str, where: tuple[Where, ...], t: Words) -> bytes:
    """The customers behind a flow as CSV, ids as in the user's file, most expected money first."""
    return list_file(customers_of(data, flow, parse_period(period), where), t)


def group_list(data: DataDir, found: Rfm, name: str, t: Words) -> bytes:
    """The customers of an RFM group as CSV."""
    return list_file(customers_of_segment(data, found, name), t)


def list_file(frame: pl.DataFrame, t: Words) -> bytes:
    """A list of customers as a CSV that Excel of the reader's country opens; ids as in the user's file."""
    table = guarded(frame.select(COLUMNS)).rename({c: t(f"list.{c}") for c in COLUMNS})
    separator = ";" if t.lang == "ru" else ","
    written = table.write_csv(separator=separator, float_precision=2, decimal_comma=t.lang == "ru")
    return BOM + written.encode("utf-8")
