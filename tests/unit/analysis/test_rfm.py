"""RFM: the tie rule, frozen cut-offs, and the segments as a partition, against DuckDB and by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest

from crmkpi.analysis.rfm import SEGMENTS, BadCutsError, Cuts, moves, rfm, segment_table, square
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where
from tests.unit.engine.shop import Shop, random_orders


def test_scores_equal_sql(sample: DataDir) -> None:
    found = rfm(sample, date(2026, 6, 30))
    edge = (date(2026, 6, 30) - date(1970, 1, 1)).days
    orders = sample.frame("orders").filter(pl.col("cust").is_not_null()).collect()
    with duckdb.connect() as db:
        db.register("orders", orders)
        rows = db.execute(
            """
            with per as (
                select cust, ? - max(day) as days, count(*) as n, sum(amount) / 100 as money,
                    coalesce(sum(amount) filter (day > ? - 365), 0) / 100 as fresh
                from orders where day <= ? group by cust),
            cuts as (
                select quantile_disc(days, [.2, .4, .6, .8]) as rc, quantile_disc(n, [.2, .4, .6, .8]) as fc,
                    quantile_disc(money, [.2, .4, .6, .8]) as mc from per)
            select cust, days, n, money, fresh, 1 + len(list_filter(rc, lambda c: days < c)) as r,
                1 + len(list_filter(fc, lambda c: n > c)) as f,
                1 + len(list_filter(mc, lambda c: money > c)) as m
            from per, cuts order by cust""",
            [edge, edge, edge],
        ).df()
    known = pl.from_pandas(rows)
    ours = found.customers
    for mine, theirs in (("recency", "days"), ("frequency", "n"), ("r", "r"), ("f", "f"), ("m", "m")):
        assert ours[mine].to_list() == known[theirs].to_list(), mine
    assert ours["money"].to_list() == pytest.approx(known["money"].to_list())
    best = known.filter((pl.col("r") >= 4) & (pl.col("f") >= 4) & (pl.col("m") >= 4))
    assert found.champions_share() == pytest.approx(best.height / known.height)
    risky = known.filter((pl.col("r") <= 2) & (pl.col("f") >= 4))
    assert found.at_risk_value() == pytest.approx(risky["fresh"].sum())


def shop_of(tmp_path: Path, counts: list[int]) -> DataDir:
    """Customer i with counts[i] orders, all on other days, the last one i days before the newest."""
    rows = []
    for i, n in enumerate(counts):
        for k in range(n):
            at = pd.Timestamp("2024-06-30") - pd.Timedelta(days=i + 40 * k)
            rows.append((f"o{i}-{k}", f"c{i}", at, 10.0 * (i + 1)))
    return (
        Shop(tmp_path).orders(pd.DataFrame(rows, columns=["order_id", "customer_id", "at", "amount"])).done()
    )


def test_equal_values_get_equal_scores(tmp_path: Path) -> None:
    """Six of ten bought once: the first three cut-offs are all 1, so they all have F 1 and two orders give F 4."""
    found = rfm(shop_of(tmp_path, [1, 1, 1, 1, 1, 1, 2, 2, 3, 5]))
    assert found.cuts.frequency == (1, 1, 1, 2)
    by_count = found.customers.group_by("frequency").agg(pl.col("f").unique()).sort("frequency")
    assert by_count["f"].to_list() == [[1], [4], [5], [5]]


def test_fewer_days_are_better(tmp_path: Path) -> None:
    found = rfm(shop_of(tmp_path, [1] * 10)).customers.sort("recency")
    assert found["recency"].to_list() == list(range(10))
    # cut-offs 1, 3, 5, 7 days; exactly at a cut-off the lower score
    assert found["r"].to_list() == [5, 4, 4, 3, 3, 2, 2, 1, 1, 1]


def test_frozen_cuts_let_the_share_move(sample: DataDir) -> None:
    base = rfm(sample, date(2025, 9, 30))
    fresh, frozen = rfm(sample), rfm(sample, cuts=base.cuts)
    assert frozen.cuts == base.cuts and frozen.champions_share() != fresh.champions_share()
    assert Cuts.from_dict(base.cuts.as_dict()) == base.cuts
    table = moves(base, frozen)
    assert table["customers"].sum() == frozen.customers.height
    assert table.filter(pl.col("source").is_not_null())["customers"].sum() == base.customers.height
    with pytest.raises(BadCutsError):
        moves(base, fresh)


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"as_of": "2024-01-01", "recency": [1, 2, 3], "frequency": [1, 2, 3, 4], "money": [1, 2, 3, 4]},
        {"as_of": "2024-01-01", "recency": [4, 2, 3, 1], "frequency": [1, 2, 3, 4], "money": [1, 2, 3, 4]},
        {"as_of": "then", "recency": [1, 2, 3, 4], "frequency": [1, 2, 3, 4], "money": [1, 2, 3, 4]},
    ],
)
def test_damaged_cuts_are_refused(saved: dict[str, object]) -> None:
    with pytest.raises(BadCutsError):
        Cuts.from_dict(saved)


def test_segments_and_the_square_cover_everybody_once(sample: DataDir) -> None:
    found = rfm(sample)
    table = segment_table(found)
    assert table["segment"].to_list() == list(SEGMENTS)
    assert table["customers"].sum() == found.customers.height
    assert table["share"].sum() == pytest.approx(1) and table["money_share"].sum() == pytest.approx(1)
    cells = square(found)
    assert cells.height == 25 and cells["customers"].sum() == found.customers.height


def test_row_order_does_not_matter(tmp_path: Path) -> None:
    raw = random_orders(5)
    one = rfm(Shop(tmp_path / "a").orders(raw).done())
    other = rfm(Shop(tmp_path / "b").orders(raw.sample(frac=1, random_state=3)).done())
    assert one.cuts == other.cuts and segment_table(one).equals(segment_table(other))


def test_filter_and_window(sample: DataDir) -> None:
    app = rfm(sample, where=(Where("channel", ("App",)),))
    year = rfm(sample, window_days=365)
    assert app.customers.height < rfm(sample).customers.height
    assert year.customers["recency"].max() < 365
    assert year.customers["money"].to_list() == year.customers["last_year"].to_list()


def test_a_shop_without_known_customers_has_no_shares(tmp_path: Path) -> None:
    raw = pd.DataFrame(
        {"order_id": ["a"], "customer_id": [None], "at": pd.to_datetime(["2024-01-01"]), "amount": [5.0]}
    )
    found = rfm(Shop(tmp_path).orders(raw).done())
    assert found.champions_share() is None and found.at_risk_value() == 0
    assert segment_table(found)["share"].null_count() == len(SEGMENTS)
