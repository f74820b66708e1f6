"""Canonical table `tickets`: one request."""

from crmkpi.tables.model import Column, Table

TICKETS = Table(
    name="tickets",
    grain="one request",
    key="ticket_id",
    time="created_at",
    columns=(
        Column(name="ticket_id", kind="id", required=True),
        Column(name="created_at", kind="datetime", required=True),
        Column(name="first_reply_at", kind="datetime"),
        Column(name="resolved_at", kind="datetime"),
        Column(name="channel", kind="category"),
        Column(name="csat", kind="number"),
    ),
)
