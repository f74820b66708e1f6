"""Run measures: prepare the tables once, one pass for all sums of a table, every reduction once, all in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import narwhals as nw
import polars as pl

from crmkpi.engine import kernels, touch_kernels
from crmkpi.engine.memory import Memory
from crmkpi.engine.prepare import Preparation
from crmkpi.engine.touch_kernels import Tables
from crmkpi.measures import ADDITIVE, KEYS, MEASURES, REDUCTION_OF, REDUCTIONS, Frames, flows
from crmkpi.measures.model import Additive, flag

ROWS, KNOWN = "__rows", "__known"
COMPANIES = Memory(6)
# lists of customers have no day of their own: nothing to count per period
UNCOUNTED = ("contacts", "members", "groups", "groups_any", "dated_values")


# rows that need not say which customer stands behind them: without any the number of customers is unknown
NAMELESS = ("sends", "visits", "answers", "leads", "won_leads", "tickets", "ads")
# tables that a filter or a split sets apart from the rows of another, with the columns that they always have
TWINS: dict[str, tuple[str, set[str]]] = {
    "company": ("orders", {"order_number", "start_known", "first_from"}),
    "offers": ("sends", {"kind", "delivered", "ts", "clicked_ts"}),
}
# reductions with a kernel of their own
FAST: dict[str, Callable[[Tables], pl.DataFrame]] = {
    "rfm_scores": lambda tables: kernels.rfm_scores(tables["orders"], tables.shown, tables.n_periods),
    "touches": touch_kernels.touches,
    "touched_reactivations": touch_kernels.touched_reactivations,
    "moments": touch_kernels.moments,
    "recipients": touch_kernels.recipients,
    "company_before": touch_kernels.company_before,
    "from_sends": touch_kernels.from_sends,
    "engaged": touch_kernels.engaged,
    "base_from_sends": touch_kernels.base_from_sends,
}
# tables that come with all the columns of their measures: few rows, or few columns
WHOLE_TABLES: dict[str, Callable[[Preparation], pl.LazyFrame]] = {
    "purchases": lambda prep: prep.purchases(),
    "visits": lambda prep: prep.visits(),
    "everyone_visits": lambda prep: prep.visits(everyone=True),
    "subscriptions": lambda prep: prep.subscriptions(),
    "trials": lambda prep: prep.subscriptions(trials=True),
    "answers": lambda prep: prep.answers(),
    "reminders": lambda prep: prep.reminders(),
    "holdouts": lambda prep: prep.holdouts(),
    "leads": lambda prep: prep.rows("leads"),
    "won_leads": lambda prep: prep.rows("won_leads"),
    "tickets": lambda prep: prep.rows("tickets"),
    "loyalty_points": lambda prep: prep.rows("loyalty_points"),
    "ads": lambda prep: prep.rows("ads"),
}


@dataclass
class Reduced:
    """Small frames by cell: `parts` with a column per measure, `counts` with rows and customers per table.

    `overlap`: periods in which customers (or orders) stand in more than one segment.
    """

    parts: list[pl.DataFrame] = field(default_factory=list)
    counts: dict[str, pl.DataFrame] = field(default_factory=dict)
    overlap: dict[str, set[int]] = field(default_factory=dict)


def reduce(prep: Preparation, names: Iterable[str], tables: Iterable[str]) -> Reduced:
    """All measures `names` by cell, and row counts of the main `tables`."""
    sums = [ADDITIVE[n] for n in names if n in ADDITIVE]
    jobs = list(dict.fromkeys(REDUCTION_OF[n] for n in names if n in REDUCTION_OF))
    prepared = _prepared(prep, sums, jobs, list(tables))
    frames = Frames(
        {name: nw.from_native(frame.lazy()) for name, frame in prepared.items()},
        n_periods=prep.calendar.n,
        inactivity_days=prep.days_idle,
        shown=tuple(prep.calendar.shown),
    )
    lazy = [sum_rows(frames[t], [a for a in sums if a.measure.table == t]) for t in _tables_of(sums)]
    lazy += [REDUCTIONS[job].run(frames) for job in jobs if job not in FAST]
    counted = [t for t in dict.fromkeys(tables) if t in prepared and "t" in prepared[t].columns]
    counts = [_counts(prepared, t) for t in counted]
    done = pl.collect_all([part.to_native() for part in lazy] + counts)
    tables_ = Tables(prepared, frames.n_periods, frames.window_hours, frames.shown)
    fast = [FAST[job](tables_) for job in jobs if job in FAST]
    result = Reduced(parts=done[: len(lazy)] + fast)
    result.counts = dict(zip(counted, done[len(lazy) :], strict=True))
    if prep.by is not None:
        result.overlap = _overlap(prep, prepared)
    return result


def sum_rows(frame: nw.LazyFrame, wanted: list[Additive]) -> nw.LazyFrame:
    """One group_by for all sums of a table; for values that may be blank also rows and non-null counts."""
    columns, sums = {}, {}
    for one in wanted:
        name, value = one.measure.id, one.value()
        if one.where is not None:
            value = nw.when(one.where()).then(value)
        columns[name], sums[name] = value, nw.col(name).sum()
        if one.blank:
            sums[name + ROWS] = nw.len()
            if one.where is not None:
                columns[name + ROWS], sums[name + ROWS] = flag(one.where()), nw.col(name + ROWS).sum()
            sums[name + KNOWN] = nw.col(name).count()
    return frame.filter(nw.col("t") >= 0).select(*KEYS, **columns).group_by(*KEYS).agg(**sums)


def _tables_of(sums: list[Additive]) -> list[str]:
    return list(dict.fromkeys(a.measure.table for a in sums))


def _prepared(
    prep: Preparation, sums: list[Additive], jobs: list[str], tables: list[str]
) -> dict[str, pl.DataFrame]:
    """Collect every prepared table once, with just the columns that will be read."""
    reads: dict[str, set[str]] = {t: set() for t in tables if t not in UNCOUNTED and prep.holds(t)}
    for one in sums:
        reads.setdefault(one.measure.table, set()).update(one.measure.reads)
    for job in jobs:
        for table in REDUCTIONS[job].tables:
            wanted = reads.setdefault(table, set())
            for name in REDUCTIONS[job].measures:
                measure = MEASURES[name]
                if measure.table in (table, _home(table)):
                    wanted.update(read for read in measure.reads if "." not in read)
                wanted.update(r.split(".")[1] for r in measure.reads if r.startswith(f"{table}."))
    if "activity" in reads:
        reads.setdefault("orders", set()).update(flows.ACTIVITY_READS)
    same = _same_rows(prep, reads)
    asked = {name: columns for name, columns in reads.items() if name != "activity" and name not in same}
    lazy = {name: _frame(prep, name, columns) for name, columns in asked.items()}
    frames = dict(zip(lazy, pl.collect_all(list(lazy.values())), strict=True))
    frames |= {name: frames[main] for name, main in same.items()}
    if "activity" in reads:
        frames["activity"] = _activity(prep, frames["orders"])
    return frames


def _same_rows(prep: Preparation, reads: dict[str, set[str]]) -> dict[str, str]:
    """Prepared tables that without a split and a filter are the rows of another: read once, with all columns."""
    if prep.by is not None or prep.where:
        return {}
    same = {}
    for name, (main, columns) in TWINS.items():
        if name in reads and main in reads:
            reads[main] |= reads[name] | columns
            same[name] = main
    return same


def _home(table: str) -> str:
    return {"activity": "orders", "company": "company"}.get(table, table)


def _activity(prep: Preparation, orders: pl.DataFrame) -> pl.DataFrame:
    n = prep.calendar.n
    if prep.by is None and not prep.where:
        return kernels.activity(orders, None, n, 1)
    return kernels.activity(orders, _company(prep), n, len(prep.segments))


def _company(prep: Preparation) -> pl.DataFrame:
    """Company activity of a calendar: no filter changes it, so it is kept between questions."""
    mark = prep.data.meta.data_hash

    def make() -> pl.DataFrame:
        return kernels.company_activity(prep.everyone().collect(), prep.calendar.n)

    return COMPANIES.get((mark, prep.calendar), make) if mark else make()


def _frame(prep: Preparation, name: str, reads: set[str]) -> pl.LazyFrame:
    if name == "orders":
        return prep.orders(reads)
    if name == "company":
        return prep.company()
    if name == "order_lines":
        return prep.order_lines()
    if name in ("sends", "offers"):
        base = {"cust", "day", "t", "seg"}
        more = {"kind", "delivered", "ts", "clicked_ts"} if name == "offers" else set()
        frame = prep.sends(plain=name == "offers")
        return frame.select(sorted(base | more | reads))
    if name == "campaigns":
        return prep.campaigns().select("cust", "day", "t", "seg", *sorted(reads))
    if name in ("contacts", "members"):
        kept = ("seg", "reach_from", "reach_to", "list_from", "list_to", "known_from", "loyal_from")
        return prep.contacts(plain=name == "members").select(
            "cust", *kept, "push", "filled", "fields", "upper"
        )
    if name in ("groups", "groups_any"):
        return prep.contacts(plain=name == "groups_any").select("cust", "seg", "known_from", "control")
    if name in ("subscribed", "unsubscribed"):
        return prep.list_changes(f"{name}_day")
    whole = WHOLE_TABLES.get(name)
    return prep.table(name, *sorted(reads)) if whole is None else whole(prep)


def _counts(prepared: dict[str, pl.DataFrame], table: str) -> pl.LazyFrame:
    """Rows and distinct customers per cell; for orders `n` of identified customers and `all`."""
    frame = prepared[table]
    lazy = frame.lazy().filter(pl.col("t") >= 0)
    if "cust" not in frame.columns:
        nobody = pl.lit(None, dtype=pl.Int64).first()
        return lazy.group_by(*KEYS).agg(n=pl.len(), all=pl.len(), who=nobody)
    n = pl.col("cust").count() if table == "orders" else pl.len()
    if table == "orders" and "activity" in prepared:
        seen = prepared["activity"].lazy().group_by(*KEYS).agg(who=pl.len())
        rows = lazy.group_by(*KEYS).agg(n=n, all=pl.len())
        return rows.join(seen, on=list(KEYS), how="left").with_columns(pl.col("who").fill_null(0))
    who = pl.col("cust").drop_nulls().n_unique()
    if _runs(frame):
        fresh = (pl.col("cust") != pl.col("cust").shift(1)) | (pl.col("t") != pl.col("t").shift(1))
        lazy = lazy.with_columns(__fresh=fresh.fill_null(True) & pl.col("cust").is_not_null())
        who = pl.col("__fresh").sum()
    if table in NAMELESS:
        who = pl.when(pl.col("cust").count() > 0).then(who)
    return lazy.group_by(*KEYS).agg(n=n, all=pl.len(), who=who)


def _runs(frame: pl.DataFrame) -> bool:
    """Whether all rows of a customer in a period stand together, so that runs count customers: the store's order,
    and no split. Several times cheaper than a set of customers for each cell."""
    if not frame["cust"].is_sorted(nulls_last=True) or frame["seg"].min() != frame["seg"].max():
        return False
    shown = frame.lazy().filter(pl.col("t") >= 0, pl.col("cust").is_not_null())
    place = (pl.col("cust").cast(pl.Int64) * (1 << 20) + pl.col("t")).alias("place")
    return shown.select(place).collect().to_series().is_sorted()


def _overlap(prep: Preparation, prepared: dict[str, pl.DataFrame]) -> dict[str, set[int]]:
    """Periods whose parts exceed the whole: a customer, or an order cut into its lines, in several segments."""
    found: dict[str, set[int]] = {}
    kinds = {"customers": ("activity", "cust"), "orders": ("orders", "order")}
    if not prep.split_by_lines:
        kinds.pop("orders")
    for kind, (table, key) in kinds.items():
        if table in prepared:
            frame = prepared[table].lazy().filter(pl.col("t") >= 0, pl.col(key).is_not_null())
            parts = frame.group_by("t").agg(parts=pl.len())
            whole = frame.select("t", key).unique().group_by("t").agg(whole=pl.len())
            both = parts.join(whole, on="t").filter(pl.col("parts") > pl.col("whole"))
            found[kind] = set(both.select("t").collect().to_series().to_list())
    return found
