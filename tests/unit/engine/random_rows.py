"""Random raw rows of the tables beside orders and messages, over the span of the random shop."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pandas as pd

START = datetime(2023, 1, 4)
DAYS = 415


def moment(rng: random.Random, days: int = DAYS) -> datetime:
    return START + timedelta(days=rng.randrange(days), minutes=rng.randrange(1440))


def later(rng: random.Random, at: datetime | None, chance: float, days: int) -> datetime | None:
    """A moment after `at` with this chance, else None."""
    if at is None or rng.random() > chance:
        return None
    return at + timedelta(minutes=rng.randrange(1, days * 1440))


def random_leads(rng: random.Random, n: int = 500) -> pd.DataFrame:
    """Leads with holes: a won lead may lack earlier stages, some are invalid, some amounts blank."""
    rows = []
    for i in range(n):
        at = moment(rng)
        mql = later(rng, at, 0.7, 5)
        sql = later(rng, mql, 0.7, 9)
        opportunity = later(rng, sql, 0.8, 9)
        won = later(rng, opportunity or at, 0.5 if opportunity else 0.03, 60)
        lost = later(rng, opportunity, 0.6, 60) if won is None else None
        rows.append(
            {
                "lead_id": f"l{i}",
                "created_at": at,
                "source": rng.choice(["web", "store", "call"]),
                "channel": rng.choice(["web", "app", None]),
                "valid": rng.choice([1, 1, 1, 0, None]),
                "mql_at": mql,
                "sql_at": sql if rng.random() < 0.9 else None,
                "opportunity_at": opportunity,
                "won_at": won,
                "lost_at": lost,
                "deal_amount": float(rng.randrange(100, 9000)) if rng.random() < 0.9 else None,
                "potential_amount": float(rng.randrange(100, 9000)) if rng.random() < 0.8 else None,
            }
        )
    return pd.DataFrame(rows).astype({"valid": "Int8"})


def random_tickets(rng: random.Random, n: int = 300) -> pd.DataFrame:
    rows = []
    for i in range(n):
        at = moment(rng)
        reply = later(rng, at, 0.9, 3)
        rows.append(
            {
                "ticket_id": f"t{i}",
                "created_at": at,
                "first_reply_at": reply,
                "resolved_at": later(rng, reply, 0.8, 6),
                "channel": rng.choice(["web", "app", "store"]),
                "csat": float(rng.randrange(1, 6)) if rng.random() < 0.3 else None,
            }
        )
    return pd.DataFrame(rows)


def random_surveys(rng: random.Random, names: list[str], n: int = 300) -> pd.DataFrame:
    rows = []
    for _ in range(n):
        at, kind = moment(rng), rng.choice(["nps", "csat"])
        top = 11 if kind == "nps" else 6
        rows.append(
            {
                "answered_at": at,
                "kind": kind,
                "score": float(rng.randrange(kind == "csat", top)),
                "customer_id": rng.choice([*names, None]),
                "invited": 100 * at.month if kind == "nps" else rng.choice([1, None]),
            }
        )
    return pd.DataFrame(rows).astype({"invited": "Int32"})


def random_points(rng: random.Random, names: list[str], n: int = 500) -> pd.DataFrame:
    rows = []
    for _ in range(n):
        kind = rng.choice(["earned", "earned", "redeemed", "expired"])
        points = float(rng.randrange(1, 400))
        rows.append(
            {
                "customer_id": rng.choice(names),
                "at": moment(rng),
                "kind": kind,
                "points": -points if kind == "redeemed" and rng.random() < 0.5 else points,
                "value": round(points / 2, 2) if rng.random() < 0.9 else None,
            }
        )
    return pd.DataFrame(rows)


def random_ads(rng: random.Random) -> pd.DataFrame:
    rows = []
    for day in range(0, DAYS, 9):
        for campaign in ("brand", "generic"):
            shown = rng.randrange(100, 5000)
            rows.append(
                {
                    "date": START + timedelta(days=day),
                    "cost": float(rng.randrange(50, 900)),
                    "campaign": campaign,
                    "channel": rng.choice(["web", "app"]),
                    "impressions": shown,
                    "reach": shown // 2 if campaign == "brand" and day % 4 == 0 else None,
                    "clicks": shown // rng.randrange(20, 60) if rng.random() < 0.9 else None,
                }
            )
    return pd.DataFrame(rows).astype({"reach": "Int32", "clicks": "Int32"})


def random_sessions(rng: random.Random, names: list[str], n: int = 1500) -> pd.DataFrame:
    rows = []
    for i in range(n):
        cart = rng.choice([0, 0, 1, None])
        rows.append(
            {
                "session_id": f"s{i}",
                "at": moment(rng),
                "customer_id": rng.choice(names) if rng.random() < 0.7 else None,
                "platform": rng.choice(["site", "account", "app", "app", None]),
                "event": rng.choice(["wish", "reviews", None]),
                "source": rng.choice(["direct", "google", None]),
                "engaged": rng.choice([0, 1, 1, None]),
                "branded": rng.choice([0, 0, 1, None]),
                "landing": rng.choice(["/sale", None, None]),
                "cart": cart,
                "order_id": f"x{i}" if cart and rng.random() < 0.4 else None,
                "channel": rng.choice(["web", "app", None]),
            }
        )
    for row in rng.sample(rows, n // 8):  # some come again after exactly thirty days
        again = row["at"] + timedelta(days=30)
        if again < START + timedelta(days=DAYS):
            rows.append({**row, "session_id": f"s{len(rows)}", "at": again, "order_id": None})
    flags = dict.fromkeys(("engaged", "branded", "cart"), "Int8")
    return pd.DataFrame(rows).astype(flags)


def random_subscriptions(rng: random.Random, n: int = 160, people: int = 70) -> pd.DataFrame:
    """Several rows a customer: price changes, pauses, overlaps, trials that never paid, ends on the first day."""
    rows = []
    for _ in range(n):
        trial = moment(rng, 410) if rng.random() < 0.4 else None
        at = later(rng, trial, 0.7, 15) if trial else moment(rng, 410)
        free = at is None
        begun = at or trial
        assert begun is not None
        ended = later(rng, begun, 0.6, 150)
        rows.append(
            {
                "customer_id": f"u{rng.randrange(people)}",
                "started_at": begun,
                "mrr": 0.0 if free else float(rng.choice([10, 20, 35])),
                "ended_at": begun if rng.random() < 0.03 else ended,
                "plan": rng.choice(["basic", "pro"]),
                "channel": rng.choice(["web", "app", None]),
                "end_reason": rng.choice(["customer", "payment", None]) if ended else None,
                "trial_started_at": trial,
            }
        )
    return pd.DataFrame(rows)


def with_held_out(raw: pd.DataFrame, rng: random.Random, share: float = 0.2) -> pd.DataFrame:
    """Raw rows with a random control group; some rows do not say."""
    control = [None if rng.random() < 0.05 else int(rng.random() < share) for _ in range(len(raw))]
    return raw.assign(control=pd.array(control, dtype="Int8"))
