"""RFM: recency, frequency, money in scores 1..5, and the named segments made of them.

**Tie rule.** Equal values always get the same score, whatever the row order: the cut-offs are four values of the
data (the nearest-rank 20th, 40th, 60th and 80th percentile over customers), and a score is 1 + the number of
cut-offs that the customer is strictly better than. A customer exactly at a cut-off gets the lower score. Where half
of the base bought once, all of them have F = 1; scores need not hold a fifth of the base each.

**Frozen cut-offs.** Quintile scores are relative: the share of champions hardly moves by construction. To compare
dates, keep the `Cuts` of the baseline and pass them to the later run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from crmkpi.analysis.purchases import order_coverage, purchases
from crmkpi.engine.calendar import day_number
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.errors import CrmKpiError

LEVELS = (0.2, 0.4, 0.6, 0.8)
YEAR_DAYS = 365
# names of i18n `rfm_segment.<name>`, best first; every cell of the R x F square belongs to one
SEGMENTS = ("champions", "loyal", "recent", "fading", "at_risk", "slipping", "sleeping")


class BadCutsError(CrmKpiError):
    """Saved RFM cut-offs cannot be read: `detail`."""

    code = "bad_rfm_cuts"


@dataclass(frozen=True)
class Cuts:
    """Cut-offs, each four ascending values: `recency` in days since the last order (fewer is better), `frequency`
    in orders, `money` in units of the currency; `as_of` the date they were taken on."""

    as_of: date
    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    money: tuple[float, ...]

    def as_dict(self) -> dict[str, object]:
        """Plain values for the project file."""
        kinds = {name: list(getattr(self, name)) for name in ("recency", "frequency", "money")}
        return {"as_of": self.as_of.isoformat(), **kinds}

    @classmethod
    def from_dict(cls, saved: Mapping[str, object]) -> Cuts:
        """Back from `as_dict`; BadCutsError if a part is missing or not four ascending numbers."""
        try:
            day = date.fromisoformat(str(saved["as_of"]))
            parts = [tuple(float(v) for v in saved[n]) for n in ("recency", "frequency", "money")]  # type: ignore[attr-defined]
        except (KeyError, TypeError, ValueError) as error:
            raise BadCutsError(detail=str(error)) from error
        for part in parts:
            if len(part) != len(LEVELS) or list(part) != sorted(part):
                raise BadCutsError(detail=str(part))
        return cls(day, *parts)


@dataclass(frozen=True)
class Rfm:
    """`customers`: cust, recency (days), frequency (orders), money, last_year (amount of the 365 days up to
    `as_of`), r, f, m (1..5, 5 best), segment. `cuts`: those used."""

    as_of: date
    customers: pl.DataFrame
    cuts: Cuts

    def champions_share(self) -> float | None:
        """rfm_top_share: customers with R, F, M >= 4 / base; None without customers."""
        n = self.customers.height
        return self.customers.filter(pl.col("segment") == "champions").height / n if n else None

    def at_risk_value(self) -> float:
        """rfm_at_risk_value: amount of the last 365 days of customers with R <= 2, F >= 4."""
        return float(self.customers.filter(pl.col("segment") == "at_risk")["last_year"].sum())


def rfm(
    data: DataDir,
    as_of: date | None = None,
    cuts: Cuts | None = None,
    where: Sequence[Where] = (),
    window_days: int | None = None,
) -> Rfm:
    """Scores of every customer who ordered by the end of `as_of` (default: the last day of the data).

    `window_days`: frequency and money of that many last days only (customers without orders there are left out);
    default: the whole history. `cuts`: frozen cut-offs; default: taken from these very customers.
    """
    end = as_of or order_coverage(data).last
    day, scale = day_number(end), data.meta.scale
    rows = purchases(data, where, as_of=end)
    if window_days is not None:
        rows = rows.filter(pl.col("day") > day - window_days)
    fresh = pl.col("amount").filter(pl.col("day") > day - YEAR_DAYS)
    per = rows.group_by("cust").agg(
        recency=(pl.lit(day) - pl.col("day").max()).cast(pl.Int64),
        frequency=pl.len().cast(pl.Int64),
        money=pl.col("amount").sum() / scale,
        last_year=fresh.sum() / scale,
    )
    customers = per.sort("cust").collect()
    used = cuts or _cuts(customers, end)
    scored = customers.with_columns(
        r=_score(pl.col("recency"), used.recency, fewer_is_better=True),
        f=_score(pl.col("frequency"), used.frequency),
        m=_score(pl.col("money"), used.money),
    )
    return Rfm(end, scored.with_columns(segment=_segment()), used)


def _cuts(customers: pl.DataFrame, as_of: date) -> Cuts:
    if customers.is_empty():
        nothing = (0.0,) * len(LEVELS)
        return Cuts(as_of, nothing, nothing, nothing)
    found = [_quantiles(customers[c]) for c in ("recency", "frequency", "money")]
    return Cuts(as_of, *found)


def _quantiles(column: pl.Series) -> tuple[float, ...]:
    """Nearest rank: the smallest value that at least this share of customers does not exceed."""
    ordered = column.sort()
    ranks = [max(1, -(-int(level * 10) * len(ordered) // 10)) for level in LEVELS]
    return tuple(float(ordered[rank - 1]) for rank in ranks)


def _score(value: pl.Expr, cuts: Sequence[float], *, fewer_is_better: bool = False) -> pl.Expr:
    better = [(value < c) if fewer_is_better else (value > c) for c in cuts]
    return (1 + pl.sum_horizontal([b.cast(pl.Int8) for b in better])).cast(pl.Int8)


def _segment() -> pl.Expr:
    """champions R, F, M >= 4; loyal R >= 3, F >= 3; recent R >= 4, F <= 2; fading R = 3, F <= 2;
    at_risk R <= 2, F >= 4; slipping R <= 2, F = 3; sleeping R <= 2, F <= 2."""
    r, f, m = pl.col("r"), pl.col("f"), pl.col("m")
    return (
        pl.when((r >= 4) & (f >= 4) & (m >= 4))
        .then(pl.lit("champions"))
        .when((r >= 3) & (f >= 3))
        .then(pl.lit("loyal"))
        .when(r >= 4)
        .then(pl.lit("recent"))
        .when(r == 3)
        .then(pl.lit("fading"))
        .when(f >= 4)
        .then(pl.lit("at_risk"))
        .when(f == 3)
        .then(pl.lit("slipping"))
        .otherwise(pl.lit("sleeping"))
    )


def segment_table(found: Rfm) -> pl.DataFrame:
    """A row per segment in the order of SEGMENTS, empty ones included: customers, share of the base, money, share of
    money, last_year, mean order, median days since the last order (null where nobody is)."""
    names = pl.DataFrame({"segment": SEGMENTS})
    total, money = found.customers.height, float(found.customers["money"].sum())
    per = found.customers.group_by("segment").agg(
        customers=pl.len().cast(pl.Int64),
        money=pl.col("money").sum(),
        last_year=pl.col("last_year").sum(),
        orders=pl.col("frequency").sum(),
        recency=pl.col("recency").median(),
    )
    full = names.join(per, on="segment", how="left", maintain_order="left")
    filled = full.with_columns(pl.col("customers", "money", "last_year", "orders").fill_null(0))
    return filled.with_columns(
        share=pl.col("customers") / total if total else pl.lit(None, dtype=pl.Float64),
        money_share=pl.col("money") / money if money else pl.lit(None, dtype=pl.Float64),
        aov=pl.when(pl.col("orders") > 0).then(pl.col("money") / pl.col("orders")),
    )


def square(found: Rfm) -> pl.DataFrame:
    """The 25 cells of the picture: r, f, customers, money; cells without customers are 0."""
    grid = pl.DataFrame({"r": range(1, 6)}, schema={"r": pl.Int8}).join(
        pl.DataFrame({"f": range(1, 6)}, schema={"f": pl.Int8}), how="cross"
    )
    per = found.customers.group_by("r", "f").agg(
        customers=pl.len().cast(pl.Int64), money=pl.col("money").sum()
    )
    full = grid.join(per, on=["r", "f"], how="left", maintain_order="left")
    return full.with_columns(pl.col("customers", "money").fill_null(0))


def moves(before: Rfm, after: Rfm) -> pl.DataFrame:
    """Where the customers of one date are at a later one: source, target, customers; source null = came since.

    Both must use the same cut-offs, else people seem to move when only the ruler did: BadCutsError.
    """
    if before.cuts != after.cuts:
        raise BadCutsError(detail=f"{before.cuts.as_of} / {after.cuts.as_of}")
    old = before.customers.select("cust", source="segment")
    new = after.customers.select("cust", target="segment")
    both = new.join(old, on="cust", how="left")
    return both.group_by("source", "target").agg(customers=pl.len().cast(pl.Int64)).sort("source", "target")
