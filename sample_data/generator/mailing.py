"""What happened to the sends: deliveries, opens, clicks, exits; campaign totals from the same rows."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.baskets import valid
from generator.people import EXIT_KINDS, People
from generator.plan import DAY, Array, Plan
from generator.sends import OrderTimes, Send, week_of

ATTRIBUTION_MINUTES = 5 * DAY
OPEN_CHANCE = {"mass": 0.21, "trigger": 0.36, "transactional": 0.50}
CLICK_CHANCE = {"mass": 0.10, "trigger": 0.20, "transactional": 0.12}
SMS_CLICK, PUSH_OPEN = 0.035, 0.07
COST_KOPECKS = {"email": 14, "sms": 430, "push": 5}


@dataclass(frozen=True)
class Mailing:
    """rows = messages of the whole span, campaigns = their totals, left = minute each customer left."""

    rows: pl.DataFrame
    campaigns: pl.DataFrame
    left: dict[int, int]


def deliver(
    rng: np.random.Generator, plan: Plan, people: People, orders: pl.DataFrame, sends: list[Send]
) -> Mailing:
    """Draw the answers to every send and add them up per campaign."""
    rows = _recipients(sends)
    rows = _exits(rng, people, rows)
    rows = _answers(rng, people, rows, OrderTimes(orders))
    rows = _not_yet(plan, rows)
    rows = _broken_tracking(plan, rows)
    left = rows.filter(pl.col("unsubscribed").eq(1) | pl.col("complained").eq(1))
    gone = dict(zip(left["customer"].to_list(), left["sent_at"].to_list(), strict=True))
    return Mailing(rows, _totals(rows, orders, sends), gone)


def _recipients(sends: list[Send]) -> pl.DataFrame:
    """All sends as one table in order of time."""
    parts = []
    for send in sends:
        size = len(send.customer)
        held = np.zeros(size, dtype=int) if send.held_out is None else send.held_out.astype(int)
        parts.append(
            pl.DataFrame(
                {
                    "customer": send.customer,
                    "sent_at": send.at,
                    "control": held,
                    "event_at": pl.Series(
                        [None] * size if send.event_at is None else send.event_at, dtype=pl.Int64
                    ),
                }
            ).with_columns(
                campaign_id=pl.lit(send.campaign_id),
                channel=pl.lit(send.channel),
                kind=pl.lit(send.kind),
                personalised=pl.lit(int(send.segmented or send.kind != "mass")),
            )
        )
    rows = pl.concat(parts).sort("sent_at", "campaign_id", "customer", maintain_order=True)
    ids = [str(5_000_001 + n) for n in range(len(rows))]
    return rows.with_columns(message_id=pl.Series(ids))


def _exits(rng: np.random.Generator, people: People, rows: pl.DataFrame) -> pl.DataFrame:
    """Mark the last e-mail of those who leave: they unsubscribe, complain or their address dies with it."""
    customer = rows["customer"].to_numpy()
    mail = ((rows["channel"] == "email") & (rows["control"] == 0)).to_numpy()
    end = int(rows["sent_at"].max())  # type: ignore[arg-type]
    leaving = people.exit_at[customer] < end
    kind = np.array(EXIT_KINDS)[people.exit_kind[customer]]
    # an order confirmation is no reason to unsubscribe, but it bounces like any other letter
    reason = (rows["kind"] != "transactional").to_numpy() | (kind == "hard")
    order = np.flatnonzero(mail & leaving & reason)
    last = np.zeros(len(rows), dtype=bool)
    # rows are in order of time, so the last place of each customer wins
    last[list({int(customer[n]): int(n) for n in order}.values())] = True
    hard = last & (kind == "hard")
    soft = ~hard & ~last & mail & (rng.random(len(rows)) < 0.008)
    sms_fail = (rows["channel"] != "email").to_numpy() & (rng.random(len(rows)) < 0.03)
    return rows.with_columns(
        bounced=pl.Series((hard | soft | sms_fail).astype(int)),
        bounce_kind=pl.Series(_labels(hard, soft | sms_fail), dtype=pl.String),
        unsubscribed=pl.Series((last & (kind == "unsubscribed")).astype(int)),
        complained=pl.Series((last & (kind == "complained")).astype(int)),
    )


def _labels(hard: Array, soft: Array) -> list[str | None]:
    """bounce_kind of each row or None."""
    return ["hard" if dead else "soft" if full else None for dead, full in zip(hard, soft, strict=True)]


def _answers(rng: np.random.Generator, people: People, rows: pl.DataFrame, times: OrderTimes) -> pl.DataFrame:
    """Opens and clicks. Those about to order click more: clicks come before orders without causing them."""
    customer, sent = rows["customer"].to_numpy(), rows["sent_at"].to_numpy()
    channel, kind = rows["channel"].to_numpy(), rows["kind"].to_numpy()
    got = ((rows["bounced"] == 0) & (rows["control"] == 0)).to_numpy()
    ordered = times.after(customer, sent + 1)
    buyer = (ordered - sent > 30) & (ordered - sent < ATTRIBUTION_MINUTES)
    interest = people.interest[customer]
    mail, push = channel == "email", channel == "push"
    chance = np.vectorize(OPEN_CHANCE.get)(kind) * interest * np.where(buyer, 2.1, 1.0)
    chance = np.where(push, PUSH_OPEN * interest * np.where(buyer, 2, 1), chance)
    leaver = ((rows["unsubscribed"] == 1) | (rows["complained"] == 1)).to_numpy()
    human = got & ~(channel == "sms") & ((rng.random(len(rows)) < chance.clip(0, 0.92)) | (leaver & mail))
    machine = got & mail & ~human & people.machine[customer] & (rng.random(len(rows)) < 0.55)
    click_chance = np.vectorize(CLICK_CHANCE.get)(kind) * np.where(buyer, 4.5, 1.0)
    sms_chance = SMS_CLICK * np.where(buyer, 6.0, 1.0)
    base = np.where(mail, human * click_chance, np.where(push, human * 0.5, sms_chance))
    clicked = got & (rng.random(len(rows)) < base.clip(0, 0.8))
    delay = np.exp(rng.normal(np.log(80), 1.2, len(rows))).clip(2, 2.9 * DAY).astype(int)
    room = np.maximum(ordered - sent - 4, 1)
    delay = np.where(buyer & (delay > room), (rng.random(len(rows)) * room).astype(int) + 1, delay)
    clicked_at = np.where(clicked, sent + delay, -1)
    frame = rows.with_columns(
        delivered=pl.Series(got.astype(int)),
        opened=pl.Series((human | machine).astype(int)),
        machine_open=pl.Series(machine.astype(int)),
        clicked=pl.Series(clicked.astype(int)),
        clicked_at=pl.Series(clicked_at),
    )
    return _blanks(frame)


def _not_yet(plan: Plan, rows: pl.DataFrame) -> pl.DataFrame:
    """The export was taken at the end of the last day: later clicks are not in it."""
    late = pl.col("clicked_at") >= plan.days * DAY
    return rows.with_columns(
        clicked=pl.when(late.fill_null(False)).then(0).otherwise(pl.col("clicked")),
        clicked_at=pl.when(~late).then(pl.col("clicked_at")),
    )


def _blanks(rows: pl.DataFrame) -> pl.DataFrame:
    """Blank is unknown: control rows have no delivery, SMS has no opens, only e-mail knows unsubscribes."""
    sent = pl.col("control") == 0
    mail = pl.col("channel") == "email"
    keep = {
        "delivered": sent,
        "bounced": sent,
        "opened": sent & (pl.col("channel") != "sms"),
        "machine_open": sent & mail,
        "clicked": sent,
        "clicked_at": sent & (pl.col("clicked_at") >= 0),
        "unsubscribed": sent & mail,
        "complained": sent & mail,
    }
    return rows.with_columns(pl.when(rule).then(pl.col(name)).alias(name) for name, rule in keep.items())


def _broken_tracking(plan: Plan, rows: pl.DataFrame) -> pl.DataFrame:
    """Planted: for a week e-mail opens and clicks are zero while the sends go on."""
    begin, end = week_of(plan, "tracking_gap")
    hit = (pl.col("channel") == "email") & pl.col("sent_at").is_between(begin, end - 1)
    zero = [
        pl.when(hit & pl.col(name).is_not_null()).then(0).otherwise(pl.col(name)).alias(name)
        for name in ("opened", "machine_open", "clicked")
    ]
    return rows.with_columns(*zero, clicked_at=pl.when(~hit).then(pl.col("clicked_at")))


def last_click(rows: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Orders and revenue per campaign by the last click within 5 x 24 h before the order.

    Each order goes to at most one message, ties to the latest send; valid orders of customers only.
    """
    clicks = rows.filter(pl.col("clicked") == 1).sort("clicked_at", "sent_at", maintain_order=True)
    sales = valid(orders).sort("ordered_at", maintain_order=True)
    joined = sales.select("customer", "ordered_at", "amount").join_asof(
        clicks.select("customer", "clicked_at", "campaign_id"),
        left_on="ordered_at",
        right_on="clicked_at",
        by="customer",
        strategy="backward",
        tolerance=ATTRIBUTION_MINUTES,
        check_sortedness=False,
    )
    found = joined.filter(pl.col("campaign_id").is_not_null())
    return found.group_by("campaign_id").agg(orders=pl.len(), revenue=pl.col("amount").sum())


