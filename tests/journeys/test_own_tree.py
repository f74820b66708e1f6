"""A changed tree everywhere: the command line, targets, the report and the next project see what the editor made."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crmkpi.catalog.in_force import current
from crmkpi.cli import main
from crmkpi.i18n import Words
from crmkpi.project.drafts import Drafts
from crmkpi.project.own_catalogue import project_in_force
from crmkpi.project.tree_file import tree_file
from crmkpi.project.tree_work import Hand, with_edit, with_own_metric
from crmkpi.report import write
from crmkpi.targets.target import Target
from crmkpi.tree.edits import Compute, Rename
from crmkpi.tree.own_metric import OwnMetric
from crmkpi.views.gap import gap_view
from crmkpi.views.glossary import entries
from crmkpi.views.targets import metric_choices
from tests.views.small_shop import shop_project

HAND = Hand("Аня", datetime(2026, 3, 1, tzinfo=UTC))
TREE = "ecommerce_revenue"
OWN = OwnMetric(
    id="own_spent",
    ru="Потратил клиент",
    en="Spent per customer",
    formula="revenue_base / active_customers",
    unit="money",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    project = shop_project(home)
    drafts = Drafts(home)
    place = drafts.place(project.id)
    project = with_own_metric(project, place.data, OWN, TREE, HAND)
    drafts.save(project)
    with project_in_force(place):
        right = Compute(id="revenue_base", identity="active_customers * own_spent")
        project, proof = with_edit(project, place.data, TREE, right, HAND)
        assert proof is not None and proof.periods == 27
        project, _ = with_edit(
            project, place.data, TREE, Rename(id="own_spent", ru="На клиента", en="Per head"), HAND
        )
    target = Target.model_validate(
        {
            "metric": "own_spent",
            "goal": 40000,
            "due": "2026-06-30",
            "grain": "month",
            "baseline": {"value": 30000, "date": "2026-03-31", "period": "2026-03"},
        }
    )
    drafts.save(project.model_copy(update={"targets": [target]}))
    return place


def answer(capsys, *words: str):
    status = main([*words])
    out = capsys.readouterr()
    assert status == 0, out.err
    assert current() is None, "nothing stays in force after a command"
    return json.loads(out.out)


def test_the_command_line_explains_the_changed_tree(place, capsys):
    found = answer(capsys, "tree", "--project", str(place.root), "--lang", "ru", "--json")
    nodes = {node["id"]: node for node in found["nodes"]}
    assert nodes["own_spent"]["label"] == "На клиента" and nodes["own_spent"]["edge"] == "identity"
    parts = nodes["own_spent"]["contribution"] + nodes["active_customers"]["contribution"]
    assert parts == pytest.approx(nodes["revenue_base"]["change"], rel=1e-9)


def test_the_command_line_computes_the_own_metric(place, capsys):
    found = answer(
        capsys, "metrics", "--project", str(place.root), "--metric", "own_spent", "--metric", "arpu"
    )
    values: dict[str, list[float]] = {}
    for row in found["rows"]:
        values.setdefault(row["metric"], []).append(row["value"])
    assert values["own_spent"] == pytest.approx(values["arpu"])


def test_a_file_of_the_editor_is_read_by_the_command_line(place, capsys, tmp_path):
    file = tmp_path / "shop.tree.json"
    file.write_bytes(tree_file(place.read(), TREE))
    fresh = shop_project(tmp_path / "other_home") if (tmp_path / "other_home").mkdir() is None else None
    assert fresh is not None
    other = Drafts(tmp_path / "other_home").place(fresh.id)
    found = answer(capsys, "tree", "--project", str(other.root), "--custom", str(file), "--json")
    assert "own_spent" in {node["id"] for node in found["nodes"]}
    file.write_text("{}", encoding="utf-8")
    assert main(["tree", "--project", str(other.root), "--custom", str(file), "--json"]) == 2
    assert capsys.readouterr().err.startswith("E-TREE-FILE: ")


def test_targets_and_the_glossary_know_the_own_metric(place):
    t = Words("ru")
    with project_in_force(place):
        assert "own_spent" in metric_choices_ids(place, t)
        entry = next(e for e in entries(place.data, "потратил", t) if e.id == "own_spent")
        assert entry.formula == "Выручка от клиентской базы ÷ Активные клиенты" and entry.missing is None
        view = gap_view(place.data, place.read(), t)
    assert "Потратил клиент" in str(view)


def metric_choices_ids(place, t):
    return {choice.id for choice in metric_choices(place.data, place.read(), t)}


@pytest.mark.parametrize("kind", ["html", "xlsx"])
def test_the_report_tells_the_changed_tree(place, tmp_path: Path, kind):
    target = tmp_path / f"report.{kind}"
    made = write(place, target, Words("ru", "RUB"))
    assert made["bytes"] > 0
    if kind == "html":
        assert "На клиента" in target.read_text(encoding="utf-8")
    assert current() is None
