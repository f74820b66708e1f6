"""Who orders on which day, with the churn shock and the win-back effect planted in."""

from dataclasses import dataclass

import numpy as np

from generator.people import People, minute_of_day
from generator.plan import DAY, Array, Plan

FIRST_ORDER_SHARE = 0.86
FAILED_SHARE = 0.067  # cancelled or refused


@dataclass(frozen=True)
class Trial:
    """A campaign with a random control group: customers, who was held out, when it was sent (minutes)."""

    campaign_id: str
    sent_at: int
    customer: Array
    held_out: Array


@dataclass(frozen=True)
class Purchases:
    """Orders of identified customers: customer and minute of each.

    won_back marks the recipients' planted answers, fails the orders that will be cancelled or refused.
    """

    customer: Array
    at: Array
    won_back: Array
    fails: Array
    winback: Trial


def draw_purchases(rng: np.random.Generator, plan: Plan, people: People) -> Purchases:
    """At most one order per customer and day, by a daily chance that follows rate, season and life."""
    rate = people.rate[:, None] * plan.level()[None, :]
    _shock(rng, plan, people, rate)
    day = np.arange(plan.days)[None, :]
    first = people.registered // DAY
    alive = (day >= first[:, None]) & (day < people.leaves[:, None])
    bought = (rng.random(rate.shape) < 1 - np.exp(-rate)) & alive
    starts = np.flatnonzero((first >= 0) & (rng.random(len(first)) < FIRST_ORDER_SHARE))
    bought[starts, first[starts]] = True
    fails = rng.random(rate.shape) < FAILED_SHARE
    winback, answered = _winback(rng, plan, people, bought, fails)
    fails &= ~answered  # the planted answers must stay valid orders, or the known uplift would differ
    treated = np.zeros(len(people), dtype=bool)
    treated[winback.customer[~winback.held_out]] = True
    customer, when = np.nonzero(bought)
    at = when * DAY + minute_of_day(rng, len(when))
    # an order of the first day comes after the registration
    at = np.where(when == first[customer], np.maximum(at, people.registered[customer] + 4), at)
    return Purchases(
        customer, at, answered[customer, when] & treated[customer], fails[customer, when], winback
    )


def _shock(rng: np.random.Generator, plan: Plan, people: People, rate: Array) -> None:
    """Planted churn: from one day on the segment buys less often and part of it leaves for good."""
    shock = plan.effects["churn_shock"]
    begin = plan.day(shock["from"])
    hit = people.segment == plan.code("segment", shock["segment"]["en"])
    rate[hit, begin:] *= shock["rate_factor"]
    gone = hit & (rng.random(len(hit)) < shock["leaving_share"]) & (people.registered // DAY < begin)
    last = begin + rng.integers(0, shock["leaving_days"], len(hit))
    people.leaves[gone] = np.minimum(people.leaves[gone], last[gone])


def _winback(
    rng: np.random.Generator, plan: Plan, people: People, bought: Array, fails: Array
) -> tuple[Trial, Array]:
    """Planted uplift: in the window after the send the dormant order with the stated chances only.

    The natural orders of the audience are taken out of the window first, so the truth is known exactly.
    Answers come from the day after the send to the day before the window closes.
    """
    effect = plan.effects["winback_uplift"]
    sent_at = plan.minute(effect["sent_at"])
    day = sent_at // DAY
    earlier = bought[:, :day] & ~fails[:, :day]
    last = np.where(earlier.any(axis=1), day - 1 - np.argmax(earlier[:, ::-1], axis=1), -1)
    silent = (last >= 0) & (day - last > effect["dormant_days"])
    audience = np.flatnonzero(silent & people.email & (people.exit_at > sent_at + DAY))
    held_out = np.zeros(len(audience), dtype=bool)
    held_out[rng.permutation(len(audience))[: round(len(audience) * effect["holdout_share"])]] = True
    window = effect["window_days"]
    bought[audience, day : day + window + 1] = False
    answers = rng.random(len(audience)) < np.where(held_out, effect["p_control"], effect["p_treated"])
    delay = np.where(
        held_out, rng.integers(1, window, len(audience)), 1 + rng.exponential(5, len(audience)) % (window - 1)
    )
    when = day + delay.astype(int)
    bought[audience[answers], when[answers]] = True
    answered = np.zeros_like(bought)
    answered[audience[answers], when[answers]] = True
    return Trial(effect["campaign_id"], sent_at, audience, held_out), answered


def hold_out(rng: np.random.Generator, plan: Plan, people: People) -> Trial:
    """The campaign without any effect: everyone with e-mail, a random part held out, orders untouched."""
    effect = plan.effects["no_effect"]
    sent_at = plan.minute(effect["sent_at"])
    known = (people.registered < sent_at) & people.email & (people.exit_at > sent_at + DAY)
    audience = np.flatnonzero(known)
    held_out = np.zeros(len(audience), dtype=bool)
    held_out[rng.permutation(len(audience))[: round(len(audience) * effect["holdout_share"])]] = True
    return Trial(effect["campaign_id"], sent_at, audience, held_out)
