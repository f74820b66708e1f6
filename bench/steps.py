"""The measured steps, one a process: `python bench/steps.py STEP` prints one JSON line."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))

import polars as pl  # noqa: E402
import synth  # noqa: E402

from crmkpi.catalog.trees import trees  # noqa: E402
from crmkpi.engine.data import DataDir  # noqa: E402
from crmkpi.engine.evaluate import Where, evaluate  # noqa: E402
from crmkpi.ingest.load import load  # noqa: E402
from crmkpi.tree.explain import explain  # noqa: E402

WORK = HERE / "work"
LINES = WORK / "lines.csv"
ORDERS = WORK / "orders.csv"
TEMPLATE = "ecommerce_revenue"


def loaded(name: str, source: Path) -> DataDir:
    """The canonical store of a file, made once and kept between runs."""
    data = DataDir(WORK / name)
    if not data.tables():
        load([source], data)
    return data


def metrics_of_tree() -> list[str]:
    """Every metric of the e-commerce tree."""
    found, queue = [], [trees()[TEMPLATE].root]
    while queue:
        node = queue.pop()
        found.append(node.metric)
        queue += node.children
    return list(dict.fromkeys(found))


def step_parse_lines() -> str:
    pl.scan_csv(synth.line_file(LINES), infer_schema=False).collect()
    return "peer: polars reads the 541,909 lines as text"


def step_load_lines() -> str:
    fresh = DataDir(WORK / "fresh")
    shutil.rmtree(fresh.root, ignore_errors=True)
    load([LINES], fresh)
    explain(fresh, TEMPLATE, None, None)
    return "541,909 lines: file to first full tree"


def step_metrics_lines() -> str:
    evaluate(loaded("lines", LINES), metrics_of_tree(), "month")
    return "541,909 lines: all metrics of the e-commerce tree by month"


def step_load_orders() -> str:
    fresh = DataDir(WORK / "fresh_orders")
    shutil.rmtree(fresh.root, ignore_errors=True)
    load([ORDERS], fresh)
    return "1M orders: file to canonical store"


def step_metrics_orders() -> str:
    evaluate(loaded("orders", ORDERS), metrics_of_tree(), "month")
    return "1M orders: all metrics of the e-commerce tree by month, from the store"


def step_filter_orders() -> str:
    data = loaded("orders", ORDERS)
    evaluate(data, metrics_of_tree(), "month", where=(Where("channel", ("app",)),))
    return "1M orders: the same under a filter on one channel"


def step_peer_duckdb() -> str:
    import duckdb

    store = loaded("orders", ORDERS)
    sql = f"""
    with o as (select cust, amount, order_number, date_trunc('month', date '1970-01-01' + day) m
               from read_parquet('{store.path("orders")}') where cust is not null),
    cm as (select cust, m, min(order_number) first_number from o group by all),
    f as (select m, lag(m) over (partition by cust order by m) p, first_number from cm)
    select m, count(*), sum((p = m - interval 1 month)::int), sum((first_number = 1)::int) from f group by m
    """
    duckdb.sql("set threads = 2")
    duckdb.sql(sql).fetchall()
    duckdb.sql(
        f"select date_trunc('month', date '1970-01-01' + day) m, sum(amount), count(*), sum((order_number > 1)::int)"
        f" from read_parquet('{store.path('orders')}') where cust is not null group by m"
    ).fetchall()
    return "peer: DuckDB SQL, revenue, orders, repeat orders, active, retained, new by month, same store"


def step_peer_pandas() -> str:
    import pandas as pd

    frame = pd.read_parquet(
        loaded("orders", ORDERS).path("orders"), columns=["cust", "amount", "day", "order_number"]
    )
    frame = frame[frame.cust.notna()]
    frame["m"] = pd.to_datetime(frame.day, unit="D").dt.to_period("M")
    frame.groupby("m").agg(revenue=("amount", "sum"), orders=("amount", "size"), active=("cust", "nunique"))
    pairs = frame[["cust", "m"]].drop_duplicates().sort_values(["cust", "m"])
    previous = pairs.groupby("cust").m.shift()
    (previous == pairs.m - 1).groupby(pairs.m).sum()
    return "peer: pandas, the same six numbers"


STEPS: dict[str, Callable[[], str]] = {
    name.removeprefix("step_"): found for name, found in list(globals().items()) if name.startswith("step_")
}


def _peak_mb() -> float:
    """High-water mark of this process's memory; not ru_maxrss, which a child inherits from its parent."""
    marks = [
        x.split()[1] for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM")
    ]
    return int(marks[0]) / 1024


def main() -> None:
    """Prepare what the step needs outside the clock, then measure it."""
    name = sys.argv[1]
    synth.line_file(LINES)
    if "orders" in name or "peer" in name:
        synth.order_file(ORDERS)
        if name != "load_orders":
            loaded("orders", ORDERS)
    if name == "metrics_lines":
        loaded("lines", LINES)
    start = time.perf_counter()
    note = STEPS[name]()
    seconds = time.perf_counter() - start
    peak = _peak_mb()
    print(json.dumps({"seconds": round(seconds, 3), "peak_mb": round(peak), "note": note}))


if __name__ == "__main__":
    main()
