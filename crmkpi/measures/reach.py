"""Who can be reached, and who answers (definitions.md "Right moment": reachable_customers).

Prepared table `contacts`: one row per customer with the periods in which consent and addresses hold:
`reach_from` <= t < `reach_to`, seg (`members`: the same without filter or split), and membership of the mailing
list at the start of a period: `list_from` <= t < `list_to`. Prepared table `sends` as in `crmkpi.measures.sends`,
with `end_from` and `end_old`: the first period whose last day is not before the message's day, and not before 90
days after it.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import Frame, Frames, Measure, additive, identified, reduces
from crmkpi.measures.stocks import spans

MEMORY_DAYS = 90
CONSENT = ("customers.consent_email|customers.consent_sms|customers.consent_push",)
ANY_REACH = (
    "customers.consent_email|customers.consent_sms|customers.consent_push|messages.delivered|messages.customer_id",
)


def _remembered(sends: Frame, counted: nw.Expr) -> Frame:
    """Spans (per customer and segment) in which a counted message is at most 90 days old."""
    rows = sends.filter(identified() & counted).select("cust", "seg", "day", "end_from", "end_old").unique()
    after = rows.with_columns(
        next_from=nw.col("end_from").shift(-1).over("cust", "seg", order_by=["day", "end_from"])
    )
    sooner = nw.col("next_from") < nw.col("end_old")
    return after.with_columns(stop=nw.when(sooner).then(nw.col("next_from")).otherwise(nw.col("end_old")))


def _engaged() -> nw.Expr:
    return (nw.col("clicks") > 0) | (nw.col("human_opens") > 0)


def _reach_reads() -> tuple[str, ...]:
    return ("delivered", "clicks", "human_opens", "end_from", "end_old")


def _stock(name: str, requires: tuple[str, ...]) -> Measure:
    return Measure(
        name,
        "sends",
        "stock",
        requires,
        _reach_reads(),
        cumulative=True,
        covered_by="messages",
        memory_days=MEMORY_DAYS,
    )


@reduces(
    Measure("reachable_by_consent", "contacts", "stock", CONSENT, cumulative=True),
    tables=("contacts",),
)
def by_consent(frames: Frames) -> Frame:
    """Customers with a consent in any channel whose address never bounced for good, at the period's end."""
    return spans(frames["contacts"], "reach_from", "reach_to", "reachable_by_consent", frames.n_periods)


@reduces(_stock("reachable_from_sends", ("messages.customer_id",)), tables=("sends",))
def from_sends(frames: Frames) -> Frame:
    """Customers to whom something was delivered in the 90 days up to the period's end."""
    rows = _remembered(frames["sends"], nw.col("delivered") > 0)
    return spans(rows, "end_from", "stop", "reachable_from_sends", frames.n_periods)


@reduces(
    _stock("engaged_from_sends", ("messages.customer_id", "messages.clicked|messages.opened")),
    tables=("sends",),
)
def engaged(frames: Frames) -> Frame:
    """Customers who clicked, or opened by hand, a message of the 90 days up to the period's end."""
    rows = _remembered(frames["sends"], _engaged())
    return spans(rows, "end_from", "stop", "engaged_from_sends", frames.n_periods)


@reduces(
    _stock("engaged_by_consent", ("messages.customer_id", "messages.clicked|messages.opened", *CONSENT)),
    tables=("sends", "members"),
)
def engaged_reachable(frames: Frames) -> Frame:
    """Of the customers reachable by consent: those engaged in the 90 days up to the period's end."""
    rows = _remembered(frames["sends"], _engaged())
    held = rows.join(frames["members"].select("cust", "reach_from", "reach_to"), on="cust", how="inner")
    later, sooner = nw.col("reach_from") > nw.col("end_from"), nw.col("reach_to") < nw.col("stop")
    clipped = held.select(
        "seg",
        start=nw.when(later).then(nw.col("reach_from")).otherwise(nw.col("end_from")),
        stop=nw.when(sooner).then(nw.col("reach_to")).otherwise(nw.col("stop")),
    )
    return spans(clipped, "start", "stop", "engaged_by_consent", frames.n_periods)


def _since_first_order(rows: Frame, company: Frame, start: str, stop: str) -> Frame:
    """Spans cut to the time after the customer's first order."""
    firsts = company.filter(nw.col("order_number") == 1).select("cust", "first_from")
    held = rows.join(firsts, on="cust", how="inner")
    later = nw.col("first_from") > nw.col(start)
    begin = nw.when(later).then(nw.col("first_from")).otherwise(nw.col(start))
    return held.select("seg", begin=begin, stop=nw.col(stop))


@reduces(
    Measure("base_reachable_by_consent", "contacts", "stock", CONSENT, cumulative=True),
    tables=("contacts", "company"),
)
def base_by_consent(frames: Frames) -> Frame:
    """Of the customers who ever ordered: those reachable by consent at the period's end."""
    rows = _since_first_order(frames["contacts"], frames["company"], "reach_from", "reach_to")
    return spans(rows, "begin", "stop", "base_reachable_by_consent", frames.n_periods)


@reduces(_stock("base_reachable_from_sends", ("messages.customer_id",)), tables=("sends", "company"))
def base_from_sends(frames: Frames) -> Frame:
    """Of the customers who ever ordered: those to whom something was delivered in the 90 days to the period's end."""
    rows = _remembered(frames["sends"], nw.col("delivered") > 0)
    cut = _since_first_order(rows, frames["company"], "end_from", "stop")
    return spans(cut, "begin", "stop", "base_reachable_from_sends", frames.n_periods)


@additive("subscribed", requires=("customers.subscribed_at",))
def subscribes() -> nw.Expr:
    """Customers whose subscription date lies in the period."""
    return nw.lit(1)


@additive("unsubscribed", requires=("customers.unsubscribed_at",))
def list_leavers() -> nw.Expr:
    """Customers whose unsubscription date lies in the period."""
    return nw.lit(1)


@reduces(
    Measure("subscribers_start", "contacts", "stock", ("customers.subscribed_at",), cumulative=True),
    tables=("contacts",),
)
def subscribers(frames: Frames) -> Frame:
    """Subscribers at the start of the period: subscribed before its first day and not gone before it."""
    rows = frames["contacts"].filter(~nw.col("list_from").is_null())
    return spans(rows, "list_from", "list_to", "subscribers_start", frames.n_periods)
