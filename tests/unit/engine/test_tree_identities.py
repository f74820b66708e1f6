"""Every identity of every template tree holds on random data: the whole, under a filter, and in every segment."""

from __future__ import annotations

import polars as pl
import pytest

from crmkpi.catalog.trees import Node, trees
from crmkpi.engine.evaluate import Where, evaluate
from crmkpi.formula import Formula
from tests.unit.engine.shop import random_shop

QUESTIONS = {
    "whole": (None, ()),
    "filtered": (None, (Where("channel", ("web", None)),)),
    "by_segment": ("segment", ()),
    "by_channel": ("channel", ()),
}
NEW_HERE = ("b2b_leads", "b2b_cac", "mobile_app", "subscription", "ecommerce_margin")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return random_shop(tmp_path_factory.mktemp("trees"), seed=31, orders=450)


def identities() -> dict[str, tuple[str, str]]:
    """Node -> (metric, identity) of all templates; one id is one number, so a metric stands once."""
    found: dict[str, tuple[str, str]] = {}

    def walk(node: Node, tree: str) -> None:
        if node.identity is not None:
            found[f"{tree}.{node.id}"] = (node.metric, node.identity)
        for child in node.children:
            walk(child, tree)

    for name, template in trees().items():
        walk(template.root, name)
    return found


IDENTITIES = identities()


@pytest.fixture(scope="module", params=list(QUESTIONS))
def table(request, shop) -> tuple[str, pl.DataFrame, set[str]]:
    by, where = QUESTIONS[request.param]
    names = {m for m, _ in IDENTITIES.values()} | {
        n for _, t in IDENTITIES.values() for n in Formula(t).names
    }
    result = evaluate(shop, sorted(names), "month", by=by, where=where)
    rows = result.rows.with_columns(pl.col("segment").fill_null("—"))
    wide = rows.pivot("metric", index=["period", "segment"], values="value")
    return request.param, wide, {u.metric for u in result.unavailable}


@pytest.mark.parametrize("node", list(IDENTITIES))
def test_an_identity_holds(node, table):
    question, wide, lacking = table
    metric, text = IDENTITIES[node]
    names = [metric, *Formula(text).names]
    if lacking & set(names):
        assert question != "whole" or any("cover" in n for n in lacking), lacking & set(names)
        pytest.skip("these data cannot divide it so")
    known = wide.drop_nulls(names)
    assert known.height > 5 or question != "whole", node
    for row in known.iter_rows(named=True):
        value = Formula(text).value(row)
        assert value == pytest.approx(row[metric], rel=1e-9, abs=1e-6), (node, row["period"], row["segment"])


def test_the_trees_of_other_businesses_have_roots(table):
    question, wide, lacking = table
    for name in NEW_HERE:
        root = trees()[name].root.metric
        if question == "whole":
            assert root not in lacking
            assert wide[root].is_not_null().sum() > 5