def _totals(rows: pl.DataFrame, orders: pl.DataFrame, sends: list[Send]) -> pl.DataFrame:
    """One line per campaign in order of time; counts a channel does not know stay blank."""
    cards = pl.DataFrame(
        {
            "campaign_id": [send.campaign_id for send in sends],
            "campaign_ru": [send.name["ru"] for send in sends],
            "campaign_en": [send.name["en"] for send in sends],
            "segmented": ["yes" if send.segmented else "no" for send in sends],
        }
    )
    sums = rows.group_by("campaign_id").agg(
        sent_at=pl.col("sent_at").min(),
        channel=pl.col("channel").first(),
        kind=pl.col("kind").first(),
        sent=(pl.col("control") == 0).sum(),
        delivered=pl.col("delivered").sum(),
        opens=pl.col("opened").sum(),
        clicks=pl.col("clicked").sum(),
        unsubscribes=pl.col("unsubscribed").sum(),
        complaints=pl.col("complained").sum(),
        bounces_hard=(pl.col("bounce_kind") == "hard").sum(),
        bounces_soft=(pl.col("bounce_kind") == "soft").sum(),
    )
    table = cards.join(sums, on="campaign_id", how="inner").join(
        last_click(rows, orders), on="campaign_id", how="left"
    )
    mail, sms = pl.col("channel") == "email", pl.col("channel") == "sms"
    price = pl.col("channel").replace_strict(COST_KOPECKS, return_dtype=pl.Int64)
    return table.with_columns(
        pl.col("orders", "revenue").fill_null(0),
        opens=pl.when(~sms).then(pl.col("opens")),
        unsubscribes=pl.when(mail).then(pl.col("unsubscribes")),
        complaints=pl.when(mail).then(pl.col("complaints")),
        cost=pl.col("sent").cast(pl.Int64) * price,
        owner=pl.when(pl.col("kind") == "mass").then(pl.lit("anna")).otherwise(pl.lit("oleg")),
    ).sort("sent_at", "campaign_id", maintain_order=True)
