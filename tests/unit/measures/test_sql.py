"""Every measure equals SQL written by hand from definitions.md over the stored tables, with and without a filter.

Views: `o` orders that pass the filter, `c` all orders of the company, `p` periods (t, a = first day, z = last day,
e = day at which a stock is read,
s = the same for messages). Nothing of the engine's preparation is used on this side.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from crmkpi.engine.available import Availability
from crmkpi.engine.cells import wide
from crmkpi.engine.evaluate import Where
from crmkpi.engine.prepare import Preparation
from crmkpi.engine.reduce import reduce
from crmkpi.engine.slots import coverages, grain_calendars
from crmkpi.measures import MEASURES
from tests.unit.engine.shop import random_shop
from tests.unit.measures import sql_tables

N = 90
KNOWN = "cust is not null"


def rows(value: str, where: str = KNOWN, table: str = "o") -> str:
    return f"select t, sum({value}) v from p join {table} on day between a and z where {where} group by t"


def people(table: str, where: str = "true") -> str:
    return (
        f"select t, count(distinct cust) v from p join {table} x on day between a and z "
        f"where cust is not null and ({where}) group by t"
    )


ACTIVE_IN = "exists (select 1 from {view} y where y.cust = x.cust and y.day between {a} and {z})"


def active(view: str, a: str = "q.a", z: str = "q.z") -> str:
    return ACTIVE_IN.format(view=view, a=a, z=z)


# per period t with its predecessor q: customers active in o in t (now) or in t-1 (gone)
NOW = (
    "select p.t, count(distinct x.cust) v from p join p q on q.t = p.t - 1 join o x on x.day between p.a and p.z "
    "where x.cust is not null and {claim} group by p.t"
)
GONE = (
    "select p.t, count(distinct x.cust) v from p join p q on q.t = p.t - 1 join o x on x.day between q.a and q.z "
    "where x.cust is not null and {claim} group by p.t"
)
NEW = "(select min(day) from c y where y.cust = x.cust) between p.a and p.z"
# latest company order of each customer as of a day, and whether it passes the filter
LATEST = (
    'select p.t, count(*) v from p join (select p.t tt, cust, max(struct_pack(ts, "order")) last from p join c '
    "on c.day <= {by} where cust is not null group by 1, 2) l on l.tt = p.t "
    'join o on o."order" = l.last."order" where {claim} group by p.t'
)
REACT = f"day - prev_day > {N}"
TOUCH = "(coalesce(kind, '') <> 'transactional' and delivered > 0 and coalesce(control, 0) = 0)"
LAST_SENT = f"(select max(m.ts) from m where m.cust = x.cust and m.ts <= x.ts and {TOUCH})"


def costs(where: str) -> str:
    return f"select t, sum(amount) v from p join costs on day between a and z where {where} group by t"


def sends(value: str, where: str = "true") -> str:
    return f"select t, sum({value}) v from p join s on day between a and z where {where} group by t"


def consent(extra: str = "true", day: str = "p.e") -> str:
    return f"""
        select p.t, count(*) v from p join customers u on (u.consent_email = 1 or u.consent_push = 1
            or u.unsubscribed_day is not null) and u.subscribed_day <= {day}
        where coalesce(u.unsubscribed_day, 10**6) > {day} and not exists
            (select 1 from m where m.cust = u.cust and m.bounce_kind = 'hard' and m.day <= {day}) and {extra}
        group by p.t"""


RECENT = "select p.t, count(distinct cust) v from p join m on m.day between p.s - 89 and p.s where {claim} group by p.t"
ENGAGED = "(m.clicked > 0 or (m.opened > 0 and m.machine_open = 0))"

SQL: dict[str, str] = {
    "revenue_base": rows("amount"),
    "revenue_total": rows("amount", "true"),
    "revenue_repeat": rows("amount", f"{KNOWN} and order_number >= 2"),
    "orders_count": rows("1"),
    "orders_total": rows("1", "true"),
    "repeat_orders": rows("1", f"{KNOWN} and order_number >= 2"),
    "acquired_customers": rows("1", f"{KNOWN} and order_number = 1"),
    "second_orders_90": rows(
        "case when next_day - day <= 90 then 1 else 0 end", f"{KNOWN} and order_number = 1"
    ),
    "dormant_orders": rows("1", REACT),
    "units": rows("units", f"{KNOWN} and line_sum is not null"),
    "line_revenue": rows("line_sum"),
    "revenue_with_lines": rows("amount", f"{KNOWN} and line_sum is not null"),
    "orders_with_lines": rows("1", f"{KNOWN} and line_sum is not null"),
    "order_categories": rows("categories", f"{KNOWN} and line_sum is not null"),
    "discount_sum": rows("discount"),
    "gross_sum": rows("coalesce(gross, amount + discount)"),
    "loyalty_orders": """select t, count(*) v from p join o on day between a and z join customers u using (cust)
        where u.loyalty_joined_day is not null group by t""",
    "interpurchase_days": """select t, median(day - prev_day) v from p join o on day between a and z
        where prev_day is not null group by t""",
    "cohort_revenue_90": """select t, sum(amount) v from p join o on first_day between a and z
        where cust is not null and day - first_day <= 90 group by t""",
    "active_customers": people("o"),
    "repeat_customers": """select t, count(*) v from (select t, cust from p join o on day between a and z
        where cust is not null group by t, cust having count(*) >= 2) group by t""",
    "reactivated_customers": people("o", REACT),
    "reactivated_again": people("o", f"{REACT} and next_day - day <= 90"),
    "new_customers": NOW.format(claim=NEW),
    "retained_customers": NOW.format(claim=active("o")),
    "returned_customers": NOW.format(claim=f"not {active('c')} and not {NEW}"),
    "moved_in": NOW.format(claim=f"{active('c')} and not {active('o')}"),
    "active_customers_prev": GONE.format(claim="true"),
    "lost_customers": GONE.format(claim=f"not {active('c', 'p.a', 'p.z')}"),
    "moved_out": GONE.format(claim=f"{active('c', 'p.a', 'p.z')} and not {active('o', 'p.a', 'p.z')}"),
    "known_before": "select t, count(distinct cust) v from p join c on day < a where cust is not null group by t",
    "company_active_prev": """select p.t, count(distinct cust) v from p join p q on q.t = p.t - 1
        join c on day between q.a and q.z where cust is not null group by p.t""",
    "base_size": LATEST.format(by="p.e", claim="true"),
    "lost_base": LATEST.format(by="p.e", claim=f"p.e - o.day > {N}"),
    "revenue_to_date": f"select t, sum(amount) v from p join o on day <= e where {KNOWN} group by t",
    "dormant_customers": LATEST.format(by="p.a - 1", claim=f"p.a - o.day > {N}"),
    "dormant_returned": LATEST.format(
        by="p.a - 1",
        claim=f"p.a - o.day > {N} and exists (select 1 from c y where y.cust = o.cust and y.day between p.a and p.z)",
    ),
    "customer_categories": """select t, count(*) v from (select distinct t, cust, category from p join l
        on day between a and z where cust is not null and category is not null) group by t""",
    "multi_category_customers": """select t, count(*) v from (select t, cust from p join l on day between a and z
        where cust is not null group by t, cust having count(distinct category) >= 2) group by t""",
    "returned_value": rows("amount", KNOWN, "r"),
    "return_documents": rows("1", KNOWN, "r"),
    "returning_goods_customers": people("r"),
    "buyers_or_returners": """select t, count(distinct cust) v from p join (select cust, day from o union all
        select cust, day from r) on day between a and z where cust is not null group by t""",
    "crm_cost": costs("category in ('platform', 'payroll', 'bonus', 'channel', 'retention')"),
    "acquisition_cost": costs("category = 'acquisition'"),
    "platform_cost": costs("category = 'platform'"),
    "payroll_cost": costs("category = 'payroll'"),
    "bonus_cost": costs("category = 'bonus'"),
    "channel_cost": costs("category = 'channel'"),
    "retention_cost": costs("category = 'retention'"),
    "sends_count": sends("sent"),
    "delivered_count": sends("delivered"),
    "bounced_count": sends("bounced"),
    "hard_bounces": sends("hard"),
    "unique_opens": sends("opens"),
    "unique_clicks": sends("clicks"),
    "converted_count": sends("converted"),
    "attributed_orders": sends("orders"),
    "crm_revenue": sends("revenue"),
    "trigger_revenue": sends("revenue", "kind = 'trigger'"),
    "trigger_converted": sends("converted", "kind = 'trigger'"),
    "trigger_delivered": sends("delivered", "kind = 'trigger'"),
    "mass_converted": sends("converted", "kind = 'mass'"),
    "mass_delivered": sends("delivered", "kind = 'mass'"),
    "unsubscribes": sends("unsubscribes"),
    "complaints": sends("complaints"),
    "sms_clicks": sends("clicks", "channel = 'sms'"),
    "sms_delivered": sends("delivered", "channel = 'sms'"),
    "push_opens": sends("opens", "channel = 'push'"),
    "push_delivered": sends("delivered", "channel = 'push'"),
    "human_opens": rows("opened", "machine_open = 0", "m"),
    "delivered_human": rows("delivered", "machine_open = 0", "m"),
    "personalised_sent": rows("personalised", "true", "m"),
    "sends_known_personal": rows("1", "personalised is not null", "m"),
    "personalised_clicks": rows("clicked", "personalised = 1", "m"),
    "personalised_delivered": rows("delivered", "personalised = 1", "m"),
    "recipients": people("m"),
    "sends_to_recipients": rows("1", KNOWN, "m"),
    "trigger_latency": """select t, median((ts - event_ts) / 60) v from p join m on day between a and z
        where kind = 'trigger' group by t""",
    "campaigns_count": """select t, count(distinct campaign_id) v from p join campaigns on day between a and z
        group by t""",
    "segmented_campaigns": """select t, count(distinct campaign_id) v from p join campaigns on day between a and z
        where segmented = 1 group by t""",
    "reachable_by_consent": consent(),
    "reachable_from_sends": RECENT.format(claim="delivered > 0"),
    "base_reachable_by_consent": consent("exists (select 1 from c where c.cust = u.cust and c.day <= p.e)"),
    "base_reachable_from_sends": RECENT.format(
        claim="delivered > 0 and exists (select 1 from c where c.cust = m.cust and c.day <= p.s)"
    ),
    "engaged_from_sends": RECENT.format(claim=ENGAGED),
    "engaged_by_consent": consent(
        f"exists (select 1 from m where m.cust = u.cust and m.day between p.s - 89 and p.s and {ENGAGED})"
    ),
    "subscribes": """select t, count(*) v from p join customers on subscribed_day between a and z group by t""",
    "list_leavers": "select t, count(*) v from p join customers on unsubscribed_day between a and z group by t",
    "subscribers_start": """select t, count(*) v from p join customers on subscribed_day < a
        and coalesce(unsubscribed_day, 10**6) >= a group by t""",
    "loyalty_members": "select t, count(*) v from p join customers on loyalty_joined_day <= e group by t",
    "active_members": """select t, count(distinct cust) v from p join o on day between a and z
        join customers u using (cust) where u.loyalty_joined_day <= p.e group by t""",
    "push_known": "select t, count(consent_push) v from p join customers on subscribed_day <= e group by t",
    "push_enabled": "select t, sum(consent_push) v from p join customers on subscribed_day <= e group by t",
    "profile_fields": "select t, 4 * count(*) v from p join customers on subscribed_day <= e group by t",
    "profile_filled": """select t, count(registered_day) + count(segment) + count(consent_email)
        + count(consent_push) v from p join customers on subscribed_day <= e group by t""",
    "time_to_purchase": f"""select t, median(gap) / 3600 v from (select t, x.ts - {LAST_SENT} gap from p
        join o x on day between a and z where cust is not null) where gap <= 120 * 3600 group by t""",
    "touches_to_conversion": f"""select t, median(n) v from (select t, (select count(*) from m where m.cust = x.cust
        and m.ts <= x.ts and m.ts > x.ts - 30 * 86400 and {TOUCH}) n from p join o x on day between a and z
        where cust is not null) where n > 0 group by t""",
    "reactivations_count": f"""select t, count(distinct cust) v from (select t, cust, x.ts - {LAST_SENT} gap from p
        join o x on day between a and z where cust is not null and {REACT}) where gap <= 120 * 3600 group by t""",
    "clicked_order_revenue": """select t, sum(amount) v from p join o x on day between a and z
        where cust is not null and exists (select 1 from m where m.cust = x.cust
        and m.clicked_ts between x.ts - 120 * 3600 and x.ts) group by t""",
    "due_customers": """select t, count(distinct cust) v from p join due on due between a and z group by t""",
    "ontime_customers": f"""select t, count(distinct cust) v from p join due x on due between a and z
        where exists (select 1 from m where m.cust = x.cust and abs(m.day - x.due) <= 7 and {TOUCH}) group by t""",
    "orders_in_season": rows("case when month(date '1970-01-01' + day) in (10, 11, 12) then 1 else 0 end"),
}
SQL |= sql_tables.SQL
# no filter, so nobody moves; and chance proves no win-back (it has its own test in test_special_columns.py)
NEVER_HERE = ("moved_in", "moved_out", "winback_campaigns_successful")
# columns that this shop does not have; each has its own test in test_orders.py
ELSEWHERE = {"covers", "orders_with_covers", "revenue_with_covers", "known_margin", "revenue_with_cost"}

SENDS = """create view s as
    select day, 1 sent, delivered, bounced, case when bounce_kind = 'hard' then 1 else 0 end hard, opened opens,
        clicked clicks, case when attributed_orders > 0 then 1 else 0 end converted, attributed_orders orders,
        attributed_revenue revenue, unsubscribed unsubscribes, complained complaints, kind, channel from m
    union all by name
    select day, sent, delivered, bounces_hard + bounces_soft bounced, bounces_hard hard, opens, clicks,
        orders converted, orders, revenue, unsubscribes, complaints, kind, channel from campaigns where covered = 0"""
DUE = """create view due as select x.cust, x.day + g.d due from o x, (select round(median(day - prev_day)) d from c
    where cust is not null) g where x.cust is not null and (x.next_day is null or x.next_day >= x.day + g.d)"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return random_shop(tmp_path_factory.mktemp("sql"), seed=11, orders=500)


