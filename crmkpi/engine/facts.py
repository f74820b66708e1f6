"""Facts of a data set that do not depend on the question, and the order columns derived for one calendar."""

from __future__ import annotations

import math
from datetime import timedelta

import polars as pl

from crmkpi.engine.calendar import EPOCH, DayMaps, day_number
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import text_columns
from crmkpi.engine.memory import remembered

MEMORY_DAYS = 90
MIN_INTERVALS = 30
COSTED_SHARE = 0.95
DAYS_OF_A_YEAR = 365
DAY_SECONDS = 86_400


@remembered
def segment_values(data: DataDir, dimension: str) -> list[str | None]:
    """Values of a dimension over all tables that hold it, sorted; None last where a blank exists or may arise."""
    found: set[str] = set()
    for table in data.tables():
        if table != "ids" and dimension in text_columns(data, table):
            column = data.frame(table).select(pl.col(dimension).cast(pl.String).unique())
            found.update(v for v in column.collect().to_series().to_list() if v is not None)
    return [*sorted(found), None]


@remembered
def costed_share(data: DataDir) -> float:
    """Share of identified revenue whose cost of goods is known (margin is computed from 95 %)."""
    if "cogs" not in data.columns("orders"):
        return 0.0
    row = (
        data.frame("orders")
        .filter(pl.col("cust").is_not_null())
        .select(known=pl.col("amount").filter(pl.col("cogs").is_not_null()).sum(), all=pl.col("amount").sum())
        .collect()
        .row(0)
    )
    return row[0] / row[1] if row[1] else 0.0


def margin_rate(data: DataDir) -> float | None:
    """Margin / revenue over orders with a known cost if they are 95 % of revenue, else the typed margin."""
    if costed_share(data) < COSTED_SHARE:
        return data.meta.margin_rate
    return _margin_of_costed(data)


@remembered
def _margin_of_costed(data: DataDir) -> float | None:
    known = data.frame("orders").filter(pl.col("cust").is_not_null() & pl.col("cogs").is_not_null())
    margin, whole = (
        known.select((pl.col("amount") - pl.col("cogs")).sum(), pl.col("amount").sum().alias("all"))
        .collect()
        .row(0)
    )
    return margin / whole if whole else None


@remembered
def sales_cycle_days(data: DataDir) -> int:
    """Days in which four of five deals are won: so long a cohort of leads ripens. 0 without won deals."""
    if not {"won_ts", "created_ts"} <= set(data.columns("leads")):
        return 0
    waited = (pl.col("won_ts") - pl.col("created_ts")) / DAY_SECONDS
    known = data.frame("leads").select(waited.filter(waited >= 0).quantile(0.8, "nearest")).collect().item()
    return 0 if known is None else math.ceil(known)


def tier_order(data: DataDir) -> list[str]:
    """Loyalty tiers, lowest first: as set by the user, else by the mean amount that their members have spent."""
    if data.meta.loyalty_tiers:
        return list(data.meta.loyalty_tiers)
    return _tiers_by_spend(data)


@remembered
def _tiers_by_spend(data: DataDir) -> list[str]:
    if "loyalty_tier" not in data.columns("customers"):
        return []
    people = data.frame("customers").select("cust", tier=pl.col("loyalty_tier").cast(pl.String))
    people = people.filter(pl.col("tier").is_not_null())
    spent = pl.LazyFrame(schema={"cust": pl.Int32, "spent": pl.Int64})
    if data.has("orders"):
        spent = data.frame("orders").group_by("cust").agg(spent=pl.col("amount").sum())
    both = people.join(spent, on="cust", how="left")
    means = both.group_by("tier").agg(pl.col("spent").fill_null(0).mean()).sort("spent", "tier")
    return means.collect()["tier"].to_list()


def upper_tier(data: DataDir) -> pl.Expr:
    """1 for customers of the chosen tier and above; without a choice, of any tier above the lowest."""
    tiers = tier_order(data)
    if not tiers:
        return pl.lit(0, dtype=pl.Int64)
    floor = data.meta.loyalty_floor
    upper = tiers[tiers.index(floor) :] if floor in tiers else tiers[1:] or tiers
    return pl.col("loyalty_tier").cast(pl.String).is_in(upper).fill_null(False).cast(pl.Int64)


@remembered
def usual_intervals(data: DataDir) -> dict[str | None, float]:
    """Median days between orders by customers' segment where it has 30 intervals; key None: all customers."""
    orders = data.frame("orders").filter(pl.col("cust").is_not_null() & pl.col("prev_day").is_not_null())
    pause = (pl.col("day") - pl.col("prev_day")).alias("pause")
    whole = orders.select(pause.median()).collect().item()
    if whole is None:
        return {}
    found: dict[str | None, float] = {None: float(whole)}
    if "segment" in text_columns(data, "orders"):
        per = orders.group_by(pl.col("segment").cast(pl.String)).agg(pause.median(), n=pl.len()).collect()
        for name, median, n in per.iter_rows():
            if name is not None and n >= MIN_INTERVALS:
                found[name] = float(median)
    return found


