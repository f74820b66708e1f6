"""A tree of one's own: each edit does one thing, keeps the arithmetic whole, and refuses what would break it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crmkpi.catalog.trees import MAX_NODES, Node, check_identity, template
from crmkpi.errors import CrmKpiError
from crmkpi.formula import FormulaError, UnknownNameError
from crmkpi.i18n import Words
from crmkpi.tree.editing import apply, edited, free_id, parent_of
from crmkpi.tree.edits import Add, Believe, Compute, Move, Remove, Rename, TreeEditError

SHOP = template("ecommerce_revenue")


def root() -> Node:
    return SHOP.root


def node(tree: Node, name: str) -> Node:
    found = tree.find(name)
    assert found is not None, name
    return found


def refused(edit, reason: str) -> None:
    with pytest.raises(TreeEditError) as error:
        apply(root(), edit)
    assert error.value.params["reason"] == reason
    for lang in ("ru", "en"):
        assert "{" not in Words(lang)(error.value.key, **error.value.params)


def test_a_belief_is_added_with_its_note_and_elasticity():
    tree = apply(
        root(),
        Add(id="nps", metric="nps", parent="aov", why="довольные берут больше", elasticity=0.2, grade="D"),
    )
    added = node(tree, "nps")
    assert (added.edge, added.elasticity, added.grade) == ("influence", 0.2, "D")
    assert added.why is not None and added.why.ru == "довольные берут больше"
    assert parent_of(tree, "nps").id == "aov"  # type: ignore[union-attr]
    assert node(tree, "aov").identity == node(root(), "aov").identity


def test_a_belief_without_a_note_or_a_grade_is_refused():
    refused(Add(id="nps", metric="nps", parent="aov", why="  "), "why")
    refused(Add(id="nps", metric="nps", parent="aov", why="да", elasticity=0.2), "grade")
    refused(Add(id="nps", metric="nps", parent="aov", why="да", grade="A"), "grade")


def test_strangers_and_doubles_are_refused():
    refused(Add(id="aov", metric="nps", parent="revenue_base", why="да"), "twice")
    refused(Add(id="x", metric="aov", parent="revenue_base", why="да"), "already")
    refused(Add(id="x", metric="nps", parent="nowhere", why="да"), "no_node")
    refused(Remove(id="nowhere"), "no_node")
    with pytest.raises(CrmKpiError, match="unknown_metric"):
        apply(root(), Add(id="x", metric="npss", parent="aov", why="да"))


def test_removing_a_driver_takes_the_formula_and_keeps_the_partners_as_beliefs():
    tree = apply(root(), Remove(id="aov"))
    assert tree.identity is None and tree.find("aov") is None
    assert {child.edge for child in tree.children} == {"influence"}
    # a belief goes without touching the arithmetic beside it
    kept = apply(root(), Remove(id="engagement_rate"))
    assert node(kept, "retention_rate").identity == "1 - churn_rate"


def test_the_root_stays_where_it_is():
    refused(Remove(id="revenue_base"), "root")
    refused(Move(id="revenue_base", parent="aov"), "root")


def test_a_node_never_hangs_below_itself():
    refused(Move(id="active_customers", parent="churn_rate", why="да"), "inside")


def test_moving_a_driver_needs_a_reason_and_moving_among_siblings_does_not():
    refused(Move(id="churn_rate", parent="aov"), "why")
    moved = apply(root(), Move(id="churn_rate", parent="aov", why="да"))
    assert node(moved, "retention_rate").identity is None
    assert parent_of(moved, "churn_rate").id == "aov"  # type: ignore[union-attr]
    first = root().children[0].id
    placed = apply(root(), Move(id=first, parent="revenue_base", place=2))
    assert placed.children[2].id == first
    assert placed.identity == root().identity


def test_a_name_is_changed_in_both_languages():
    tree = apply(root(), Rename(id="aov", ru="Чек", en="Basket"))
    assert (node(tree, "aov").label.ru, node(tree, "aov").label.en) == ("Чек", "Basket")
    refused(Rename(id="aov", ru=" ", en="Basket"), "no_name")


def test_a_formula_makes_children_and_turns_the_rest_into_beliefs():
    tree = apply(root(), Compute(id="revenue_base", identity="orders_count * aov"))
    assert [c.metric for c in tree.drivers] == ["orders_count", "aov"]
    assert node(tree, "active_customers").edge == "influence"
    assert node(tree, "active_customers").children, "the branch stays whole"
    bare = apply(root(), Compute(id="revenue_base", identity=None))
    assert bare.identity is None and not bare.drivers


def test_a_whole_made_of_itself_is_refused_at_any_distance():
    refused(Compute(id="aov", identity="aov * 1"), "above")
    refused(Compute(id="aov", identity="revenue_base / orders_count"), "above")
    refused(Compute(id="aov", identity="2 + 2"), "no_names")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "aov.real",
        "aov[0]",
        "aov if aov else 1",
        "lambda: aov",
        "aov ** 99",
        "'a' * 9",
        "f(aov)",
    ],
)
def test_only_arithmetic_is_read(text):
    with pytest.raises(FormulaError):
        apply(root(), Compute(id="revenue_base", identity=text))


def test_a_name_that_nobody_knows_gets_near_ones_and_look_alikes_are_refused():
    with pytest.raises(UnknownNameError) as error:
        apply(root(), Compute(id="revenue_base", identity="orders_cuont * aov"))
    assert "orders_count" in str(error.value.params["near"])
    with pytest.raises(FormulaError) as twin:
        apply(root(), Compute(id="revenue_base", identity="ｏrders_count * aov"))
    assert twin.value.params["reason"] == "look_alike"


def test_a_known_belief_is_told_more_about():
    tree = apply(root(), Believe(id="engagement_rate", why="опыт прошлого года", elasticity=0.1, grade="B"))
    assert node(tree, "engagement_rate").grade == "B"
    refused(Believe(id="aov", why="да"), "exact")
    with pytest.raises(ValidationError):
        Believe(id="engagement_rate", why="да", elasticity=1000, grade="A")


def test_another_root_keeps_its_formula_only_while_its_parts_are_there():
    six = template("ltv_example")
    for choice in edited(six, [Remove(id=six.root.children[0].id)]).instead:
        assert choice.identity is None or "revenue" in choice.metric


def test_a_tree_does_not_grow_for_ever():
    tree = root()
    with pytest.raises(TreeEditError) as error:
        for n in range(MAX_NODES):
            tree = apply(
                tree,
                Add(
                    id=f"n{n}",
                    metric="nps" if n % 2 else "csat",
                    parent=f"n{n - 1}" if n else "aov",
                    why="да",
                ),
            )
    assert error.value.params["reason"] == "too_big"


IDS = [n.id for n in SHOP.root.walk()]
FORMULAS = [None, "aov * orders_count", "nps + csat"]
ANY, YES = st.sampled_from(IDS), st.just("да")
EDITS = st.one_of(
    st.builds(Remove, id=ANY),
    st.builds(Move, id=ANY, parent=ANY, place=st.none() | st.integers(0, 9), why=YES),
    st.builds(Compute, id=ANY, identity=st.sampled_from(FORMULAS)),
    st.builds(Add, id=st.sampled_from("ab"), metric=st.sampled_from(["nps", "csat"]), parent=ANY, why=YES),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(EDITS, max_size=8))
def test_whatever_is_done_the_tree_stays_a_tree(edits):
    tree = root()
    for edit in edits:
        try:
            tree = apply(tree, edit)
        except CrmKpiError:
            continue
    ids = [n.id for n in tree.walk()]
    assert len(ids) == len(set(ids))
    assert tree.edge == "root" and tree.metric == "revenue_base"
    for one in tree.walk():
        check_identity(one)  # formulas name their exact children, each once
        assert all(child.edge != "root" for child in one.children)
    assert free_id(tree, "aov") not in ids
