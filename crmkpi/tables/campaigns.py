"""Canonical table `campaigns`: one campaign, or one campaign and day."""

from crmkpi.tables.model import Column, Table

CAMPAIGNS = Table(
    name="campaigns",
    grain="one campaign, or one campaign and day",
    key="",
    time="sent_at",
    columns=(
        Column(name="campaign_id", kind="id", required=True),
        Column(name="campaign", kind="text"),
        Column(name="sent_at", kind="datetime", required=True),
        Column(name="sent", kind="integer", required=True),
        Column(name="channel", kind="category"),
        Column(name="kind", kind="category"),
        Column(name="delivered", kind="integer"),
        Column(name="opens", kind="integer"),
        Column(name="clicks", kind="integer"),
        Column(name="orders", kind="integer"),
        Column(name="revenue", kind="money"),
        Column(name="unsubscribes", kind="integer"),
        Column(name="complaints", kind="integer"),
        Column(name="bounces_hard", kind="integer"),
        Column(name="bounces_soft", kind="integer"),
        Column(name="segmented", kind="flag"),
        Column(name="cost", kind="money"),
        Column(name="owner", kind="category"),
        Column(name="goal", kind="category"),
    ),
    one_of=(),
)
