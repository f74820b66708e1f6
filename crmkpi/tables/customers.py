"""Canonical table `customers`: one customer."""

from crmkpi.tables.model import Column, Table

CUSTOMERS = Table(
    name="customers",
    grain="one customer",
    key="customer_id",
    time="registered_at",
    columns=(
        Column(name="customer_id", kind="id", required=True),
        Column(name="registered_at", kind="datetime"),
        Column(name="segment", kind="category"),
        Column(name="loyalty_tier", kind="category"),
        Column(name="loyalty_joined_at", kind="datetime"),
        Column(name="acquisition_channel", kind="category"),
        Column(name="consent_email", kind="flag"),
        Column(name="consent_sms", kind="flag"),
        Column(name="consent_push", kind="flag"),
        Column(name="subscribed_at", kind="datetime"),
        Column(name="unsubscribed_at", kind="datetime"),
        Column(name="control", kind="flag"),
    ),
)
