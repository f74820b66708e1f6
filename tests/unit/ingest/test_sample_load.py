"""The sample shop in two languages and formats is one shop: every table of the store holds the same numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.ingest.load import LoadResult, load

SAMPLE = Path(__file__).resolve().parents[3] / "sample_data"


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[LoadResult, DataDir]]:
    found = {}
    for lang in ("ru", "en"):
        data = DataDir(tmp_path_factory.mktemp(lang) / "data")
        found[lang] = load(sorted((SAMPLE / f"shop_{lang}").glob("*.csv*")), data), data
    return found


def numbers(data: DataDir, table: str, common: list[str]) -> pl.DataFrame:
    """All columns that are no words."""
    kept = [n for n, t in data.frame(table).collect_schema().items() if t.is_numeric() and n in common]
    return data.frame(table).select(kept).collect()


def test_nothing_is_asked_and_nothing_is_lost(shops: dict[str, tuple[LoadResult, DataDir]]) -> None:
    for result, data in shops.values():
        assert result.unanswered == []
        assert {"orders", "returns", "order_lines", "customers", "messages", "campaigns", "costs"} <= set(
            data.tables()
        )
        assert all(f.rows_in == f.rows_used for f in result.receipt.files)
        assert data.meta.currency == "RUB" and data.meta.scale == 100


def test_both_languages_give_the_same_store(shops: dict[str, tuple[LoadResult, DataDir]]) -> None:
    (ru, ru_data), (en, en_data) = shops["ru"], shops["en"]
    assert [(s.code, s.rows, s.minor) for s in ru.bridge] == [(s.code, s.rows, s.minor) for s in en.bridge]
    assert ru_data.tables() == en_data.tables()
    for table in ru_data.tables():
        common = [c for c in ru_data.columns(table) if c in en_data.columns(table)]
        assert numbers(ru_data, table, common).equals(numbers(en_data, table, common)), table
    spoken = ("messages", "kind"), ("messages", "channel"), ("costs", "category"), ("campaigns", "kind")
    for table, column in spoken:
        pair = [d.frame(table).select(column).collect()[column] for d in (ru_data, en_data)]
        assert pair[0].equals(pair[1]), (table, column)


def test_the_orders_equal_pandas(shops: dict[str, tuple[LoadResult, DataDir]]) -> None:
    _, data = shops["en"]
    raw = pd.read_csv(SAMPLE / "shop_en" / "orders.csv", dtype={"Customer ID": str})
    sold = raw[~raw["Status"].isin(["Cancelled", "Refused", "Test"]) & (raw["Order Amount"] > 0)]
    known = sold.dropna(subset=["Customer ID"])
    orders = data.frame("orders").collect()
    assert orders.height == len(sold)
    identified = orders.filter(pl.col("cust").is_not_null())
    assert identified["amount"].sum() == round(known["Order Amount"].sum() * 100)
    assert identified["cust"].n_unique() == known["Customer ID"].nunique()
    refunds = sold[sold["Refunded Amount"] > 0]
    returns = data.frame("returns").collect()
    assert (returns.height, returns["amount"].sum()) == (
        len(refunds),
        round(refunds["Refunded Amount"].sum() * 100),
    )
    # the lines of valid orders add up to them exactly
    assert (orders["line_sum"] == orders["amount"]).all()


def test_last_click_equals_a_pandas_merge(shops: dict[str, tuple[LoadResult, DataDir]]) -> None:
    _, data = shops["en"]
    messages = data.frame("messages").collect().to_pandas()
    orders = data.frame("orders").filter(pl.col("cust").is_not_null()).collect().to_pandas()
    clicked = messages[(messages["clicked"] == 1) & (messages["control"] != 1)].copy()
    clicked["at"] = clicked["clicked_ts"].fillna(clicked["ts"])
    pairs = orders[["order", "cust", "ts", "amount"]].merge(
        clicked[["msg", "cust", "at", "ts"]].rename(columns={"ts": "sent"}), on="cust"
    )
    pairs = pairs[(pairs["at"] <= pairs["ts"]) & (pairs["ts"] - pairs["at"] <= 5 * 86_400)]
    won = pairs.sort_values(["at", "sent", "msg"]).groupby("order").last()
    sums = won.groupby("msg")["amount"].agg(["size", "sum"])
    ours = messages.set_index("msg")
    ours = ours[ours["attributed_orders"] > 0]
    assert ours["attributed_orders"].to_dict() == sums["size"].to_dict()
    assert ours["attributed_revenue"].to_dict() == sums["sum"].to_dict()
