"""SQL by hand for the measures over leads, tickets, visits, subscriptions, answers, points, ads, control groups, RFM.

Views beside those of test_sql: le, wl (won leads by day of win), ti, ad, v (visits), su (subscriptions), all under
the filter; se every visit; mv customers x periods with recurring revenue at the start and at the end.
"""

from __future__ import annotations

OF_CHANNEL = ("leads", "won_leads", "tickets", "ads", "visits", "subscriptions", "trials")
DAY = 86_400


def by_day(table: str, value: str, where: str = "true") -> str:
    return f"select t, {value} v from p join {table} x on x.day between a and z where {where} group by t"


WON = "won_ts is not null"
OPP = f"({WON} or opportunity_ts is not null)"
SQL_ = f"({OPP} or sql_ts is not null)"
MQL = f"({SQL_} or mql_ts is not null)"
VALID = f"(valid is null or valid = 1 or {MQL})"
APP = "platform = 'app' and cust is not null"
INSIDE = "platform in ('app', 'account') and cust is not null"
FIRST = "(select min(y.day) from se y where y.cust = x.cust and y.platform = 'app')"
USERS = f"""select p.t, count(distinct x.cust) v from p join p q on q.t = p.t - 1
    join v x on x.day between p.a and p.z where {APP} and {{claim}} group by p.t"""
BEFORE = (
    "exists (select 1 from v y where y.cust = x.cust and y.platform = 'app' and y.day between q.a and q.z)"
)
NEW = f"{FIRST} between p.a and p.z"


def moved(value: str, where: str = "true") -> str:
    return f"select t, sum({value}) v from mv where {where} group by t"


def answers(value: str, where: str) -> str:
    return by_day("an", value, where)


def app_sales(value: str) -> str:
    return f"""select t, {value} v from (select distinct t, a, z, cust from p join v x on x.day between a and z
        where {APP}) u join o on o.cust = u.cust and o.day between u.a and u.z group by t"""


CART = """(select t, x.ts seen, (select min(m.ts) from m where m.cust = x.cust and m.ts >= x.ts and kind = 'trigger'
    and delivered = 1) told, x.cust from p join v x on x.day between a and z
    where cart = 1 and order_id is null and x.cust is not null)"""
REMINDED = f"told <= seen + 7 * {DAY}"
# customers of a campaign: first send, group, and what they spent in five days
UNIT = """(select p.t, u.code, held, (select coalesce(sum(amount), 0) from c where c.cust = u.cust
    and c.ts between u.seen and u.seen + 120 * 3600) paid from p join (select campaign_id code, cust, max(control) held,
    min(ts) seen, min(day) AS day from messages where control is not null group by 1, 2) u on u.day between a and z)"""
CAMPAIGN = f"""(select t, code, count(*) filter (held = 0) n1, count(*) filter (held = 1) n0,
    avg(paid) filter (held = 0) m1, avg(paid) filter (held = 1) m0, var_samp(paid) filter (held = 0) s1,
    var_samp(paid) filter (held = 1) s0 from {UNIT} group by 1, 2)"""
COST = "(select sum(cost) from campaigns k where k.campaign_id = code)"
GOAL = "(select max(goal) from campaigns k where k.campaign_id = code)"
# the four cut-offs are the nearest-rank 20th .. 80th percentile; a score is 1 + the cut-offs one is better than
RFM = """(select s.*, r[(2 * k + 4) // 5] r40, r[(3 * k + 4) // 5] r60, f[(3 * k + 4) // 5] f60, g[(3 * k + 4) // 5] g60
    from (select p.t, cust, p.e - max(day) rec, count(*) n, sum(amount) money,
        coalesce(sum(amount) filter (day > p.e - 365), 0) fresh from p join o on day <= p.e where cust is not null
        group by p.t, p.e, cust) s
    join (select t, count(*) k, list_sort(list(rec)) r, list_sort(list(n)) f, list_sort(list(money)) g from
        (select p.t, cust, p.e - max(day) rec, count(*) n, sum(amount) money from p join o on day <= p.e
        where cust is not null group by p.t, p.e, cust) group by t) using (t))"""
TIERS = "(select loyalty_tier from customers join c using (cust) where loyalty_tier is not null group by 1"

