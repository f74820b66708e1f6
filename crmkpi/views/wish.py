"""The typed line on screen: what was understood, what must be chosen (with both results), what was not understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.coach import read_line
from crmkpi.targets.coach_text import offer_text, question_text, wish_texts
from crmkpi.targets.gather import Gather, data_to, facts_of, filter_of
from crmkpi.targets.plan import metric_name
from crmkpi.targets.resolve import resolve
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.target import Target
from crmkpi.targets.wish import Wish, WishQuestion, answered
from crmkpi.targets.wish_repeat import compounded
from crmkpi.views.targets import first_due, refusal


@dataclass(frozen=True)
class WishOption:
    """One answer as a button. `refused`: why it cannot be (a share beyond 100 %), None when it can."""

    value: str
    label: str
    chosen: bool = False
    refused: str | None = None


@dataclass(frozen=True)
class WishAsked:
    """One question with its answers."""

    code: str
    text: str
    options: tuple[WishOption, ...]


@dataclass(frozen=True)
class WishOffered:
    """A measurable KPI instead of a vague wish. `fed`: the loaded data feed it; fields: those of a target."""

    text: str
    fed: bool
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class WishView:
    """A read line. fields: what fills the form; `inactivity_days`: N that the project should take, None = as it is."""

    understood: str
    questions: tuple[WishAsked, ...]
    offers: tuple[WishOffered, ...]
    said: tuple[str, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)
    inactivity_days: int | None = None


def wish_view(
    data: DataDir, project: Project, text: str, answers: Mapping[str, str], fed: frozenset[str], t: Words
) -> WishView:
    """Read the line and apply the answers given so far. `fed`: metrics a target can be set on."""
    read = read_line(data, text)
    wish = read
    for code, option in answers.items():
        if any(q.code == code for q in wish.questions):
            wish = answered(wish, code, option)
    fields = dict(wish.fields)
    if any(q.code == "change_kind" for q in wish.questions):
        # without an answer the number means two different goals: the form must not hold either
        fields.pop("goal", None)
    days = wish.inactivity_days if "inactivity_days" in answers else None
    asked = tuple(_asked(data, read, wish, q, answers, t) for q in read.questions)
    offers = tuple(
        WishOffered(offer_text(o, t), o.metric in fed, _offered(data, o, fed)) for o in read.offers
    )
    return WishView(
        understood=_understood(fields, t),
        questions=asked,
        offers=offers,
        said=tuple(wish_texts(wish, t)),
        fields=fields if fields.get("metric") in fed else {},
        inactivity_days=None if days == data.meta.inactivity_days else days,
    )


def _offered(data: DataDir, offer: Any, fed: frozenset[str]) -> dict[str, Any]:
    if offer.metric not in fed:
        return {}
    due = first_due(data, offer.metric)
    return {"metric": offer.metric, "goal": offer.goal, "change_type": offer.change, "due": due}


def _understood(fields: Mapping[str, Any], t: Words) -> str:
    """Metric and date as they were read, empty when nothing was."""
    found = []
    if "metric" in fields:
        found.append(t("wishline.metric", name=metric_name(t)(fields["metric"])))
    if fields.get("where"):
        values = [str(v) for values in fields["where"].values() for v in values]
        found.append(t("wishline.segment", values=", ".join(values)))
    if "due" in fields:
        found.append(t("wishline.due", day=fields["due"]))
    return t("wishline.understood", parts=", ".join(found)) if found else ""


def _asked(
    data: DataDir, read: Wish, wish: Wish, question: WishQuestion, answers: Mapping[str, str], t: Words
) -> WishAsked:
    chosen = answers.get(question.code, question.default)
    if question.code == "needs_current":
        return WishAsked(question.code, question_text(read, question, t), ())
    options = []
    for value in question.options:
        label, refused = _option(data, wish, read, question.code, value, t)
        options.append(WishOption(value, label, value == chosen, refused))
    return WishAsked(question.code, question_text(read, question, t), tuple(options))


def _option(data: DataDir, wish: Wish, read: Wish, code: str, value: str, t: Words) -> tuple[str, str | None]:
    if code == "change_kind":
        return _result(data, {**wish.fields, "goal": read.fields["goal"], "change_type": value}, t)
    if code == "which_metric":
        return metric_name(t)(value), None
    if code == "due_reading":
        return t.date(date.fromisoformat(value)), None
    if code == "inactivity_days":
        return t("wishline.days", n=int(value)), None
    if code == "per_period" and value == "compound" and "change_type" in wish.fields:
        return _compound(read, str(wish.fields["change_type"]), t), None
    return t(f"wishline.{code}_{value}"), None


def _compound(read: Wish, kind: str, t: Words) -> str:
    """What a change of every period comes to by the due date: «за каждый период: всего +19,5 %»."""
    whole = compounded(read.fields["goal"], kind, read.steps)
    size = t.points(whole) if kind == "points" else t.percent(whole)
    return t("wishline.per_period_whole", size=t.signed(size, whole))


def _result(data: DataDir, fields: dict[str, Any], t: Words) -> tuple[str, str | None]:
    """Where a reading of the number leads: «15 % от нынешнего: с 18,3 % до 21,1 %»."""
    day = data_to(data)
    target = Target.model_validate({"due": day, **fields})
    unit = metrics()[target.metric].unit
    size = t.points(target.goal) if target.change_type == "points" else t.percent(target.goal)
    label = t(f"wishline.{target.change_type}", size=t.signed(size, target.goal))
    own = Gather(data, day).series(target.metric, target.grain, filter_of(target))
    try:
        found = resolve(target, facts_of(target.metric), own, day, TargetSettings())
    except CrmKpiError as error:
        return label, refusal(error, t)
    start, goal = t.value(found.baseline_value, unit), t.value(found.goal, unit)
    return t("wishline.result", what=label, start=start, goal=goal), None
