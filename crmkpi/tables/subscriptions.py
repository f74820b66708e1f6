"""Canonical table `subscriptions`: one subscription and price."""

from crmkpi.tables.model import Column, Table

SUBSCRIPTIONS = Table(
    name="subscriptions",
    grain="one subscription and price",
    key="",
    time="started_at",
    columns=(
        Column(name="customer_id", kind="id", required=True),
        Column(name="started_at", kind="datetime", required=True),
        Column(name="mrr", kind="money", required=True),
        Column(name="subscription_id", kind="id"),
        Column(name="ended_at", kind="datetime"),
        Column(name="plan", kind="category"),
        Column(name="end_reason", kind="category"),
        Column(name="trial_started_at", kind="datetime"),
    ),
)
