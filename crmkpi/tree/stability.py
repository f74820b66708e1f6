"""Stability: would another reference period name another main cause of the same value?

The split of a change is exact for the two periods it is given, and says nothing about a third. So the same period is
split again against the others that a reader could have chosen: the one before, the year before, and the last three
together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from crmkpi.catalog.trees import Node
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.engine.result import Result
from crmkpi.i18n import Words
from crmkpi.periods import Coverage, Period
from crmkpi.tree.answer import amount
from crmkpi.tree.attribution import attribute_tree
from crmkpi.tree.explain import Explained
from crmkpi.tree.opening import coverage_of
from crmkpi.tree.whatif import identity_nodes

Kind = Literal["previous", "year", "mean"]
LAST = 3


@dataclass(frozen=True)
class Reference:
    """The same period against another reference. `mean`: the mean of its splits against the last three periods.

    change: the root's change against it; cause: id of the root's driver that did most in the direction of this
    change; part: its contribution, in root units.
    """

    kind: Kind
    periods: tuple[Period, ...]
    change: float
    cause: str
    part: float


@dataclass(frozen=True)
class Stability:
    """`cause`: the main cause as shown; `others`: what other reference periods name."""

    cause: str
    names: Mapping[str, str]
    unit: str
    others: tuple[Reference, ...]

    @property
    def stable(self) -> bool:
        """Whether every other reference names the same cause."""
        return all(other.cause == self.cause for other in self.others)

    def sentence(self, words: Words) -> str:
        """One sentence: the cause stays, or with which reference it becomes which."""
        if self.stable:
            return words("stability.same", cause=self.names[self.cause])
        said = [self._said(other, words) for other in self.others if other.cause != self.cause]
        return words("stability.other", list="; ".join(said))

    def _said(self, other: Reference, words: Words) -> str:
        return words(
            f"stability.{other.kind}",
            vs=words.period(other.periods[0]),
            cause=self.names[other.cause],
            part=amount(other.part, self.unit, words),
        )

    def as_dict(self, words: Words) -> dict[str, Any]:
        """The key `stability` in the JSON of `crmkpi tree`."""
        return {
            "cause": self.cause,
            "stable": self.stable,
            "references": [
                {
                    "kind": other.kind,
                    "periods": [p.text for p in other.periods],
                    "change": other.change,
                    "cause": other.cause,
                    "contribution": other.part,
                }
                for other in self.others
            ],
            "message": self.sentence(words),
        }


def stability(data: DataDir, found: Explained, words: Words, where: Sequence[Where] = ()) -> Stability | None:
    """The main cause against other reference periods; `where` as given to explain.

    None when nothing was split, the root did not move, the periods are windows (they have no neighbours of the same
    kind) or the data hold no other whole period to compare with.
    """
    top = found.top
    drivers = [n for n in found.children(top.id) if n.metric and n.contribution is not None]
    if not found.split or found.period.grain in ("window", "all"):
        return None
    ids = tuple(node.id for node in drivers)
    cause = main_cause({n.id: n.contribution or 0.0 for n in drivers}, top.change)
    if cause is None:
        return None
    covered = coverage_of(data, found.table)
    sets = references(covered, found.period, found.vs)
    others = _others(data, found, sets, ids, where)
    if not others:
        return None
    return Stability(cause[0], {n.id: n.text(words) for n in drivers}, top.unit, others)


def main_cause(parts: Mapping[str, float], change: float | None) -> tuple[str, float] | None:
    """The driver with the largest part in the direction of the change; None without a change or such a driver."""
    along = {name: part for name, part in parts.items() if change and part * change > 0}
    if not along:
        return None
    name = max(along, key=lambda n: abs(along[n]))
    return name, along[name]


def references(covered: Coverage, period: Period, vs: Period) -> dict[Kind, tuple[Period, ...]]:
    """Whole periods that could have been the reference instead of `vs`."""
    found: dict[Kind, tuple[Period, ...]] = {}
    line: list[Period] = []
    at = period.previous()
    while at is not None and covered.complete(at) and len(line) < LAST:
        line.append(at)
        at = at.previous()
    if line and line[0] != vs:
        found["previous"] = (line[0],)
    year = period.year_ago()
    if year not in (vs, period.previous()) and covered.complete(year):
        found["year"] = (year,)
    if len(line) == LAST:
        found["mean"] = tuple(line)
    return found


def _others(
    data: DataDir,
    found: Explained,
    sets: Mapping[Kind, tuple[Period, ...]],
    ids: Sequence[str],
    where: Sequence[Where],
) -> tuple[Reference, ...]:
    """One evaluation serves all references."""
    wanted = list(dict.fromkeys([found.period, *(p for group in sets.values() for p in group)]))
    if len(wanted) == 1:
        return ()
    names = sorted({node.metric for node in identity_nodes(found.drawn)})
    result = evaluate_periods(data, names, wanted, where=where)
    made = [_against(kind, group, found, ids, names, result) for kind, group in sets.items()]
    return tuple(reference for reference in made if reference is not None)


def _against(
    kind: Kind,
    group: tuple[Period, ...],
    found: Explained,
    ids: Sequence[str],
    names: list[str],
    result: Result,
) -> Reference | None:
    splits = [_split(found.drawn, names, result, period, found.period) for period in group]
    known = [split for split in splits if split is not None and all(i in split[1] for i in ids)]
    if len(known) < len(group):
        return None
    change = math.fsum(split[0] for split in known) / len(group)
    parts = {i: math.fsum(split[1][i] for split in known) / len(group) for i in ids}
    cause = main_cause(parts, change)
    return None if cause is None else Reference(kind, group, change, *cause)


def _split(
    root: Node, names: list[str], result: Result, vs: Period, period: Period
) -> tuple[float, dict[str, float]] | None:
    before = {name: result.value(name, vs.text) for name in names}
    after = {name: result.value(name, period.text) for name in names}
    split = attribute_tree(root, before, after)
    return None if split.change is None or not split.leaves else (split.change, split.contributions)
