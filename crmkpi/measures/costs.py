"""Measures over costs (definitions.md "Costs").

Prepared columns of `costs`: day, amount in minor units, category (acquisition, platform, payroll, bonus, channel,
retention, other or null), t, seg.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import additive

CRM_CATEGORIES = ("platform", "payroll", "bonus", "channel", "retention")
CATEGORY = ("costs.category",)


def _category(name: str) -> nw.Expr:
    return nw.col("category") == nw.lit(name)


def _crm() -> nw.Expr:
    return nw.col("category").is_in(CRM_CATEGORIES)


@additive("costs", requires=CATEGORY, reads=("amount", "category"), where=_crm, money=True)
def crm_cost() -> nw.Expr:
    """All costs but acquisition and other."""
    return nw.col("amount")


@additive(
    "costs",
    requires=CATEGORY,
    reads=("amount", "category"),
    where=lambda: _category("acquisition"),
    money=True,
)
def acquisition_cost() -> nw.Expr:
    """Costs of winning new customers."""
    return nw.col("amount")


@additive(
    "costs", requires=CATEGORY, reads=("amount", "category"), where=lambda: _category("platform"), money=True
)
def platform_cost() -> nw.Expr:
    """Software."""
    return nw.col("amount")


@additive(
    "costs", requires=CATEGORY, reads=("amount", "category"), where=lambda: _category("payroll"), money=True
)
def payroll_cost() -> nw.Expr:
    """Salaries of the team."""
    return nw.col("amount")


@additive(
    "costs", requires=CATEGORY, reads=("amount", "category"), where=lambda: _category("bonus"), money=True
)
def bonus_cost() -> nw.Expr:
    """Bonuses and points given."""
    return nw.col("amount")


@additive(
    "costs", requires=CATEGORY, reads=("amount", "category"), where=lambda: _category("channel"), money=True
)
def channel_cost() -> nw.Expr:
    """Traffic of SMS, push and messengers."""
    return nw.col("amount")


@additive(
    "costs", requires=CATEGORY, reads=("amount", "category"), where=lambda: _category("retention"), money=True
)
def retention_cost() -> nw.Expr:
    """Other costs of keeping customers."""
    return nw.col("amount")
