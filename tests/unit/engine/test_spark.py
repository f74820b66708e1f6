"""The same measures on Spark, at 100,000 orders: the lines of crmkpi/measures run there through narwhals unchanged.

Skipped where PySpark or Java is not installed: the product does not need them, only data that outgrow one machine.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import narwhals as nw
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from crmkpi.engine.prepare import Preparation
from crmkpi.engine.reduce import _prepared, sum_rows
from crmkpi.engine.slots import coverages, grain_calendars
from crmkpi.measures import ADDITIVE, REDUCTIONS, Frames, flows
from tests.unit.engine.shop import random_shop

pyspark = pytest.importorskip(
    "pyspark", reason="PySpark is not installed: the product runs on polars without it"
)
if shutil.which("java") is None:
    pytest.skip("Spark needs Java, and there is none", allow_module_level=True)

ORDERS, COPIES = 400, 250
SUMS = ("orders", "sends", "returns", "costs")
FLOWS = ("present", "absent", "known", "company_before", "interpurchase", "first_ninety_days")
KEYS = ("cust", "order", "msg")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> dict[str, pl.DataFrame]:
    """A random shop's prepared tables, 250 shops of other customers side by side: 100,000 orders."""
    store = random_shop(tmp_path_factory.mktemp("spark"), seed=9, orders=ORDERS)
    known = coverages(store)
    [calendar] = grain_calendars([known["orders"]], "month", date(2023, 2, 1), None)
    prep = Preparation(store, calendar, "channel", (), known)
    jobs = [name for name, job in REDUCTIONS.items() if job.run.__name__ in FLOWS]
    sums = [a for a in ADDITIVE.values() if a.measure.table in SUMS]
    frames = _prepared(prep, sums, jobs, ["orders"])
    frames.pop("activity")
    frames = {**frames, "everyone": prep.everyone().collect()}
    wide = {name: _copied(frame) for name, frame in frames.items()}
    assert wide["orders"].height == ORDERS * COPIES
    wide["n"] = pl.DataFrame({"n": [calendar.n]})
    return wide


def _copied(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows `COPIES` times, with customers and numbers of their own in each copy."""
    step = {
        name: int(frame[name].max()) + 1 for name in KEYS if name in frame.columns and frame[name].count()
    }
    moved = [
        frame.with_columns((pl.col(name) + n * size).cast(frame.schema[name]) for name, size in step.items())
        for n in range(COPIES)
    ]
    return pl.concat(moved)


@pytest.fixture(scope="module")
def on_spark(prepared, tmp_path_factory) -> Iterator[Frames]:
    folder = tmp_path_factory.mktemp("tables")
    builder = pyspark.sql.SparkSession.builder.master("local[2]").appName("measures")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.memory": "1g",
        "spark.sql.ansi.enabled": "false",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        tables = {
            name: _spark_table(session, folder, name, frame)
            for name, frame in prepared.items()
            if name != "n"
        }
        yield _frames(tables, prepared)
    finally:
        session.stop()


def _spark_table(session, folder: Path, name: str, frame: pl.DataFrame) -> nw.LazyFrame:
    path = folder / f"{name}.parquet"
    frame.write_parquet(path)
    return nw.from_native(session.read.parquet(str(path)))


@pytest.fixture(scope="module")
def on_polars(prepared) -> Frames:
    return _frames({k: nw.from_native(v.lazy()) for k, v in prepared.items() if k != "n"}, prepared)


def _frames(tables: dict[str, nw.LazyFrame], prepared: dict[str, pl.DataFrame]) -> Frames:
    n = prepared["n"].item()
    tables["activity"] = flows.activity(tables["orders"], flows.company_activity(tables["everyone"]))
    return Frames(tables, n_periods=n, shown=tuple(range(1, n)))


def _same(left: nw.LazyFrame, right: nw.LazyFrame) -> pl.DataFrame:
    frames = []
    for frame in (left, right):
        native = frame.collect("polars").to_native()
        floats = native.select(pl.col(c).cast(pl.Float64) for c in native.columns)
        frames.append(floats.sort("t", "seg").select(sorted(native.columns)))
    assert_frame_equal(frames[0], frames[1], rel_tol=1e-9)
    return frames[0]


@pytest.mark.parametrize("table", SUMS)
def test_sums_are_the_same_on_spark(table, on_polars, on_spark):
    wanted = [a for a in ADDITIVE.values() if a.measure.table == table]
    assert len(_same(sum_rows(on_polars[table], wanted), sum_rows(on_spark[table], wanted)))


@pytest.mark.parametrize("name", FLOWS)
def test_customers_come_and_go_the_same_on_spark(name, on_polars, on_spark):
    [job] = [job for job in REDUCTIONS.values() if job.run.__name__ == name]
    assert len(_same(job.run(on_polars), job.run(on_spark)))
