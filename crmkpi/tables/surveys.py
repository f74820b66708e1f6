"""Canonical table `surveys`: one answer."""

from crmkpi.tables.model import Column, Table

SURVEYS = Table(
    name="surveys",
    grain="one answer",
    key="",
    time="answered_at",
    columns=(
        Column(name="answered_at", kind="datetime", required=True),
        Column(name="kind", kind="category", required=True, asked=True),
        Column(name="score", kind="number", required=True),
        Column(name="customer_id", kind="id"),
        Column(name="invited", kind="integer"),
    ),
)
