"""Own trees and metrics of a project: checked against its data, kept as versions, seen by every reader."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

import pytest

from crmkpi.catalog.in_force import current, in_force
from crmkpi.catalog.metric import metrics
from crmkpi.catalog.trees import templates, trees
from crmkpi.engine.evaluate import evaluate
from crmkpi.errors import CrmKpiError
from crmkpi.formula import Formula, FormulaError, UnknownNameError
from crmkpi.i18n import Words
from crmkpi.project.document import Project, TreeChoice
from crmkpi.project.errors import ProjectDamagedError
from crmkpi.project.own_catalogue import catalogue_of_project
from crmkpi.project.tree_file import TreeFileError, read_tree_file, tree_file, with_tree_file
from crmkpi.project.tree_work import (
    Hand,
    MetricInUseError,
    NoVersionError,
    with_control,
    with_edit,
    with_own_metric,
    with_template_again,
    with_version,
    without_own_metric,
)
from crmkpi.targets.target import Target
from crmkpi.targets.wish_metric import exact
from crmkpi.tree.edits import Add, Compute, Remove, Rename
from crmkpi.tree.explain import explain
from crmkpi.tree.own_metric import OwnMetric, OwnMetricError, OwnRingError, klass_of, slug, unit_of, with_ids
from crmkpi.tree.proof import BrokenIdentityError
from crmkpi.tree.spoken import editable, spoken
from tests.unit.engine.shop import random_shop
from tests.unit.engine.test_sheet import sheet

HAND = Hand("Аня", datetime(2026, 3, 1, tzinfo=UTC))
TREE = "ecommerce_revenue"
BASKET = Rename(id="aov", ru="Чек", en="Basket")
PER_ORDER = OwnMetric(
    id="own_per_person",
    ru="Заказов на всю базу",
    en="Orders over the base",
    formula="orders_count / base_size",
    unit="ratio",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return random_shop(tmp_path_factory.mktemp("own"), seed=5, orders=300)


@pytest.fixture
def project():
    return Project(name="Магазин", tree=TreeChoice(template=TREE))


def month_values(data, metric):
    rows = evaluate(data, [metric], "month").rows.filter("complete")
    return dict(rows.select("period", "value").iter_rows())


def test_an_own_metric_is_computed_like_any_other(data, project):
    changed = with_own_metric(project, data, PER_ORDER, TREE, HAND)
    orders, base = month_values(data, "orders_count"), month_values(data, "base_size")
    with in_force(catalogue_of_project(changed, data)):
        own = month_values(data, "own_per_person")
        assert metrics()["own_per_person"].klass == "ratio"
        assert exact("Заказов на всю базу") == "own_per_person"
    assert own and own == pytest.approx({p: orders[p] / base[p] for p in own})
    assert "own_per_person" not in metrics() and exact("Заказов на всю базу") is None
    with pytest.raises(CrmKpiError, match="unknown_metric"):
        evaluate(data, ["own_per_person"], "month")


def test_a_changed_formula_is_not_answered_from_memory(data, project):
    first = with_own_metric(project, data, PER_ORDER, TREE, HAND)
    second = with_own_metric(
        first, data, PER_ORDER.model_copy(update={"formula": "2 * orders_count / base_size"}), TREE, HAND
    )
    with in_force(catalogue_of_project(first, data)):
        once = month_values(data, "own_per_person")
    with in_force(catalogue_of_project(second, data)):
        twice = month_values(data, "own_per_person")
    assert twice == pytest.approx({p: 2 * v for p, v in once.items()})


def test_what_is_in_force_stays_in_its_thread(data, project):
    changed = with_own_metric(project, data, PER_ORDER, TREE, HAND)
    seen = []
    with in_force(catalogue_of_project(changed, data)):
        other = threading.Thread(target=lambda: seen.append("own_per_person" in metrics()))
        other.start()
        other.join()
        assert "own_per_person" in metrics()
    assert seen == [False] and current() is None


def test_a_ring_over_several_metrics_is_named(data, project):
    a = OwnMetric(id="own_a", ru="Первый", en="First", formula="orders_count * 2")
    b = OwnMetric(id="own_b", ru="Второй", en="Second", formula="own_a + 1 * orders_count")
    c = OwnMetric(id="own_c", ru="Третий", en="Third", formula="own_b + own_a")
    for one in (a, b, c):
        project = with_own_metric(project, data, one, TREE, HAND)
    with pytest.raises(OwnRingError) as error:
        with_own_metric(project, data, a.model_copy(update={"formula": "own_c / 2"}), TREE, HAND)
    assert "Первый → Третий → Второй → Первый" in Words("ru")(error.value.key, **error.value.params)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"formula": "ordres_count"}, UnknownNameError),
        ({"formula": "orders_count.__class__"}, FormulaError),
        ({"formula": "+".join(["orders_count"] * 60)}, FormulaError),
        ({"formula": "5"}, OwnMetricError),
        ({"formula": "retention_cohort * 2"}, OwnMetricError),
        ({"ru": "Средний чек"}, OwnMetricError),
        ({"ru": "***"}, OwnMetricError),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence(data, project, change, error):
    with pytest.raises(error) as found:
        with_own_metric(project, data, PER_ORDER.model_copy(update=change), TREE, HAND)
    for lang in ("ru", "en"):
        assert "{" not in Words(lang)(found.value.key, **found.value.params)


def test_a_metric_that_others_stand_on_stays(data, project):
    project = with_own_metric(project, data, PER_ORDER, TREE, HAND)
    over = OwnMetric(id="own_over", ru="Ещё один", en="One more", formula="own_per_person * 100")
    project = with_own_metric(project, data, over, TREE, HAND)
    with in_force(catalogue_of_project(project, data)):
        project, _ = with_edit(
            project, data, TREE, Add(id="x", metric="own_per_person", parent="aov", why="да"), HAND
        )
    target = Target.model_construct(metric="own_per_person")
    with pytest.raises(MetricInUseError) as error:
        without_own_metric(
            project.model_copy(update={"targets": [target]}), data, "own_per_person", TREE, HAND
        )
    kinds = [user.kind for user in error.value.params["users"]]
    assert kinds == ["metric", "node", "target"]
    assert "«Ещё один»" in Words("ru")(error.value.key, **error.value.params)
    freed = without_own_metric(project, data, "own_over", TREE, HAND)
    assert [one.id for one in freed.own_trees.state.own] == ["own_per_person"]


def test_a_broken_identity_is_refused_with_the_counter_example(data, project):
    wrong = Compute(id="revenue_base", identity="active_customers * aov")
    with pytest.raises(BrokenIdentityError) as error:
        with_edit(project, data, TREE, wrong, HAND)
    found = error.value.params
    period = found["period"].text
    left = month_values(data, "revenue_base")[period]
    right = month_values(data, "active_customers")[period] * month_values(data, "aov")[period]
    assert found["left"].value == pytest.approx(left)
    assert found["right"].value == pytest.approx(right)
    assert found["difference"].value == pytest.approx(right - left)
    said = Words("ru")(error.value.key, **found)
    assert Words("ru").period(found["period"]) in said and "разница" in said


def test_a_formula_that_holds_is_proven_and_explains_the_change(data, project):
    right = Compute(id="revenue_base", identity="orders_count * aov")
    changed, proof = with_edit(project, data, TREE, right, HAND)
    assert proof is not None and proof.periods > 3 and proof.counter is None
    with in_force(catalogue_of_project(changed, data)):
        found = explain(data, TREE)
    assert {n.metric for n in found.nodes if n.parent == "revenue_base" and n.edge == "identity"} == {
        "orders_count",
        "aov",
    }
    assert abs(found.attribution.residual or 0) <= 1e-9 * abs(found.attribution.change or 1)
    assert explain(data, TREE).drawn.identity != found.drawn.identity, (
        "outside the project the template is as it was"
    )


def test_an_own_metric_explains_as_part_of_a_formula(data, project):
    project = with_own_metric(project, data, PER_ORDER, TREE, HAND)
    with in_force(catalogue_of_project(project, data)):
        changed, proof = with_edit(
            project, data, TREE, Compute(id="revenue_base", identity="base_size * own_per_person * aov"), HAND
        )
    assert proof is not None and proof.periods > 3
    with in_force(catalogue_of_project(changed, data)):
        found = explain(data, TREE)
        assert next(n for n in found.nodes if n.metric == "own_per_person").contribution is not None
    broken = PER_ORDER.model_copy(update={"formula": "orders_count / active_customers"})
    with pytest.raises(BrokenIdentityError):
        with_own_metric(changed, data, broken, TREE, HAND)


def test_versions_are_kept_looked_at_and_brought_back(data, project):
    one, _ = with_edit(project, data, TREE, BASKET, HAND)
    two, _ = with_edit(one, data, TREE, Remove(id="engagement_rate"), Hand("Пётр", HAND.at))
    assert [(v.number, v.who, v.change.what) for v in two.own_trees.versions] == [
        (1, "Аня", "renamed"),
        (2, "Пётр", "removed"),
    ]
    back = with_version(two, 1, HAND)
    assert back.own_trees.state == one.own_trees.state
    assert [v.number for v in back.own_trees.versions] == [1, 2, 3]
    start = with_version(back, 0, HAND)
    assert not start.own_trees.state.edits
    with pytest.raises(NoVersionError):
        with_version(start, 99, HAND)
    saved = Project.model_validate_json(back.model_dump_json())
    assert saved.own_trees == back.own_trees
    with in_force(catalogue_of_project(saved, data)):
        assert trees()[TREE].root.find("aov").label.ru == "Чек"  # type: ignore[union-attr]
    plain = with_template_again(saved, TREE, HAND)
    assert catalogue_of_project(plain, data) is None


def test_an_edit_that_no_longer_fits_leaves_the_template_and_says_so(data, project):
    state = project.own_trees.state.model_copy(update={"edits": {TREE: (Remove(id="gone"),)}})
    stale = project.model_copy(update={"own_trees": project.own_trees.model_copy(update={"state": state})})
    found = catalogue_of_project(stale, data)
    assert found is not None and TREE in found.broken
    with in_force(found):
        assert trees()[TREE] == templates()[TREE]


def test_control_is_the_persons_word_over_the_roles(data, project):
    lead = project.model_copy(update={"tree": project.tree.model_copy(update={"role": "lead_generation"})})
    with in_force(catalogue_of_project(lead, data)):
        assert (metrics()["new_customers"].controllable, metrics()["aov"].controllable) == ("yes", "no")
    own = with_control(lead, "aov", "partly", TREE, HAND)
    with in_force(catalogue_of_project(own, data)):
        assert metrics()["aov"].controllable == "partly"
    assert metrics()["new_customers"].controllable == "no"


def test_a_tree_goes_to_the_next_project_without_data(data, project):
    project = with_own_metric(project, data, PER_ORDER, TREE, HAND)
    with in_force(catalogue_of_project(project, data)):
        project, _ = with_edit(
            project,
            data,
            TREE,
            BASKET,
            HAND,
        )
        project, _ = with_edit(
            project,
            data,
            TREE,
            Add(id="own_per_person", metric="own_per_person", parent="aov", why="да"),
            HAND,
        )
    content = tree_file(project, TREE)
    assert b"2026" not in content and "Аня".encode() not in content, "no data, no names of people"
    other = with_tree_file(Project(name="Другой"), data, read_tree_file(content), HAND)
    assert other.own_trees.state == project.own_trees.state
    assert other.tree.template == TREE
    assert tree_file(other, TREE) == content


def test_a_foreign_file_is_refused_in_a_sentence(data, project):
    good = json.loads(tree_file(with_own_metric(project, data, PER_ORDER, TREE, HAND), TREE))
    bad = [
        b"", b"\xff\xfe", b"[]", b"{}", b"[" * 100_000, b" " * (1024 * 1024 + 1),
        json.dumps({**good, "version": 99}).encode(),
        json.dumps({**good, "template": "nothing"}).encode(),
        json.dumps({**good, "extra": 1}).encode(),
        json.dumps({**good, "edits": [{"kind": "exec", "id": "x"}]}).encode(),
    ]  # fmt: skip
    for content in bad:
        with pytest.raises(TreeFileError) as error:
            read_tree_file(content)
        assert "{" not in Words("ru")(error.value.key, **error.value.params)
    other = with_own_metric(
        project, data, PER_ORDER.model_copy(update={"formula": "orders_count * 3"}), TREE, HAND
    )
    with pytest.raises(TreeFileError, match="differs"):
        with_tree_file(other, data, read_tree_file(json.dumps(good).encode()), HAND)
    hostile = {**good, "own": [{**good["own"][0], "formula": "__import__('os')"}]}
    with pytest.raises(FormulaError):
        with_tree_file(project, data, read_tree_file(json.dumps(hostile).encode()), HAND)
    broken = {**good, "edits": [{"kind": "compute", "id": "revenue_base", "identity": "aov * 2"}]}
    with pytest.raises(BrokenIdentityError):
        with_tree_file(project, data, read_tree_file(json.dumps(broken).encode()), HAND)


def test_names_in_brackets_are_names_of_metrics():
    assert with_ids("[Средний чек] × 2 − [orders_count]") == "aov * 2 - orders_count"
    with pytest.raises(UnknownNameError) as error:
        with_ids("[Средний чёк на заказ] * 2")
    assert "Средний чек" in str(error.value.params["near"])
    assert spoken("revenue_base / orders_count").ru == "Выручка от клиентской базы ÷ Количество заказов"
    for name, metric in metrics().items():
        for lang in ("ru", "en"):
            assert with_ids(editable(f"{name} / 2", lang)) == f"{name} / 2", (name, metric.label)


def test_the_kind_and_the_unit_follow_from_the_formula():
    kinds = {
        "revenue_base - crm_cost": "sum", "revenue_base * 2 / 3": "sum", "revenue_base / orders_count": "ratio",
        "active_customers - new_customers": "unique", "orders_count + 5": "ratio", "aov * 2": "ratio",
        "interpurchase_days / 7": "distribution", "ltv_pred * 2": "model",
    }  # fmt: skip
    assert {text: klass_of(Formula(text), metrics()) for text in kinds} == kinds
    units = {
        "revenue_base / orders_count": "money",
        "revenue_base - crm_cost": "money",
        "crm_cost / revenue_base": "ratio",
        "orders_count / active_customers": "ratio",
        "orders_count * 2": "count",
    }
    assert {text: unit_of(text) for text in units} == units


def test_an_id_is_made_of_the_name():
    assert slug("Чеки щедрых!") == "own_cheki_schedryh"
    assert slug("★") == "own_metric"
    assert slug("Чек", ["own_chek"]) == "own_chek_2"


def test_own_metrics_of_a_sheet_are_metrics_everywhere(tmp_path):
    data = sheet(tmp_path, {"Звонки маме": [4, 5, 6, 7]})
    name = "own:Звонки маме"
    with in_force(catalogue_of_project(Project(name="Лист"), data)):
        assert metrics()[name].label.ru == "Звонки маме"
        assert exact("Звонки маме") == name
        assert evaluate(data, [name], "month").value(name, "2024-02") == 5
        target = Target.model_construct(metric=name)
        assert metrics()[target.metric].unit == "ratio"
    assert name not in metrics()


def test_a_version_that_was_changed_by_hand_is_told(data, project):
    kept, _ = with_edit(project, data, TREE, BASKET, HAND)
    raw = json.loads(kept.model_dump_json())
    raw["own_trees"]["versions"][0]["after"] = "{"
    with pytest.raises(ProjectDamagedError):
        with_version(Project.model_validate(raw), 1, HAND)
