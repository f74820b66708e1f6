"""What messages added, on groups small enough for paper, and against pandas on random ones."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from crmkpi.engine.evaluate import evaluate
from tests.unit.engine.shop import Shop

SENT = pd.Timestamp("2024-03-04 10:00")


def orders(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    table = [
        ("o0", "nobody", pd.Timestamp("2024-01-01"), 1.0),
        ("o1", "nobody", pd.Timestamp("2024-05-31"), 1.0),
    ]
    table += [(f"p{i}", who, pd.Timestamp(at), amount) for i, (who, at, amount) in enumerate(rows)]
    return pd.DataFrame(table, columns=["order_id", "customer_id", "at", "amount"])


def sends(treated: list[str], held: list[str], campaign: str = "k1") -> pd.DataFrame:
    rows = [(who, 0) for who in treated] + [(who, 1) for who in held]
    return pd.DataFrame(
        {
            "customer_id": [w for w, _ in rows],
            "sent_at": SENT,
            "campaign_id": campaign,
            "delivered": [1 - c for _, c in rows],
            "control": pd.array([c for _, c in rows], dtype="Int8"),
        }
    )


def test_a_campaign_with_a_control_group_by_hand(tmp_path):
    bought = [
        ("a", "2024-03-04 10:00", 60.0),  # the very moment counts
        ("b", "2024-03-09 10:00", 30.0),  # five days later to the second counts
        ("c", "2024-03-09 10:01", 500.0),  # later does not
        ("a", "2024-03-04 09:59", 500.0),  # before does not
        ("x", "2024-03-05", 30.0),
    ]
    data = (
        Shop(tmp_path).orders(orders(bought)).messages(sends(list("abc"), list("xy"))).done(margin_rate=0.5)
    )
    found = evaluate(
        data,
        ["treated_customers", "uplift_per_customer", "incremental_revenue", "incremental_margin"],
        "month",
    )
    # treated spent 90 / 3, held out 30 / 2
    assert found.value("treated_customers", "2024-03") == 3
    assert found.value("uplift_per_customer", "2024-03") == pytest.approx(15)
    assert found.value("incremental_revenue", "2024-03") == pytest.approx(45)
    assert found.value("incremental_margin", "2024-03") == pytest.approx(22.5)


def test_without_a_control_group_in_the_month_nothing_is_known(tmp_path):
    shop = Shop(tmp_path).orders(orders([("a", "2024-03-05", 60.0)]))
    more = sends(["a"], ["x"], "k2").assign(sent_at=pd.Timestamp("2024-04-04"))
    data = shop.messages(pd.concat([sends(["a", "b"], []), more])).done()
    found = evaluate(data, ["incremental_revenue"], "month")
    assert found.value("incremental_revenue", "2024-03") is None
    assert found.value("incremental_revenue", "2024-04") == 0


def test_a_control_group_of_the_whole_base(tmp_path):
    people = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "x", "y", "z"],
            "registered_at": pd.to_datetime(["2023-01-01"] * 5 + ["2024-04-15"]),
            "control": pd.array([0, 0, 0, 1, 1, 1], dtype="Int8"),
        }
    )
    bought = [("a", "2024-03-05", 60.0), ("b", "2024-03-25", 30.0), ("x", "2024-03-30", 20.0)]
    data = Shop(tmp_path).orders(orders(bought)).customers(people).done()
    found = evaluate(data, ["treated_customers", "incremental_revenue", "uplift_per_customer"], "month")
    # 90 / 3 against 20 / 2: z is not on the list yet
    assert found.value("uplift_per_customer", "2024-03") == pytest.approx(20)
    assert found.value("incremental_revenue", "2024-03") == pytest.approx(60)


def winback(
    tmp_path, treated: list[float], held: list[float], cost: float, goal: str = "Реактивация"
) -> float | None:
    """Number of successful win-back campaigns in March, one campaign with these amounts per customer."""
    names = [f"t{i}" for i in range(len(treated))], [f"h{i}" for i in range(len(held))]
    bought = [
        (who, "2024-03-05", amount)
        for who, amount in zip([*names[0], *names[1]], [*treated, *held], strict=True)
        if amount
    ]
    shop = Shop(tmp_path).orders(orders(bought)).messages(sends(*names))
    campaign = pd.DataFrame(
        {
            "campaign_id": ["k1"],
            "sent_at": [SENT],
            "sent": [len(treated)],
            "goal": [goal],
            "cost": [cost],
            "covered": [1],
        }
    )
    campaign["cost"] = (campaign["cost"] * 100).astype("Int64")
    return evaluate(
        shop.campaigns(campaign).done(margin_rate=0.5), ["winback_campaigns_successful"], "month"
    ).value("winback_campaigns_successful", "2024-03")


STRONG = ([100.0, 120.0, 90.0, 110.0], [10.0, 0.0, 20.0, 10.0])


def test_a_proven_winback_that_pays_counts(tmp_path):
    assert winback(tmp_path, *STRONG, cost=50) == 1


def test_a_winback_that_costs_more_than_it_earns_does_not(tmp_path):
    # 4 customers x (105 - 10) x margin 0.5 = 190
    assert winback(tmp_path / "a", *STRONG, cost=189) == 1
    assert winback(tmp_path / "b", *STRONG, cost=191) == 0


def test_another_goal_is_no_winback(tmp_path):
    assert winback(tmp_path, *STRONG, cost=0, goal="promo") == 0


@pytest.mark.parametrize("shift", [20.0, 80.0])
def test_the_proof_is_the_lower_bound_of_the_interval(tmp_path, shift):
    treated, held = [50 + shift, 10 + shift, 90 + shift, 30 + shift], [50.0, 10.0, 90.0, 30.0]
    spread = pd.Series(held).var() / 4 * 2
    low = shift - 1.959964 * math.sqrt(spread)
    assert winback(tmp_path, treated, held, cost=0) == (1 if low > 0 else 0)
