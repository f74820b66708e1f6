"""Why revenue moved from the second to the third quarter of 2011, computed twice: by the product, and by SQL and
logarithms written here. Runs where the real data set is present."""

from __future__ import annotations

import math
import os
from pathlib import Path

import duckdb
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.i18n import Words
from crmkpi.ingest.load import load
from crmkpi.tree import answer, explain
from crmkpi.tree.explain import IncompletePeriodError

ROOT = Path(__file__).parents[2]
FILE = Path(os.environ.get("CRMKPI_REAL_DATA", ROOT.parent / "shared" / "data" / "online_retail.csv.gz"))
pytestmark = [pytest.mark.real, pytest.mark.skipif(not FILE.exists(), reason="the real data set is not here")]

SALES = """
create table sales as
select InvoiceNo as invoice, cast(cast(CustomerID as double) as int) as customer, Country as country,
       cast(InvoiceDate as timestamp) as moment, Quantity as units, Quantity * UnitPrice as money
from read_csv(?, types = {'InvoiceNo': 'VARCHAR', 'CustomerID': 'VARCHAR'})
where CustomerID is not null and InvoiceNo not like 'C%' and InvoiceNo not like 'A%'
  and Quantity > 0 and UnitPrice > 0
"""
QUARTER = """
with o as (select *, date_trunc('quarter', moment) as q from sales),
     first as (select customer, min(q) as q from o group by 1),
     now as (select distinct customer from o where q = $q),
     prev as (select distinct customer from o where q = $q - interval 3 month),
     earlier as (select distinct customer from o where q < $q)
select
  (select count(*) from now) as active,
  (select count(*) from first where q = $q) as new,
  (select count(*) from prev) as prev,
  (select count(*) from now semi join prev using (customer)) as retained,
  (select count(*) from earlier anti join prev using (customer)) as lapsed,
  (select count(*) from now anti join prev using (customer) semi join earlier using (customer)) as returned,
  (select count(distinct invoice) from o where q = $q) as orders,
  (select sum(units) from o where q = $q) as units,
  (select sum(money) from o where q = $q) as revenue
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> DataDir:
    store = DataDir(tmp_path_factory.mktemp("retail") / "data")
    load([FILE], store)
    return store


def _quarter(day: str) -> dict[str, float]:
    with duckdb.connect() as db:
        db.execute(SALES, [str(FILE)])
        cursor = db.execute(QUARTER.replace("$q", f"timestamp '{day}'"))
        names = [column[0] for column in cursor.description]
        return dict(zip(names, map(float, cursor.fetchone()), strict=True))


def _mean(a: float, b: float) -> float:
    return a if a == b else (a - b) / math.log(a / b)


def _parts_by_hand(a: dict[str, float], b: dict[str, float]) -> dict[str, float]:
    """LMDI written out for this one tree: revenue = active x frequency x units per order x price."""
    revenue = _mean(b["revenue"], a["revenue"])
    per_customer = revenue / _mean(b["active"], a["active"])

    def log(top: str, bottom: str) -> float:
        return math.log(b[top] / b[bottom] * a[bottom] / a[top])

    kept, back = _mean(b["retained"], a["retained"]), _mean(b["returned"], a["returned"])
    return {
        "new_customers": per_customer * (b["new"] - a["new"]),
        "active_customers_prev": per_customer * kept * math.log(b["prev"] / a["prev"]),
        "churn_rate": per_customer * kept * log("retained", "prev"),
        "lapsed_customers": per_customer * back * math.log(b["lapsed"] / a["lapsed"]),
        "comeback_rate": per_customer * back * log("returned", "lapsed"),
        "purchase_frequency": revenue * log("orders", "active"),
        "units_per_order": revenue * log("units", "orders"),
        "avg_unit_price": revenue * log("revenue", "units"),
    }


def test_every_part_of_the_quarter_equals_the_one_computed_by_hand(data):
    found = explain(data, "ecommerce_revenue", "2011-Q3", "2011-Q2")
    before, after = _quarter("2011-04-01"), _quarter("2011-07-01")
    shown = {node.id: node for node in found.nodes}
    assert shown["revenue_base"].before == pytest.approx(before["revenue"], rel=1e-9)
    assert shown["revenue_base"].after == pytest.approx(after["revenue"], rel=1e-9)
    assert shown["new_customers"].after == after["new"]
    assert shown["returned_customers"].after == after["returned"]
    expected = _parts_by_hand(before, after)
    assert {leaf: shown[leaf].contribution for leaf in expected} == pytest.approx(
        expected, rel=1e-6, abs=0.01
    )
    assert math.fsum(expected.values()) == pytest.approx(after["revenue"] - before["revenue"], rel=1e-9)
    assert found.attribution.sum_of_leaves == pytest.approx(found.attribution.change, rel=1e-9)
    assert found.attribution.residual < 1e-9


@pytest.mark.parametrize(
    "where", [(), (Where("country", ("United Kingdom",)),), (Where("country", ("Germany", "France")),)]
)
@pytest.mark.parametrize("name", ["ecommerce_revenue", "customer_flow", "revenue_simple"])
def test_identities_hold_on_real_data_with_and_without_filters(data, name, where):
    for period, vs in (("2011-Q3", "2011-Q2"), ("2011-11", "2011-10"), ("2011-W40", "2011-W39")):
        found = explain(data, name, period, vs, where)
        assert found.attribution.residual < 1e-9
        assert found.attribution.sum_of_leaves == pytest.approx(found.attribution.change, rel=1e-9, abs=1e-6)


def test_the_running_month_needs_like_for_like(data):
    with pytest.raises(IncompletePeriodError) as error:
        explain(data, "ecommerce_revenue", "2011-12", "2010-12")
    assert "2011-11" in error.value.params["nearest"]
    found = explain(data, "ecommerce_revenue", "2011-12", "2010-12", to_date=True)
    assert (found.period.days, found.vs.days) == (9, 9)
    assert found.attribution.change == pytest.approx(found.top.after - found.top.before)


def test_the_opening_view_is_november_against_october(data):
    found = explain(data, "ecommerce_revenue")
    assert (found.period.text, found.vs.text) == ("2011-11", "2011-10")
    first = answer(found, Words("ru", "GBP"))[0]
    assert first.startswith("Выручка от клиентской базы: рост на 11")
