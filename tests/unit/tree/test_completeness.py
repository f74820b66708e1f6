"""The completeness check names metrics that exist and says what a tree leaves out."""

from __future__ import annotations

from crmkpi.catalog.metric import metrics
from crmkpi.catalog.trees import trees
from crmkpi.tree.completeness import AREAS, areas


def test_every_area_names_metrics_of_the_catalogue():
    assert not {m for ids in AREAS.values() for m in ids} - set(metrics())


def test_the_six_levels_look_at_all_five_areas():
    shown = [node.metric for node in trees()["six_levels"].root.walk()]
    assert all(area.shown for area in areas(shown, []))


def test_an_area_without_data_and_one_outside_the_tree_are_told_apart():
    found = {a.name: a for a in areas(["aov"], ["open_rate"])}
    assert found["monetisation"].shown
    assert found["engagement"].lacking and not found["engagement"].shown
    assert not found["reactivation"].lacking and not found["reactivation"].shown
