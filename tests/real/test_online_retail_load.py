"""The real set through the load, against DuckDB queries written from definitions.md alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.ingest.inspect import inspect
from crmkpi.ingest.load import LoadResult, load

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("CRMKPI_REAL_DATA", ROOT / ".." / "shared" / "data" / "online_retail.csv.gz"))
pytestmark = [pytest.mark.real, pytest.mark.skipif(not REAL.exists(), reason="the real data set is not here")]

LINES = """
create table lines as
select row_number() over () as n, InvoiceNo as invoice, StockCode as sku, cast(Quantity as integer) as quantity,
       cast(UnitPrice as decimal(18, 4)) as price,
       cast(Quantity as integer) * cast(UnitPrice as decimal(18, 4)) as amount,
       cast(InvoiceDate as timestamp) as moment, replace(CustomerID, '.0', '') as customer, Country as country
from read_csv(?, all_varchar = true)
"""
# a sale: no return prefix, no adjustment, something sold for more than nothing
SALES = """
create view sales as
select invoice, any_value(customer) as customer, min(moment) as moment, sum(amount) as amount,
       any_value(country) as country
from lines where regexp_matches(invoice, '^[0-9]') and quantity > 0 and price > 0 group by invoice
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadResult, DataDir]:
    data = DataDir(tmp_path_factory.mktemp("real") / "data")
    return load([REAL], data), data


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute(LINES, [str(REAL)])
    connection.execute(SALES)
    yield connection
    connection.close()


def test_known_values(loaded: tuple[LoadResult, DataDir]) -> None:
    result, data = loaded
    orders = data.frame("orders").filter(pl.col("cust").is_not_null()).collect()
    returns = data.frame("returns").filter(pl.col("cust").is_not_null()).collect()
    scale = data.meta.scale
    revenue = orders["amount"].sum() / scale
    assert round(revenue, 2) == 8_911_407.90
    assert orders.height == 18_532
    assert orders["cust"].n_unique() == 4_338
    assert result.bridge[-1].minor == orders["amount"].sum()
    assert round(returns["amount"].sum() / scale / revenue, 5) == 0.06860
    assert returns.height == 3_654 and round(returns.height / orders.height, 5) == 0.19717
    back = returns["cust"].n_unique()
    either = pl.concat([orders["cust"], returns["cust"]]).n_unique()
    assert round(back / either, 5) == 0.36353
    assert not result.unanswered


def test_every_order_equals_duckdb(
    loaded: tuple[LoadResult, DataDir], sql: duckdb.DuckDBPyConnection
) -> None:
    _, data = loaded
    ids, scale = data.frame("ids"), data.meta.scale
    ours = data.frame("orders").join(ids, on="cust", how="left").collect().sort("order_id")
    theirs = sql.execute(
        "select invoice, customer, epoch(moment)::bigint, amount, country from sales order by invoice"
    ).fetchall()
    assert ours.height == len(theirs)
    got = ours.select("order_id", "customer_id", "ts", "amount", "country").rows()
    assert [(i, c, t, round(a * scale), k) for i, c, t, a, k in theirs] == got


def test_lifecycle_equals_sql_windows(
    loaded: tuple[LoadResult, DataDir], sql: duckdb.DuckDBPyConnection
) -> None:
    _, data = loaded
    theirs = sql.execute(
        """
        with known as (
            select s.*, f.first_line from sales s
            join (select invoice, min(n) as first_line from lines
                  where quantity > 0 and price > 0 group by invoice) f using (invoice)
            where customer is not null
        )
        select invoice, row_number() over w as number,
               date_diff('day', date '1970-01-01', cast(lag(moment) over w as date)) as prev,
               date_diff('day', date '1970-01-01', cast(lead(moment) over w as date)) as next,
               date_diff('day', date '1970-01-01', cast(first_value(moment) over w as date)) as first
        from known window w as (partition by customer order by moment, first_line
                                rows between unbounded preceding and unbounded following)
        order by invoice
        """
    ).fetchall()
    ours = data.frame("orders").filter(pl.col("cust").is_not_null()).sort("order_id").collect()
    assert ours.select("order_id", "order_number", "prev_day", "next_day", "first_day").rows() == theirs


