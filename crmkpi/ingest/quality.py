"""Quality report: what is odd in the loaded rows, how much of it, an example, and which metrics it touches.

Every check returns Findings; the sentence is i18n `issue.<code>`. Levels: info (know it), warning (a number
may surprise), error (a number is not to be trusted until it is settled).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import polars as pl

from crmkpi.ingest.documents import DOC, Documents
from crmkpi.ingest.text_table import Finding
from crmkpi.periods import usual_gap

EPOCH = date(1970, 1, 1)
MAD_TO_SIGMA, OUTLIER_SIGMAS = 1.4826, 6
ANONYMOUS_SHARE = 0.1
# fewer orders have no usual size to stand out from
OUTLIERS_FROM = 30
FAR_DAYS, FAR_SHARE = 180, 0.01
MONEY_METRICS = ("revenue_base", "aov")
CUSTOMER_METRICS = ("active_customers", "retention_rate")


def finding(
    code: str, level: str, count: int, example: object = None, metrics: Iterable[str] = (), **params: object
) -> list[Finding]:
    """One finding with the parameters every sentence may use, or nothing where nothing was counted."""
    if not count:
        return []
    column = params.pop("column", None)
    values: dict[str, object] = {"n": count, "example": example, "metrics": list(metrics), **params}
    return [Finding(code, level, None if column is None else str(column), count, values)]


def document_findings(documents: Documents, scale: int, duplicates_dropped: bool) -> list[Finding]:
    """Rows that are no sales, exact copies, rows without id, date or amount; from the classified rows."""
    rows = documents.rows
    out = _rejected(rows)
    repeats = rows.filter(pl.col("what") == "repeated")
    out += finding("repeated_rows", "info", repeats.height, _doc(repeats), MONEY_METRICS)
    copies = rows.filter(pl.col("__dup") & ~pl.col("what").is_in(["repeated", "superseded"]))
    out += finding(
        "exact_duplicates_dropped" if duplicates_dropped else "exact_duplicates", "warning", copies.height,
        _doc(copies), MONEY_METRICS, money=_money(copies, scale),
    )  # fmt: skip
    for code, kind, level in (
        ("cancelled_orders", "cancelled", "info"),
        ("test_orders", "tests", "info"),
        ("adjustments", "adjustments", "warning"),
        ("other_currency", "currency", "warning"),
    ):
        found = rows.filter(pl.col("what") == kind)
        out += finding(code, level, found.height, _doc(found), MONEY_METRICS, money=_money(found, scale))
    out += _not_positive(rows, scale)
    out += _statuses(documents)
    return out + _two_customers(rows)


def _two_customers(rows: pl.DataFrame) -> list[Finding]:
    """Orders whose rows name different customers: one of them would lose or win an order unseen."""
    sold = rows.lazy().filter((pl.col("what") == "sale") & pl.col("customer_id").is_not_null())
    documents = sold.select(DOC).collect()[DOC]
    if documents.n_unique() == documents.len():
        return []
    known = sold.select(DOC, "order_id", "customer_id").collect()
    differ = (pl.col("customer_id").min() != pl.col("customer_id").max()).alias("differ")
    mixed = known.group_by(DOC).agg(pl.col("order_id").first(), differ).filter("differ")
    metrics = ("active_customers", "purchase_frequency")
    return finding("two_customers", "warning", mixed.height, _doc(mixed), metrics)


def _rejected(rows: pl.DataFrame) -> list[Finding]:
    bad = rows.filter(pl.col("what") == "rejected")
    out: list[Finding] = []
    for code, column in (("missing_ids", "order_id"), ("missing_dates", "at"), ("missing_amounts", "raw")):
        found = bad.filter(pl.col(column).is_null())
        example = found["__row"].min() if found.height else None
        out += finding(code, "warning", found.height, example, ("revenue_base", "orders_count"))
    return out


def _not_positive(rows: pl.DataFrame, scale: int) -> list[Finding]:
    odd = rows.filter(pl.col("what") == "non_positive")
    if odd.is_empty():
        return []
    zero, minus = odd.filter(pl.col("amount") == 0), odd.filter(pl.col("amount") < 0)
    offs = zero.filter(pl.col("quantity") < 0) if "quantity" in zero.columns else zero.clear()
    out = finding("write_offs", "info", offs.height, _doc(offs), ("return_rate",))
    out += finding("zero_amounts", "info", zero.height - offs.height, _doc(zero), ("orders_count", "aov"))
    return out + finding(
        "negative_lines", "warning", minus.height, _doc(minus), MONEY_METRICS, money=_money(minus, scale)
    )


def _statuses(documents: Documents) -> list[Finding]:
    out: list[Finding] = []
    for code, meaning, level in (("statuses_open", "open", "info"), ("statuses_unknown", None, "warning")):
        kept = [text for text, found in documents.statuses.items() if found == meaning]
        if kept:
            sold = documents.rows.filter(pl.col("status").is_in(kept) & (pl.col("what") == "sale"))
            out += finding(code, level, sold.height, ", ".join(kept[:6]), MONEY_METRICS)
    partly = [text for text, found in documents.statuses.items() if found == "part_refund"]
    if partly and "refund" not in documents.rows.columns:
        n = int(documents.rows["status"].is_in(partly).sum())
        out += finding("part_refunds_unknown", "warning", n, partly[0], ("return_rate", "revenue_net"))
    return out


def order_findings(orders: pl.DataFrame, scale: int) -> list[Finding]:
    """Anonymous share, outliers of the amount, gross - discount against amount, refunds above the order."""
    out: list[Finding] = []
    anonymous = int(orders["cust"].null_count())
    if orders.height:
        share = anonymous / orders.height
        level = "warning" if share > ANONYMOUS_SHARE else "info"
        out += finding("anonymous", level, anonymous, None, CUSTOMER_METRICS, share=round(100 * share, 1))
    out += _outliers(orders, scale)
    names = set(orders.columns)
    if {"gross", "discount"} <= names:
        off = orders.filter(
            (pl.col("gross") - pl.col("discount").abs() - pl.col("amount")).abs() > 0.011 * scale
        )
        out += finding("amount_mismatch", "warning", off.height, _first(off, "order_id"), ("discount_share",))
    if "refund" in names:
        over = orders.filter(pl.col("refund").abs() > pl.col("amount"))
        out += finding(
            "refund_over_amount", "warning", over.height, _first(over, "order_id"), ("return_rate",)
        )
    if "line_sum" in names and {"units"} <= names:
        off = orders.filter((pl.col("line_sum") - pl.col("amount")).abs() > 0.011 * scale)
        out += finding("lines_do_not_sum", "info", off.height, _first(off, "order_id"), ("line_revenue",))
    return out


def _outliers(orders: pl.DataFrame, scale: int) -> list[Finding]:
    """Amounts further than 6 x 1.4826 MAD from the median on the log scale (ingest.md step 10)."""
    logs = orders["amount"].cast(pl.Float64).log()
    middle = logs.median()
    spread = (logs - middle).abs().median() if middle is not None else None
    if not isinstance(spread, float) or spread == 0 or orders.height < OUTLIERS_FROM:
        return []
    odd = orders.filter((logs - middle).abs() > OUTLIER_SIGMAS * MAD_TO_SIGMA * spread)
    # a kopeck order stands as far from the rest as a huge one: name the farthest, not the largest
    top = odd.sort((pl.col("amount").cast(pl.Float64).log() - middle).abs(), descending=True).head(1)
    example = top["amount"][0] / scale if top.height else None
    return finding("outliers", "info", odd.height, example, MONEY_METRICS, order=_first(top, "order_id"))


def day_findings(table: str, days: pl.Series, inactivity_days: int) -> list[Finding]:
    """Dates far behind the rest, long pauses, an unfinished last month, the left edge of the history."""
    known = days.drop_nulls()
    if known.is_empty():
        return []
    counted = known.value_counts(name="n").sort(known.name)
    distinct = counted[known.name].to_list()
    out = _far(table, counted, known.len())
    last = as_date(distinct[-1])
    gap = usual_gap([as_date(d) for d in distinct])
    steps = [b - a for a, b in pairwise(distinct)]
    # costs booked on the first of each month pause for a month every time: that is their rhythm, not a gap
    usual = max(7, 4 * gap, 2 * (median(steps) if steps else 0))
    pauses = [(b - a, a) for a, b in pairwise(distinct) if b - a > usual]
    if pauses:
        longest = max(pauses)
        out += finding("day_gaps", "info", len(pauses), as_date(longest[1]), (), table=table, days=longest[0])
    # campaigns and costs come on few days, so their last row says nothing about the month
    if table in ("orders", "messages") and (last + timedelta(days=1)).day != 1:
        out += finding("partial_last_month", "info", 1, last, (), table=table)
    if table == "orders":
        trusted = as_date(distinct[0]) + timedelta(days=inactivity_days)
        out += finding("left_censored_until", "info", 1, trusted, ("new_customers", "dormant_order_share"))
    return out


def _far(table: str, counted: pl.DataFrame, rows: int) -> list[Finding]:
    """A handful of rows long after all others: a wrong year moves the end of the data."""
    days, counts = counted.columns
    jump = counted.filter(pl.col(days).diff() > FAR_DAYS)
    if jump.is_empty():
        return []
    start = jump[days][-1]
    beyond = counted.filter(pl.col(days) >= start)
    n = int(beyond[counts].sum())
    if n > FAR_SHARE * rows:
        return []
    return finding("far_dates", "error", n, as_date(beyond[days][-1]), ("retention_rate",), table=table)


def join_findings(ids: dict[str, pl.Series]) -> list[Finding]:
    """Customer ids of each table that are not among the buyers' ids; joins that would work without zeros."""
    out: list[Finding] = []
    bought = ids.get("orders")
    if bought is None or len(ids) == 1:
        return out
    base = bought.drop_nulls().unique()
    for table, series in ids.items():
        known = series.drop_nulls().unique()
        if table == "orders" or known.is_empty():
            continue
        alien = known.filter(~known.is_in(base.implode()))
        met = known.len() - alien.len()
        if met == 0 and base.len():
            near = int(_bare(known).is_in(_bare(base).implode()).sum())
            out += finding(
                "ids_never_join", "error", known.len(), alien.min(), CUSTOMER_METRICS, table=table, near=near
            )
        elif table == "customers":
            missing = base.filter(~base.is_in(known.implode()))
            out += finding("buyers_unknown", "info", missing.len(), missing.min(), (), table=table)
    return out


def _bare(ids: pl.Series) -> pl.Series:
    return ids.str.strip_chars().str.to_lowercase().str.replace(r"\.0$", "").str.strip_chars_start("0")


def as_date(day: int) -> date:
    """Days since 1970-01-01 -> date."""
    return EPOCH + timedelta(days=int(day))


def _doc(rows: pl.DataFrame) -> str | None:
    return _first(rows, "order_id")


def _first(rows: pl.DataFrame, column: str) -> str | None:
    known = rows[column].drop_nulls()
    return str(known.min()) if known.len() else None


def _money(rows: pl.DataFrame, scale: int) -> float:
    return int(rows["raw"].sum() or 0) / scale
