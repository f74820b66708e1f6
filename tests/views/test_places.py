"""The effects planted in the sample shop are the first thing that the where screen names."""

from __future__ import annotations

import tomllib
from pathlib import Path

from crmkpi.i18n import Words
from crmkpi.views.drivers import explained_with_intervals, usual_note
from crmkpi.views.places import node_options, places_view
from crmkpi.views.tree import Asked, explained_tree

EFFECTS = tomllib.loads(
    (Path(__file__).resolve().parents[2] / "sample_data" / "effects.toml").read_text(encoding="utf-8")
)


def test_the_mix_shift_is_named_first_with_rate_and_mix_apart(sample):
    project, data = sample
    shift = EFFECTS["mix_shift"]
    found = explained_tree(data, project, Asked(shift["quarter"], "year_ago"))
    assert found.vs.text == shift["vs"]
    view = places_view(data, found, "aov", (), Words("ru", "RUB"))
    assert view.rows[0].dimension == shift["dimension"]
    assert "В каждом сегменте показатель вырос, а в целом упал" in view.text
    # README: site 5279 -> 6219, app 2156 -> 2549, store 3729 -> 4626
    assert all("Изменился сам показатель: +" in part.note for part in view.rows[0].parts)
    assert view.rows[0].effects is not None
    assert "состав дал −" in view.rows[0].effects


def test_the_average_order_is_named_as_the_strongest_driver(sample):
    project, data = sample
    found = explained_with_intervals(data, project, Asked("2026-Q2", "year_ago"))
    drivers = sorted(found.children(found.top.id), key=lambda n: -abs(n.contribution or 0))
    aov = next(n for n in drivers if n.metric == "aov")
    assert aov.contribution < 0
    assert aov.low < aov.contribution < aov.high
    assert node_options(found, Words("ru"))[0].metric == "revenue_base"


def test_a_change_inside_the_usual_variation_is_called_so(sample):
    project, data = sample
    words = Words("ru", "RUB")
    found = explained_tree(data, project, Asked("2026-09", "year_ago"))
    assert "обычных колебаний" in (usual_note(data, found, (), words) or "")


def test_shares_that_customers_overlap_in_come_last(sample):
    project, data = sample
    found = explained_tree(data, project, Asked("2026-09", "year_ago"))
    view = places_view(data, found, "retention_rate", (), Words("en", "RUB"))
    marked = [bool(row.notes) for row in view.rows]
    assert marked == sorted(marked)
    assert any(marked)
