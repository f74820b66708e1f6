"""Canonical table `sessions`: one visit."""

from crmkpi.tables.model import Column, Table

SESSIONS = Table(
    name="sessions",
    grain="one visit",
    key="session_id",
    time="at",
    columns=(
        Column(name="session_id", kind="id", required=True),
        Column(name="at", kind="datetime", required=True),
        Column(name="customer_id", kind="id"),
        Column(name="platform", kind="category"),
        Column(name="event", kind="category"),
        Column(name="source", kind="category"),
        Column(name="engaged", kind="flag"),
        Column(name="branded", kind="flag"),
        Column(name="landing", kind="category"),
        Column(name="cart", kind="flag"),
        Column(name="order_id", kind="id"),
    ),
)
