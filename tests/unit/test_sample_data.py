"""The sample shop: reproducible, equal in both languages, and its planted effects are found again.

Everything is read from the finished files with pandas, DuckDB and scipy; nothing of the generator is imported.
"""

import csv
import gzip
import hashlib
import io
import subprocess
import sys
import tomllib
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from scipy import stats

ROOT = Path(__file__).resolve().parents[2] / "sample_data"
TABLES = ("orders", "order_lines", "customers", "messages", "campaigns", "costs")
SHOPS = {"shop_ru": ("ru", ";", "cp1251"), "shop_en": ("en", ",", "utf-8")}
EFFECTS = tomllib.loads((ROOT / "effects.toml").read_text(encoding="utf-8"))
WORDS = tomllib.loads((ROOT / "words.toml").read_text(encoding="utf-8"))


def _bytes(shop: str, table: str, root: Path = ROOT) -> bytes:
    packed = root / shop / f"{table}.csv.gz"
    if packed.exists():
        return gzip.decompress(packed.read_bytes())
    return (root / shop / f"{table}.csv").read_bytes()


def _keys(kind: str, lang: str) -> dict[str, str]:
    """Word in the file -> key that both languages share."""
    if kind == "product":
        return {item[lang]: item["sku"] for item in WORDS["goods"]}
    return {word[lang]: key for key, word in WORDS["values"][kind].items()}


def _value(text: str, kind: str, lang: str) -> Any:
    """One cell without its language; a blank stays None."""
    if text == "":
        return None
    if kind in ("minute", "day"):
        form = {"ru": "%d.%m.%Y", "en": "%Y-%m-%d"}[lang] + (" %H:%M" if kind == "minute" else "")
        return datetime.strptime(text, form)
    if kind == "money":
        return int(Decimal(text.replace("\u00a0", "").replace(",", ".")) * 100)
    return int(text) if kind in ("int", "flag") else text


def _load(shop: str, table: str) -> pd.DataFrame:
    """A file as canonical columns, values as keys, money in kopecks."""
    lang, separator, encoding = SHOPS[shop]
    reader = csv.reader(io.StringIO(_bytes(shop, table).decode(encoding), newline=""), delimiter=separator)
    header, *rows = reader
    words = WORDS[table]
    assert header == [word[lang] for word in words.values()]
    columns = dict(zip(words, zip(*rows, strict=True), strict=True))
    table_of = {}
    for name, word in words.items():
        kind, cells = word["kind"], columns[name]
        keys = _keys(kind, lang) if kind == "product" or kind in WORDS["values"] else None
        known = {cell: keys[cell] if keys and cell else _value(cell, kind, lang) for cell in set(cells)}
        table_of[name] = [known[cell] for cell in cells]
    return pd.DataFrame(table_of)


@pytest.fixture(scope="module")
def shop() -> dict[str, pd.DataFrame]:
    return {table: _load("shop_en", table) for table in TABLES}


