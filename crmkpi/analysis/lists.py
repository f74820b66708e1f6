"""Who stands behind a number: customer lists of a flow, an RFM segment or a cohort cell, with expected money.

Ids are those of the user's file, so that the list can be loaded back into the mailing system. Every list counts
exactly the customers of the metric that it opens from; a test holds them equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import narwhals as nw
import polars as pl

from crmkpi.analysis.expected import HORIZON_DAYS, expected_money
from crmkpi.analysis.purchases import order_coverage, slots_preparation
from crmkpi.analysis.rfm import SEGMENTS, Rfm
from crmkpi.engine.calendar import Slot, day_number
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.prepare import Preparation
from crmkpi.errors import CrmKpiError
from crmkpi.measures.flows import ACTIVITY_READS, activity, company_activity
from crmkpi.periods import Coverage, Period

# flow -> the metric it opens from
FLOWS = {
    "active": "active_customers",
    "new": "new_customers",
    "retained": "retained_customers",
    "returned": "returned_customers",
    "moved_in": "moved_in",
    "lost": "lost_customers",
    "moved_out": "moved_out",
    "reactivated": "reactivated_customers",
    "dormant": "dormant_customers",
    "inactive": "lost_share_90",
}
COMPARING = ("retained", "returned", "moved_in", "lost", "moved_out")
LIST_COLUMNS = (
    "customer_id",
    "last_order",
    "orders",
    "mean_order",
    "expected_orders",
    "expected_money",
    "cust",
)
BEFORE, NOW = 0, 1


class UnknownFlowError(CrmKpiError):
    """There is no such list: `name`, `known`."""

    code = "unknown_flow"


class NoPreviousPeriodError(CrmKpiError):
    """A list that compares with the period before was asked for where that is unknown: `period`, `first`."""

    code = "list_without_previous"


def customers_of(
    data: DataDir,
    flow: str,
    period: Period,
    where: Sequence[Where] = (),
    *,
    horizon_days: int = HORIZON_DAYS,
) -> pl.DataFrame:
    """Customers behind a flow of a period, most expected money first: LIST_COLUMNS.

    Flows (definitions.md): active, new, retained, returned, moved_in, lost, moved_out; reactivated (an order after
    more than N days), dormant (last order more than N days before the period's first day; the period may lie just
    after the data), inactive (last order more than N days before its end). `last_order` .. `expected_money` are
    as of the data's end. UnknownFlowError; NoPreviousPeriodError where the period before is not complete.
    """
    if flow not in FLOWS:
        raise UnknownFlowError(name=flow, known=", ".join(FLOWS))
    coverage = order_coverage(data)
    before = period.previous()
    if flow in COMPARING and (before is None or not coverage.complete(before)):
        raise NoPreviousPeriodError(period=period.text, first=coverage.first)
    slots = [Slot(p, p.first, p.last, shown=p == period) for p in (before, period) if p is not None]
    if len(slots) == 1:  # nothing comes before the whole span: an empty place keeps the numbering
        edge = period.first - timedelta(days=1)
        slots.insert(0, Slot(Period(edge, edge, "window"), edge, edge, shown=False))
    prep = slots_preparation(data, slots, where)
    if flow in ("dormant", "inactive"):
        chosen = _silent(prep, flow, period, coverage)
    else:
        chosen = _by_activity(prep, flow)
    return described(data, chosen, horizon_days)


def _by_activity(prep: Preparation, flow: str) -> pl.DataFrame:
    """The rows that the measures of crmkpi/measures/flows.py count, instead of their number."""
    orders = nw.from_native(prep.orders(set(ACTIVITY_READS)))
    company = company_activity(nw.from_native(prep.everyone()))
    rows = activity(orders, company)
    rows = rows.filter(nw.col("t") == (BEFORE if flow in ("lost", "moved_out") else NOW))
    here, in_company = nw.col("prev_t") == BEFORE, nw.col("company_prev") == BEFORE
    later, stays = nw.col("next_t") == NOW, nw.col("company_next") == NOW
    claims = {
        "active": nw.col("orders") > 0,
        "new": nw.col("new") == 1,
        "retained": here,
        "returned": ~in_company & (nw.col("new") == 0),
        "moved_in": in_company & ~here,
        "lost": ~stays,
        "moved_out": stays & ~later,
        "reactivated": nw.col("back") == 1,
    }
    native: pl.LazyFrame = rows.filter(claims[flow]).select("cust").unique().to_native()
    return native.collect()


def _silent(prep: Preparation, flow: str, period: Period, coverage: Coverage) -> pl.DataFrame:
    """Customers whose latest order by a day is more than N days old on it."""
    if flow == "dormant":
        day = day_number(period.first)
        still = pl.col("next_day").is_null() | (pl.col("next_day") >= day)
    else:
        open_end = period.last > coverage.last and not coverage.closed_by_pause(period)
        day = day_number(max(coverage.last, period.first) if open_end else period.last)
        still = pl.col("next_day").is_null() | (pl.col("next_day") > day)
    rows = prep.orders({"next_day"}).filter(pl.col("cust").is_not_null())
    old = rows.filter((pl.col("day") + prep.days_idle + 1 <= day) & still)
    return old.select("cust").unique().collect()


def customers_of_segment(
    data: DataDir, found: Rfm, segment: str, *, horizon_days: int = HORIZON_DAYS
) -> pl.DataFrame:
    """Customers of an RFM segment with R, F, M beside LIST_COLUMNS; UnknownFlowError names the segments."""
    if segment not in SEGMENTS:
        raise UnknownFlowError(name=segment, known=", ".join(SEGMENTS))
    chosen = found.customers.filter(pl.col("segment") == segment).select("cust", "r", "f", "m")
    return described(data, chosen, horizon_days)


def customers_of_cohort(
    data: DataDir,
    cohort: Period,
    active_in: Period | None = None,
    where: Sequence[Where] = (),
    *,
    horizon_days: int = HORIZON_DAYS,
) -> pl.DataFrame:
    """Customers whose first company order lies in `cohort` and who have a passing order in `active_in`
    (default: the cohort's own period): one cell of the cohort triangle."""
    seen = active_in or cohort
    prep = slots_preparation(data, [Slot(seen, seen.first, seen.last)], where)
    rows = prep.orders({"first_day"}).filter(pl.col("cust").is_not_null() & (pl.col("t") == 0))
    born = pl.col("first_day").is_between(day_number(cohort.first), day_number(cohort.last))
    return described(data, rows.filter(born).select("cust").unique().collect(), horizon_days)


def described(data: DataDir, chosen: pl.DataFrame, horizon_days: int = HORIZON_DAYS) -> pl.DataFrame:
    """A list of `cust` with ids of the file and expected money, largest first; extra columns stay at the end."""
    names = data.frame("ids").collect() if data.has("ids") else _numbers_as_names(chosen)
    facts = expected_money(data, horizon_days).with_columns(last_order=pl.col("last_day").cast(pl.Date))
    full = chosen.join(names, on="cust", how="left").join(facts, on="cust", how="left")
    more = [c for c in chosen.columns if c not in LIST_COLUMNS]
    return full.select(*LIST_COLUMNS, *more).sort("expected_money", "cust", descending=[True, False])


def _numbers_as_names(chosen: pl.DataFrame) -> pl.DataFrame:
    return chosen.select("cust", customer_id=pl.col("cust").cast(pl.String))
