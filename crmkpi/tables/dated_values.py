"""Canonical table `dated_values`: one metric and date."""

from crmkpi.tables.model import Column, Table

DATED_VALUES = Table(
    name="dated_values",
    grain="one metric and date",
    key="",
    time="date",
    columns=(
        Column(name="metric", kind="text", required=True),
        Column(name="date", kind="date", required=True),
        Column(name="value", kind="number", required=True),
        Column(name="target", kind="number"),
        Column(name="owner", kind="category"),
        Column(name="unit", kind="category"),
    ),
)