SQL: dict[str, str] = {
    "leads_count": by_day("le", "count(*)", VALID),
    "leads_mql": by_day("le", "count(*)", MQL),
    "leads_sql": by_day("le", "count(*)", SQL_),
    "leads_opportunity": by_day("le", "count(*)", OPP),
    "opportunities_closed": by_day(
        "le", "count(*)", f"{WON} or (opportunity_ts is not null and lost_ts is not null)"
    ),
    "leads_won": by_day("le", "count(*)", WON),
    "lead_revenue": by_day("le", "sum(deal_amount)", WON),
    "pipeline_value": by_day("le", "sum(potential_amount)", VALID),
    "sales_cycle_days": by_day("wl", f"median((won_ts - created_ts) / {DAY})"),
    "support_frt": by_day("ti", "median((first_reply_ts - created_ts) / 3600)"),
    "support_resolution": by_day("ti", "median((resolved_ts - created_ts) / 3600)"),
    "nps_answers": answers("count(*)", "kind = 'nps'"),
    "nps_promoters": answers("count(*)", "kind = 'nps' and score in (9, 10)"),
    "nps_detractors": answers("count(*)", "kind = 'nps' and score < 7"),
    "csat_answers": answers("count(*)", "kind = 'csat'"),
    "csat_good": answers("count(*)", "kind = 'csat' and score in (4, 5)"),
    "survey_invitations": """select t, sum(n) v from (select t, kind, sum(distinct invited) n from p join surveys
        on day between a and z where invited > 1 group by 1, 2 union all select t, kind, count(*) from p join surveys
        on day between a and z where invited = 1 group by 1, 2) group by t""",
    "survey_answers": by_day("surveys", "count(*)", "invited is not null"),
    "points_earned": by_day("loyalty_points", "sum(abs(points))", "kind = 'earned'"),
    "points_redeemed": by_day("loyalty_points", "sum(abs(points))", "kind = 'redeemed'"),
    "points_value_redeemed": by_day("loyalty_points", "sum(abs(value))", "kind = 'redeemed'"),
    "member_discounts": """select t, sum(discount) v from p join o on day between a and z join customers u using (cust)
        where u.loyalty_joined_day is not null group by t""",
    "ad_cost": by_day("ad", "sum(cost)"),
    "impressions": by_day("ad", "sum(impressions)"),
    "ad_clicks": by_day("ad", "sum(clicks)"),
    "reach": by_day("ad", "case when count(reach) = 1 then max(reach) end"),
    "sessions": by_day("v", "count(*)"),
    "session_orders": by_day("v", "count(order_id)"),
    "cart_sessions": by_day("v", "sum(cart)"),
    "carts_left": by_day("v", "count(*)", "cart = 1 and order_id is null"),
    "sessions_judged": by_day("v", "count(engaged)"),
    "sessions_bounced": by_day("v", "count(*)", "engaged = 0"),
    "landing_sessions": by_day("v", "count(landing)"),
    "landing_orders": by_day("v", "count(order_id)", "landing is not null"),
    "brand_traffic": by_day("v", "count(*)", "branded = 1 or source = 'direct'"),
    "feature_users": by_day("v", "count(distinct cust)", f"{INSIDE} and event is not null"),
    "account_users_any": by_day("se", "count(distinct cust)", INSIDE),
    "active_inside": f"""select t, count(distinct x.cust) v from p join v x on x.day between a and z where {INSIDE}
        and exists (select 1 from o where o.cust = x.cust and o.day between a and z) group by t""",
    "mau": by_day("v", "count(distinct cust)", APP),
    "installs_active": USERS.format(claim=NEW),
    "mau_retained": USERS.format(claim=BEFORE),
    "mau_resurrected": USERS.format(claim=f"not {BEFORE} and not {NEW}"),
    "mau_prev": f"""select p.t, count(distinct x.cust) v from p join p q on q.t = p.t - 1
        join v x on x.day between q.a and q.z where {APP} group by p.t""",
    "app_user_days": f"""select t, count(*) v from (select distinct t, cust, day from p
        join v x on day between a and z where {APP}) group by t""",
    "app_back_30": f"""select t, count(distinct x.cust) v from p join v x on {FIRST} between a and z
        where {APP} and x.day = {FIRST} + 30
        and exists (select 1 from v y where y.cust = x.cust and y.platform = 'app' and y.day between a and z)
        group by t""",
    "app_payers": app_sales("count(distinct u.cust)"),
    "app_orders": app_sales("count(*)"),
    "app_revenue": app_sales("sum(amount)"),
    "carts_reminded": f"select t, count(*) v from {CART} where {REMINDED} group by t",
    "carts_recovered": f"""select t, count(*) v from {CART} k where {REMINDED} and exists (select 1 from c
        where c.cust = k.cust and c.ts between told and seen + 7 * {DAY}) group by t""",
    "mrr": moved("after"),
    "start_mrr": moved("before"),
    "new_mrr": moved("after", "before = 0 and newcomer"),
    "reactivation_mrr": moved("after", "before = 0 and not newcomer"),
    "expanded_mrr": moved("after - before", "before > 0 and after > before"),
    "contracted_mrr": moved("before - after", "after > 0 and after < before"),
    "churned_mrr": moved("before", "after = 0"),
    "churned_mrr_by_choice": moved("before", "after = 0 and not failed"),
    "churned_mrr_by_payment": moved("before", "after = 0 and failed"),
    "new_subscriptions": moved("1", "before = 0 and after > 0 and newcomer"),
    "churned_by_choice": moved("1", "before > 0 and after = 0 and not failed"),
    "churned_by_payment": moved("1", "before > 0 and after = 0 and failed"),
    "subscribers_paying_start": moved("1", "before > 0"),
    "trials": f"select t, count(*) v from p join su on trial_started_ts // {DAY} between a and z group by t",
    "trials_paid": f"""select t, count(*) v from p join su x on trial_started_ts // {DAY} between a and z where exists
        (select 1 from subscriptions y where y.cust = x.cust and y.mrr > 0
        and y.started_ts // {DAY} >= x.trial_started_ts // {DAY}) group by t""",
    "campaign_treated": f"select t, sum(n1) v from {CAMPAIGN} where n1 > 0 and n0 > 0 group by t",
    "campaign_incremental": f"select t, sum(n1 * (m1 - m0)) v from {CAMPAIGN} where n1 > 0 and n0 > 0 group by t",
    "winback_campaigns_successful": f"""select t, count(*) v from {CAMPAIGN} where n1 > 1 and n0 > 1
        and {GOAL} = 'win-back' and m1 - m0 - 1.959963984540054 * sqrt(s1 / n1 + s0 / n0) > 0
        and 0.4 * n1 * (m1 - m0) > {COST} group by t""",
    "list_treated": "select t, count(*) v from p join customers on subscribed_day <= e and control = 0 group by t",
    "list_control": "select t, count(*) v from p join customers on subscribed_day <= e and control = 1 group by t",
    "list_treated_revenue": """select t, sum(amount) v from p join o on day between a and z
        join customers u using (cust) where u.control = 0 and u.subscribed_day <= p.e group by t""",
    "list_control_revenue": """select t, sum(amount) v from p join o on day between a and z
        join customers u using (cust) where u.control = 1 and u.subscribed_day <= p.e group by t""",
    "upper_tier_members": f"""select t, count(*) v from p join customers on loyalty_joined_day <= e
        where loyalty_tier <> {TIERS} order by sum(amount) / count(distinct cust) limit 1) group by t""",
    "rfm_customers": f"select t, count(*) v from {RFM} group by t",
    "rfm_top_customers": f"""select t, count(*) v from {RFM} where rec < r40 and n > f60 and money > g60 group by t""",
    "rfm_at_risk_value": f"select t, sum(fresh) v from {RFM} where rec >= r60 and n > f60 group by t",
    "cac_payback": """select t, min(k) v from (select distinct p.t, k, cost, sum(0.4 * amount) over
        (partition by p.t order by k) earned from p join (select *, (day - first_day) * 48 // 1461 + 1 k from o
        where cust is not null) x on first_day between p.a and p.z join (select t, sum(amount) cost from p join costs
        on day between a and z where category = 'acquisition' group by t) w on w.t = p.t)
        where earned >= cost group by t""",
}


