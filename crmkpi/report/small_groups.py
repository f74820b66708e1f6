"""Small groups: a number about fewer than five people is not shown to a reader with a link.

Hiding one group alone is no use where the total stands beside it: total minus the rest gives it back. So what is
hidden together always holds at least two groups and at least five people (complementary suppression).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, evaluate_periods
from crmkpi.periods import Period

LEAST_PEOPLE = 5


def people(metric: str, value: float | None, rows: int | None, customers: int | None) -> int | None:
    """How many people a number speaks of: customers behind it, rows where nobody is named, None = not about people.

    A count of people speaks of no more than it counts; a count of none speaks of those it was counted among.
    """
    if customers is None:
        return None
    size = customers or rows or 0
    if metrics()[metric].klass == "unique" and value:
        size = min(size, int(value))
    return size


def few(size: int | None) -> bool:
    """Whether a group is too small to be shown. An empty group tells nothing about anybody."""
    return size is not None and 0 < size < LEAST_PEOPLE


def hidden(sizes: Sequence[int | None]) -> frozenset[int]:
    """Positions of the groups to hide: the small ones, and the next smallest until the hidden are safe together."""
    gone = {i for i, size in enumerate(sizes) if few(size)}
    if not gone:
        return frozenset()
    rest = sorted((i for i, size in enumerate(sizes) if i not in gone and size), key=lambda i: sizes[i] or 0)
    while rest and (len(gone) < 2 or sum(sizes[i] or 0 for i in gone) < LEAST_PEOPLE):
        gone.add(rest.pop(0))
    return frozenset(gone)


def sizes(
    data: DataDir, names: Sequence[str], periods: Sequence[Period], where: tuple[Where, ...] = ()
) -> Mapping[str, int | None]:
    """The smallest number of people behind each metric in these periods; None where it is not about people."""
    if not names:
        return {}
    rows = evaluate_periods(data, list(names), list(periods), where=where).rows
    found: dict[str, int | None] = dict.fromkeys(names)
    for metric, value, count, customers in rows.select(
        "metric", "value", "n_rows", "n_customers"
    ).iter_rows():
        found[metric] = least(found[metric], people(metric, value, count, customers))
    return found


def segment_sizes(
    data: DataDir,
    metric: str,
    dimension: str,
    periods: Sequence[Period],
    where: tuple[Where, ...] = (),
) -> dict[str | None, int | None]:
    """The same for every segment of a dimension."""
    rows = evaluate_periods(data, [metric], list(periods), by=dimension, where=where).rows
    found: dict[str | None, int | None] = {}
    for segment, value, count, customers in rows.select(
        "segment", "value", "n_rows", "n_customers"
    ).iter_rows():
        found[segment] = least(found.get(segment), people(metric, value, count, customers))
    return found


def least(one: int | None, other: int | None) -> int | None:
    """The smaller of two sizes; unknown and empty ones do not count."""
    known = [x for x in (one, other) if x]
    return min(known) if known else (0 if 0 in (one, other) else None)
