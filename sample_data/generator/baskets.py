"""What is in the orders: channel, goods, prices, promo codes, status, returns. Money in whole kopecks."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.buying import FAILED_SHARE, Purchases
from generator.people import NEVER, People, minute_of_day
from generator.plan import DAY, Array, Plan

ANONYMOUS_SHARE, TEST_ORDERS = 0.042, 12
FIRST_ID = 100001
SOLD = ["completed", "shipped"]
EXTRA_LINES = np.array([2.1, 0.35, 1.2])  # site, app, store: the app sells small baskets
SILVER, GOLD = 2_000_000, 6_000_000  # kopecks bought since joining
PROMO_PERCENT = {"WELCOME10": 10, "NOV15": 15, "COMEBACK15": 15, "HOME5": 5}


@dataclass(frozen=True)
class Basket:
    """orders and lines with the columns of words.toml; customer = position in People, -1 = anonymous."""

    orders: pl.DataFrame
    lines: pl.DataFrame


def fill_baskets(rng: np.random.Generator, plan: Plan, people: People, buys: Purchases) -> Basket:
    """Turn purchases into orders and lines; the order's sums are the sums of its lines to the kopeck."""
    orders = _heads(rng, plan, people, buys)
    lines = _lines(rng, plan, people, orders)
    sums = lines.group_by("order_id").agg(
        gross=(pl.col("quantity") * pl.col("unit_price")).sum(),
        discount=pl.col("discount").sum(),
        amount=pl.col("line_amount").sum(),
        cogs=(pl.col("quantity") * pl.col("unit_cost")).sum(),
        refund=(pl.col("line_amount") * (pl.col("returned_quantity") > 0)).sum(),
    )
    orders = orders.join(sums, on="order_id", how="left", maintain_order="left")
    small = pl.col("segment") == plan.keys("segment").index("small_towns")
    fee = pl.when(small.fill_null(False)).then(39_900).otherwise(29_900)
    free = (pl.col("channel") == 2) | (pl.col("amount") >= 500_000)
    orders = orders.with_columns(shipping=pl.when(free).then(0).otherwise(fee), currency=pl.lit("RUB"))
    return Basket(orders.with_columns(loyalty_tier=_tiers(people, orders)), lines)


def valid(orders: pl.DataFrame) -> pl.DataFrame:
    """Valid orders of identified customers: sales (completed or on the way) with a positive amount."""
    return orders.filter(pl.col("status").is_in(SOLD) & (pl.col("customer") >= 0) & (pl.col("amount") > 0))


def _heads(rng: np.random.Generator, plan: Plan, people: People, buys: Purchases) -> pl.DataFrame:
    """Order heads in order of time: who, when, where, status, promo code."""
    extra = round(len(buys.at) * ANONYMOUS_SHARE)
    weight = plan.level() / plan.level().sum()
    late = rng.choice(plan.days, extra + TEST_ORDERS, p=weight) * DAY
    late += minute_of_day(rng, len(late))
    nobody = np.full(len(late), -1)
    test = np.concatenate([np.zeros(len(buys.at) + extra, dtype=bool), np.ones(TEST_ORDERS, dtype=bool)])
    frame = pl.DataFrame(
        {
            "customer": np.concatenate([buys.customer, nobody]),
            "ordered_at": np.concatenate([buys.at, late]),
            "won_back": np.concatenate([buys.won_back, np.zeros(len(late), dtype=bool)]),
            "fails": np.concatenate([buys.fails, rng.random(len(late)) < FAILED_SHARE]),
            "test": test,
        }
    ).sort("ordered_at", "customer", maintain_order=True)
    customer = frame["customer"].to_numpy()
    known = customer >= 0
    city = np.where(known, people.city[customer], rng.integers(0, 10, len(frame)))
    first = frame.select(pl.col("customer").cum_count().over("customer") == 1).to_series().to_numpy()
    newcomer = first & known & (people.registered[customer] >= 0)
    return frame.with_columns(
        order_id=pl.Series([str(FIRST_ID + n) for n in range(len(frame))]),
        channel=pl.Series(_channels(rng, plan, people, frame)),
        city=pl.Series(city),
        segment=pl.Series(people.segment[customer]).set(pl.Series(~known), None),
        status=pl.Series(_status(rng, plan, frame)),
        promo_code=pl.Series(_promo(rng, plan, frame, newcomer), dtype=pl.String),
    )


def _channels(rng: np.random.Generator, plan: Plan, people: People, frame: pl.DataFrame) -> Array:
    """Site, app or store by the planted shares of the day and the customer's own lean to the app."""
    shift = plan.effects["mix_shift"]
    before = np.array([shift["shares_before"][key] for key in plan.keys("sales_channel")])
    after = np.array([shift["shares_after"][key] for key in plan.keys("sales_channel")])
    day = frame["ordered_at"].to_numpy() // DAY
    chance = np.where((day >= plan.day(shift["from"]))[:, None], after, before)
    # the app grew slowly through the first year before its shares settled
    young = np.clip(1 - day / 366, 0, 1) * 0.10
    chance = chance + young[:, None] * np.array([1.0, -1.0, 0.0])
    customer = frame["customer"].to_numpy()
    lean = np.where(customer >= 0, people.app_lean[customer], -1.0)
    chance = chance * np.stack([np.ones(len(day)), np.exp(lean), np.ones(len(day))], axis=1)
    edge = np.cumsum(chance / chance.sum(axis=1, keepdims=True), axis=1)
    return (rng.random(len(day))[:, None] > edge).sum(axis=1).clip(0, 2)


