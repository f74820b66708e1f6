"""«Кому написать»: what a list is worth, what its control group will show, and what became of issued lists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import polars as pl

from crmkpi.analysis.expected import HORIZON_DAYS
from crmkpi.analysis.lists import customers_of, customers_of_cohort, customers_of_segment, described
from crmkpi.analysis.planning import mde_share
from crmkpi.analysis.purchases import order_coverage
from crmkpi.analysis.rfm import Rfm, square
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.project.document import Project
from crmkpi.project.issued import LEAST_CONTROL, LEAST_PEOPLE, found_people, free_people, same_list
from crmkpi.project.issued_list import IssuedList
from crmkpi.views.base_flow import list_file

# shares of control that are offered when ten per cent show too little
LARGER = (0.2, 0.3, 0.5)


@dataclass(frozen=True)
class IssueView:
    """A list before it is issued. `again`: the open list of the same people; `small`: no control group is possible;
    `headline` and `texts` for the list as it would be drawn."""

    headline: str
    texts: tuple[str, ...]
    again: IssuedList | None
    small: bool
    people: int


@dataclass(frozen=True)
class IssuedRow:
    """One issued list: title, days and sizes, where it stands."""

    one: IssuedList
    title: str
    text: str
    state: str
    tone: str


def issue_view(
    project: Project,
    data: DataDir,
    people: pl.DataFrame,
    *,
    start: date,
    window_days: int,
    control_share: float,
    t: Words,
) -> IssueView:
    """What will be issued: sizes, expected money, and in words what the control will show."""
    again = same_list(project, people, start)
    free, left_out = free_people(project, data, people, start)
    hold = round(free.height * control_share)
    write = free.height - hold
    small = free.height < LEAST_PEOPLE or hold < LEAST_CONTROL
    texts = [_money(free, t)]
    base = usual_share(free, window_days)
    if not small:
        texts.append(_shown(base, write, hold, window_days, control_share, t))
    if left_out:
        texts.append(t("issued.left_out", n=left_out))
    return IssueView(t("issued.headline", write=write, hold=hold), tuple(texts), again, small, free.height)


def _money(free: pl.DataFrame, t: Words) -> str:
    known = free["expected_money"]
    if known.null_count() == known.len():
        return t("issued.money_unknown")
    return t("issued.money", money=t.money(float(known.sum()), short=True), days=HORIZON_DAYS)


def usual_share(people: pl.DataFrame, window_days: int) -> float | None:
    """Share of the list that usually orders within the window, from the expected orders of each: 1 - exp(-rate x time).

    None where nothing is expected of anybody.
    """
    rates = people["expected_orders"].drop_nulls()
    if rates.is_empty():
        return None
    share = sum(1 - math.exp(-r * window_days / HORIZON_DAYS) for r in rates.to_list()) / rates.len()
    return share if 0 < share < 1 else None


def _shown(base: float | None, write: int, hold: int, days: int, control_share: float, t: Words) -> str:
    if base is None:
        return t("issued.mde_unknown")
    mde = t.points(mde_share(base, write, hold))
    text = t("issued.mde", days=days, mde=mde, base=t.percent(base, 0))
    for share in LARGER:
        more = round((write + hold) * share)
        if share > control_share:
            mde = t.points(mde_share(base, write + hold - more, more))
            return f"{text} {t('issued.mde_more', share=t.percent(share, 0), mde=mde)}"
    return text


def issued_rows(project: Project, data: DataDir, t: Words) -> tuple[IssuedRow, ...]:
    """Every issued list, the latest first, and where it stands."""
    last = order_coverage(data).last
    return tuple(_issued_row(one, data, last, t) for one in reversed(project.issued))


def _issued_row(one: IssuedList, data: DataDir, last: date, t: Words) -> IssuedRow:
    text = t("issued.row", start=one.start, until=one.until, write=one.people - one.control, hold=one.control)
    if one.start > last:
        state, tone = t("issued.waiting"), "neutral"
    elif not sum(found_people(data, one)):
        state, tone = t("issued.lost"), "warn"
    elif one.until > last:
        state, tone = t("issued.running", until=one.until), "neutral"
    else:
        state, tone = t("issued.over"), "good"
    return IssuedRow(one, one.title, text, state, tone)


def list_bytes(data: DataDir, part: pl.DataFrame, t: Words) -> bytes:
    """One part of an issued list as the CSV of every other list: today's facts of its people, blank where unknown."""
    if not data.has("ids"):
        return list_file(_plain(part), t)
    ids = data.frame("ids").select("cust", "customer_id").collect()
    known = part.select("customer_id").join(ids, on="customer_id", how="inner")
    full = described(data, known.select("cust")).drop("cust")
    gone = part.join(full, on="customer_id", how="anti")
    return list_file(pl.concat([full, _plain(gone)], how="diagonal_relaxed"), t)


def _plain(part: pl.DataFrame) -> pl.DataFrame:
    names = {
        "last_order": pl.Date,
        "orders": pl.Int64,
        "mean_order": pl.Float64,
        "expected_orders": pl.Float64,
    }
    return part.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in names.items())


# which list is meant --------------------------------------------------------------------------------------
def flow_people(data: DataDir, flow: str, period: str, where: tuple[Where, ...]) -> pl.DataFrame:
    """The customers of a flow of a period."""
    return customers_of(data, flow, parse_period(period), where)


def group_people(data: DataDir, found: Rfm, name: str) -> pl.DataFrame:
    """The customers of an RFM group."""
    return customers_of_segment(data, found, name)


def cell_people(data: DataDir, found: Rfm, r: int, f: int) -> pl.DataFrame:
    """The customers of one cell of the RFM square."""
    chosen = found.customers.filter((pl.col("r") == r) & (pl.col("f") == f))
    return described(data, chosen.select("cust"))


def cohort_people(data: DataDir, cohort: str, age: int, where: tuple[Where, ...]) -> pl.DataFrame:
    """The customers of one cell of the cohort triangle."""
    first = seen = parse_period(cohort)
    for _ in range(age):
        seen = seen.next()
    return customers_of_cohort(data, first, seen, where)


def rfm_cells(found: Rfm) -> tuple[tuple[int, int, int], ...]:
    """Cells of the square that hold customers: recency, frequency, customers; the fullest first."""
    cells = square(found).filter(pl.col("customers") > 0).sort("customers", descending=True)
    return tuple(cells.select("r", "f", "customers").iter_rows())
