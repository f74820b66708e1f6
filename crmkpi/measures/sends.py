"""Measures over communications: messages (a row per recipient) and campaigns (a row per campaign) as one.

The prepared table `sends` is the union of messages and of those campaigns that messages do not cover, so that
every metric works from either and nothing is counted twice. Columns: cust (null for campaigns), day, ts, t, seg,
kind (mass, trigger, transactional), channel, and counts per row: sent, delivered, bounced, bounced_hard, opens,
human_opens, delivered_human, clicks, conversions (recipients with an attributed order), orders, unsubscribes,
complaints, personalised; revenue in minor units; `campaign` 1 on campaign rows, `campaign_code`, `segmented`.
Blank is unknown: null, never 0.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, additive, flag, identified, reduces

SENT = ("messages.sent_at|campaigns.sent",)
DELIVERED = SENT
OPENED = ("messages.opened|campaigns.opens",)
CLICKED = ("messages.clicked|campaigns.clicks",)
ORDERED = (
    "messages.revenue|messages.converted|messages.orders|messages.clicked_at|messages.clicked|campaigns.orders",
)
EARNED = ("messages.revenue|messages.clicked_at|messages.clicked|campaigns.revenue",)
KIND = ("messages.kind|campaigns.kind",)


def _kind(name: str) -> nw.Expr:
    return nw.col("kind") == nw.lit(name)


def _channel(name: str) -> nw.Expr:
    return nw.col("channel") == nw.lit(name)


@additive("sends", requires=SENT, reads=("sent",), blank=True)
def sends_count() -> nw.Expr:
    """Messages sent."""
    return nw.col("sent")


@additive("sends", requires=DELIVERED, reads=("delivered",), blank=True)
def delivered_count() -> nw.Expr:
    """Messages delivered; without a delivered column sent - bounced, else sent (with the warning)."""
    return nw.col("delivered")


@additive(
    "sends", requires=("messages.bounced|campaigns.bounces_hard|campaigns.bounces_soft",), reads=("bounced",)
)
def bounced_count() -> nw.Expr:
    """Messages that bounced."""
    return nw.col("bounced")


@additive("sends", requires=OPENED, reads=("opens",), blank=True)
def unique_opens() -> nw.Expr:
    """Messages opened at least once."""
    return nw.col("opens")


@additive(
    "sends",
    requires=("messages.machine_open", "messages.opened"),
    reads=("human_opens",),
    covered_by="messages",
)
def human_opens() -> nw.Expr:
    """Messages opened by a person: machine openings left out."""
    return nw.col("human_opens")


@additive(
    "sends",
    requires=("messages.machine_open", "messages.opened"),
    reads=("delivered_human",),
    covered_by="messages",
)
def delivered_human() -> nw.Expr:
    """Messages delivered, those opened by a machine left out."""
    return nw.col("delivered_human")


@additive("sends", requires=CLICKED, reads=("clicks",), blank=True)
def unique_clicks() -> nw.Expr:
    """Messages clicked at least once."""
    return nw.col("clicks")


@additive("sends", requires=ORDERED, reads=("conversions",), blank=True)
def converted_count() -> nw.Expr:
    """Recipients with an attributed order (campaign exports: attributed orders)."""
    return nw.col("conversions")


@additive("sends", requires=ORDERED, reads=("orders",), blank=True)
def attributed_orders() -> nw.Expr:
    """Orders attributed to messages, dated by the message."""
    return nw.col("orders")


@additive("sends", requires=EARNED, reads=("revenue",), money=True, blank=True)
def crm_revenue() -> nw.Expr:
    """Revenue attributed to messages, dated by the message."""
    return nw.col("revenue")


@additive(
    "sends", requires=EARNED + KIND, reads=("revenue", "kind"), where=lambda: _kind("trigger"), money=True
)
def trigger_revenue() -> nw.Expr:
    """Attributed revenue of trigger messages."""
    return nw.col("revenue")


@additive("sends", requires=ORDERED + KIND, reads=("conversions", "kind"), where=lambda: _kind("trigger"))
def trigger_converted() -> nw.Expr:
    """Recipients of trigger messages with an attributed order."""
    return nw.col("conversions")


@additive("sends", requires=KIND, reads=("delivered", "kind"), where=lambda: _kind("trigger"))
def trigger_delivered() -> nw.Expr:
    """Trigger messages delivered."""
    return nw.col("delivered")


@additive("sends", requires=ORDERED + KIND, reads=("conversions", "kind"), where=lambda: _kind("mass"))
def mass_converted() -> nw.Expr:
    """Recipients of mass messages with an attributed order."""
    return nw.col("conversions")


@additive("sends", requires=KIND, reads=("delivered", "kind"), where=lambda: _kind("mass"))
def mass_delivered() -> nw.Expr:
    """Mass messages delivered."""
    return nw.col("delivered")


@additive(
    "sends", requires=("messages.unsubscribed|campaigns.unsubscribes",), reads=("unsubscribes",), blank=True
)
def unsubscribes() -> nw.Expr:
    """Unsubscribes after a message."""
    return nw.col("unsubscribes")


@additive("sends", requires=("messages.complained|campaigns.complaints",), reads=("complaints",), blank=True)
def complaints() -> nw.Expr:
    """Spam complaints."""
    return nw.col("complaints")


PERSONAL = ("messages.personalised",)


@additive("sends", requires=PERSONAL, reads=("personalised",), blank=True, covered_by="messages")
def personalised_sent() -> nw.Expr:
    """Messages with a personal part."""
    return nw.col("personalised")


@additive(
    "sends",
    requires=PERSONAL,
    reads=("personalised",),
    where=lambda: ~nw.col("personalised").is_null(),
    covered_by="messages",
)
def sends_known_personal() -> nw.Expr:
    """Messages that state whether they were personal."""
    return nw.lit(1)


@additive(
    "sends",
    requires=(*PERSONAL, "messages.clicked"),
    reads=("personalised", "clicks"),
    where=lambda: nw.col("personalised") == 1,
    covered_by="messages",
)
def personalised_clicks() -> nw.Expr:
    """Clicked messages among the personal ones."""
    return nw.col("clicks")


@additive(
    "sends",
    requires=PERSONAL,
    reads=("personalised", "delivered"),
    where=lambda: nw.col("personalised") == 1,
    covered_by="messages",
)
def personalised_delivered() -> nw.Expr:
    """Personal messages delivered."""
    return nw.col("delivered")


CHANNEL = ("messages.channel|campaigns.channel",)


@additive("sends", requires=CHANNEL + CLICKED, reads=("clicks", "channel"), where=lambda: _channel("sms"))
def sms_clicks() -> nw.Expr:
    """Clicked SMS."""
    return nw.col("clicks")


@additive("sends", requires=CHANNEL, reads=("delivered", "channel"), where=lambda: _channel("sms"))
def sms_delivered() -> nw.Expr:
    """Delivered SMS."""
    return nw.col("delivered")


@additive("sends", requires=CHANNEL + OPENED, reads=("opens", "channel"), where=lambda: _channel("push"))
def push_opens() -> nw.Expr:
    """Opened push messages."""
    return nw.col("opens")


@additive("sends", requires=CHANNEL, reads=("delivered", "channel"), where=lambda: _channel("push"))
def push_delivered() -> nw.Expr:
    """Delivered push messages."""
    return nw.col("delivered")


@reduces(
    Measure("recipients", "sends", "unique", ("messages.customer_id",), covered_by="messages"),
    tables=("sends",),
)
def recipients(frames: Frames) -> Frame:
    """Customers who were sent at least one message."""
    seen = frames["sends"].filter(identified() & (nw.col("t") >= 0)).select("cust", *KEYS).unique()
    return seen.group_by(*KEYS).agg(recipients=nw.len())


@additive(
    "sends", requires=("messages.customer_id",), reads=("sent",), where=identified, covered_by="messages"
)
def sends_to_recipients() -> nw.Expr:
    """Messages sent to known customers."""
    return nw.col("sent")


SEGMENTED = ("campaigns.segmented",)


def _campaign(name: str) -> Measure:
    return Measure(name, "campaigns", "sum", SEGMENTED, ("segmented", "campaign_code"))


@reduces(_campaign("campaigns_count"), _campaign("segmented_campaigns"), tables=("campaigns",))
def campaigns(frames: Frames) -> Frame:
    """Campaigns of the period that state whether they were segmented, and those that were."""
    known = frames["campaigns"].filter((nw.col("t") >= 0) & ~nw.col("segmented").is_null())
    per = known.group_by("campaign_code", *KEYS).agg(segmented=nw.col("segmented").max())
    return per.group_by(*KEYS).agg(
        campaigns_count=flag(nw.col("segmented") >= 0).sum(), segmented_campaigns=nw.col("segmented").sum()
    )


@reduces(
    Measure(
        "trigger_latency",
        "sends",
        "distribution",
        ("messages.event_at", "messages.kind"),
        ("event_ts", "ts", "kind"),
        empty=None,
        covered_by="messages",
    ),
    tables=("sends",),
)
def latency(frames: Frames) -> Frame:
    """Median minutes from the event to the trigger message."""
    rows = frames["sends"].filter(_kind("trigger") & ~nw.col("event_ts").is_null() & (nw.col("t") >= 0))
    waited = rows.select(*KEYS, wait=(nw.col("ts") - nw.col("event_ts")).cast(nw.Float64) / 60.0)
    return waited.group_by(*KEYS).agg(trigger_latency=nw.col("wait").median())


@additive(
    "sends", requires=("messages.bounce_kind|campaigns.bounces_hard",), reads=("bounced_hard",), blank=True
)
def hard_bounces() -> nw.Expr:
    """Messages rejected for good."""
    return nw.col("bounced_hard")
