"""Trees for the tests: from a short text, and at random."""

from __future__ import annotations

from hypothesis import strategies as st

from crmkpi.catalog.metric import Texts
from crmkpi.catalog.trees import Node
from crmkpi.formula import Formula

BLANK = Texts(ru="", en="")


def grow(identities: dict[str, str], root: str, edge: str = "root") -> Node:
    """A tree from {metric: identity}; a metric without an identity is a leaf."""
    text = identities.get(root)
    names = Formula(text).names if text else ()
    children = tuple(grow(identities, name, "identity") for name in names)
    return Node(id=root, metric=root, label=BLANK, edge=edge, identity=text, children=children)


def evaluate(node: Node, leaves: dict[str, float | None]) -> dict[str, float | None]:
    """Every node's value from the leaves' values, by the identities."""
    out: dict[str, float | None] = {}
    for child in node.drivers:
        out.update(evaluate(child, leaves))
    out[node.metric] = Formula(node.identity).value(out) if node.identity else leaves[node.metric]
    return out


SHAPES = ("{0} * {1}", "{0} + {1}", "{0} * {1} * {2}", "{0} / {1}", "{0} + {1} - {2}", "1 + {0}",
          "{0} * {1} + {2}", "{0} / ({1} + {2})", "2 * {0} * {1} / {2}", "{0} * {0} * {1}")  # fmt: skip


@st.composite
def random_trees(draw: st.DrawFn, low: float, high: float) -> tuple[Node, dict, dict]:
    """A random tree of at most three levels with leaf values between low and high in two periods."""
    identities: dict[str, str] = {}
    leaves: list[str] = []

    def make(name: str, depth: int) -> None:
        if depth == 3 or (depth > 0 and draw(st.booleans())):
            leaves.append(name)
            return
        shape = draw(st.sampled_from(SHAPES))
        count = 1 + max(int(c) for c in shape if c.isdigit() and "{" + c + "}" in shape)
        names = [f"{name}{letter}" for letter in "abc"[:count]]
        identities[name] = shape.format(*names)
        for child in names:
            make(child, depth + 1)

    make("m", 0)
    values = st.floats(low, high, allow_nan=False)
    before = {leaf: draw(values) for leaf in leaves}
    after = {leaf: before[leaf] if draw(st.integers(0, 3)) == 0 else draw(values) for leaf in leaves}
    tree = grow(identities, "m")
    return tree, evaluate(tree, before), evaluate(tree, after)
