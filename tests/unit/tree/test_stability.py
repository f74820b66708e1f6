"""Whether the main cause survives another reference period: against the parts of each pair explained by itself."""

from __future__ import annotations

import math
from datetime import date

import pytest

from crmkpi.engine.dimensions import Where
from crmkpi.i18n import Words
from crmkpi.periods import Coverage, parse_period
from crmkpi.tree.explain import explain
from crmkpi.tree.stability import main_cause, references, stability
from tests.unit.tree.shop import raw_orders, store

TREE = "ecommerce_revenue"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return store(tmp_path_factory.mktemp("shop"), raw_orders(), lines=True)


def driver_parts(data, period, vs, where=()):
    found = explain(data, TREE, period, vs, where)
    return found.top.change, {n.id: n.contribution for n in found.children(found.top.id)}


@pytest.mark.parametrize("where", [(), (Where("channel", ("web",)),)])
@pytest.mark.parametrize("period", ["2024-06", "2024-09", "2025-02", "2025-03"])
def test_each_reference_is_the_tree_explained_against_it(data, period, where):
    found = explain(data, TREE, period, where=where)
    held = stability(data, found, Words("en"), where)
    assert held is not None
    for other in held.others:
        pairs = [driver_parts(data, period, p.text, where) for p in other.periods]
        mean = {i: math.fsum(parts[i] for _, parts in pairs) / len(pairs) for i in pairs[0][1]}
        change = math.fsum(c for c, _ in pairs) / len(pairs)
        assert other.change == pytest.approx(change)
        along = {i: part for i, part in mean.items() if part * change > 0}
        assert other.cause == max(along, key=lambda i: abs(along[i]))
        assert other.part == pytest.approx(mean[other.cause])


def test_the_mean_of_three_adds_up_to_the_root_against_their_mean(data):
    found = explain(data, TREE, "2024-12", "2024-11")
    held = stability(data, found, Words("en"))
    mean = next(o for o in held.others if o.kind == "mean")
    roots = [explain(data, TREE, "2024-12", p).top.before for p in ("2024-11", "2024-10", "2024-09")]
    assert mean.change == pytest.approx(found.top.after - sum(roots) / 3)


def test_one_sentence_names_the_other_cause_or_says_that_it_stays(data):
    said = set()
    for month in range(4, 13):
        found = explain(data, TREE, f"2024-{month:02d}", f"2024-{month - 1:02d}")
        held = stability(data, found, Words("ru", "RUB"))
        text = held.sentence(Words("ru", "RUB"))
        assert text.count(". ") == 0 and text.endswith(".")
        assert held.stable == ("та же" in text)
        assert held.as_dict(Words("en"))["stable"] == held.stable
        said.add(held.stable)
    assert said == {True, False}


def test_windows_and_still_roots_have_no_note(data):
    found = explain(data, TREE, "2024-06-01..2024-06-20", "2024-05-01..2024-05-20")
    assert stability(data, found, Words("en")) is None
    assert main_cause({"a": 1.0, "b": -1.0}, 0.0) is None
    assert main_cause({"a": -1.0}, 5.0) is None


def test_references_are_whole_periods_other_than_the_shown_one():
    covered = Coverage(date(2025, 1, 1), date(2026, 3, 31), 1)
    march = parse_period("2026-03")
    kinds = references(covered, march, parse_period("2025-03"))
    assert [p.text for p in kinds["previous"]] == ["2026-02"]
    assert [p.text for p in kinds["mean"]] == ["2026-02", "2026-01", "2025-12"]
    assert "year" not in kinds
    short = references(covered, parse_period("2025-02"), parse_period("2025-01"))
    assert short == {}
