"""Tree layout: where the boxes of a tree stand on paper. Leaves are stacked, a parent is in the middle of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmkpi.views.tree import TreeCard


@dataclass(frozen=True)
class Measures:
    """Sizes of boxes and of the room between them. A driver's box holds its part too, a belief two lines only."""

    width: float = 218.0
    gap: float = 44.0
    tall: float = 78.0
    low: float = 50.0
    space: float = 9.0

    def height(self, card: TreeCard) -> float:
        """Height of a card's box."""
        return self.low if card.edge == "influence" else self.tall


SCREEN = Measures()


@dataclass(frozen=True)
class Box:
    """One node with its place, in the unit of the measures."""

    card: TreeCard
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Height at which edges touch the box."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Layout:
    """Boxes, parents first, and the size of the whole."""

    boxes: tuple[Box, ...]
    width: float
    height: float

    def edges(self) -> tuple[tuple[Box, Box], ...]:
        """Parent and child of every line."""
        places = {box.card.id: box for box in self.boxes}
        return tuple((places[b.card.parent], b) for b in self.boxes if b.card.parent in places)


def layout(cards: Sequence[TreeCard], sizes: Measures = SCREEN) -> Layout:
    """Places of these cards; a card whose parent is not among them is left out (the first card is the root)."""
    children: dict[str | None, list[TreeCard]] = {}
    for card in cards:
        children.setdefault(card.parent, []).append(card)
    boxes: list[Box] = []

    def need(card: TreeCard) -> float:
        """Height of a card with everything below it; never less than its own, so that neighbours stay apart."""
        below = [need(child) for child in children.get(card.id, ())]
        return max(sizes.height(card), sum(below) + sizes.space * (len(below) - 1))

    def place(card: TreeCard, column: int, top: float) -> Box:
        own = sizes.height(card)
        at = len(boxes)
        kids = children.get(card.id, ())
        inner = sum(need(child) for child in kids) + sizes.space * max(0, len(kids) - 1)
        start = top + max(0.0, own - inner) / 2 if kids else top
        below = []
        for child in kids:
            below.append(place(child, column + 1, start))
            start += need(child) + sizes.space
        middle = (below[0].middle + below[-1].middle) / 2 if below else top + own / 2
        box = Box(card, column * (sizes.width + sizes.gap), max(top, middle - own / 2), sizes.width, own)
        boxes.insert(at, box)
        return box

    if cards:
        place(cards[0], 0, 0.0)
    width = max((b.x + b.width for b in boxes), default=0.0)
    return Layout(tuple(boxes), width, max((b.y + b.height for b in boxes), default=0.0))


def shortened(cards: Sequence[TreeCard], depth: int, most: int) -> tuple[TreeCard, ...]:
    """Arithmetic nodes down to `depth` levels below the root, at most `most` leaves: the branches of the smallest
    parts are folded first, so that a slide or a page stays readable."""
    places = depths(cards)
    kept: list[TreeCard] = []
    known: set[str | None] = {None}
    for card in cards:
        # what hangs below a belief leaves with it
        if card.edge != "influence" and places[card.id] <= depth and card.parent in known:
            kept.append(card)
            known.add(card.id)
    while True:
        parents = {c.parent for c in kept}
        leaves = [c for c in kept if c.id not in parents]
        if len(leaves) <= most:
            return tuple(kept)
        # fold the deepest, least important sibling group into its parent
        deepest = max(places[c.id] for c in leaves)
        groups: dict[str | None, float] = {}
        for c in kept:
            if places[c.id] == deepest:
                groups[c.parent] = max(groups.get(c.parent, 0.0), abs(c.contribution_share or 0.0))
        if deepest <= 1:
            return tuple(kept[: most + 1])
        least = min(groups, key=lambda parent: groups[parent])
        kept = [c for c in kept if not (places[c.id] == deepest and c.parent == least)]


def depths(cards: Sequence[TreeCard]) -> dict[str, int]:
    """How many steps every card is below the root."""
    found: dict[str, int] = {}
    for card in cards:
        found[card.id] = 0 if card.parent is None else found.get(card.parent, 0) + 1
    return found