def _status(rng: np.random.Generator, plan: Plan, frame: pl.DataFrame) -> list[str]:
    """Most are completed; orders of the last five days may still be on the way."""
    draw = rng.random(len(frame))
    recent = frame["ordered_at"].to_numpy() // DAY >= plan.days - 5
    status = np.where(recent & (draw > 0.35), "shipped", "completed")
    status = np.where(frame["fails"].to_numpy(), np.where(draw < 0.8, "cancelled", "refused"), status)
    return list(np.where(frame["test"].to_numpy(), "test", status))


def _promo(rng: np.random.Generator, plan: Plan, frame: pl.DataFrame, newcomer: Array) -> list[str | None]:
    """Promo code of each order or None."""
    days = plan.dates()
    november = np.array([day.month == 11 and day.day >= 20 for day in days])
    sale = november[frame["ordered_at"].to_numpy() // DAY]
    draw = rng.random(len(frame))
    code = np.where(draw < 0.08, "HOME5", "")
    code = np.where(sale & (draw < 0.45), "NOV15", code)
    code = np.where(newcomer & (draw < 0.35), "WELCOME10", code)
    code = np.where(frame["won_back"].to_numpy() & (draw < 0.7), "COMEBACK15", code)
    return [str(name) or None for name in code]


def _lines(rng: np.random.Generator, plan: Plan, people: People, orders: pl.DataFrame) -> pl.DataFrame:
    """One to many goods per order at the price of the quarter, promo discount rounded per line."""
    at, customer = orders["ordered_at"].to_numpy(), orders["customer"].to_numpy()
    day = at // DAY
    shift = plan.effects["mix_shift"]
    grown = np.where(day >= plan.day(shift["from"]), 1 + shift["basket_growth"], 1.0)
    own = np.where(customer >= 0, people.basket[customer], 0.8)
    extra = rng.poisson(EXTRA_LINES[orders["channel"].to_numpy()] * own * grown).clip(0, 11)
    place = np.repeat(np.arange(len(orders)), extra + 1)
    good = _goods(rng, plan, day[place])
    goods = plan.words["goods"]
    base, share = (np.array([item[key] for item in goods]) for key in ("price", "cost_share"))
    # price lists change with the quarter, always to whole tens of roubles
    index = (1 + shift["price_growth_per_year"]) ** (np.floor(day[place] / 91.31) / 4)
    price = np.maximum(np.round(base[good] * index / 10), 1).astype(int) * 1000
    cost = np.round(base[good] * index * share[good] * 100).astype(int)
    several = rng.geometric(0.45, len(place)).clip(1, 8)
    quantity = np.where(rng.random(len(place)) < np.where(base[good] < 1000, 0.45, 0.06), several, 1)
    quantity = np.where(rng.random(len(place)) < 0.002, quantity * 6, quantity)
    codes = orders["promo_code"].to_list()
    percent = np.array([PROMO_PERCENT.get(code or "", 0) for code in codes])[place]
    gross = quantity * price
    discount = (gross * percent + 50) // 100
    frame = pl.DataFrame(
        {"good": good, "quantity": quantity, "unit_price": price, "discount": discount, "unit_cost": cost}
    )
    back = _returned(rng, orders, place, quantity)
    return frame.with_columns(
        order_id=orders["order_id"][place],
        sku=pl.Series([goods[n]["sku"] for n in good]),
        line_amount=pl.Series(gross - discount),
        returned_quantity=pl.Series(back),
    )


def _goods(rng: np.random.Generator, plan: Plan, day: Array) -> Array:
    """Which good each line is: cheap goods are bought more often, gifts before the New Year."""
    goods = plan.words["goods"]
    weight = np.array([item["price"] ** -0.35 for item in goods])
    gift = np.array([item["category"] == "gifts" for item in goods])
    month = np.array([moment.month for moment in plan.dates()])[day]
    usual, festive = (np.cumsum(w / w.sum()) for w in (weight, weight * np.where(gift, 2.6, 1.0)))
    draw = rng.random(len(day))
    picks = np.where(month >= 11, np.searchsorted(festive, draw), np.searchsorted(usual, draw))
    return picks.clip(0, len(goods) - 1)


def _returned(rng: np.random.Generator, orders: pl.DataFrame, place: Array, quantity: Array) -> Array:
    """Whole lines come back from about 4 % of completed orders that are not fresh."""
    done = (orders["status"] == "completed").to_numpy()
    returning = done & (rng.random(len(orders)) < 0.045)
    line = rng.random(len(place)) < 0.7
    return np.where(returning[place] & line, quantity, 0)


def _tiers(people: People, orders: pl.DataFrame) -> pl.Series:
    """Tier at the time of each order, from the money spent in the programme before it; None outside."""
    customer, at = orders["customer"].to_numpy(), orders["ordered_at"].to_numpy()
    joined = np.where(customer >= 0, people.loyalty_joined[customer], NEVER)
    inside = at >= joined
    counted = inside & orders["status"].is_in(SOLD).to_numpy()
    spent = orders.select(money=pl.col("amount") * pl.Series(counted), customer="customer")
    before = spent.select(pl.col("money").cum_sum().over("customer") - pl.col("money")).to_series().to_numpy()
    return pl.Series(tier_of(before)).set(pl.Series(~inside), None)


def tier_of(spent: Array) -> Array:
    """Tier (0 basic, 1 silver, 2 gold) by kopecks spent in the programme."""
    return np.where(spent >= GOLD, 2, np.where(spent >= SILVER, 1, 0))
