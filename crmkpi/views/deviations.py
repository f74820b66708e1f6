"""Deviations: what left its usual range or its plan in the last complete periods, one message per root cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.check import check
from crmkpi.targets.plan import metric_name


@dataclass(frozen=True)
class DeviationCard:
    """One deviation. tone: good | bad | neutral; target: whose control point was missed, None for other kinds."""

    key: str
    metric: str
    tone: str
    title: str
    message: str
    target: str | None = None


@dataclass(frozen=True)
class DeviationsView:
    """One verdict, then the cards, the bad ones first."""

    direction: str
    headline: str
    watched: str
    cards: tuple[DeviationCard, ...]


def deviations_view(data: DataDir, project: Project, t: Words) -> DeviationsView:
    """The feed of the project as the data are now, at its own budget of false alarms a month."""
    found = check(data, project.targets, None, t, project.tree.template, project.false_alarms, project.rules)
    cards = tuple(_card(f, t) for f in found["findings"])
    bad = sum(card.tone == "bad" for card in cards)
    day = t.date(date.fromisoformat(found["as_of"]))
    if not cards:
        headline, direction = t("deviations.calm"), "good"
    elif bad:
        headline, direction = t.plural("deviations.bad", bad), "bad"
    else:
        headline, direction = t.plural("deviations.only_good", len(cards)), "good"
    watched = t("deviations.watched", n=sum(found["watched"].values()), day=day)
    return DeviationsView(direction, headline, watched, cards)


# at most so many false alarms a month: how often that is, in words
OFTEN = (0.2, 0.3, 0.6, 1.2, 2.5, 5.0)


def often_text(per_month: float, t: Words) -> str:
    """A budget of false alarms as people say it: «раз в месяц»."""
    step = sum(per_month > edge for edge in OFTEN)
    return t(f"deviations.often.{step}")


def _card(f: Mapping[str, Any], t: Words) -> DeviationCard:
    tone = {True: "good", False: "bad", None: "neutral"}[f["good"]]
    kind = f["code"] if f["code"] == "milestone_missed" else f"{f['code']}_{f['direction']}"
    return DeviationCard(
        key=f"{f['metric']}_{f['grain']}_{f['code']}_{f['target'] or ''}",
        metric=f["metric"],
        tone=tone,
        title=t(f"deviations.{kind}", metric=metric_name(t)(f["metric"])),
        message=_without_name(f["message"], metric_name(t)(f["metric"])),
        target=f["target"],
    )


def _without_name(message: str, name: str) -> str:
    """The sentence without «name»: at its head, for a card whose title already names the metric."""
    head, _, rest = message.partition(": ")
    if not rest or head.strip('«»“”"') != name:
        return message
    return rest[:1].upper() + rest[1:]
