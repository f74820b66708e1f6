"""The library learns from other projects: usual levels equal numpy's quartiles, finished targets give their result."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from crmkpi.engine.data import Meta
from crmkpi.engine.evaluate import evaluate
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.project.errors import ProjectDamagedError
from crmkpi.project.library import NothingToLearnError, lessons, lessons_of_file, merged
from crmkpi.targets.coach import goals
from crmkpi.targets.library import OwnBenchmark
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from tests.views.small_shop import shop_project


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    """A project with a target that is over."""
    home = tmp_path_factory.mktemp("home")
    project = shop_project(home)
    place = Drafts(home).place(project.id)
    over = freeze(
        place.data, Target(metric="retention_rate", goal=0.6, due=date(2025, 12, 31)), date(2025, 9, 30)
    )
    place.write(project.model_copy(update={"targets": [over]}))
    return home, place


def test_usual_levels_are_the_middle_half_of_the_last_year(peer):
    _, place = peer
    found = {x.metric: x for x in lessons(place, "Прошлый магазин") if x.kind == "peer"}
    rows = evaluate(place.data, ["purchase_frequency"], "month").rows.filter("complete")
    truth = np.quantile(rows["value"].to_numpy()[-12:], [0.25, 0.75])
    assert found["purchase_frequency"].bounds == pytest.approx(tuple(truth))
    assert found["purchase_frequency"].source == "Прошлый магазин"
    assert found["purchase_frequency"].year == 2026
    assert not {"revenue_base", "orders_count", "aov"} & set(found), "size of a shop is no benchmark"


def test_a_finished_target_gives_what_was_reached(peer):
    _, place = peer
    found = next(x for x in lessons(place, "Прошлый") if x.kind == "past_project")
    truth = evaluate(place.data, ["retention_rate"], "month").value("retention_rate", "2025-12")
    assert found.metric == "retention_rate" and found.low == pytest.approx(truth)


def test_a_project_file_teaches_the_same_and_leaves_nothing(peer, tmp_path):
    home, place = peer
    file = tmp_path / "past.crmkpi"
    Drafts(home).export(place.root.name, file)
    assert lessons_of_file(file, "past") == lessons(place, place.read().name)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(ProjectDamagedError):
        lessons_of_file(file, "past")


def test_lessons_become_suggestions_with_their_source(peer):
    _, place = peer
    library = [
        OwnBenchmark(metric="aov", low=5200, high=5600, source="Другой магазин", year=2025, kind="peer")
    ]
    draft = Target(metric="aov", goal=0, due=date(2026, 6, 30))
    found = goals(place.data, draft, library=library, template="ecommerce_revenue")
    sources = [a.source for a in found.found] + [x.source for x in found.left_out]
    assert "own_benchmark" in sources


def test_an_empty_project_has_nothing_to_offer(tmp_path):
    drafts = Drafts(tmp_path)
    project = Project(name="Пустой")
    drafts.save(project)
    drafts.place(project.id).data.meta = Meta()
    with pytest.raises(NothingToLearnError):
        lessons(drafts.place(project.id), "Пустой")


def test_taking_a_project_twice_doubles_nothing(peer):
    _, place = peer
    once = lessons(place, "Прошлый")
    assert merged(merged([], once), once) == list(once)
