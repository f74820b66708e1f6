"""Strong and weak sides as shown: every placed metric once, the verdict of the coach, sources in words."""

from __future__ import annotations

import pytest

from crmkpi.i18n import Words
from crmkpi.project.drafts import Drafts
from crmkpi.targets.coach import strong_and_weak
from crmkpi.targets.target import Target
from crmkpi.views.sides import sides_view
from tests.views.small_shop import shop_project


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    project = shop_project(home)
    return Drafts(home).place(project.id).data, project


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_metric_stands_once_under_its_verdict(shop, lang):
    data, project = shop
    view = sides_view(data, project, Words(lang))
    shown = {line.metric: group.verdict for group in view.groups for line in group.lines}
    truth = {side.metric: side.verdict for side in strong_and_weak(data, "ecommerce_revenue")}
    assert shown == truth and len(truth) > 5
    assert sum(len(g.lines) for g in view.groups) == len(truth)
    weak = sum(v == "needs_attention" for v in truth.values())
    assert str(weak) in view.headline


def test_a_metric_with_a_target_is_marked(shop):
    data, project = shop
    project = project.model_copy(update={"targets": [Target(metric="aov", goal=1, due="2026-06-30")]})
    lines = [line for g in sides_view(data, project, Words("ru")).groups for line in g.lines]
    assert {line.metric for line in lines if line.has_target} == {"aov"}
    assert all("None" not in line.value + line.why for line in lines)