@pytest.fixture(scope="module")
def sales(shop: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Valid orders of identified customers, by definitions: not cancelled, refused or test, amount > 0."""
    orders = shop["orders"]
    good = orders.status.isin(["completed", "shipped"]) & orders.customer_id.notna() & (orders.amount > 0)
    return orders[good].assign(month=lambda d: d.ordered_at.dt.to_period("M"))


def _retention(sales: pd.DataFrame, months: list[str]) -> tuple[int, int]:
    """Customers active in the month before and in the month itself / active before, summed over months."""
    active = sales.groupby("month").customer_id.agg(set)
    pairs = [(active[pd.Period(m) - 1], active[pd.Period(m)]) for m in months]
    return sum(len(a & b) for a, b in pairs), sum(len(a) for a, _ in pairs)


def _two_proportions(a: int, n: int, b: int, m: int) -> float:
    """Two-sided p value of the pooled z test."""
    pooled = (a + b) / (n + m)
    z = (a / n - b / m) / (pooled * (1 - pooled) * (1 / n + 1 / m)) ** 0.5
    return float(2 * stats.norm.sf(abs(z)))


def test_two_runs_give_the_same_bytes_and_the_committed_files(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    runs = [subprocess.Popen([sys.executable, ROOT / "make.py", "--out", f]) for f in folders]
    assert [run.wait(timeout=120) for run in runs] == [0, 0]
    digests = [
        {p.relative_to(f): hashlib.sha256(p.read_bytes()).hexdigest() for p in f.rglob("*.csv*")}
        for f in folders
    ]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 2 * len(TABLES)
    for name in SHOPS:
        for table in TABLES:
            # unpacked: another zlib may pack the same text into other bytes
            assert _bytes(name, table, folders[0]) == _bytes(name, table), f"{name}/{table}: run make.py"


def test_files_are_small_enough_to_ship() -> None:
    files = [path for name in SHOPS for path in (ROOT / name).iterdir()]
    assert len(files) == 2 * len(TABLES)
    assert sum(path.stat().st_size for path in files) <= 15_000_000


@pytest.mark.parametrize("table", TABLES)
def test_russian_export_is_cp1251_with_semicolons_and_english_is_plain_utf8(table: str) -> None:
    russian, english = _bytes("shop_ru", table), _bytes("shop_en", table)
    with pytest.raises(UnicodeDecodeError):
        russian.decode("utf-8")
    assert russian.count(b"\r\n") == russian.count(b"\n") == english.count(b"\n")
    assert b";" in russian.splitlines()[0]
    assert b"\r" not in english
    english.decode("utf-8")


def test_russian_money_has_no_break_spaces_and_a_decimal_comma() -> None:
    text = _bytes("shop_ru", "orders").decode("cp1251")
    assert ";3\u00a0990,00;" in text
    assert ";3990" not in text
    assert "01.01.2024 " in text


@pytest.mark.parametrize("table", TABLES)
def test_both_languages_hold_the_same_shop(shop: dict[str, pd.DataFrame], table: str) -> None:
    russian = _load("shop_ru", table)
    named = ["campaign"] if table == "campaigns" else []
    pd.testing.assert_frame_equal(russian.drop(columns=named), shop[table].drop(columns=named))


def test_lines_sum_to_orders_exactly(shop: dict[str, pd.DataFrame]) -> None:
    orders, lines = shop["orders"].set_index("order_id"), shop["order_lines"]
    assert orders.index.is_unique
    lines = lines.assign(
        gross=lines.quantity * lines.unit_price,
        cogs=lines.quantity * lines.unit_cost,
        refund=lines.line_amount * lines.returned_quantity // lines.quantity,
    )
    assert (lines.gross - lines.discount == lines.line_amount).all()
    sums = lines.groupby("order_id")[["gross", "discount", "line_amount", "cogs", "refund"]].sum()
    wanted = orders[["gross", "discount", "amount", "cogs", "refund"]].rename(
        columns={"amount": "line_amount"}
    )
    pd.testing.assert_frame_equal(sums.sort_index(), wanted.sort_index())
    assert (orders.refund[orders.status != "completed"] == 0).all()


def test_span_size_and_season_are_those_of_a_real_shop(
    shop: dict[str, pd.DataFrame], sales: pd.DataFrame
) -> None:
    orders, data = shop["orders"], EFFECTS["data"]
    days = orders.ordered_at.dt.date
    assert (days.min(), days.max()) == (data["from"], data["to"])
    assert (data["to"] + timedelta(days=1)).day == 1, "the last month is complete"
    assert days.nunique() == (data["to"] - data["from"]).days + 1, "a day without orders"
    assert sales.month.nunique() >= 26
    assert 3_800 <= len(shop["customers"]) <= 4_200
    assert 0.03 < orders.customer_id.isna().mean() < 0.05
    assert 0.04 < orders.status.isin(["cancelled", "refused"]).mean() < 0.09
    assert (orders.status == "test").sum() == 12
    per_month = sales[sales.ordered_at.dt.year == 2025].groupby(sales.ordered_at.dt.month).size()
    assert set(per_month.nlargest(2).index) == {11, 12}
    per_customer = sales.customer_id.value_counts()
    assert per_customer.head(len(per_customer) // 10).sum() / len(sales) > 0.3, "the tail is heavy"


def test_identifiers_join_between_tables(shop: dict[str, pd.DataFrame]) -> None:
    people = set(shop["customers"].customer_id)
    assert set(shop["orders"].customer_id.dropna()) <= people
    assert set(shop["messages"].customer_id) <= people
    assert set(shop["order_lines"].order_id) == set(shop["orders"].order_id)
    assert set(shop["messages"].campaign_id) <= set(shop["campaigns"].campaign_id)
    first = shop["orders"].groupby("customer_id").ordered_at.min()
    registered = shop["customers"].set_index("customer_id").registered_at
    assert (first >= registered[first.index]).all()


def test_churn_shock_is_seen_in_one_segment_only(sales: pd.DataFrame) -> None:
    shock = EFFECTS["churn_shock"]
    town = shock["segment"]["en"]
    key = _keys("segment", "en")[town]
    period, before = shock["compare"]["period"], shock["compare"]["vs"]
    for segment, part in sales.groupby("segment"):
        last, year_ago = _retention(part, [period]), _retention(part, [before])
        summer = _retention(part, ["2026-07", "2026-08", "2026-09"])
        earlier = _retention(part, ["2025-07", "2025-08", "2025-09"])
        p = _two_proportions(*summer, *earlier)
        if segment == key:
            assert last[0] / last[1] < 0.6 * year_ago[0] / year_ago[1]
            assert p < 0.001
        else:
            assert p > 0.05
            assert abs(summer[0] / summer[1] - earlier[0] / earlier[1]) < 0.08


def _answers(shop: dict[str, pd.DataFrame], sales: pd.DataFrame, effect: dict[str, Any]) -> pd.DataFrame:
    """Customers and those who ordered within the window, by control group (index 0 and 1)."""
    rows = shop["messages"][shop["messages"].campaign_id == effect["campaign_id"]]
    end = effect["sent_at"] + timedelta(days=effect["window_days"])
    window = sales[(sales.ordered_at > effect["sent_at"]) & (sales.ordered_at <= end)]
    assert rows.customer_id.is_unique
    assert set(rows.sent_at) == {effect["sent_at"]}
    bought = rows.customer_id.isin(set(window.customer_id))
    return bought.groupby(rows.control).agg(["sum", "size"])


def test_winback_uplift_is_significant_and_near_the_truth(
    shop: dict[str, pd.DataFrame], sales: pd.DataFrame
) -> None:
    effect = EFFECTS["winback_uplift"]
    got = _answers(shop, sales, effect)
    (a, n), (b, m) = got.loc[0], got.loc[1]
    assert m / (n + m) == pytest.approx(effect["holdout_share"], abs=0.002)
    assert _two_proportions(a, n, b, m) < 0.001
    truth = effect["p_treated"] - effect["p_control"]
    error = (a / n * (1 - a / n) / n + b / m * (1 - b / m) / m) ** 0.5
    assert abs(a / n - b / m - truth) < 1.96 * error
    assert stats.binomtest(int(a), int(n), effect["p_treated"]).pvalue > 0.05
    assert stats.binomtest(int(b), int(m), effect["p_control"]).pvalue > 0.05


def test_winback_went_to_dormant_customers_and_the_control_group_got_nothing(
    shop: dict[str, pd.DataFrame], sales: pd.DataFrame
) -> None:
    effect = EFFECTS["winback_uplift"]
    rows = shop["messages"][shop["messages"].campaign_id == effect["campaign_id"]]
    last = sales[sales.ordered_at < effect["sent_at"]].groupby("customer_id").ordered_at.max()
    silent = effect["sent_at"].date() - last[rows.customer_id].dt.date
    assert (silent > timedelta(days=effect["dormant_days"])).all()
    held = rows[rows.control == 1]
    answers = ["delivered", "bounced", "opened", "machine_open", "clicked", "unsubscribed", "complained"]
    assert held[answers].isna().all(axis=None)
    assert rows[rows.control == 0].delivered.notna().all()
    coded = shop["orders"][shop["orders"].promo_code == "COMEBACK15"]
    assert not set(coded.customer_id) & set(held.customer_id)


def test_winback_arms_were_alike_before_the_send(shop: dict[str, pd.DataFrame], sales: pd.DataFrame) -> None:
    effect = EFFECTS["winback_uplift"]
    rows = shop["messages"][shop["messages"].campaign_id == effect["campaign_id"]]
    earlier = sales[sales.ordered_at < effect["sent_at"]].groupby("customer_id").amount.sum()
    spent = earlier[rows.customer_id].to_numpy()
    control = (rows.control == 1).to_numpy()
    assert stats.mannwhitneyu(spent[control], spent[~control]).pvalue > 0.05


def test_the_other_trial_has_attributed_orders_but_no_uplift(
    shop: dict[str, pd.DataFrame], sales: pd.DataFrame
) -> None:
    effect = EFFECTS["no_effect"]
    got = _answers(shop, sales, effect)
    assert _two_proportions(*got.loc[0], *got.loc[1]) > 0.05
    card = shop["campaigns"].set_index("campaign_id").loc[effect["campaign_id"]]
    assert card.orders > 0
    assert card.revenue > 0


def test_mix_shift_lowers_the_total_while_every_channel_rises(sales: pd.DataFrame) -> None:
    shift = EFFECTS["mix_shift"]
    quarter = sales.assign(quarter=sales.ordered_at.dt.to_period("Q").astype(str).str.replace("Q", "-Q"))
    now, before = (quarter[quarter.quarter == shift[key]] for key in ("quarter", "vs"))
    total_now, total_before = now.amount.mean(), before.amount.mean()
    assert total_now < 0.95 * total_before
    rows = pd.DataFrame(
        {
            "aov": now.groupby("channel").amount.mean(),
            "aov_before": before.groupby("channel").amount.mean(),
            "share": now.channel.value_counts(normalize=True),
            "share_before": before.channel.value_counts(normalize=True),
        }
    )
    assert set(rows.index) == {"site", "app", "store"}
    assert (rows.aov > 1.05 * rows.aov_before).all()
    rate = (rows.share_before * (rows.aov - rows.aov_before)).sum()
    mix = ((rows.share - rows.share_before) * rows.aov).sum()
    assert rate > 0 > mix
    assert rate + mix == pytest.approx(total_now - total_before)


def test_tracking_gap_is_one_week_of_zero_opens_with_normal_sends(shop: dict[str, pd.DataFrame]) -> None:
    gap = EFFECTS["tracking_gap"]
    assert (gap["from"].weekday(), gap["to"] - gap["from"]) == (0, timedelta(days=6))
    mail = shop["messages"][(shop["messages"].channel == "email") & (shop["messages"].control == 0)]
    week = mail.groupby(mail.sent_at.dt.to_period("W"))[["delivered", "opened", "clicked"]].sum()
    silent = week[week.opened == 0]
    assert [p.start_time.date() for p in silent.index] == [gap["from"]]
    assert (silent.clicked == 0).all()
    assert silent.delivered.iloc[0] > 1_000
    # the first days of the history are too few for a rate
    rest = week.drop(silent.index)
    assert (rest.opened / rest.delivered > 0.2).all()


def test_campaign_totals_are_the_messages_added_up(shop: dict[str, pd.DataFrame]) -> None:
    rows = shop["messages"]
    got = rows[rows.control == 0].groupby("campaign_id")
    sums = pd.DataFrame(
        {
            "sent": got.size(),
            "delivered": got.delivered.sum(),
            "opens": got.opened.sum(min_count=1),
            "clicks": got.clicked.sum(),
            "unsubscribes": got.unsubscribed.sum(min_count=1),
            "complaints": got.complained.sum(min_count=1),
            "bounces_hard": got.bounce_kind.agg(lambda kind: (kind == "hard").sum()),
            "bounces_soft": got.bounce_kind.agg(lambda kind: (kind == "soft").sum()),
        }
    ).astype(float)
    cards = shop["campaigns"].set_index("campaign_id")
    assert cards.index.is_unique
    pd.testing.assert_frame_equal(cards.loc[sums.index, list(sums)].astype(float), sums)
    older = cards[~cards.index.isin(sums.index)]
    since = EFFECTS["data"]["messages_from"]
    assert len(older) > 20
    assert (older.sent_at.dt.date < since).all()
    assert rows.sent_at.min().date() >= since


def test_campaign_orders_are_last_click_within_five_days(
    shop: dict[str, pd.DataFrame], sales: pd.DataFrame
) -> None:
    clicks = shop["messages"].query("clicked == 1")[["campaign_id", "customer_id", "clicked_at", "sent_at"]]
    bought = sales[["order_id", "customer_id", "ordered_at", "amount"]]
    found = duckdb.execute(
        """
        with touched as (
            select o.order_id, o.amount, c.campaign_id,
                   row_number() over (partition by o.order_id order by c.clicked_at desc, c.sent_at desc) as place
            from bought o join clicks c on c.customer_id = o.customer_id
             and c.clicked_at <= o.ordered_at and c.clicked_at >= o.ordered_at - interval 120 hour)
        select campaign_id, count(*)::int as orders, sum(amount)::bigint as revenue
        from touched where place = 1 group by campaign_id
        """
    ).df()
    assert len(clicks) and len(bought)
    cards = shop["campaigns"].set_index("campaign_id")
    cards = cards[cards.index.isin(set(shop["messages"].campaign_id))]
    got = found.set_index("campaign_id").reindex(cards.index).fillna(0)
    # clicks of the last days before the history starts are only in the totals, so January may hold fewer
    safe = cards.sent_at.dt.date >= date(2025, 1, 6)
    pd.testing.assert_frame_equal(
        got[safe].astype("int64"), cards.loc[safe, ["orders", "revenue"]].astype("int64"), check_names=False
    )


def test_blank_means_unknown_and_who_left_gets_no_more_mailings(shop: dict[str, pd.DataFrame]) -> None:
    rows = shop["messages"]
    sms = rows[rows.channel == "sms"]
    assert len(sms)
    assert sms.opened.isna().all()
    assert ((rows.kind == "trigger") == (rows.event_at.notna() & (rows.kind != "transactional"))).all()
    assert (rows.event_at.dropna() <= rows.sent_at[rows.event_at.notna()]).all()
    assert (rows.clicked_at.dropna() > rows.sent_at[rows.clicked_at.notna()]).all()
    left = rows[(rows.unsubscribed == 1) | (rows.complained == 1)].set_index("customer_id").sent_at
    assert left.index.is_unique
    mailed = rows[(rows.channel == "email") & (rows.kind != "transactional") & (rows.control == 0)]
    last = mailed.groupby("customer_id").sent_at.max()
    assert (last[left.index] == left).all()
    people = shop["customers"].set_index("customer_id")
    assert (people.consent_email[left.index] == "no").all()
    assert people.unsubscribed_at[left.index].notna().all()


def test_message_costs_are_the_same_money_in_both_tables(shop: dict[str, pd.DataFrame]) -> None:
    costs = shop["costs"]
    traffic = costs[costs.category == "channel"].groupby("campaign_id").amount.sum()
    cards = shop["campaigns"].set_index("campaign_id").cost
    assert traffic.to_dict() == cards.to_dict()
    assert set(costs.category) == set(WORDS["values"]["cost"])
    months = costs[costs.category == "payroll"].date.dt.to_period("M")
    assert months.is_unique
    assert len(months) == 33


def test_readme_tells_of_every_effect() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in EFFECTS:
        assert name == "data" or name in text, name


def test_readme_numbers_are_those_of_the_files(shop: dict[str, pd.DataFrame], sales: pd.DataFrame) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("# The sample shop")[1]
    towns = sales[sales.segment == "small_towns"]
    summer = [[f"{year}-{month:02d}" for month in (7, 8, 9)] for year in (2026, 2025)]
    kept = [_retention(towns, months) for months in (*summer, ["2026-09"], ["2025-09"])]
    claims = [
        "{} % against {} %".format(*(f"{100 * a / b:.1f}" for a, b in pair)) for pair in (kept[:2], kept[2:])
    ]
    got = _answers(shop, sales, EFFECTS["winback_uplift"])
    (a, n), (b, m) = got.loc[0], got.loc[1]
    claims += [f"{a} of {n}", f"{b} of {m}", f"p = {_two_proportions(a, n, b, m):.4f}"]
    got = _answers(shop, sales, EFFECTS["no_effect"])
    claims += ["{:.1f} % against {:.1f} %".format(*(100 * got["sum"] / got["size"]))]
    quarters = [sales[sales.ordered_at.dt.to_period("Q") == q] for q in ("2025Q2", "2026Q2")]
    for channel in ("site", "app", "store"):
        before, now = (q.amount[q.channel == channel].mean() / 100 for q in quarters)
        claims.append(f"{channel} {before:,.0f} → {now:,.0f}")
    before, now = (q.amount.mean() / 100 for q in quarters)
    claims.append(f"together {before:,.0f} → {now:,.0f}")
    claims += [f"{len(shop['customers']):,} customers", f"{len(shop['orders']):,} orders"]
    assert [claim for claim in claims if claim not in text] == []
