"""The form opens with the metric worth most that a goal can be suggested for."""

from __future__ import annotations

from datetime import date

from crmkpi.targets.target import Target
from crmkpi.tree.explain import explain
from crmkpi.views import worth
from crmkpi.views.targets import metric_choices
from crmkpi.views.worth import first_metric, losses


def test_losses_are_ordered_by_their_parts_of_the_change(sample):
    project, data = sample
    parts = {
        n.metric: n.contribution for n in explain(data, project.tree.template or "ecommerce_revenue").nodes
    }
    found = losses(data, project)
    assert found, "the sample shop lost revenue"
    assert all(parts[m] < 0 for m in found)
    assert [parts[m] for m in found] == sorted(parts[m] for m in found)


def test_the_largest_loss_comes_first_and_a_starred_metric_before_it(sample, t):
    project, data = sample
    assert first_metric(data, project, metric_choices(data, project, t)) == losses(data, project)[0]
    tree = project.tree.model_copy(
        update={"template": project.tree.template or "ecommerce_revenue", "starred": ["purchase_frequency"]}
    )
    starred = project.model_copy(update={"tree": tree})
    choices = metric_choices(data, starred, t)
    first = next(c.id for c in choices if c.starred)
    assert first_metric(data, starred, choices) == first


def test_a_metric_with_a_target_or_without_suggestions_is_passed_over(sample, t, monkeypatch):
    project, data = sample
    order = losses(data, project)
    taken = Target(id="a", metric=order[0], goal=1.0, due=date(2026, 12, 31))
    choices = metric_choices(data, project, t)
    busy = project.model_copy(update={"targets": [taken]})
    assert first_metric(data, busy, choices) == order[1]
    monkeypatch.setattr(worth, "_has_goals", lambda _d, _p, metric: metric == order[2])
    assert first_metric(data, project, choices) == order[2]