@remembered
def dates_only(data: DataDir) -> bool:
    """Whether orders carry dates without times (all at midnight)."""
    midnight = (pl.col("ts") % DAY_SECONDS == 0).all()
    return bool(data.frame("orders").select(midnight).collect().item())


@remembered
def high_season(data: DataDir) -> tuple[int, ...]:
    """The three consecutive calendar months with most orders per day over complete years; () under a year."""
    coverage = data.meta.coverage.get("orders")
    if coverage is None:
        return ()
    years = ((coverage.last - coverage.first).days + 1) // DAYS_OF_A_YEAR
    if years < 1:
        return ()
    first = coverage.last - timedelta(days=years * DAYS_OF_A_YEAR - 1)
    per_day = data.frame("orders").group_by("day").agg(n=pl.len()).filter(pl.col("day") >= day_number(first))
    counts = dict(per_day.collect().iter_rows())
    orders, days = [0] * 12, [0] * 12
    for number in range(day_number(first), day_number(coverage.last) + 1):
        month = (EPOCH + timedelta(days=number)).month - 1
        orders[month] += counts.get(number, 0)
        days[month] += 1
    rates = []
    for start in range(12):
        months = [(start + k) % 12 for k in range(3)]
        rates.append(sum(orders[m] for m in months) / sum(days[m] for m in months))
    best = max(range(12), key=lambda m: rates[m])
    return tuple((best + k) % 12 + 1 for k in range(3))


def order_columns(data: DataDir, maps: DayMaps, idle: int, reads: set[str]) -> dict[str, pl.Expr]:
    """Expressions of the derived order columns among `reads` (documented in crmkpi/measures/orders.py)."""
    day, prev, next_ = pl.col("day"), pl.col("prev_day"), pl.col("next_day")
    ways = {
        "dormant": lambda: (day - prev > idle).fill_null(False).cast(pl.Int64),
        "new": lambda: (maps.t(pl.col("first_day")) == maps.t(day)).fill_null(False).cast(pl.Int64),
        "t_first": lambda: maps.t(pl.col("first_day")),
        "t_next": lambda: maps.t(next_),
        "end_from": lambda: maps.ends_from(day),
        "first_from": lambda: maps.ends_from(pl.col("first_day")),
        "end_next": lambda: maps.ends_from(next_),
        "end_year": lambda: maps.ends_from(day + DAYS_OF_A_YEAR),
        "earned": lambda: _earned(data),
        "end_lost": lambda: maps.ends_from(day + idle + 1),
        "start_dormant": lambda: maps.starts_from(day + idle + 1),
        "start_next": lambda: maps.starts_from(next_ + 1),
        "start_known": lambda: maps.starts_from(pl.col("first_day") + 1),
        "due_day": lambda: _due(data),
        "due_t": lambda: maps.t(_due(data)),
        "season": lambda: _in_season(data).cast(pl.Int64),
        "loyal": lambda: _loyal(data),
        "ts": lambda: _moment(data),
    }
    return {name: make() for name, make in ways.items() if name in reads}


def _earned(data: DataDir) -> pl.Expr:
    """Margin of an order: amount - cogs where known, else amount at the margin rate of the others or the typed one."""
    rate = margin_rate(data)
    usual = pl.col("amount") * rate if rate is not None else pl.lit(None, dtype=pl.Float64)
    if costed_share(data) < COSTED_SHARE:
        return usual.cast(pl.Float64)
    return pl.coalesce((pl.col("amount") - pl.col("cogs")).cast(pl.Float64), usual)


def _moment(data: DataDir) -> pl.Expr:
    """Time of the order; a bare date counts as the end of its day, after the messages of that day."""
    return pl.col("ts") + (DAY_SECONDS - 1 if dates_only(data) else 0)


def _due(data: DataDir) -> pl.Expr:
    usual = usual_intervals(data)
    whole = round(usual.get(None, 0.0))
    pause: pl.Expr = pl.lit(whole)
    named = {name: round(days) for name, days in usual.items() if name is not None and round(days) != whole}
    if named:
        pause = pl.col("segment").cast(pl.String).replace_strict(named, default=whole, return_dtype=pl.Int32)
    return (pl.col("day") + pause).cast(pl.Int64)


def _in_season(data: DataDir) -> pl.Expr:
    month = pl.col("day").cast(pl.Date).dt.month()
    return month.is_in(list(high_season(data)))


def _loyal(data: DataDir) -> pl.Expr:
    if "loyalty_tier" in data.columns("orders"):
        return pl.col("loyalty_tier").is_not_null().cast(pl.Int64)
    people = data.columns("customers")
    joined = data.frame("customers")
    claims = []
    if "loyalty_tier" in people:
        claims.append(pl.col("loyalty_tier").is_not_null())
    if "loyalty_joined_day" in people:
        claims.append(pl.col("loyalty_joined_day").is_not_null())
    if not claims:
        return pl.lit(None, dtype=pl.Int64)
    members = joined.filter(pl.any_horizontal(claims)).select("cust").collect().to_series()
    return pl.col("cust").is_in(members.implode()).cast(pl.Int64)