def views(condition: str, last_subscription: int) -> list[str]:
    """The views, under the filter of the question; the stock of subscriptions is read on the last day of its data."""
    own = {"le": "leads", "ti": "tickets", "ad": "ads", "v": "sessions", "su": "subscriptions"}
    made = [f"create view {name} as select * from {table} where {condition}" for name, table in own.items()]
    made.append("create view se as select * from sessions")
    made.append(f"create view wl as select * replace (won_ts // {DAY} as day) from le where {WON}")
    made.append("""create view an as select day, kind, score from surveys
        union all select day, 'csat', csat from tickets where csat is not null""")
    rows = f"""(select cust, mrr, started_ts // {DAY} b, coalesce(ended_ts // {DAY}, 10**6) d, end_reason from su
        where mrr > 0 and coalesce(ended_ts // {DAY}, 10**6) > started_ts // {DAY})"""
    first = f"(select min(started_ts // {DAY}) from subscriptions y where y.cust = x.cust and y.mrr > 0)"
    made.append(f"""create view mv as select t, cust, coalesce(sum(mrr) filter (b < a and d >= a), 0) before,
        coalesce(sum(mrr) filter (b <= u and d > u), 0) after,
        coalesce(bool_or(end_reason = 'payment' and d between a and u), false) failed,
        any_value({first}) between a and z newcomer
        from (select *, least(z, {last_subscription}) u from p) p cross join {rows} x group by t, a, u, z, cust""")
    return made
