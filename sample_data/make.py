"""Generate the sample shop: python sample_data/make.py [--out DIR] [--check].

From the seed in effects.toml; running it twice gives the same bytes. --check compares a fresh run with the
files under --out and ends with 1 when they differ.
"""

import argparse
import gzip
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from generator.baskets import fill_baskets, tier_of, valid
from generator.buying import draw_purchases, hold_out
from generator.exports import write_exports
from generator.mailing import Mailing, deliver
from generator.people import NEVER, People, draw_people
from generator.plan import DAY, HERE, Plan, read_plan
from generator.sends import all_sends
from generator.spending import spend


def build(plan: Plan) -> dict[str, pl.DataFrame]:
    """The whole shop as tables with the columns of words.toml (minutes, kopecks, keys)."""
    rng = np.random.default_rng(plan.effects["data"]["seed"])
    people = draw_people(rng, plan)
    buys = draw_purchases(rng, plan, people)
    basket = fill_baskets(rng, plan, people, buys)
    trials = [buys.winback, hold_out(rng, plan, people)]
    sends = all_sends(rng, plan, people, basket.orders, trials)
    mailing = deliver(rng, plan, people, basket.orders, sends)
    since = plan.day(plan.effects["data"]["messages_from"]) * DAY
    goods = [item["category"] for item in plan.words["goods"]]
    category = pl.col("good").replace_strict(dict(enumerate(goods)), return_dtype=pl.String)
    return {
        "orders": _with_id(basket.orders),
        "order_lines": basket.lines.with_columns(product=pl.col("good"), category=category),
        "customers": _customers(plan, people, basket.orders, mailing),
        "messages": _with_id(mailing.rows.filter(pl.col("sent_at") >= since)),
        "campaigns": mailing.campaigns,
        "costs": spend(rng, plan, people, basket.orders, mailing.campaigns),
    }


def customer_id(position: pl.Expr) -> pl.Expr:
    """The shop's customer number: eight digits with leading zeros, as many systems print them."""
    return (position + 1001).cast(pl.String).str.zfill(8)


def _with_id(frame: pl.DataFrame) -> pl.DataFrame:
    """customer_id from the position; blank for anonymous orders."""
    return frame.with_columns(
        customer_id=pl.when(pl.col("customer") >= 0).then(customer_id(pl.col("customer")))
    )


def _customers(plan: Plan, people: People, orders: pl.DataFrame, mailing: Mailing) -> pl.DataFrame:
    """The customer list as of the last day; who unsubscribed or complained has no e-mail consent any more."""
    size = len(people)
    end = plan.days * DAY - 1
    inside = valid(orders).filter(pl.col("loyalty_tier").is_not_null())
    spent = dict(inside.group_by("customer").agg(pl.col("amount").sum()).iter_rows())
    tier = tier_of(np.array([spent.get(n, 0) for n in range(size)]))
    joined = people.loyalty_joined <= end
    left = np.array([mailing.left.get(n, -NEVER) for n in range(size)])
    gone = left > -NEVER
    frame = pl.DataFrame(
        {
            "customer": np.arange(size),
            "registered_at": people.registered,
            "segment": people.segment,
            "city": people.city,
            "loyalty_tier": pl.Series(tier).set(pl.Series(~joined), None),
            "loyalty_joined_at": pl.Series(people.loyalty_joined).set(pl.Series(~joined), None),
            "acquisition_channel": people.source,
            "consent_email": np.where(people.email & ~gone, "yes", "no"),
            "consent_sms": np.where(people.sms, "yes", "no"),
            "consent_push": np.where(people.push, "yes", "no"),
            "subscribed_at": pl.Series(people.registered).set(pl.Series(~people.email), None),
            "unsubscribed_at": pl.Series(np.minimum(left + 25, end)).set(pl.Series(~gone), None),
        }
    )
    return _with_id(frame)


def differences(fresh: list[Path], kept: Path) -> list[str]:
    """Names of files that are missing or differ from the fresh ones."""
    names = [f"{path.parent.name}/{path.name}" for path in fresh]
    pairs = zip(names, fresh, strict=True)
    return [name for name, path in pairs if not same(path, kept / name)]


def same(fresh: Path, kept: Path) -> bool:
    """Whether both files exist and hold the same; unpacked first, as zlib versions pack differently."""
    if not kept.is_file():
        return False
    read = gzip.decompress if fresh.suffix == ".gz" else bytes
    return read(fresh.read_bytes()) == read(kept.read_bytes())


def main() -> int:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="folder that gets shop_ru and shop_en")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    plan = read_plan()
    if not options.check:
        for path in write_exports(plan, build(plan), options.out):
            print(f"{path.parent.name}/{path.name}\t{path.stat().st_size}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        different = differences(write_exports(plan, build(plan), Path(folder)), options.out)
    print("\n".join(different) or "same")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
