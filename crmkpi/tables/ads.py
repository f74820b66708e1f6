"""Canonical table `ads`: one ad or campaign and day."""

from crmkpi.tables.model import Column, Table

ADS = Table(
    name="ads",
    grain="one ad or campaign and day",
    key="",
    time="date",
    columns=(
        Column(name="date", kind="date", required=True),
        Column(name="cost", kind="money", required=True),
        Column(name="campaign", kind="category"),
        Column(name="channel", kind="category"),
        Column(name="impressions", kind="integer"),
        Column(name="reach", kind="integer"),
        Column(name="clicks", kind="integer"),
        Column(name="leads", kind="integer"),
        Column(name="branded", kind="flag"),
    ),
)
