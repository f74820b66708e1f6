"""What-if: exact above, honest about beliefs."""

from __future__ import annotations

import math

import pytest

from crmkpi.tree.whatif import Evaluator, NotInTreeError, influence_band, what_if
from tests.unit.tree.growing import evaluate, grow

TREE = grow({"revenue": "customers * freq * aov", "customers": "new + prev * ret"}, "revenue")
NOW = evaluate(TREE, {"new": 300.0, "prev": 1000.0, "ret": 0.4, "freq": 1.5, "aov": 2000.0})


def test_a_moved_leaf_changes_its_ancestors_and_nothing_else():
    found = what_if(TREE, NOW, {"ret": 0.5})
    assert found.after["customers"] == 800
    assert found.after["revenue"] == 800 * 1.5 * 2000
    assert found.change("revenue") == pytest.approx(100 * 3000)
    assert (found.after["aov"], found.change("freq")) == (2000.0, 0)
    assert found.split.contributions["ret"] == pytest.approx(300000)
    assert found.split.sum_of_leaves == pytest.approx(found.change("revenue"))


def test_two_moves_share_their_common_effect():
    found = what_if(TREE, NOW, {"ret": 0.5, "aov": 2200.0})
    assert found.after["revenue"] == pytest.approx(800 * 1.5 * 2200)
    assert found.split.contributions["ret"] + found.split.contributions["aov"] == pytest.approx(
        found.change("revenue")
    )


def test_an_inner_node_can_be_set_over_its_children():
    found = what_if(TREE, NOW, {"customers": 1000.0})
    assert found.after["revenue"] == pytest.approx(1000 * 1.5 * 2000)
    assert found.split.leaves == ("customers", "freq", "aov")


def test_nothing_moved_keeps_every_value_to_the_last_bit():
    assert Evaluator(TREE, NOW)({}) == NOW


def test_a_stranger_is_named():
    with pytest.raises(NotInTreeError) as error:
        what_if(TREE, NOW, {"nps": 50.0})
    assert error.value.params["name"] == "nps"


def test_leaving_the_known_range_is_said():
    found = what_if(TREE, NOW, {"ret": 0.9, "freq": 1.6}, high={"ret": 0.6, "freq": 2.0})
    assert found.beyond == ("ret",)


def test_an_identity_that_does_not_hold_is_not_used():
    broken = {**NOW, "customers": 900.0}
    assert what_if(TREE, {**broken, "revenue": 900 * 3000.0}, {"ret": 0.9}).change("revenue") == 0


def test_a_zero_denominator_is_unknown():
    tree = grow({"life": "1 / churn"}, "life")
    assert what_if(tree, {"life": 4.0, "churn": 0.25}, {"churn": 0.0}).after["life"] is None


def test_a_certain_elasticity_moves_the_parent_by_its_power():
    band = influence_band(100.0, 0.2, 0.3, elasticity=0.5, error=0.0)
    assert band.low == band.middle == band.high == pytest.approx(100 * 1.5**0.5)


def test_the_band_holds_eighty_per_cent_of_a_normal():
    band = influence_band(100.0, 1.0, math.e, elasticity=0.5, error=0.1, draws=200_000)
    assert math.log(band.low / 100) == pytest.approx(0.5 - 1.2816 * 0.1, abs=0.002)
    assert math.log(band.high / 100) == pytest.approx(0.5 + 1.2816 * 0.1, abs=0.002)


def test_a_share_stays_a_share():
    band = influence_band(0.9, 0.10, 0.15, elasticity=0.5, error=0.1, share=True)
    assert 0.9 < band.low < band.middle < band.high < 1.0
    small = influence_band(0.3, 1.0, 1.001, elasticity=1.0, error=0.0, share=True)
    assert small.middle == pytest.approx(0.3 * 1.001, rel=1e-6)


def test_without_logarithms_there_is_no_band():
    assert influence_band(100.0, 0.0, 0.3, 0.5, 0.1) is None
