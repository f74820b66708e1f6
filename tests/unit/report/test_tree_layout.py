"""The placed tree: boxes never overlap, children stand right of their parent, a shortened tree stays a tree."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.report.tree_layout import depths, layout, shortened
from crmkpi.views.tree import TreeCard


@st.composite
def trees(draw) -> list[TreeCard]:
    """Any tree of up to 30 nodes, parents first."""
    cards = [TreeCard("n0", None, "root", edge="root")]
    for i in range(1, draw(st.integers(1, 30))):
        parent = draw(st.integers(0, i - 1))
        edge = draw(st.sampled_from(["identity", "influence"]))
        share = draw(st.floats(-1, 1))
        cards.append(TreeCard(f"n{i}", f"n{parent}", f"node {i}", edge=edge, contribution_share=share))
    return cards


@settings(max_examples=60, deadline=None)
@given(trees())
def test_boxes_never_overlap(cards):
    placed = layout(cards)
    assert [b.card.id for b in placed.boxes].count("n0") == 1
    assert len(placed.boxes) == len(cards)
    for i, a in enumerate(placed.boxes):
        assert a.x >= 0 and a.x + a.width <= placed.width + 1e-6
        assert a.y >= 0 and a.y + a.height <= placed.height + 1e-6
        for b in placed.boxes[i + 1 :]:
            if a.x == b.x:
                assert a.y + a.height <= b.y + 1e-6 or b.y + b.height <= a.y + 1e-6
    for parent, child in placed.edges():
        assert parent.x + parent.width < child.x


@settings(max_examples=60, deadline=None)
@given(trees(), st.integers(1, 4), st.integers(2, 9))
def test_a_shortened_tree_keeps_parents_and_fits(cards, depth, most):
    kept = shortened(cards, depth, most)
    ids = {c.id for c in kept}
    assert kept[0].id == "n0"
    for card in kept[1:]:
        assert card.parent in ids
        assert card.edge == "identity"
    assert max(depths(kept).values()) <= depth
    parents = {c.parent for c in kept}
    assert len([c for c in kept if c.id not in parents]) <= most
