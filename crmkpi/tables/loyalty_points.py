"""Canonical table `loyalty_points`: one movement of points."""

from crmkpi.tables.model import Column, Table

LOYALTY_POINTS = Table(
    name="loyalty_points",
    grain="one movement of points",
    key="",
    time="at",
    columns=(
        Column(name="customer_id", kind="id", required=True),
        Column(name="at", kind="datetime", required=True),
        Column(name="kind", kind="category", required=True),
        Column(name="points", kind="number", required=True),
        Column(name="value", kind="money"),
    ),
)
