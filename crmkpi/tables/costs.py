"""Canonical table `costs`: one day and category."""

from crmkpi.tables.model import Column, Table

COSTS = Table(
    name="costs",
    grain="one day and category",
    key="",
    time="date",
    columns=(
        Column(name="date", kind="date", required=True),
        Column(name="amount", kind="money", required=True),
        Column(name="category", kind="category"),
        Column(name="channel", kind="category"),
        Column(name="campaign_id", kind="id"),
    ),
)
