"""Numbers that people keep in a sheet: a metric, a date and a value (canonical `dated_values`).

A row whose name is a metric of the catalogue (its id, a label or a synonym in either language) fills that metric where
no table of rows feeds it. Sums add up, a stock is its last value, every other kind is shown at the sheet's own step
only: a mean of ratios would be a wrong number. A ratio whose two counts are both known is computed from them instead.
Other names are the user's own metrics, `own:<name>`, of which nothing is known: shown at the sheet's own step.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta
from functools import cache
from types import MappingProxyType

import polars as pl

from crmkpi.catalog.metric import Metric, Texts, Unit, metrics, standard_metrics
from crmkpi.engine.calendar import EPOCH, Calendar
from crmkpi.engine.data import DataDir
from crmkpi.engine.memory import remembered
from crmkpi.periods import GRAINS, Period

TABLE = "dated_values"
OWN = "own:"
NEEDS = ("dated_values.metric",)
# usual days between two values of a sheet of this step, at most
STEPS = ((3, "day"), (10, "week"), (45, "month"), (135, "quarter"))
# shares above this are per cent
SHARE_TOP = 1.5
UNITS: tuple[tuple[str, Unit], ...] = (
    (r"%|процент|percent", "share"),
    (r"руб|rub|₽|\$|usd|eur|€|£|тенге|₸", "money"),
    (r"шт|штук|count|pcs|чел", "count"),
)


def plain(name: str) -> str:
    """A name without case, brackets with remarks, punctuation at the ends and double spaces."""
    bare = re.sub(r"\(.*?\)", " ", name.casefold().replace("ё", "е"))
    return re.sub(r"[\s_]+", " ", bare).strip(" .,:;%—-")


@cache
def _names() -> MappingProxyType[str, str]:
    """Every name by which a metric is known -> its id; the first of the catalogue wins, main ones before local."""
    found: dict[str, str] = {}
    for metric in sorted(standard_metrics().values(), key=lambda m: m.local):
        labels = (metric.id, metric.label.ru, metric.label.en, *metric.synonyms.ru, *metric.synonyms.en)
        for label in labels:
            found.setdefault(label.casefold().strip(), metric.id)
            found.setdefault(plain(label), metric.id)
    return MappingProxyType(found)


def recognised(name: str) -> str:
    """Id of the metric that a sheet's name means; `own:<name>` for a metric of one's own."""
    known = _names()
    return known.get(name.casefold().strip()) or known.get(plain(name)) or f"{OWN}{name.strip()}"


@remembered
def sheet_names(data: DataDir) -> dict[str, tuple[str, ...]]:
    """Metric ids in the sheet with the names that mean them; {} without a sheet."""
    if not data.has(TABLE):
        return {}
    names = data.frame(TABLE).select(pl.col("metric").cast(pl.String).unique()).collect().to_series()
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(n for n in names.to_list() if n):
        key = recognised(name)
        found[key] = (*found.get(key, ()), name)
    return found


@remembered
def own_metrics(data: DataDir) -> dict[str, Metric]:
    """The user's own metrics of the sheet as metrics: only their name and unit are known."""
    return {
        name: Metric(
            id=name,
            label=Texts(ru=name.removeprefix(OWN), en=name.removeprefix(OWN)),
            definition=Texts(ru=name.removeprefix(OWN), en=name.removeprefix(OWN)),
            unit=_unit(data, spellings),
            better="up",
            klass="distribution",
            table=TABLE,
            requires=NEEDS,
            status="sheet",
        )
        for name, spellings in sheet_names(data).items()
        if name.startswith(OWN)
    }


def _unit(data: DataDir, spellings: tuple[str, ...]) -> Unit:
    if "unit" not in data.columns(TABLE):
        return "ratio"
    rows = data.frame(TABLE).filter(pl.col("metric").cast(pl.String).is_in(spellings))
    units = rows.select(pl.col("unit").cast(pl.String).drop_nulls().unique().sort()).collect().to_series()
    text = " ".join(units.to_list()).casefold()
    return next((unit for words, unit in UNITS if re.search(words, text)), "ratio")


def catalogue_of(data: DataDir) -> dict[str, Metric]:
    """The catalogue with the user's own metrics of this data set."""
    known = metrics()
    return {**known, **{name: m for name, m in own_metrics(data).items() if name not in known}}


@remembered
def sheet_values(data: DataDir, name: str) -> pl.DataFrame:
    """Dated values of one metric, in order: day, value; shares written as per cent become 0..1."""
    spellings = sheet_names(data)[name]
    rows = data.frame(TABLE).filter(pl.col("metric").cast(pl.String).is_in(spellings)).select("day", "value")
    found = rows.drop_nulls().sort("day", maintain_order=True).collect()
    top = found["value"].abs().max()
    if catalogue_of(data)[name].unit == "share" and isinstance(top, float) and top > SHARE_TOP:
        found = found.with_columns(pl.col("value") / 100)
    return found


@remembered
def sheet_step(data: DataDir, name: str) -> str:
    """The step of the sheet for this metric, by the median of days between its dates; one date: a month."""
    gaps = sheet_values(data, name)["day"].unique().sort().diff().drop_nulls()
    usual = gaps.median()
    if not isinstance(usual, float):
        return "month"
    return next((step for most, step in STEPS if usual <= most), "year")


def cell_values(data: DataDir, name: str, calendar: Calendar) -> list[float | None]:
    """One value per period of the calendar, None where the sheet cannot say."""
    metric, step = catalogue_of(data)[name], sheet_step(data, name)
    days = [EPOCH + timedelta(days=d) for d in sheet_values(data, name)["day"].to_list()]
    values = sheet_values(data, name)["value"].to_list()
    found = []
    for slot in calendar.slots:
        inside = [v for d, v in zip(days, values, strict=True) if slot.first <= d <= slot.last]
        found.append(_reduced(metric, step, slot.period, inside))
    return found


def _reduced(metric: Metric, step: str, period: Period, values: list[float]) -> float | None:
    same = period.grain == step
    coarser = period.grain not in GRAINS or GRAINS.index(period.grain) > GRAINS.index(step)
    if not values or not (same or coarser):
        return None
    if metric.klass == "sum":
        return float(sum(values))
    if metric.klass == "stock":
        return float(values[-1])
    return float(values[0]) if same and len(values) == 1 else None


def with_sheet(
    cells: pl.DataFrame, data: DataDir, calendar: Calendar, names: Collection[str]
) -> pl.DataFrame:
    """The wide table with a column per metric that the sheet gives."""
    at = pl.col("t").cast(pl.UInt32)
    columns = [
        pl.lit(pl.Series(cell_values(data, name, calendar), dtype=pl.Float64)).gather(at).alias(name)
        for name in names
    ]
    return cells.with_columns(columns)
