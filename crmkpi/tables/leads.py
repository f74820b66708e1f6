"""Canonical table `leads`: one lead."""

from crmkpi.tables.model import Column, Table

LEADS = Table(
    name="leads",
    grain="one lead",
    key="lead_id",
    time="created_at",
    columns=(
        Column(name="lead_id", kind="id", required=True),
        Column(name="created_at", kind="datetime", required=True),
        Column(name="source", kind="category"),
        Column(name="valid", kind="flag"),
        Column(name="mql_at", kind="datetime"),
        Column(name="sql_at", kind="datetime"),
        Column(name="opportunity_at", kind="datetime"),
        Column(name="won_at", kind="datetime"),
        Column(name="lost_at", kind="datetime"),
        Column(name="deal_amount", kind="money"),
        Column(name="potential_amount", kind="money"),
    ),
)