def number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def asked(store, where) -> tuple[pl.DataFrame, Preparation]:
    known = coverages(store)
    [calendar] = grain_calendars([known["orders"]], "month", date(2023, 2, 1), None)
    prep = Preparation(store, calendar, None, where, known)
    answers = Availability(store, None, where)
    names = [n for n in MEASURES if answers.has(n)]
    return wide(prep, reduce(prep, names, ["orders"]), names, [0]), prep


def database(store, prep: Preparation, condition: str) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    for table in store.tables():
        db.execute(f"create table {table} as select * from '{store.path(table)}'")
    periods = [
        # orders end two days before the month does, a usual pause; messages ten days before: unfinished
        (t, number(s.first), number(s.last), number(s.last), number(min(s.last, date(2024, 2, 19))))
        for t, s in enumerate(prep.calendar.slots)
    ]
    db.execute("create table p (t int, a int, z int, e int, s int)")
    db.executemany("insert into p values (?, ?, ?, ?, ?)", periods)
    db.execute(f"create view o as select * from orders where {condition}")
    db.execute(f"create view l as select * from order_lines where {condition}")
    db.execute(f"create view r as select * from returns where {condition}")
    db.execute("create view c as select * from orders")
    db.execute("create view m as select * from messages where coalesce(control, 0) = 0")
    db.execute(SENDS)
    db.execute(DUE)
    rows = store.meta.coverage["subscriptions"]
    month = date(2024, 2, 29)
    paused = (month - rows.last).days <= rows.usual_gap
    for view in sql_tables.views(condition, number(month if paused else rows.last)):
        db.execute(view)
    return db


