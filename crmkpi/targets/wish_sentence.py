"""A target as one sentence from its own fields, without data; `read_wish` reads it back to the same target."""

from __future__ import annotations

from decimal import Decimal

from crmkpi.catalog.metric import metrics
from crmkpi.i18n import Words
from crmkpi.targets.gather import facts_of
from crmkpi.targets.target import Guardrail, Target
from crmkpi.targets.wish_metric import label_repeats


def wish_sentence(target: Target, t: Words) -> str:
    """The whole target in words: metric, what is wanted, by when, how it is counted, for whom, by whom.

    Numbers are written out exactly, so that nothing is lost on the way back. The frozen baseline, notes and the
    owner's confidence are no part of the sentence.
    """
    clauses = [t(f"wish.sentence.grain_{target.grain}")]
    if target.measure == "total":
        clauses.append(t("wish.sentence.total"))
    clauses += [_segment(name, values, t) for name, values in target.where.items()]
    if target.shape != "auto":
        clauses.append(t(f"wish.sentence.shape_{target.shape}"))
    if target.baseline_date is not None:
        clauses.append(t("wish.sentence.start_on", day=target.baseline_date))
    clauses += [_guard(rail, t) for rail in target.guardrail]
    owner = "owner_me" if target.owner == "me" else "owner"
    clauses.append(t(f"wish.sentence.{owner}", owner=quoted(target.owner, t)))
    asked = t(
        "wish.sentence.whole",
        metric=named(target.metric, t),
        asked=asked_for(target, t),
        due=target.due,
        clauses="; ".join(clauses),
    )
    return asked


def asked_for(target: Target, t: Words) -> str:
    """The wanted change in words: «увеличить на 15 % от точки старта», «довести до 30 %», «держать не ниже 3»."""
    goal, share = target.goal, facts_of(target.metric).share
    if target.kind == "reach" and target.change_type == "absolute":
        return t("wish.sentence.to", goal=exact_number(goal, share, t))
    points = target.change_type == "points"
    size = exact_number(abs(goal), True, t, points)
    if target.kind == "reach":
        way = "up" if goal > 0 else "down" if goal < 0 else "same"
        return t(f"wish.sentence.{way}_{'points' if points else 'relative'}", size=size)
    if target.change_type == "absolute":
        return t(f"wish.sentence.{target.kind}", goal=exact_number(goal, share, t))
    sign = "minus" if goal < 0 else "plus"
    return t(f"wish.sentence.{target.kind}_{sign}", size=size)


def named(name: str, t: Words) -> str:
    """A metric's label in quotes, with its id where two metrics share the label."""
    label = quoted(metrics()[name].label[t.lang], t)
    return f"{label} [{name}]" if label_repeats(name, t.lang) else label


def quoted(text: str, t: Words) -> str:
    """A text in the language's quotation marks; the closing mark inside is doubled."""
    opening, closing = t("wish.sentence.quotes").split(" ")
    return opening + text.replace(closing, closing * 2) + closing


def exact_number(value: float, percent: bool, t: Words, points: bool = False) -> str:
    """A number with all its digits: a share as per cent, anything else as it is."""
    number = Decimal(repr(value)) * (100 if percent else 1)
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    text = text.replace(".", t("wish.sentence.decimal"))
    if points:
        return t("wish.sentence.points", number=text)
    return t("wish.sentence.percent", number=text) if percent else text


def _segment(dimension: str, values: tuple[str | None, ...], t: Words) -> str:
    said = [quoted(v, t) if v is not None else t("wish.sentence.blank") for v in values]
    return t("wish.sentence.only", dimension=quoted(dimension, t), values=", ".join(said))


def _guard(rail: Guardrail, t: Words) -> str:
    metric = named(rail.metric, t)
    if rail.floor is None:
        return t("wish.sentence.guard", metric=metric)
    facts = facts_of(rail.metric)
    bound = "most" if facts.better == "down" else "least"
    return t(f"wish.sentence.guard_{bound}", metric=metric, floor=exact_number(rail.floor, facts.share, t))
