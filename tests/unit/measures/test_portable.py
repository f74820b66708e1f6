"""Every measure runs on DuckDB through narwhals, the same lines, and gives what polars gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import duckdb
import narwhals as nw
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from crmkpi.engine.evaluate import Where
from crmkpi.engine.kernels import activity as fast_activity
from crmkpi.engine.kernels import company_activity as fast_company
from crmkpi.engine.kernels import rfm_scores as fast_rfm
from crmkpi.engine.prepare import Preparation
from crmkpi.engine.reduce import FAST, _prepared, sum_rows
from crmkpi.engine.slots import coverages, grain_calendars
from crmkpi.engine.touch_kernels import Tables
from crmkpi.measures import ADDITIVE, MEASURES, REDUCTIONS, Frames, flows
from crmkpi.measures.cohorts import cohort_cells
from tests.unit.engine.shop import random_shop

QUESTIONS = {
    "whole": (None, ()),
    "by_channel": ("channel", ()),
    "filtered": ("segment", (Where("channel", ("web", None)),)),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return random_shop(tmp_path_factory.mktemp("portable"), seed=5, orders=300)


@pytest.fixture(scope="module", params=list(QUESTIONS))
def prepared(request, store) -> dict[str, pl.DataFrame]:
    by, where = QUESTIONS[request.param]
    known = coverages(store)
    [calendar] = grain_calendars([known["orders"]], "month", date(2023, 2, 1), None)
    prep = Preparation(store, calendar, by, where, known)
    frames = _prepared(prep, list(ADDITIVE.values()), list(REDUCTIONS), ["orders"])
    everyone = prep.everyone().collect()
    return {**frames, "everyone": everyone, "n": calendar.n}


@pytest.fixture(scope="module")
def on_duckdb(prepared) -> Iterator[Frames]:
    with duckdb.connect() as db:
        tables = {}
        for name, frame in prepared.items():
            if isinstance(frame, pl.DataFrame):
                db.register(f"source_{name}", frame.to_arrow())
                db.execute(f"create table t_{name} as select * from source_{name}")
                tables[name] = nw.from_native(db.table(f"t_{name}"))
        own, everyone = tables["orders"], tables["everyone"]
        tables["activity"] = flows.activity(own, flows.company_activity(everyone))
        yield Frames(tables, n_periods=prepared["n"], shown=tuple(range(1, prepared["n"])))


@pytest.fixture(scope="module")
def on_polars(prepared) -> Frames:
    tables = {k: nw.from_native(v.lazy()) for k, v in prepared.items() if isinstance(v, pl.DataFrame)}
    return Frames(tables, n_periods=prepared["n"], shown=tuple(range(1, prepared["n"])))


def same(left: nw.LazyFrame, right: nw.LazyFrame) -> pl.DataFrame:
    frames = []
    for frame in (left, right):
        native = frame.collect("polars").to_native()
        keys = [c for c in native.columns if c in ("cust", "t_first", "t", "seg", "order")]
        native = native.select([pl.col(c).cast(pl.Float64) for c in native.columns])
        frames.append(native.sort(keys).select(sorted(native.columns)))
    assert_frame_equal(frames[0], frames[1], rel_tol=1e-9)
    return frames[0]


def test_every_measure_is_a_sum_or_a_reduction():
    assert set(MEASURES) == set(ADDITIVE) | {m for r in REDUCTIONS.values() for m in r.measures}


def test_sums_are_portable(on_polars, on_duckdb):
    for table in {a.measure.table for a in ADDITIVE.values()}:
        wanted = [a for a in ADDITIVE.values() if a.measure.table == table]
        same(sum_rows(on_polars[table], wanted), sum_rows(on_duckdb[table], wanted))


@pytest.mark.parametrize("name", list(REDUCTIONS))
def test_a_reduction_is_portable(name, on_polars, on_duckdb, request):
    job = REDUCTIONS[name]
    found = same(job.run(on_polars), job.run(on_duckdb))
    # messages know no channel "web", and costs none at all
    assert len(found) or "filtered" in request.node.callspec.id or name == "payback"


def test_cohort_cells_are_portable(on_polars, on_duckdb):
    assert len(same(cohort_cells(on_polars["orders"]), cohort_cells(on_duckdb["orders"])))


def test_the_fast_scores_are_the_declared_ones(prepared, on_duckdb):
    fast = fast_rfm(prepared["orders"], range(1, prepared["n"]), prepared["n"])
    assert len(same(nw.from_native(fast.lazy()), REDUCTIONS["rfm_scores"].run(on_duckdb)))


@pytest.mark.parametrize("name", list(FAST))
def test_a_kernel_is_the_declared_reduction(name, prepared, on_duckdb):
    frames = {k: v for k, v in prepared.items() if isinstance(v, pl.DataFrame)}
    tables = Tables(frames, on_duckdb.n_periods, on_duckdb.window_hours, on_duckdb.shown)
    shuffled = {k: v.sample(fraction=1, shuffle=True, seed=3) for k, v in frames.items()}
    for one in (tables, replace(tables, frames=shuffled)):
        same(nw.from_native(FAST[name](one).lazy()), REDUCTIONS[name].run(on_duckdb))


def test_the_fast_activity_is_the_declared_one(prepared, on_duckdb):
    n = prepared["n"]
    company = fast_company(prepared["everyone"], n)
    segments = prepared["orders"]["seg"].max() + 1
    fast = fast_activity(prepared["orders"], company, n, segments)
    declared = on_duckdb["activity"]
    assert len(same(nw.from_native(fast.lazy()).select(*declared.collect_schema().names()), declared))
