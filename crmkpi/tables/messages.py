"""Canonical table `messages`: one recipient of one send."""

from crmkpi.tables.model import Column, Table

MESSAGES = Table(
    name="messages",
    grain="one recipient of one send",
    key="message_id",
    time="sent_at",
    columns=(
        Column(name="customer_id", kind="id", required=True),
        Column(name="sent_at", kind="datetime", required=True),
        Column(name="message_id", kind="id"),
        Column(name="campaign_id", kind="id"),
        Column(name="channel", kind="category"),
        Column(name="kind", kind="category"),
        # the one column of a log that says how far a message came; the importer unfolds it into the flags below
        Column(name="status", kind="category"),
        Column(name="delivered", kind="flag"),
        Column(name="bounced", kind="flag"),
        Column(name="bounce_kind", kind="category"),
        Column(name="opened", kind="flag"),
        Column(name="machine_open", kind="flag"),
        Column(name="clicked", kind="flag"),
        Column(name="clicked_at", kind="datetime"),
        Column(name="converted", kind="flag"),
        Column(name="orders", kind="integer"),
        Column(name="revenue", kind="money"),
        Column(name="unsubscribed", kind="flag"),
        Column(name="complained", kind="flag"),
        Column(name="personalised", kind="flag"),
        Column(name="variant", kind="category"),
        Column(name="control", kind="flag"),
        Column(name="event_at", kind="datetime"),
    ),
)
