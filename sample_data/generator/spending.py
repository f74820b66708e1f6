"""What the CRM costs: monthly totals per category, message traffic per campaign."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from generator.baskets import valid
from generator.people import People
from generator.plan import DAY, Plan

# advertising money per new customer and channel, roubles
ACQUISITION = {"search": 260, "ads": 310, "social": 150}
MONTHLY = {"platform": 19_000, "payroll": 60_000, "retention": 12_000, "other": 9_000}
BONUS_SHARE = 0.025


def spend(
    rng: np.random.Generator, plan: Plan, people: People, orders: pl.DataFrame, campaigns: pl.DataFrame
) -> pl.DataFrame:
    """Costs by date and category in kopecks; monthly ones on the last day of the month.

    Message traffic stands on the campaign's send date with its campaign_id and equals campaigns.cost:
    it is the same money seen from two sides.
    """
    rows: list[tuple[int, str, str | None, str | None, int]] = []
    sales = valid(orders)
    for month in plan.months():
        following = (month + timedelta(days=32)).replace(day=1)
        begin, end = plan.day(month) * DAY, plan.day(following) * DAY
        new = int(((people.registered >= begin) & (people.registered < end)).sum())
        for channel, price in ACQUISITION.items():
            rows.append((end - 1, "acquisition", channel, None, int(new * price * rng.uniform(90, 110))))
        for category, money in MONTHLY.items():
            rows.append((end - 1, category, None, None, _monthly(rng, plan, month, category, money)))
        tiered = sales.filter(
            pl.col("ordered_at").is_between(begin, end - 1) & pl.col("loyalty_tier").is_not_null()
        )
        rows.append((end - 1, "bonus", None, None, int(int(tiered["amount"].sum()) * BONUS_SHARE)))
    paid = campaigns.select("sent_at", "channel", "campaign_id", "cost").iter_rows()
    rows += [(at, "channel", channel, campaign, cost) for at, channel, campaign, cost in paid]
    frame = pl.DataFrame(
        rows,
        schema=["date", "category", "channel", "campaign_id", "amount"],
        orient="row",
        infer_schema_length=None,
    )
    return frame.with_columns(pl.col("date") // DAY * DAY).sort("date", maintain_order=True)


def _monthly(rng: np.random.Generator, plan: Plan, month: date, category: str, money: int) -> int:
    """A fixed monthly sum in kopecks, raised by a tenth each January; small ones vary."""
    raised = money * 1.10 ** (month.year - plan.start.year)
    vary = 1.0 if category in ("platform", "payroll") else rng.uniform(0.8, 1.2)
    return round(raised * vary) * 100
