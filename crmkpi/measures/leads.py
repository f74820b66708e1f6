"""Measures over leads, by the period in which a lead was created (a cohort: its deals may close later).

Prepared columns of `leads`: created_ts, mql_ts, sql_ts, opportunity_ts, won_ts, lost_ts (null: never), valid (0/1 or
null), deal_amount and potential_amount in minor units, t, seg. `won_leads` holds the won ones, dated by the day of
the win. A lead with a later stage counts in all earlier ones, whatever the file says about them, and is valid.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, additive, reduces

DAY_SECONDS = 86_400
LEAD = ("leads.lead_id",)
WON = ("leads.won_at",)


def _has(name: str) -> nw.Expr:
    return ~nw.col(name).is_null()


def _won() -> nw.Expr:
    return _has("won_ts")


def _opportunity() -> nw.Expr:
    return _won() | _has("opportunity_ts")


def _sql() -> nw.Expr:
    return _opportunity() | _has("sql_ts")


def _mql() -> nw.Expr:
    return _sql() | _has("mql_ts")


def _valid() -> nw.Expr:
    """Not marked as invalid (spam, duplicate); blank counts as valid."""
    return nw.col("valid").is_null() | (nw.col("valid") > 0) | _mql()


def _closed() -> nw.Expr:
    return _won() | (_opportunity() & _has("lost_ts"))


@additive("leads", requires=LEAD, where=_valid)
def leads_count() -> nw.Expr:
    """Valid leads created."""
    return nw.lit(1)


@additive("leads", requires=("leads.mql_at",), where=_mql)
def leads_mql() -> nw.Expr:
    """Of the leads created: those that became marketing qualified, whenever."""
    return nw.lit(1)


@additive("leads", requires=("leads.sql_at",), where=_sql)
def leads_sql() -> nw.Expr:
    """Of the leads created: those accepted by sales, whenever."""
    return nw.lit(1)


@additive("leads", requires=("leads.opportunity_at",), where=_opportunity)
def leads_opportunity() -> nw.Expr:
    """Of the leads created: those that became an opportunity, whenever."""
    return nw.lit(1)


@additive("leads", requires=("leads.opportunity_at", *WON, "leads.lost_at"), where=_closed)
def opportunities_closed() -> nw.Expr:
    """Of the leads created: opportunities won or lost so far."""
    return nw.lit(1)


@additive("leads", requires=WON, where=_won)
def leads_won() -> nw.Expr:
    """Of the leads created: those won so far."""
    return nw.lit(1)


@additive("leads", requires=("leads.deal_amount", *WON), where=_won, money=True, blank=True)
def lead_revenue() -> nw.Expr:
    """Amounts of the deals won from the leads created in the period."""
    return nw.col("deal_amount")


@additive("leads", requires=("leads.potential_amount",), where=_valid, money=True, blank=True)
def pipeline_value() -> nw.Expr:
    """Potential amounts of the valid leads created in the period."""
    return nw.col("potential_amount")


@reduces(
    Measure("sales_cycle_days", "won_leads", "distribution", WON, empty=None),
    tables=("won_leads",),
)
def sales_cycle(frames: Frames) -> Frame:
    """Median days from lead to win over the deals won in the period (by creation, young cohorts would look fast)."""
    rows = frames["won_leads"].filter((nw.col("t") >= 0) & (nw.col("won_ts") >= nw.col("created_ts")))
    waited = (nw.col("won_ts") - nw.col("created_ts")).cast(nw.Float64) / DAY_SECONDS
    return rows.select(*KEYS, days=waited).group_by(*KEYS).agg(sales_cycle_days=nw.col("days").median())
