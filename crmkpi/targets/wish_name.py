"""The metric of a typed line: quoted, named in free words, or a whole family of which a person must choose."""

from __future__ import annotations

import re
from collections.abc import Collection

from crmkpi.catalog.metric import metrics
from crmkpi.targets.language import QUOTED, Line, either
from crmkpi.targets.wish_metric import exact, find_metrics, near, take_literal

# one word that names a whole family: which of them is meant changes the numbers, so it is asked
FAMILIES: dict[str, tuple[str, ...]] = {
    "conversion": (
        "conversion_message",
        "conversion_site",
        "trigger_conversion",
        "mass_conversion",
        "landing_conversion",
        "lead_win_rate",
    )
}


def named_metric(line: Line, fed: Collection[str] | None) -> tuple[str | None, tuple[str, ...], bool]:
    """The metric, others that may be meant, and whether a person must choose (only a family was named)."""
    name, others = _spoken_metric(line, fed)
    for family, members in FAMILIES.items():
        # «конверсия в покупку»: the family's own word was left, so the rest is no metric of its own
        if line.take(either(f"family.{family}")) is not None:
            known = [m for m in members if m in metrics() and (fed is None or m in fed)]
            known = known or [m for m in members if m in metrics()]
            return known[0], tuple(known[1:]), len(known) > 1
    return name, others, False


def _spoken_metric(line: Line, fed: Collection[str] | None) -> tuple[str | None, tuple[str, ...]]:
    """The metric named in free words, and others that were named too or fit just as well."""
    name, others = take_literal(line), []
    if name is not None:
        while (other := take_literal(line)) is not None:
            others.append(other)
        return name, tuple(o for o in dict.fromkeys(others) if o != name)
    hits = find_metrics(line, fed)
    if not hits:
        return None, ()
    for start, end in hits[0].spans:
        line.use(start, end)
    return hits[0].metric, near(hits)


def quoted_metric(line: Line) -> str | None:
    """A quoted name at the beginning, or the first quoted text that is a metric's label."""
    for turn, quoted in enumerate(line.quotes):
        name = exact(quoted)
        if name is not None:
            place = [m.start() for m in re.finditer(QUOTED, line.text)][turn]
            tail = re.match(r"\s*\[(\w+)\]", line.text[place + 1 :])
            if tail and tail.group(1) in metrics():
                name = tail.group(1)
            line.use(place, place + 1 + (tail.end() if tail else 0))
            return name
    return None