@pytest.fixture(scope="module", params=["whole", "filtered"])
def both(request, store):
    where = (Where("channel", ("web", None)),) if request.param == "filtered" else ()
    condition = "(channel = 'web' or channel is null)" if where else "true"
    cells, prep = asked(store, where)
    with database(store, prep, condition) as db:
        yield cells, db, request.param


def test_every_measure_has_its_sql():
    assert set(MEASURES) == set(SQL) | ELSEWHERE


# tables that have a channel of their own, or follow orders that have one
OF_CHANNEL = {"orders", "order_lines", "returns", "company", *sql_tables.OF_CHANNEL}


@pytest.mark.parametrize("name", list(SQL))
def test_measure_equals_sql(name, both):
    cells, db, question = both
    if question == "filtered" and MEASURES[name].table not in OF_CHANNEL:
        pytest.skip("this table knows no channel of orders: not available, or the same with and without")
    if name not in cells.columns:
        pytest.skip("a cost or a cart has no channel")
    money = 100 if MEASURES[name].money else 1
    expected = {t: float(v) / money for t, v in db.execute(SQL[name]).fetchall() if v is not None}
    empty = MEASURES[name].empty
    found = dict(cells.select("t", name).iter_rows())
    # the first period has no predecessor in the SQL's periods; the engine marks it unknown above the measure
    shown = [t for t in found if t > 0]
    assert any(expected.values()) or (question == "whole" and name in NEVER_HERE)
    for t in shown:
        value = expected.get(t, empty)
        assert found[t] == (None if value is None else pytest.approx(value, rel=1e-9)), (name, t)


def test_the_shop_spans_more_than_a_year(store):
    cover = store.meta.coverage["orders"]
    assert cover.last - cover.first > timedelta(days=366)
