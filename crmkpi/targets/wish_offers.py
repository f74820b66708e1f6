"""Wishes that cannot be counted as they are said, and what can be measured instead (grammar/topics.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from crmkpi.targets.gather import facts_of
from crmkpi.targets.language import HERE, Line


@dataclass(frozen=True)
class Offer:
    """A measurable KPI instead of a vague wish: change relative or points, goal signed (.3 = +30 %)."""

    metric: str
    change: str
    goal: float


@cache
def topics() -> Mapping[str, tuple[str, tuple[Offer, ...]]]:
    """Vague wishes: pattern of how they are said, and what can be measured instead."""
    with (HERE / "topics.toml").open("rb") as file:
        raw = tomllib.load(file)
    return {
        name: ("|".join(body["said"]), tuple(Offer(**offer) for offer in body["offers"]))
        for name, body in raw.items()
    }


def offers_for(text: str, name: str | None) -> tuple[Offer, ...]:
    """Measurable offers: of the topic that was said, else the metric itself by a usual step."""
    found = [offers for said, offers in topics().values() if re.search(rf"(?<!\w)(?:{said})", text)]
    if name is not None:
        own = next((o for _, offers in topics().values() for o in offers if o.metric == name), None)
        rest = [o for offers in found for o in offers if o.metric != name]
        return tuple(dict.fromkeys([own or _usual(name), *rest]))[:3]
    return tuple(dict.fromkeys(o for offers in found for o in offers))[:3]


def _usual(name: str) -> Offer:
    """A tenth better: an example of the form, not a forecast."""
    return Offer(name, "relative", -0.1 if facts_of(name).better == "down" else 0.1)


def take_topic(line: Line, offered: bool) -> None:
    """A topic that was answered with offers was understood."""
    if offered:
        for said, _ in topics().values():
            while (found := re.search(rf"(?<!\w)(?:{said})", line.text)) is not None:
                line.use(found.start(), found.end())
