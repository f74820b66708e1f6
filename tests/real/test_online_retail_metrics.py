"""The public retail data: published values, and every month a second way in SQL over the raw file."""

from __future__ import annotations

from datetime import date

import duckdb
import polars as pl
import pytest

from crmkpi.engine.evaluate import Where, cohorts, evaluate, evaluate_periods
from crmkpi.periods import parse_period
from tests.unit.engine.shop import real_file, real_shop

FILE = real_file()
pytestmark = [pytest.mark.real, pytest.mark.skipif(FILE is None, reason="the real data set is not here")]

KNOWN = {
    "revenue_base": 8_911_407.90,
    "orders_count": 18_532,
    "active_customers": 4_338,
    "aov": 480.87,
    "return_rate": 0.06860,
    "return_rate_orders": 0.19717,
    "return_rate_customers": 0.36353,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return real_shop(tmp_path_factory.mktemp("real"), FILE)


@pytest.fixture(scope="module")
def raw():
    """Orders of identified customers: id, customer, first moment, amount, country; and their months."""
    with duckdb.connect() as db:
        db.execute(f"""create table lines as select InvoiceNo id, nullif(CustomerID, '') c, Quantity::bigint q,
            UnitPrice::double p, InvoiceDate::timestamp seen, Country country
            from read_csv('{FILE}', all_varchar = true, header = true)""")
        db.execute("""create table o as select id, any_value(c) c, min(seen)::date d, sum(q * p) amount,
            any_value(country) country, date_trunc('month', min(seen)) m
            from lines where q > 0 and p > 0 and id[1] not in ('C', 'A') and c is not null group by id""")
        db.execute(
            "create table f as select c, min(d) first, date_trunc('month', min(d)) fm from o group by c"
        )
        db.execute("create table a as select distinct c, m from o")
        yield db


@pytest.mark.parametrize("metric", list(KNOWN))
def test_published_values_of_the_whole_span(store, metric):
    value = evaluate(store, list(KNOWN), "all").value(metric, "all")
    assert value == pytest.approx(KNOWN[metric], rel=1e-7, abs=6e-3 if metric == "aov" else 6e-6)


@pytest.mark.parametrize(
    ("month", "returned", "dormant"), [("2011-04", 61, 358), ("2011-09", 239, 1394), ("2011-11", 285, 1513)]
)
def test_published_reactivation(store, month, returned, dormant):
    row = evaluate(store, ["reactivation_rate"], "month").get("reactivation_rate", month)
    assert (row.numerator, row.denominator) == (returned, dormant)


def test_thursdays_in_the_united_kingdom_are_recounted_from_rows(raw, tmp_path):
    """Flags that are valid without a filter would give 269; the truth is 349."""
    truth = raw.execute("""select count(distinct c) from o
        where country = 'United Kingdom' and dayname(d) = 'Thursday' and d between '2011-11-01' and '2011-11-30'""")
    assert truth.fetchone()[0] == 349
    store = real_shop(tmp_path, FILE)
    weekday = pl.col("day").cast(pl.Date).dt.weekday().cast(pl.String)
    store.write("orders", store.frame("orders").with_columns(weekday=weekday))
    store.seal()
    where = [Where("country", ("United Kingdom",)), Where("weekday", ("4",))]
    november = evaluate_periods(store, ["active_customers"], [parse_period("2011-11")], where=where)
    assert november.value("active_customers", "2011-11") == 349


MONTHLY = {
    "revenue_base": "select m, sum(amount) from o group by m",
    "orders_count": "select m, count(*) from o group by m",
    "active_customers": "select m, count(distinct c) from o group by m",
    "new_customers": "select fm, count(*) from f group by fm",
    "retained_customers": """select a.m, count(*) from a join a b on a.c = b.c and b.m = a.m - interval 1 month
        group by a.m""",
    "lost_customers": """select b.m + interval 1 month, count(*) from a b where not exists
        (select 1 from a where a.c = b.c and a.m = b.m + interval 1 month) group by b.m""",
    "returned_customers": """select a.m, count(*) from a join f using (c) where fm < a.m and not exists
        (select 1 from a b where b.c = a.c and b.m = a.m - interval 1 month) group by a.m""",
    "reactivated_customers": """select m, count(distinct c) from (select c, m,
        d - lag(d) over (partition by c order by d, id) gap from o) where gap > 90 group by m""",
    "dormant_order_share": """select m, sum((gap > 90)::int) / count(*) from (select m,
        coalesce(d - lag(d) over (partition by c order by d, id), 0) gap from o) group by m""",
    "repeat_purchase_rate": """select m, sum((n > 1)::int) / count(*) from (select m, c, count(*) n from o
        group by m, c) group by m""",
    "interpurchase_days": """select m, median(gap) from (select m, d - lag(d) over (partition by c order by d, id) gap
        from o) group by m""",
}


@pytest.mark.parametrize("metric", list(MONTHLY))
def test_every_month_in_sql(store, raw, metric):
    expected = {f"{m:%Y-%m}": float(v) for m, v in raw.execute(MONTHLY[metric]).fetchall() if v is not None}
    rows = evaluate(store, [metric], "month").rows.filter(pl.col("value").is_not_null())
    assert rows.height >= 10
    for month, value in rows.select("period", "value").iter_rows():
        assert value == pytest.approx(expected.get(month, 0)), month


def test_flow_by_country_closes_in_every_month(store):
    names = ["active_customers", "active_customers_prev", "new_customers", "returned_customers", "moved_in"]
    rows = evaluate(store, [*names, "lost_customers", "moved_out"], "month", by="country").rows
    table = rows.pivot("metric", index=["period", "segment"], values="value").drop_nulls()
    total = sum(pl.col(n) for n in names[1:]) - pl.col("lost_customers") - pl.col("moved_out")
    assert table.height > 400
    assert table.select((pl.col("active_customers") - total).abs().max()).item() == 0


def test_customers_of_each_country_in_sql(store, raw):
    sql = "select country, count(distinct c) from o where m = '2011-10-01' group by country"
    rows = evaluate(store, ["active_customers"], "month", by="Country").rows
    october = rows.filter((pl.col("period") == "2011-10") & (pl.col("value") > 0))
    assert dict(october.select("segment", "value").iter_rows()) == dict(raw.execute(sql).fetchall())


def test_the_cohort_triangle_in_sql(store, raw):
    sql = """select strftime(fm, '%Y-%m'), datediff('month', fm, m), count(*) from a join f using (c) group by 1, 2"""
    expected = {(c, age): n for c, age, n in raw.execute(sql).fetchall()}
    rows = cohorts(store, "month", metrics=["cohort_customers"])
    found = {(c, age): v for c, age, v in rows.select("cohort", "age", "value").iter_rows()}
    assert len(found) == 13 * 14 / 2
    assert {k: v for k, v in found.items() if v} == expected


def test_the_last_month_is_incomplete_and_the_one_before_is_not(store):
    found = evaluate(store, ["revenue_base"], "month")
    assert not found.get("revenue_base", "2011-12").complete
    assert found.get("revenue_base", "2011-11").complete
    assert (
        evaluate(store, ["revenue_base"], "month", last=date(2011, 11, 30)).rows["period"].max() == "2011-11"
    )
