"""The bridge of drivers: from before through the parts exactly to after."""

from __future__ import annotations

import pytest

from crmkpi.views.drivers import drivers_view
from crmkpi.views.tree import Asked, explained_tree


@pytest.mark.parametrize("leaves", [False, True])
def test_parts_lead_from_before_to_after(data, shop, rows, t, leaves):
    view = drivers_view(explained_tree(data, shop, Asked()), leaves, t)
    before, *parts, after = (part.value for part in view.parts)
    assert before == pytest.approx(rows[rows["month"] == "2025-03"]["amount"].sum())
    assert after == pytest.approx(rows[rows["month"] == "2026-03"]["amount"].sum())
    assert before + sum(parts) == pytest.approx(after)


def test_a_hidden_node_leaves_its_part_under_other(data, shop, t):
    tree = shop.tree.model_copy(update={"hidden": ["aov"]})
    hidden = shop.model_copy(update={"tree": tree})
    view = drivers_view(explained_tree(data, hidden, Asked()), False, t)
    before, *parts, after = (part.value for part in view.parts)
    assert before + sum(parts) == pytest.approx(after)
    assert "Прочее" in [part.name for part in view.parts]
