"""Customers: who they are, how often they would buy, when they leave, what mail they allow."""

from dataclasses import dataclass

import numpy as np

from generator.plan import DAY, Array, Plan

OLD, NEW = 1000, 3050
HISTORY_DAYS = 730
NEVER = 10**9
SEGMENT_SHARES = (0.30, 0.35, 0.35)
SOURCE_SHARES = (0.30, 0.25, 0.20, 0.12, 0.13)
EXIT_KINDS = ("unsubscribed", "complained", "hard")


@dataclass
class People:
    """One array per trait, one place per customer, ordered by registration (minutes, days from start)."""

    registered: Array
    segment: Array
    city: Array
    rate: Array
    leaves: Array
    basket: Array
    app_lean: Array
    loyalty_joined: Array
    source: Array
    email: Array
    sms: Array
    push: Array
    exit_at: Array
    exit_kind: Array
    interest: Array
    machine: Array

    def __len__(self) -> int:
        return len(self.registered)


def draw_people(rng: np.random.Generator, plan: Plan) -> People:
    """About 4,000 customers: an old base and a growing flow of new ones.

    Buying rates are gamma distributed and lifetimes exponential (the Pareto/NBD picture of a shop), so a
    few customers make much of the revenue.
    """
    size = OLD + NEW
    registered = _registrations(rng, plan)
    segment = rng.choice(3, size, p=SEGMENT_SHARES)
    alive_from = np.maximum(registered // DAY, 0)
    joined = registered + (rng.random(size) * 60 * DAY).astype(int)
    joined[rng.random(size) > 0.45] = NEVER
    email = rng.random(size) < 0.88
    exit_at = registered.clip(0) + (rng.exponential(365 / 0.08, size) * DAY).astype(int)
    exit_at[~email] = NEVER
    return People(
        registered=registered,
        segment=segment,
        city=_cities(rng, plan, segment),
        rate=rng.gamma(0.9, 0.38 / 30.4 / 0.9, size),
        leaves=alive_from + rng.exponential(520, size).astype(int) + 1,
        basket=rng.lognormal(0, 0.28, size),
        app_lean=rng.normal(0, 0.8, size),
        loyalty_joined=joined,
        source=rng.choice(5, size, p=SOURCE_SHARES),
        email=email,
        sms=rng.random(size) < 0.55,
        push=rng.random(size) < 0.35,
        exit_at=exit_at,
        exit_kind=rng.choice(3, size, p=(0.82, 0.05, 0.13)),
        interest=rng.lognormal(-0.18, 0.6, size).clip(0.1, 3.2),
        machine=rng.random(size) < 0.22,
    )


def _registrations(rng: np.random.Generator, plan: Plan) -> Array:
    """Minutes of registration, sorted: an old base of two earlier years, new ones with growth and season."""
    old = rng.integers(-HISTORY_DAYS, 0, OLD)
    years = np.arange(plan.days) / 365
    weight = plan.level() * np.exp(0.30 * years)
    new = rng.choice(plan.days, NEW, p=weight / weight.sum())
    days = np.concatenate([old, new])
    return np.sort(days * DAY + minute_of_day(rng, len(days)))


def _cities(rng: np.random.Generator, plan: Plan, segment: Array) -> Array:
    """A city of the customer's segment; the first city of a segment is the largest."""
    homes = [word["segment"] for word in plan.words["values"]["city"].values()]
    city = np.zeros(len(segment), dtype=int)
    for code, name in enumerate(plan.keys("segment")):
        here = np.flatnonzero(segment == code)
        choice = [n for n, home in enumerate(homes) if home == name]
        weight = 1 / (1 + np.arange(len(choice)))
        city[here] = rng.choice(choice, len(here), p=weight / weight.sum())
    return city


def minute_of_day(rng: np.random.Generator, size: int) -> Array:
    """A minute between 08:00 and 23:30 with a hump in the late afternoon and evening."""
    share = rng.beta(2.2, 1.8, size)
    return (480 + share * 930).astype(int)
