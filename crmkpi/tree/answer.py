"""Answer: why the number moved, in two or three plain sentences."""

from __future__ import annotations

from crmkpi.catalog.metric import metrics
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.tree.explain import Explained
from crmkpi.tree.shown import ShownNode

# a driver below this share of the largest one is not worth a sentence
WORTH_SAYING = 0.05


def answer(explained: Explained, words: Words) -> list[str]:
    """What happened, what did most of it, what worked against it; then the reason if nothing could be split.

    One sentence each, the largest drivers first. The first names both periods, the second the main driver of the
    root and what moved most inside it, the third the strongest driver on the other side.
    """
    sentences = [_headline(explained, words)]
    if explained.reason is not None:
        return [*sentences, words(f"why.{explained.reason}")]
    change = explained.top.change
    if not change:
        sentences += _balance(explained, words)
        return sentences
    drivers = [n for n in explained.children(explained.top.id) if n.contribution]
    for side, key in ((1.0, "main"), (-1.0, "against")):
        pull = [n for n in drivers if (n.contribution or 0.0) * change * side > 0]
        found = max(pull, key=lambda n: abs(n.contribution or 0.0), default=None)
        if found is not None and _worth(found, drivers):
            up = (found.contribution or 0.0) > 0
            sentences.append(_driver(explained, found, f"answer.{key}_{'up' if up else 'down'}", words))
    return sentences


def _worth(node: ShownNode, drivers: list[ShownNode]) -> bool:
    largest = max(abs(n.contribution or 0.0) for n in drivers)
    return abs(node.contribution or 0.0) >= WORTH_SAYING * largest


def _headline(explained: Explained, words: Words) -> str:
    top = explained.top
    facts = metrics().get(top.metric or "")
    # the catalogue's name: a tree may call its root by a wish ("Goal: grow LTV"), which makes no sentence
    label = facts.label[words.lang] if facts else top.text(words)
    comparison = words(
        "answer.against_plan"
        if explained.planned
        else f"answer.against_{_relation(explained.period, explained.vs)}",
        period=words.period(explained.period),
        vs=words.period(explained.vs),
    )
    if top.before is None or top.after is None or top.change is None:
        return words("answer.unknown", label=label, comparison=comparison)
    if top.change == 0:
        value = words.value(top.after, top.unit, short=True)
        return words("answer.same", label=label, value=value, comparison=comparison)
    key = f"answer.{'plan_' if explained.planned else ''}{'up' if top.change > 0 else 'down'}"
    share = None if top.before <= 0 or top.unit == "share" else abs(top.change) / top.before
    return words(
        key if share is not None else f"{key}_plain",
        label=label,
        share=words.percent(share),
        change=amount(top.change, top.unit, words),
        comparison=comparison,
        period=words.period(explained.period),
    )


def _relation(period: Period, vs: Period) -> str:
    if vs == period.previous():
        return "previous"
    return "year" if vs == period.year_ago() else "other"


def _balance(explained: Explained, words: Words) -> list[str]:
    """The root stands still: name the strongest pull up and the strongest pull down, if there are any."""
    drivers = [n for n in explained.children(explained.top.id) if n.contribution]
    if len(drivers) < 2:
        return []
    up = max(drivers, key=lambda n: n.contribution or 0.0)
    down = min(drivers, key=lambda n: n.contribution or 0.0)
    unit = explained.top.unit
    return [
        words(
            "answer.balance",
            up=up.text(words),
            plus=amount(up.contribution, unit, words),
            down=down.text(words),
            minus=amount(down.contribution, unit, words),
        )
    ]


def _driver(explained: Explained, node: ShownNode, key: str, words: Words) -> str:
    unit = explained.top.unit
    inside = _inside(explained, node)
    params = {"label": node.text(words), "part": amount(node.contribution, unit, words)}
    if inside is None:
        return words(key, **params)
    return words(
        f"{key}_inside",
        **params,
        inside=inside.text(words),
        inside_part=amount(inside.contribution, unit, words),
    )


def _inside(explained: Explained, node: ShownNode) -> ShownNode | None:
    """The child of a driver that pulled most in the driver's own direction; None with fewer than two children.

    A child, not the deepest leaf: below it, a base that grows by itself and a rate that falls for that reason
    would stand as two large opposite facts.
    """
    below = [n for n in explained.children(node.id) if n.contribution is not None]
    if len(below) < 2:
        return None
    sign = 1.0 if (node.contribution or 0.0) > 0 else -1.0
    along = [n for n in below if (n.contribution or 0.0) * sign > 0]
    return max(along, key=lambda n: abs(n.contribution or 0.0), default=None)


def amount(value: float | None, unit: str, words: Words) -> str:
    """A signed change in the unit of the root: money in short, shares in points."""
    text = words.points(value) if unit == "share" else words.value(value, unit, short=True)
    return words.signed(text, value)
