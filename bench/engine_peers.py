"""The same numbers as the engine's, by the best SQL we know for DuckDB and by plain pandas.

Orders: revenue, orders, repeat orders, active, new, retained, returned and lost customers by month (and segment,
under a filter). Messages: sent, the four rates of the funnel and the revenue by month.
The lifecycle columns of the store are given to everybody.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

ORDERS = (
    "revenue_base", "orders_count", "repeat_orders", "active_customers", "new_customers", "retained_customers",
    "returned_customers", "lost_customers",
)  # fmt: skip
MESSAGES = ("sends_count", "delivery_rate", "open_rate", "click_rate", "click_to_order", "crm_revenue")


class Duck:
    """DuckDB on two threads over the store's Parquet files, or over tables read into memory beforehand."""

    def __init__(self, root: Path, warm: bool, starts: list[int]) -> None:
        self.db = duckdb.connect()
        self.db.execute("set threads = 2")
        days = [
            (day, np.searchsorted(starts, day, side="right") - 1) for day in range(starts[0], starts[-1] + 31)
        ]
        self.db.execute("create table months (day integer, m integer)")
        self.db.executemany("insert into months values (?, ?)", [(int(d), int(m)) for d, m in days])
        for name in ("orders", "messages"):
            kind = "table" if warm else "view"
            self.db.execute(f"create {kind} {name} as select * from read_parquet('{root / name}.parquet')")

    def orders(self, by: str | None = None, where: str = "true") -> list[tuple]:
        """Month, segment and the eight numbers of ORDERS."""
        return self.db.execute(_sql(by, where)).fetchall()

    def messages(self) -> list[tuple]:
        """Month and the six numbers of MESSAGES."""
        return self.db.execute(
            "select m, count(*), sum(delivered) / count(*), sum(opened) / sum(delivered), sum(clicked) / sum(delivered),"
            " sum(orders) / sum(clicked), sum(revenue) from messages join months using (day) group by m"
        ).fetchall()


def _sql(by: str | None, where: str) -> str:
    seg, keys = (by, "cust, seg") if by else ("null::varchar", "cust")
    plain = by is None and where == "true"
    company = (
        "linked as (select *, p as cp, q as cq from own)"
        if plain
        else """
        everyone as (select cust, m, lag(m) over w as cp, lead(m) over w as cq
                     from (select distinct cust, m from orders join months using (day) where cust is not null)
                     window w as (partition by cust order by m)),
        linked as (select own.*, cp, cq from own join everyone using (cust, m))"""
    )
    return f"""
    with rows as (select cust, {seg} as seg, months.m, amount, order_number, first.m as first_m
                  from orders join months using (day) join months as first on first.day = first_day
                  where cust is not null and {where}),
    per as (select cust, seg, m, sum(amount) as money, count(*) as n, sum((order_number > 1)::int) as again,
                   max((first_m = m)::int) as fresh from rows group by cust, seg, m),
    own as (select *, lag(m) over w as p, lead(m) over w as q from per
            window w as (partition by {keys} order by m)),
    {company},
    here as (select m, seg, sum(money) as a, sum(n) as b, sum(again) as c, count(*) as d, sum(fresh) as e,
                    sum((p is not null and p = m - 1)::int) as f,
                    sum((not coalesce(cp = m - 1, false) and fresh = 0)::int) as g
             from linked group by m, seg),
    gone as (select m + 1 as m, seg, sum((not coalesce(cq = m + 1, false))::int) as h from linked group by m, seg)
    select here.m, here.seg, a, b, c, d, e, f, g, coalesce(h, 0)
    from here left join gone on here.m = gone.m and here.seg is not distinct from gone.seg
    """


def pandas_orders(root: Path, starts: list[int]) -> dict[str, pd.Series]:
    """The numbers of ORDERS by month, preparation included."""
    names = ["cust", "day", "amount", "order_number", "first_day"]
    frame = pd.read_parquet(root / "orders.parquet", columns=names)
    frame = frame[frame.cust.notna()]
    frame["m"] = np.searchsorted(starts, frame.day.to_numpy(), side="right") - 1
    frame["fresh"] = np.searchsorted(starts, frame.first_day.to_numpy(), side="right") - 1 == frame.m
    by = frame.groupby("m")
    pairs = frame.groupby(["cust", "m"], as_index=False).fresh.max().sort_values(["cust", "m"])
    before, after = pairs.groupby("cust").m.shift(1), pairs.groupby("cust").m.shift(-1)
    month = pairs.groupby("m")
    return {
        "revenue_base": by.amount.sum(),
        "orders_count": by.size(),
        "repeat_orders": (frame.order_number > 1).groupby(frame.m).sum(),
        "active_customers": month.size(),
        "new_customers": month.fresh.sum(),
        "retained_customers": (before == pairs.m - 1).groupby(pairs.m).sum(),
        "returned_customers": ((before != pairs.m - 1) & ~pairs.fresh).groupby(pairs.m).sum(),
        "lost_customers": (after != pairs.m + 1).groupby(pairs.m + 1).sum(),
    }


def pandas_messages(root: Path, starts: list[int]) -> dict[str, pd.Series]:
    """The numbers of MESSAGES by month, preparation included."""
    names = ["day", "delivered", "opened", "clicked", "orders", "revenue"]
    frame = pd.read_parquet(root / "messages.parquet", columns=names)
    frame["m"] = np.searchsorted(starts, frame.day.to_numpy(), side="right") - 1
    sums = frame.groupby("m")[names[1:]].sum()
    sent = frame.groupby("m").size()
    return {
        "sends_count": sent,
        "delivery_rate": sums.delivered / sent,
        "open_rate": sums.opened / sums.delivered,
        "click_rate": sums.clicked / sums.delivered,
        "click_to_order": sums.orders / sums.clicked,
        "crm_revenue": sums.revenue,
    }
