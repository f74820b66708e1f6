"""The tree: why a number moved, what would move it, and what each node must become for the goal.

`attribution` splits a change exactly over identities, `explain` does it for a template on the project's data,
`segments` splits it over a dimension, `whatif` moves a leaf, `cascade` carries a goal down, `coverage` says what
the data feed, `opening` chooses the two periods to begin with, `answer` says it in plain words.
"""

from crmkpi.tree.answer import answer
from crmkpi.tree.attribution import Attribution, attribute, attribute_tree
from crmkpi.tree.coverage import Coverage, coverage, coverages
from crmkpi.tree.explain import Explained, explain
from crmkpi.tree.opening import Opening, opening
from crmkpi.tree.segments import SegmentSplit, segment_parts

__all__ = [
    "Attribution",
    "Coverage",
    "Explained",
    "Opening",
    "SegmentSplit",
    "answer",
    "attribute",
    "attribute_tree",
    "coverage",
    "coverages",
    "explain",
    "opening",
    "segment_parts",
]
