"""Every effect of sample_data/effects.toml is named first by the screens that ask why and where, in both shops."""

from __future__ import annotations

import tomllib

import pytest

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.tree.answer import answer
from crmkpi.tree.explain import Explained, explain
from crmkpi.views.campaigns import funnel_note
from crmkpi.views.places import PlacesView, places_view
from crmkpi.views.tree import Asked, explained_tree
from tests.views.sample_shop import SHOPS, sample_project

EFFECTS = tomllib.loads((SHOPS / "effects.toml").read_text(encoding="utf-8"))
LANGS = ("ru", "en")
Shop = tuple[str, Project, DataDir]


@pytest.fixture(scope="module", params=LANGS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    home = tmp_path_factory.mktemp(request.param)
    project = sample_project(home, lang=request.param)
    return request.param, project, Drafts(home).place(project.id).data


def explained(shop: Shop, period: str, comparison: str, template: str = "ecommerce_revenue") -> Explained:
    _, project, data = shop
    tree = project.tree.model_copy(update={"template": template})
    return explained_tree(data, project.model_copy(update={"tree": tree}), Asked(period, comparison))


def where(shop: Shop, found: Explained, metric: str) -> PlacesView:
    return places_view(shop[2], found, metric, (), Words(shop[0], "RUB"))


def test_all_effects_are_tested_here():
    assert set(EFFECTS) - {"data"} == {
        "churn_shock", "winback_uplift", "no_effect", "mix_shift", "tracking_gap"
    }  # fmt: skip


@pytest.mark.parametrize("period", ["2026-09", "2026-Q3"])
def test_the_churn_shock_sits_in_small_towns(shop, period):
    segment = EFFECTS["churn_shock"]["segment"][shop[0]]
    view = where(shop, explained(shop, period, "year_ago"), "retention_rate")
    assert (view.rows[0].dimension, view.rows[0].parts[0].name) == ("segment", segment)
    assert view.rows[0].parts[0].direction == "bad"
    assert segment in view.text


def test_the_churn_shock_is_also_where_the_money_is_lost(shop):
    segment = EFFECTS["churn_shock"]["segment"][shop[0]]
    view = where(shop, explained(shop, "2026-09", "year_ago"), "revenue_base")
    assert (view.rows[0].dimension, view.rows[0].parts[0].name) == ("segment", segment)


def test_the_mix_shift_is_the_drop_of_the_average_order(shop):
    shift = EFFECTS["mix_shift"]
    found = explained(shop, shift["quarter"], "year_ago")
    drivers = {n.metric: n.contribution for n in found.children(found.top.id)}
    assert min(drivers, key=drivers.get) == "aov"
    aov = next(n for n in found.nodes if n.metric == "aov")
    label = aov.text(Words(shop[0]))
    assert any(label in sentence for sentence in answer(found, Words(shop[0], "RUB"))[1:])
    view = where(shop, found, "aov")
    assert view.rows[0].dimension == shift["dimension"]
    simpson = "places.simpson_down"
    assert Words(shop[0])(simpson) in view.text


def test_the_tracking_gap_is_named_by_why_and_by_the_funnel(shop):
    gap = EFFECTS["tracking_gap"]
    assert gap["from"].isocalendar()[:2] == (2026, 12)
    found = explained(shop, "2026-W12", "previous", "email_funnel")
    parts = {n.metric: n.contribution for n in found.nodes if n.contribution is not None and n.parent}
    assert min(parts, key=parts.get) in {"click_rate", "open_rate"}
    assert parts["open_rate"] == pytest.approx(found.top.change)
    note = funnel_note(shop[2], found, (), Words(shop[0], "RUB"))
    assert Words(shop[0])("campaigns.step_opened") in note
    assert Words(shop[0])("campaigns.not_counted") in note


def test_the_trial_that_worked_and_the_one_that_did_not_differ_by_the_uplift_of_a_customer(shop):
    _, _, data = shop
    months = [EFFECTS[name]["sent_at"].strftime("%Y-%m") for name in ("no_effect", "winback_uplift")]
    found = explain(data, "ecommerce_margin", months[0], months[1])
    assert found.split
    parts = {n.metric: n.contribution for n in found.nodes if n.contribution is not None and n.parent}
    assert min(parts, key=parts.get) in {"incremental_margin", "incremental_revenue", "uplift_per_customer"}
    leaves = {
        n.metric: parts[n.metric] for n in found.nodes if not found.children(n.id) and n.metric in parts
    }
    assert min(leaves, key=leaves.get) == "uplift_per_customer"
    name = next(n for n in found.nodes if n.metric == "incremental_margin").text(Words(shop[0]))
    assert name in answer(found, Words(shop[0], "RUB"))[1]
