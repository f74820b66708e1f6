"""Tables beside orders: trials, silent invitations, event logs, words of platforms and goals, what the days cover."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmkpi.engine.evaluate import Where, evaluate
from crmkpi.ingest.coverage import coverage_of, planned_ends
from crmkpi.ingest.load import LoadSettings
from crmkpi.ingest.visits import visits
from crmkpi.ingest.vocabulary import meaning
from tests.unit.ingest.loaded import issues, shop

SUBSCRIPTIONS = """customer_id;started_at;mrr;ended_at;trial_started_at;plan
a;2026-01-10;100;;2026-01-01;base
b;;;;2026-01-02;base
c;;0;;2026-01-05;base
d;2026-02-03;100;2026-03-05;2026-01-20;base
e;2026-02-01;50;;;base
f;;;;;base
"""


def test_a_trial_that_nobody_paid_for_counts_as_a_trial(tmp_path):
    s = shop(tmp_path)
    result = s.load(s.file(SUBSCRIPTIONS, "subscriptions.csv"))
    assert issues(result)["rows_without_key"] == 1  # f has neither a start nor a trial
    found = evaluate(s.data, ["trial_conversion", "mrr"], "month")
    assert found.value("trial_conversion", "2026-01") == pytest.approx(2 / 4)
    # and it pays nothing
    assert found.value("mrr", "2026-02") == 250


def test_the_end_of_a_subscription_extends_the_data(tmp_path):
    s = shop(tmp_path)
    s.load(s.file(SUBSCRIPTIONS, "subscriptions.csv"))
    covered = s.data.meta.coverage["subscriptions"]
    assert (covered.first, covered.last) == (date(2026, 1, 1), date(2026, 3, 5))


def test_a_planned_end_does_not(tmp_path):
    s = shop(tmp_path)
    result = s.load(s.file(SUBSCRIPTIONS + "g;2026-02-20;10;2027-02-20;;base\n", "subscriptions.csv"))
    assert s.data.meta.coverage["subscriptions"].last == date(2026, 3, 5)
    assert issues(result)["planned_ends"] == 1


SURVEYS = """answered_at;kind;score;customer_id;invited
2026-01-10;NPS;10;a;1
2026-01-10;NPS;;b;1
2026-01-11;NPS;3;c;1
2026-01-12;NPS;;d;1
2026-01-12;NPS;;e;
"""


def test_people_who_did_not_answer_were_still_invited(tmp_path):
    s = shop(tmp_path)
    result = s.load(s.file(SURVEYS, "surveys.csv"))
    assert issues(result)["rows_without_key"] == 1  # e: neither asked nor answered
    found = evaluate(s.data, ["response_rate_survey", "nps"], "month")
    assert found.value("response_rate_survey", "2026-01") == pytest.approx(2 / 4)
    assert found.value("nps", "2026-01") == pytest.approx(0)
    assert found.get("nps", "2026-01").denominator == 2


# event logs -------------------------------------------------------------------------------------------------
LOG = """session_id;at;customer_id;platform;event;cart;order_id;source
s1;2026-01-05 10:00;;сайт;;0;;google
s1;2026-01-05 10:01;u1;сайт;поиск;1;;
s1;2026-01-05 10:05;u1;Личный кабинет;бонусы;0;77;email
s2;2026-01-06 09:00;u2;Мобильное приложение;сканер;0;;direct
s2;2026-01-06 09:00;u2;Мобильное приложение;сканер;0;;direct
s2;2026-01-06 09:10;u2;Мобильное приложение;бонусы;0;;direct
s3;2026-01-07 09:00;u3;iOS;;1;;direct
s4;2026-01-07 09:00;u1;site;;0;;google
"""


def test_events_of_a_visit_are_all_kept_and_the_visit_counts_once(tmp_path):
    s = shop(tmp_path)
    result = s.load(s.file(LOG, "sessions.csv"))
    assert "repeated_keys" not in issues(result)
    assert issues(result)["visits_of_events"] == 8
    rows = s.table("sessions")
    assert set(rows["platform"].drop_nulls()) == {"site", "account", "app"}
    found = evaluate(s.data, ["sessions", "conversion_site", "account_feature_use", "mau"], "month")
    assert found.value("sessions", "2026-01") == 4
    assert found.value("conversion_site", "2026-01") == pytest.approx(1 / 4)
    # u1 and u2 used something in the account or the app, u3 only came
    assert found.value("account_feature_use", "2026-01") == pytest.approx(2 / 3)
    assert found.value("mau", "2026-01") == 2


def test_each_feature_has_its_own_share(tmp_path):
    s = shop(tmp_path)
    s.load(s.file(LOG, "sessions.csv"))
    found = evaluate(s.data, ["account_feature_use", "sessions"], "month", by="event")
    shares = {e: found.value("account_feature_use", "2026-01", e) for e in ("бонусы", "сканер", "поиск")}
    assert shares == pytest.approx({"бонусы": 2 / 3, "сканер": 1 / 3, "поиск": 0})
    assert {e: found.value("sessions", "2026-01", e) for e in ("бонусы", "сканер", "поиск")} == {
        "бонусы": 2, "сканер": 1, "поиск": 1}  # fmt: skip
    both = [Where("event", ("бонусы", "сканер"))]
    assert evaluate(s.data, ["sessions"], "month", where=both).value("sessions", "2026-01") == 2


def test_a_cart_that_an_event_filled_is_not_lost_by_a_later_one(tmp_path):
    s = shop(tmp_path)
    s.load(s.file(LOG, "sessions.csv"))
    rows = s.table("sessions").filter(session_id="s1")
    assert rows["cart"].unique().to_list() == [1]
    assert rows["source"].unique().to_list() == ["google"]  # where it came from, not what came later
    assert rows["order_id"].unique().to_list() == ["77"]
    assert rows["ts"].n_unique() == 1 and rows["cust"].n_unique() == 1


rows_of_log = st.lists(
    st.tuples(
        st.sampled_from(["s1", "s2", "s3", "s4"]),
        st.integers(0, 3),
        st.sampled_from([None, "site", "app"]),
        st.sampled_from([None, "x", "y"]),
        st.sampled_from([None, 0, 1]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows_of_log)
def test_no_visit_and_no_event_gets_lost(raw):
    log = pl.DataFrame(
        raw,
        schema={
            "session_id": pl.String,
            "minute": pl.Int64,
            "platform": pl.String,
            "event": pl.String,
            "cart": pl.Int8,
        },
        orient="row",
    )
    start = datetime(2026, 1, 1)
    log = log.with_columns(
        (pl.lit(start) + pl.duration(minutes="minute")).alias("at"), pl.int_range(pl.len()).alias("__seq")
    ).drop("minute")
    made = visits(log)
    ask = "select distinct session_id, platform, event from {} where event is not null order by all"
    assert duckdb.sql(ask.format("made")).fetchall() == duckdb.sql(ask.format("log")).fetchall()
    facts = 'select session_id, min("at"), max(cart) from {} group by 1 order by all'
    assert duckdb.sql(facts.format("made")).fetchall() == duckdb.sql(facts.format("log")).fetchall()
    # whatever row of a visit is looked at, it tells the same about the visit
    same = made.group_by("session_id").agg(pl.col("at", "cart").n_unique())
    assert same["at"].max() == same["cart"].max() == 1
    many = made.filter(pl.col("session_id").is_duplicated())
    assert many.select("session_id", "platform", "event").is_unique().all()


# words ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Сайт", "site"), ("desktop web", "site"), ("Мобильная версия сайта", "site"), ("iOS", "app"),
        ("Android app", "app"), ("Мобильное приложение", "app"), ("ЛК", "account"), ("Личный кабинет", "account"),
        ("My account", "account"), ("web app", "app"), ("Apple Pay", None), ("терминал", None),
    ],
)  # fmt: skip
def test_platforms(text, value):
    assert meaning("platform", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Реактивация", "winback"), ("Win-back", "winback"), ("Возврат клиентов", "winback"),
        ("Возврат товара", None), ("Вернуть уснувших", "winback"), ("Спящие", "winback"), ("WB", "winback"),
        ("Welcome-цепочка", "welcome"), ("Брошенная корзина", "cart"), ("Вторая покупка", "second_order"),
        ("Распродажа", None), ("Лояльность", None),
    ],
)  # fmt: skip
def test_goals(text, value):
    assert meaning("campaign_goal", text) == value


def test_goals_of_ones_own_stay_as_written(tmp_path):
    s = shop(tmp_path)
    text = "campaign_id;sent_at;sent;goal\n1;2026-01-05;100;Реактивация\n2;2026-01-06;100;Чёрная пятница\n"
    result = s.load(s.file(text, "campaigns.csv"))
    assert sorted(s.table("campaigns")["goal"]) == ["winback", "Чёрная пятница"]
    assert not [code for code in issues(result) if code.startswith("unknown_")]


# what the days cover ----------------------------------------------------------------------------------------
def _days(*days: date) -> pl.DataFrame:
    return pl.DataFrame({"day": [(d - date(1970, 1, 1)).days for d in days]}, schema={"day": pl.Int32})


def test_a_week_is_no_month():
    mondays = [date(2026, 1, 5) + timedelta(weeks=k) for k in range(6)]
    found = coverage_of("dated_values", _days(*mondays))
    assert found is not None
    assert (found.first, found.last, found.usual_gap) == (mondays[0], mondays[-1] + timedelta(days=6), 1)


def test_numbers_of_months_beside_numbers_of_weeks_end_no_week():
    mondays = [date(2026, 1, 5) + timedelta(weeks=k) for k in range(8)]
    months = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    found = coverage_of("dated_values", _days(*sorted(mondays + months)))
    assert found is not None
    assert found.last == mondays[-1] + timedelta(days=6)


def test_numbers_of_months_stay_numbers_of_months():
    found = coverage_of("costs", _days(*(date(2026, m, 1) for m in range(1, 7))))
    assert found is not None
    assert (found.last, found.usual_gap) == (date(2026, 6, 1), 7)


def test_a_weekly_sheet_does_not_reach_into_the_rest_of_the_month(tmp_path):
    s = shop(tmp_path)
    rows = "".join(f"Обзвоны;{date(2026, 1, 5) + timedelta(weeks=k)};{10 + k}\n" for k in range(6))
    s.load(s.file("metric;date;value\n" + rows, "kpi.csv"))
    months = evaluate(s.data, ["own:Обзвоны"], "month").rows
    complete = dict(months.select("period", "complete").iter_rows())
    assert complete == {"2026-01": False, "2026-02": False}  # 5 January to 15 February


def test_ends_within_the_usual_pause_have_happened():
    frame = _days(date(2026, 1, 1), date(2026, 1, 20)).with_columns(
        ended_ts=pl.Series([(date(2026, 2, 10) - date(1970, 1, 1)).days * 86_400, None], dtype=pl.Int64)
    )
    assert planned_ends(frame).is_empty()
    found = coverage_of("subscriptions", frame)
    assert found is not None and found.last == date(2026, 2, 10)


# settings ---------------------------------------------------------------------------------------------------
def test_tiers_of_the_programme_travel_with_the_data(tmp_path):
    s = shop(tmp_path)
    tiers = LoadSettings(loyalty_tiers=("basic", "gold"), loyalty_floor="gold")
    s.load(s.file(LOG, "sessions.csv"), settings=tiers)
    assert (s.data.meta.loyalty_tiers, s.data.meta.loyalty_floor) == (["basic", "gold"], "gold")
    assert s.load(s.root / "files" / "sessions.csv", settings=tiers).unchanged
    assert not s.load(s.root / "files" / "sessions.csv").unchanged
