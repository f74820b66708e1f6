"""Who is sent what and when: mass mailings, trials with control groups, triggers, order confirmations."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
import polars as pl

from generator.baskets import valid
from generator.buying import Trial
from generator.people import EXIT_KINDS, NEVER, People
from generator.plan import DAY, Array, Plan

MASS_DAYS = (6, 18)
MASS_HOUR = 10
RECENT_DAYS = 180
SILENT_DAYS = 60


@dataclass(frozen=True)
class Send:
    """One campaign: its card and its recipients (place in People, minute sent, held out, trigger event)."""

    campaign_id: str
    name: dict[str, str]
    channel: str
    kind: str
    segmented: bool
    customer: Array
    at: Array
    held_out: Array | None = None
    event_at: Array | None = None


class OrderTimes:
    """When each customer ordered: the next and the last valid order around a moment (minutes)."""

    SPAN = 10_000_000

    def __init__(self, orders: pl.DataFrame) -> None:
        sales = valid(orders)
        self.keys = np.sort(sales["customer"].to_numpy() * self.SPAN + sales["ordered_at"].to_numpy())

    def after(self, customer: Array, at: Array) -> Array:
        """Minute of the first order later than `at`, NEVER when there is none."""
        place = np.searchsorted(self.keys, customer * self.SPAN + at, side="right")
        found = self.keys[place.clip(0, len(self.keys) - 1)]
        same = (place < len(self.keys)) & (found // self.SPAN == customer)
        return np.where(same, found % self.SPAN, NEVER)

    def before(self, customer: Array, at: Array) -> Array:
        """Minute of the last order earlier than `at`, -NEVER when there is none."""
        place = np.searchsorted(self.keys, customer * self.SPAN + at, side="left") - 1
        found = self.keys[place.clip(0)]
        same = (place >= 0) & (found // self.SPAN == customer)
        return np.where(same, found % self.SPAN, -NEVER)


def all_sends(
    rng: np.random.Generator, plan: Plan, people: People, orders: pl.DataFrame, trials: list[Trial]
) -> list[Send]:
    """Every campaign of the span; a trigger is one campaign per month, as monthly exports show it."""
    times = OrderTimes(orders)
    sends = list(_mass(rng, plan, people, times))
    for trial in trials:
        key = trial.campaign_id.split("-")[0]
        at = np.full(len(trial.customer), trial.sent_at)
        sends.append(
            Send(trial.campaign_id, plan.words["names"][key], "email", "mass", key == "WINBACK",
                 trial.customer, at, trial.held_out)
        )  # fmt: skip
    sends += _monthly(plan, people, "WELCOME", "trigger", *_welcome(people))
    sends += _monthly(plan, people, "CART", "trigger", *_cart(rng, plan, people, orders))
    sends += _monthly(plan, people, "SILENT60", "trigger", *_silent(times, plan, orders))
    sends += _monthly(plan, people, "ORDER", "transactional", *_confirmation(orders))
    return sends


def _mass(rng: np.random.Generator, plan: Plan, people: People, times: OrderTimes) -> Iterator[Send]:
    """Two mailings a month and Black Friday itself; the segmented ones go to recent buyers only."""
    for month in plan.months():
        theme = plan.words["themes"][month.month - 1]
        slots = [
            (MASS_DAYS[0], theme["first"], "email"),
            (MASS_DAYS[1], theme["second"], theme["second_channel"]),
        ]
        if month.month == 11:
            slots.append((27, theme["second"], "sms"))
        for number, (day, name, channel) in enumerate(slots, start=1):
            at = plan.minute(datetime.combine(month.replace(day=day), time(MASS_HOUR)))
            segmented = channel == "email" and number == 2
            allowed = {"email": people.email, "sms": people.sms, "push": people.push}[channel]
            known = allowed & (people.registered < at)
            if channel == "email":
                known &= people.exit_at >= at
            who = np.flatnonzero(known)
            if segmented:
                who = who[times.before(who, np.full(len(who), at)) >= at - RECENT_DAYS * DAY]
            full = {lang: f"{text} {month.year}" for lang, text in name.items()}
            spread = np.sort(rng.integers(0, 40, len(who)))  # a large mailing takes some minutes
            yield Send(f"M-{month:%Y-%m}-{number}", full, channel, "mass", segmented, who, at + spread)


def _monthly(
    plan: Plan, people: People, key: str, kind: str, customer: Array, event: Array, at: Array
) -> list[Send]:
    """Split one trigger into monthly campaigns for those who allow e-mail.

    Who unsubscribed still gets order confirmations; nothing goes to a dead address.
    """
    alive = people.exit_at[customer] >= at
    if kind == "transactional":
        alive |= people.exit_kind[customer] != EXIT_KINDS.index("hard")
    keep = people.email[customer] & alive & (at >= 0) & (at < plan.days * DAY)
    customer, event, at = customer[keep], event[keep], at[keep]
    order = np.lexsort((customer, at))
    customer, event, at = customer[order], event[order], at[order]
    months = [month.strftime("%Y-%m") for month in plan.dates()]
    label = np.array(months)[at // DAY]
    sends = []
    for month in np.unique(label):
        here = label == month
        name = {lang: f"{text} {month}" for lang, text in plan.words["names"][key].items()}
        sends.append(
            Send(f"{key}-{month}", name, "email", kind, False, customer[here], at[here], None, event[here])
        )
    return sends


def _welcome(people: People) -> tuple[Array, Array, Array]:
    """An hour after the registration."""
    return np.arange(len(people)), people.registered, people.registered + 60


def _cart(
    rng: np.random.Generator, plan: Plan, people: People, orders: pl.DataFrame
) -> tuple[Array, Array, Array]:
    """An hour after a basket was left; some come back and order, most baskets are simply forgotten."""
    online = orders.filter((pl.col("customer") >= 0) & (pl.col("channel") < 2))
    customer, at = online["customer"].to_numpy(), online["ordered_at"].to_numpy()
    saved = rng.random(len(at)) < 0.10
    lost = rng.random(len(at)) < 0.25
    before = at[saved] - rng.integers(90, 1200, int(saved.sum()))
    later = at[lost] + rng.integers(8 * DAY, 45 * DAY, int(lost.sum()))
    who = np.concatenate([customer[saved], customer[lost]])
    event = np.concatenate([before, later])
    known = event > people.registered[who]
    return who[known], event[known], event[known] + 60


def _silent(times: OrderTimes, plan: Plan, orders: pl.DataFrame) -> tuple[Array, Array, Array]:
    """Sixty days after an order that no other order followed; the event is that order."""
    sales = valid(orders)
    customer, at = sales["customer"].to_numpy(), sales["ordered_at"].to_numpy()
    due = (at // DAY + SILENT_DAYS) * DAY + 11 * 60
    quiet = times.after(customer, at) > due
    return customer[quiet], at[quiet], due[quiet]


def _confirmation(orders: pl.DataFrame) -> tuple[Array, Array, Array]:
    """At once after an order on the site or in the app."""
    online = orders.filter((pl.col("customer") >= 0) & (pl.col("channel") < 2))
    customer, at = online["customer"].to_numpy(), online["ordered_at"].to_numpy()
    return customer, at, at + 2


def week_of(plan: Plan, effect: str) -> tuple[int, int]:
    """First minute of an effect's first day and first minute after its last day."""
    period = plan.effects[effect]
    return plan.day(period["from"]) * DAY, plan.day(period["to"] + timedelta(days=1)) * DAY