def test_returns_equal_duckdb(loaded: tuple[LoadResult, DataDir], sql: duckdb.DuckDBPyConnection) -> None:
    _, data = loaded
    scale = data.meta.scale
    theirs = sql.execute(
        """
        select invoice, epoch(min(moment))::bigint, -sum(amount) from lines
        where (invoice like 'C%' or quantity < 0) and price > 0 group by invoice having sum(amount) < 0 order by invoice
        """
    ).fetchall()
    ours = data.frame("returns").sort("doc_id").select("doc_id", "ts", "amount").collect().rows()
    assert [(i, t, round(a * scale)) for i, t, a in theirs] == ours


def test_the_bridge_leads_from_the_plain_sum_to_the_root(
    loaded: tuple[LoadResult, DataDir], sql: duckdb.DuckDBPyConnection
) -> None:
    result, data = loaded
    plain = sql.execute("select count(*), sum(amount) from lines").fetchone()
    assert plain is not None
    steps = {s.code: s for s in result.bridge}
    assert list(steps) == ["file_sum", "adjustments", "returns", "non_positive", "anonymous", "root"]
    assert (steps["file_sum"].rows, steps["file_sum"].minor) == (plain[0], round(plain[1] * data.meta.scale))
    assert sum(s.minor for s in result.bridge[:-1]) == steps["root"].minor
    assert steps["file_sum"].rows - sum(s.rows for s in result.bridge if s.removes) == steps["root"].rows
    assert (steps["adjustments"].documents, steps["returns"].documents) == (3, 3836)
    assert (steps["anonymous"].documents, steps["root"].documents) == (1427, 18_532)
    assert [d.document for d in result.receipt.listed] == ["A563185", "A563186", "A563187"]
    codes = {f.code: f.count for f in result.issues}
    assert codes["exact_duplicates"] == 5_268
    assert codes["write_offs"] + codes["zero_amounts"] == 2_515


def test_lines_add_up_to_their_orders(loaded: tuple[LoadResult, DataDir]) -> None:
    _, data = loaded
    orders, lines = data.frame("orders").collect(), data.frame("order_lines").collect()
    assert lines.height == 530_103
    assert lines["amount"].sum() == orders["amount"].sum() == orders["line_sum"].sum()
    assert lines["quantity"].sum() == orders["units"].sum()
    assert lines["order"].is_sorted()


def test_inspect_tells_the_plain_facts() -> None:
    report = inspect([REAL])[0].as_dict()
    assert (report["rows_in"], report["rows_used"], report["table"]) == (541_909, 541_909, "order_lines")
    columns = {c["name"]: c for c in report["columns"]}  # type: ignore[attr-defined]
    assert columns["Quantity"]["sum"] == 5_176_450
    assert columns["CustomerID"]["kind"] == "id" and columns["CustomerID"]["distinct"] == 4_372
    assert not report["questions"]


ALONE = """
import sys
from pathlib import Path
from crmkpi.engine.data import DataDir
from crmkpi.ingest.load import load
load([Path(sys.argv[1])], DataDir(sys.argv[2]))
# not ru_maxrss: a child inherits the mark of the process that started it
peak = [x.split()[1] for x in open("/proc/self/status") if x.startswith("VmHWM")]
print(int(peak[0]) / 1024)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the memory mark is read from Linux's /proc"
)
def test_load_stays_small(tmp_path: Path) -> None:
    # a process of its own: memory is a high-water mark
    command = [sys.executable, "-c", ALONE, str(REAL), str(tmp_path / "data")]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    # the bar is 600 MB; allocators differ, so some air
    assert float(done.stdout) <= 700
