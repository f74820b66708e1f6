"""Answers cut from kept tables are those of a fresh computation: any period, any filter, in any order of questions."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from crmkpi.engine import evaluate as engine
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where, dimensions, values_of
from crmkpi.engine.kept import TABLES
from crmkpi.periods import parse_period
from tests.unit.engine.shop import random_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> DataDir:
    return random_shop(tmp_path_factory.mktemp("kept"), seed=8, orders=250)


@pytest.fixture(scope="module")
def unsealed(tmp_path_factory) -> DataDir:
    """The same rows without a data hash: nothing of them is ever kept."""
    other = random_shop(tmp_path_factory.mktemp("unsealed"), seed=8, orders=250)
    other.meta = other.meta.model_copy(update={"data_hash": ""})
    return other


def same(one: engine.Result, other: engine.Result) -> None:
    assert_frame_equal(one.rows, other.rows, rel_tol=1e-12)
    assert one.unavailable == other.unavailable


def test_a_filter_on_any_value_is_its_part_of_the_split(shop, unsealed):
    engine.ANSWERS.clear(), TABLES.clear()
    engine.evaluate(shop, None, "month")
    for name in dimensions(shop):
        for value in sorted(values_of(shop, name))[:3]:
            where = (Where(name, (value,)),)
            same(
                engine.evaluate(shop, None, "month", where=where),
                engine.evaluate(unsealed, None, "month", where=where),
            )


@pytest.mark.parametrize("grain", ["week", "quarter", "year"])
def test_every_grain(shop, unsealed, grain):
    same(engine.evaluate(shop, None, grain), engine.evaluate(unsealed, None, grain))


FILTERS = [
    (),
    (Where("channel", ("web",)),),
    (Where("channel", ("web", None)),),
    (Where("channel", (None,)),),
    (Where("segment", ("vip",)), Where("channel", ("web",))),
]
ASKED = st.lists(
    st.sampled_from(
        ["revenue_base", "retention_rate", "base_size", "touched_share", "new_customers", "base_reach", "aov"]
    ),
    min_size=1,
    unique=True,
)


@given(
    questions=st.lists(
        st.tuples(st.sampled_from(FILTERS), st.integers(1, 14), st.booleans(), st.integers(1, 3)),
        min_size=1,
        max_size=4,
    ),
    names=st.permutations(
        ["revenue_base", "retention_rate", "base_size", "reach", "new_customers", "open_rate"]
    ),
)
@settings(max_examples=15, deadline=None)
def test_the_order_of_questions_does_not_matter(shop, unsealed, questions, names):
    engine.ANSWERS.clear(), TABLES.clear()
    for where, month, whole, some in questions:
        ids = list(names[: 2 * some])
        if whole:
            first = date(2023 + month // 12, month % 12 + 1, 1)
            found = [engine.evaluate(d, ids, "month", first=first, where=where) for d in (shop, unsealed)]
        else:
            now = parse_period(f"{2023 + month // 12}-{month % 12 + 1:02}")
            both = [now, now.previous()]
            found = [engine.evaluate_periods(d, ids, both, where=where) for d in (shop, unsealed)]
        same(*found)


def test_the_second_question_reads_no_rows(shop, monkeypatch):
    engine.ANSWERS.clear(), TABLES.clear()
    ids = ["revenue_base", "retention_rate", "base_size"]
    engine.evaluate(shop, ids, "month")
    one, two = sorted(values_of(shop, "channel"))[:2]
    engine.evaluate(shop, ids, "month", where=(Where("channel", (one,)),))

    def never(*_: object) -> None:
        raise AssertionError("rows were read again")

    monkeypatch.setattr("crmkpi.engine.kept.reduce", never)
    months = [parse_period(f"2023-{m:02}") for m in range(2, 8)]
    for now, then in pairwise(months):
        assert len(engine.evaluate_periods(shop, ids, [then, now]).rows)
    assert len(engine.evaluate(shop, ids, "month", where=(Where("channel", (two,)),)).rows)
    assert len(engine.evaluate(shop, ["base_size"], "month", first=date(2023, 3, 1)).rows)
