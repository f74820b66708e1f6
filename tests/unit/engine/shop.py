"""Canonical stores for tests, made from raw rows with plain pandas: independent of the loading code.

Raw orders: order_id, customer_id (None = anonymous), at (timestamp), amount, and any dimensions. Lifecycle columns
are computed here by sorting and shifting, as definitions.md says.
"""

from __future__ import annotations

import os
import random
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

from crmkpi.engine.data import DataDir, DimensionInfo, Meta, TableCoverage
from crmkpi.periods import usual_gap
from tests.unit.engine import random_rows

ROOT = Path(__file__).parents[3]
MONEY = (
    "amount",
    "gross",
    "discount",
    "refund",
    "shipping",
    "tax",
    "cogs",
    "line_sum",
    "revenue",
    "unit_cost",
)
EPOCH = pd.Timestamp("1970-01-01")


def real_file() -> Path | None:
    """The real data set, if this machine has it."""
    named = os.environ.get("CRMKPI_REAL_DATA")
    path = Path(named) if named else ROOT.parent / "shared" / "data" / "online_retail.csv.gz"
    return path if path.exists() else None


def day_of(at: pd.Series) -> pd.Series:
    return (pd.to_datetime(at).dt.normalize() - EPOCH).dt.days.astype("Int32")


def seconds_of(at: pd.Series) -> pd.Series:
    return ((pd.to_datetime(at) - EPOCH) // pd.Timedelta(seconds=1)).astype("Int64")


class Shop:
    """Write one store: call the methods for the tables you have, then `done()`."""

    def __init__(self, root: Path, scale: int = 100) -> None:
        self.data = DataDir(root)
        self.meta = Meta(scale=scale)
        self.ids: dict[str, int] = {}
        self.order_ids: dict[str, int] = {}

    def cust(self, names: pd.Series) -> pd.Series:
        for name in names.dropna():
            self.ids.setdefault(name, len(self.ids))
        return names.map(self.ids).astype("Int32")

    def _put(self, name: str, frame: pd.DataFrame, columns: list[str], at: str | None = "day") -> None:
        for money in set(MONEY) & set(frame.columns):
            frame[money] = (frame[money].astype("Float64") * self.meta.scale).round().astype("Int64")
        table = pl.from_pandas(frame)
        if at is not None and len(frame):
            days = [date(1970, 1, 1) + timedelta(days=int(d)) for d in frame[at].dropna()]
            cover = TableCoverage(first=min(days), last=max(days), usual_gap=usual_gap(days))
            self.meta.coverage[name] = cover
        self.meta.columns[name] = columns
        self.data.write(name, table)

    def orders(self, raw: pd.DataFrame) -> Shop:
        raw = raw.sort_values(["at", "order_id"], kind="stable").reset_index(drop=True)
        self.order_ids = {name: i for i, name in enumerate(raw["order_id"])}
        out = pd.DataFrame({"order": range(len(raw)), "order_id": raw["order_id"]})
        out["cust"] = self.cust(raw["customer_id"])
        out["ts"], out["day"] = seconds_of(raw["at"]), day_of(raw["at"])
        known = out[out["cust"].notna()].sort_values(["cust", "ts", "order"])
        by = known.groupby("cust")
        out.loc[known.index, "order_number"] = by.cumcount() + 1
        out.loc[known.index, "prev_day"] = by["day"].shift(1)
        out.loc[known.index, "next_day"] = by["day"].shift(-1)
        out.loc[known.index, "first_day"] = by["day"].transform("min")
        for name in ("order_number", "prev_day", "next_day", "first_day"):
            out[name] = out[name].astype("Int32")
        extra = [c for c in raw.columns if c not in ("order_id", "customer_id", "at")]
        for name in extra:
            out[name] = raw[name]
            if raw[name].dtype == object or str(raw[name].dtype) in ("str", "string"):
                info = DimensionInfo(table="orders", label=name, values=raw[name].nunique())
                self.meta.dimensions[name] = info
        out = out.sort_values(["cust", "ts", "order"])
        self._put("orders", out, ["order_id", "customer_id", "ordered_at", *extra])
        return self

    def lines(self, raw: pd.DataFrame) -> Shop:
        """Raw lines: order_id, sku, quantity, amount, category. Call after `orders`; adds units to them."""
        orders = pl.read_parquet(self.data.path("orders"))
        lines = pl.from_pandas(raw).with_columns(
            order=pl.col("order_id").replace_strict(self.order_ids, return_dtype=pl.Int64),
            amount=(pl.col("amount") * self.meta.scale).round().cast(pl.Int64),
            quantity=pl.col("quantity").cast(pl.Float64),
        )
        per = lines.group_by("order").agg(
            units=pl.col("quantity").sum(),
            line_sum=pl.col("amount").sum(),
            categories=pl.col("category").drop_nulls().n_unique().cast(pl.Int32),
        )
        self.data.write("orders", orders.join(per, on="order", how="left", maintain_order="left"))
        dims = [c for c in orders.columns if orders.schema[c] == pl.String and c != "order_id"]
        merged = lines.join(orders.select("order", "cust", "ts", "day", *dims), on="order", how="left")
        self.data.write("order_lines", merged.drop("order_id").sort("cust", "ts"))
        self.meta.columns["order_lines"] = ["order_id", "sku", "quantity", "line_amount", "category"]
        for name in ("category", "sku"):
            self.meta.dimensions[name] = DimensionInfo(table="order_lines", label=name)
        return self

    def returns(self, raw: pd.DataFrame) -> Shop:
        """Raw returns: doc_id, customer_id, at, amount (positive), dimensions."""
        out = raw.drop(columns=["customer_id", "at"]).copy()
        out["cust"] = self.cust(raw["customer_id"])
        out["ts"], out["day"], out["kind"] = seconds_of(raw["at"]), day_of(raw["at"]), "document"
        self._put("returns", out, ["doc_id"])
        self.meta.columns["orders"].append("refund")
        return self

    def customers(self, raw: pd.DataFrame) -> Shop:
        """Raw customers: customer_id, dates `*_at`, flags, dimensions."""
        out = pd.DataFrame({"cust": self.cust(raw["customer_id"])})
        names = [c for c in raw.columns if c != "customer_id"]
        for name in names:
            column = raw[name]
            out[name.replace("_at", "_day") if name.endswith("_at") else name] = (
                day_of(column) if name.endswith("_at") else column
            )
        self._put("customers", out, ["customer_id", *names], None)
        if "registered_at" in names:
            days = pd.to_datetime(raw["registered_at"]).dropna()
            cover = TableCoverage(first=days.min().date(), last=days.max().date())
            self.meta.coverage["customers"] = cover
        return self

    def messages(self, raw: pd.DataFrame) -> Shop:
        """Raw messages: customer_id, sent_at, flags, clicked_at, event_at, revenue, dimensions."""
        out = raw.drop(columns=["customer_id", "sent_at"]).reset_index(drop=True).copy()
        out.insert(0, "msg", range(len(raw)))
        out["cust"] = self.cust(raw["customer_id"].reset_index(drop=True))
        sent = raw["sent_at"].reset_index(drop=True)
        out["ts"], out["day"] = seconds_of(sent), day_of(sent)
        for name in ("clicked", "event"):
            if f"{name}_at" in out:
                out[f"{name}_ts"] = seconds_of(out.pop(f"{name}_at"))
        self._put("messages", out, list(raw.columns))
        return self

    def campaigns(self, raw: pd.DataFrame) -> Shop:
        """Raw campaigns: campaign_id, sent_at, sent and counts; `covered` 1 where messages are there too."""
        out = raw.drop(columns=["sent_at"]).copy()
        out["ts"], out["day"] = seconds_of(raw["sent_at"]), day_of(raw["sent_at"])
        self._put("campaigns", out, [c for c in raw.columns if c != "covered"])
        return self

    def costs(self, raw: pd.DataFrame) -> Shop:
        """Raw costs: date, amount, category."""
        out = raw.drop(columns=["date"]).copy()
        out["day"] = day_of(raw["date"])
        self._put("costs", out, list(raw.columns))
        return self

    def rows(self, name: str, raw: pd.DataFrame, time: str) -> Shop:
        """Raw rows of any other table: customer_id -> cust, the table's time -> ts or *_ts and day, `*_at` -> *_ts."""
        out = raw.copy()
        if "customer_id" in out:
            out["cust"] = self.cust(out.pop("customer_id"))
        out["day"] = day_of(raw[time])
        for column in [c for c in raw.columns if c.endswith("_at") or c in ("at", "date")]:
            moments = seconds_of(out.pop(column))
            if column != "date":
                out["ts" if column == "at" else column.replace("_at", "_ts")] = moments
        scaled = [c for c in ("cost", "deal_amount", "potential_amount", "mrr") if c in out]
        scaled += ["value"] if name == "loyalty_points" else []
        for money in scaled:
            out[money] = (out[money].astype("Float64") * self.meta.scale).round().astype("Int64")
        self._put(name, out, list(raw.columns))
        return self

    def done(self, **changes: object) -> DataDir:
        """Write the meta (with these changes) and give the store."""
        for name, value in changes.items():
            setattr(self.meta, name, value)
        self.data.meta = self.meta
        self.data.seal()
        return self.data


TWELVE = """
o01 ann  2024-01-05 100 web
o02 bob  2024-01-10  50 store
o03 cid  2024-01-20  30 web
o04 ann  2024-02-03  70 store
o05 bob  2024-02-11  40 store
o06 dan  2024-02-15  20 web
o07 -    2024-02-20  99 web
o08 ann  2024-03-01  60 web
o09 ann  2024-03-01  10 web
o10 cid  2024-05-10  80 web
o11 eve  2024-05-12  25 -
o12 bob  2024-05-31  15 store
"""


def twelve_orders(root: Path) -> DataDir:
    """The shop small enough to check on paper: four months, five customers, one anonymous order."""
    rows = [line.split() for line in TWELVE.strip().splitlines()]
    raw = pd.DataFrame(rows, columns=["order_id", "customer_id", "at", "amount", "channel"])
    raw = raw.replace("-", None)
    raw["amount"] = raw["amount"].astype(float)
    raw["at"] = pd.to_datetime(raw["at"]) + pd.Timedelta(hours=12)
    back = pd.DataFrame(
        {
            "doc_id": ["c1", "c2"],
            "customer_id": ["ann", "fay"],
            "at": pd.to_datetime(["2024-02-05", "2024-05-20"]),
            "amount": [26.0, 10.0],
            "channel": ["web", "store"],
        }
    )
    return Shop(root).orders(raw).returns(back).done()


def random_orders(seed: int, orders: int = 400, customers: int = 60, days: int = 420) -> pd.DataFrame:
    """Random raw orders with ties in time, blank customers and blank dimensions."""
    rng = random.Random(seed)
    start = datetime(2023, 1, 4)
    rows = []
    for i in range(orders):
        who = f"c{min(rng.randrange(customers), rng.randrange(customers))}" if rng.random() > 0.05 else None
        at = start + timedelta(days=rng.randrange(days), hours=rng.choice([9, 12, 18]))
        rows.append(
            {
                "order_id": f"o{i:04d}",
                "customer_id": who,
                "at": at,
                "amount": round(rng.lognormvariate(3, 1), 2) + 0.01,
                "channel": rng.choice(["web", "store", "app", None]),
                "discount": round(rng.random() * 5, 2),
                "gross": None,
            }
        )
    raw = pd.DataFrame(rows)
    raw["gross"] = raw["amount"] + raw["discount"]
    return raw


def random_shop(root: Path, seed: int = 1, orders: int = 400, **more: int) -> DataDir:
    """A seeded random shop with lines, returns, customers, messages, campaigns and costs."""
    raw = random_orders(seed, orders=orders, **more)
    rng = random.Random(seed + 1)
    shop = Shop(root).orders(raw)
    shop.lines(random_lines(raw, rng))
    shop.returns(random_returns(raw, rng))
    held = random.Random(seed + 3)
    shop.customers(random_rows.with_held_out(random_customers(raw, rng), held))
    shop.messages(random_rows.with_held_out(random_messages(raw, rng), held))
    shop.campaigns(random_campaigns(rng))
    months = pd.date_range("2023-01-01", "2024-02-01", freq="MS")
    kinds = ("acquisition", "platform", "payroll", "bonus", "channel", "retention", "other")
    costs = [
        {"date": m, "amount": float(rng.randrange(50, 500)), "category": k} for m in months for k in kinds
    ]
    shop.costs(pd.DataFrame(costs))
    other_tables(shop, raw, random.Random(seed + 2))
    return shop.done(margin_rate=0.4)


def other_tables(shop: Shop, raw: pd.DataFrame, rng: random.Random) -> None:
    """Leads, tickets, surveys, points, ads, sessions and subscriptions."""
    names = sorted(raw["customer_id"].dropna().unique())
    shop.rows("leads", random_rows.random_leads(rng), "created_at")
    shop.rows("tickets", random_rows.random_tickets(rng), "created_at")
    shop.rows("surveys", random_rows.random_surveys(rng, names), "answered_at")
    shop.rows("loyalty_points", random_rows.random_points(rng, names), "at")
    shop.rows("ads", random_rows.random_ads(rng), "date")
    shop.rows("sessions", random_rows.random_sessions(rng, names), "at")
    shop.rows("subscriptions", random_rows.random_subscriptions(rng), "started_at")


def random_lines(raw: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    rows = []
    for order_id, amount in zip(raw["order_id"], raw["amount"], strict=True):
        for k in range(rng.randrange(1, 4)):
            category = rng.choice(["tea", "cups", "gifts", None])
            share = round(amount / (k + 2), 2)
            rows.append((order_id, f"s{rng.randrange(9)}", rng.randrange(1, 5), share, category))
    return pd.DataFrame(rows, columns=["order_id", "sku", "quantity", "amount", "category"])


def random_returns(raw: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    picked = raw.sample(frac=0.15, random_state=rng.randrange(10**6))
    return pd.DataFrame(
        {
            "doc_id": "c" + picked["order_id"],
            "customer_id": picked["customer_id"],
            "at": picked["at"] + pd.Timedelta(days=9),
            "amount": (picked["amount"] / 2).round(2),
            "channel": picked["channel"],
        }
    )


def random_customers(raw: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    names = [*sorted(raw["customer_id"].dropna().unique()), "never1", "never2", "never3"]
    start = datetime(2022, 12, 1)
    rows = []
    for name in names:
        joined = start + timedelta(days=rng.randrange(300))
        left = joined + timedelta(days=rng.randrange(30, 400)) if rng.random() < 0.3 else None
        member = rng.random() < 0.5
        rows.append(
            {
                "customer_id": name,
                "registered_at": joined,
                "segment": rng.choice(["vip", "mass", None]),
                "loyalty_joined_at": joined if member else None,
                "loyalty_tier": rng.choice(["silver", "gold", "basic"]) if member else None,
                "consent_email": rng.choice([0, 1]),
                "consent_push": rng.choice([0, 1, None]),
                "subscribed_at": joined,
                "unsubscribed_at": left,
            }
        )
    frame = pd.DataFrame(rows)
    frame["consent_push"] = frame["consent_push"].astype("Int8")
    return frame


def random_messages(raw: pd.DataFrame, rng: random.Random, n: int = 900) -> pd.DataFrame:
    names = sorted(raw["customer_id"].dropna().unique())
    start = datetime(2023, 1, 1)
    rows = []
    for i in range(n):
        sent = start + timedelta(days=rng.randrange(415), hours=rng.randrange(24), minutes=rng.randrange(60))
        delivered = int(rng.random() < 0.95)
        opened = int(delivered and rng.random() < 0.4)
        clicked = int(opened and rng.random() < 0.4)
        orders = int(clicked and rng.random() < 0.3)
        rows.append(
            {
                "customer_id": rng.choice(names),
                "sent_at": sent,
                "campaign_id": f"k{i % 12}",
                "channel": rng.choice(["email", "email", "sms", "push"]),
                "kind": rng.choice(["mass", "mass", "trigger", "transactional"]),
                "delivered": delivered,
                "bounced": 1 - delivered,
                "bounce_kind": None if delivered else rng.choice(["hard", "soft", "soft"]),
                "opened": opened,
                "machine_open": int(opened and rng.random() < 0.2),
                "clicked": clicked,
                "clicked_at": sent + timedelta(hours=2) if clicked else None,
                "unsubscribed": int(rng.random() < 0.01),
                "complained": int(rng.random() < 0.005),
                "personalised": rng.choice([0, 1]),
                "event_at": sent - timedelta(minutes=rng.randrange(1, 600)),
                "attributed_orders": orders,
                "attributed_revenue": int(orders * rng.randrange(100, 9000)),
            }
        )
    return pd.DataFrame(rows)


def random_campaigns(rng: random.Random) -> pd.DataFrame:
    rows = []
    for i in range(40):
        sent = rng.randrange(100, 900)
        opens = int(sent * rng.random() * 0.4)
        rows.append(
            {
                "campaign_id": f"k{i // 8}" if i % 8 == 0 else f"a{i}",  # covered by messages
                "sent_at": datetime(2023, 1, 5) + timedelta(days=i * 10),
                "sent": sent,
                "delivered": sent - 7,
                "opens": opens,
                "clicks": opens // 4,
                "orders": opens // 20,
                "revenue": float(opens // 20 * 30),
                "unsubscribes": opens // 50,
                "complaints": opens // 90,
                "bounces_hard": 3,
                "bounces_soft": 4,
                "channel": rng.choice(["email", "sms"]),
                "kind": rng.choice(["mass", "trigger"]),
                "segmented": rng.choice([0, 1]),
                "goal": "win-back" if i % 16 else "promo",
                "cost": float(i),
                "covered": int(i % 8 == 0),
            }
        )
    return pd.DataFrame(rows)


def real_shop(root: Path, file: Path) -> DataDir:
    """The real set by DuckDB: sales, returns and lines as definitions.md says, without the loading code."""
    with duckdb.connect() as db:
        db.execute(f"""
            create table raw as select InvoiceNo id, StockCode sku, Quantity::bigint q, UnitPrice::double p,
                nullif(CustomerID, '') c, InvoiceDate::timestamp seen, Country country
            from read_csv('{file}', all_varchar = true, header = true)""")
        orders = db.execute("""
            select id order_id, any_value(c) customer_id, min(seen) "at", round(sum(q * p), 2) amount,
                any_value(country) country
            from raw where q > 0 and p > 0 and id[1] not in ('C', 'A') group by id""").df()
        back = db.execute("""
            select id doc_id, any_value(c) customer_id, min(seen) "at", round(sum(-q * p), 2) amount,
                any_value(country) country
            from raw where id[1] = 'C' and p > 0 group by id""").df()
    orders = orders.astype({"customer_id": object}).where(orders.notna(), None)
    back = back.astype({"customer_id": object}).where(back.notna(), None)
    return Shop(root).orders(orders).returns(back).done()
