"""One typed line becomes a target: metric, segment, change, goal, date, owner; the rest is said back.

Offline, by the grammar of grammar/*.toml over catalogue names. Nothing is guessed silently: a choice that changes
numbers is a question, a wish that cannot be counted gets measurable offers, and what was not understood returns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from crmkpi.catalog.metric import Metric, metrics
from crmkpi.targets.language import QUOTED, Line, either, plain, stems
from crmkpi.targets.target import Target, read_target
from crmkpi.targets.wish_change import Change, take_change
from crmkpi.targets.wish_clauses import take_clauses
from crmkpi.targets.wish_due import Due, take_due
from crmkpi.targets.wish_metric import same_stem
from crmkpi.targets.wish_name import named_metric, quoted_metric
from crmkpi.targets.wish_offers import Offer, offers_for, take_topic
from crmkpi.targets.wish_repeat import compounded, pause_days, repeats, steps_to_due, take_pause

MAX_LENGTH = 500
GRAIN_WORDS = ("day", "week", "month", "quarter")


@dataclass(frozen=True)
class WishQuestion:
    """What a person must decide (default None) or may change (a default is taken meanwhile).

    codes: change_kind (relative | points) | which_metric | due_reading | percent_meant | inactivity_days |
    per_period | needs_current.
    """

    code: str
    options: tuple[str, ...]
    default: str | None = None


@dataclass(frozen=True)
class Wish:
    """A read line. `fields` are those of a Target; `missing` names what a target still needs.

    notes: codes of what is worth saying (wrong_direction, due_in_past, metric_not_fed, start_named).
    `not_understood`: pieces of the text nobody could read. `inactivity_days`: N of «более 90 дней». `steps`: periods
    until due of «на 2 % в месяц»; `compound`: the answer that each of them grows.
    """

    text: str
    fields: Mapping[str, Any]
    questions: tuple[WishQuestion, ...] = ()
    offers: tuple[Offer, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    inactivity_days: int | None = None
    stated_start: float | None = None
    steps: int = 0
    compound: bool = False

    @property
    def metric(self) -> str | None:
        """The metric that was meant."""
        return self.fields.get("metric")

    @property
    def vague(self) -> bool:
        """Whether the line says nothing that can be counted."""
        return bool(self.offers) and "goal" not in self.fields

    @property
    def ready(self) -> bool:
        """Whether it is a whole target with no open question."""
        return not self.missing and not any(q.default is None for q in self.questions)

    def target(self, **answers: Any) -> Target:
        """The target, with the fields that a person chose on top. Errors as read_target."""
        return read_target({**self.fields, **answers})


def read_wish(
    text: str,
    today: date,
    *,
    segments: Mapping[str, Sequence[str]] | None = None,
    fed: Collection[str] | None = None,
    inactivity_days: int = 90,
    current: Callable[[str], float | None] | None = None,
) -> Wish:
    """Read one line in Russian or English.

    today: the day the data are seen as of. segments: dimension -> values that occur. fed: metrics the data can
    feed. inactivity_days: the project's N. current: value of a metric now, for «на 500 заказов больше».
    """
    line = Line(text[:MAX_LENGTH].strip())
    pause = pause_days(line.text)
    fields: dict[str, Any] = {}
    comma = bool(re.search("[а-я]", line.text))
    name = quoted_metric(line)
    take_clauses(line, fields, today)
    name, alternatives, unsure = (name, (), False) if name else named_metric(line, fed)
    if pause is not None:
        take_pause(line)
    due = take_due(line, today)
    change = take_change(line, comma)
    step = repeats(line, change)
    _grain(line, fields, due)
    _take_segments(line, fields, segments or {})
    draft = _Draft(fields, name, change, due, today, alternatives, current, unsure)
    draft.fill()
    steps = steps_to_due(step, fields, today)
    if steps > 1:
        draft.questions.append(WishQuestion("per_period", ("total", "compound")))
    if pause is not None and name in _PAUSED and pause != inactivity_days:
        draft.questions.append(
            WishQuestion("inactivity_days", (str(pause), str(inactivity_days)), str(pause))
        )
    if name is not None and fed is not None and name not in fed:
        draft.notes.append("metric_not_fed")
    offers = offers_for(plain(text), name) if "goal" not in fields else ()
    take_topic(line, bool(offers))
    while line.take(either("clause.segment_word")) is not None:
        continue
    return Wish(
        text=text,
        fields=fields,
        questions=tuple(draft.questions),
        offers=offers,
        notes=tuple(draft.notes),
        missing=tuple(key for key in ("metric", "goal", "due") if key not in fields),
        not_understood=tuple(line.rest()),
        alternatives=alternatives,
        inactivity_days=pause,
        stated_start=draft.start,
        steps=steps,
    )


# metrics whose meaning depends on N days without a purchase
_PAUSED = frozenset(
    {"dormant_order_share", "dormant_orders", "dormant_customers", "reactivated_customers"}
    | {"reactivation_rate", "lost_share_90"}
)


def _grain(line: Line, fields: dict[str, Any], due: Due | None) -> None:
    for grain in GRAIN_WORDS:
        if line.take(either(f"grain.{grain}")) is not None:
            fields["grain"] = grain
            return
    if due is not None and due.grain is not None:
        fields["grain"] = due.grain


def _take_segments(line: Line, fields: dict[str, Any], segments: Mapping[str, Sequence[str]]) -> None:
    """Values of dimensions that were named in the rest of the line: «в Москве», "for VIP"."""
    for dimension, values in segments.items():
        if dimension in fields.get("where", {}):
            continue
        found = [value for value in values if value and _take_value(line, value)]
        if found:
            fields.setdefault("where", {})[dimension] = tuple(found)
            line.take(either("clause.place_word"))
    for value in [q for q in line.quotes if any(q in values for values in segments.values())]:
        dimension = next(d for d, values in segments.items() if value in values)
        fields.setdefault("where", {}).setdefault(dimension, ())
        fields["where"][dimension] += (value,)
        place = [m.start() for m in re.finditer(QUOTED, line.text)][line.quotes.index(value)]
        line.use(place, place + 1)


def _take_value(line: Line, value: str) -> bool:
    tokens, spans = line.tokens(), []
    for word in stems(value) or [plain(value)]:
        at = next((t for t in tokens if same_stem(word, t[0]) and t[1:] not in spans), None)
        if at is None:
            return False
        spans.append(at[1:])
    for start, end in spans:
        line.use(start, end)
    return True


@dataclass
class _Draft:
    """Fields of the target being put together, with questions and notes."""

    fields: dict[str, Any]
    name: str | None
    change: Change
    due: Due | None
    today: date
    alternatives: tuple[str, ...]
    current: Callable[[str], float | None] | None
    unsure: bool = False

    def __post_init__(self) -> None:
        self.questions: list[WishQuestion] = []
        self.notes: list[str] = []
        self.start: float | None = None

    def fill(self) -> None:
        """Metric, goal and due with their questions."""
        if self.due is not None:
            self.fields["due"] = self.due.day
            if self.due.other is not None:
                days = (self.due.day.isoformat(), self.due.other.isoformat())
                self.questions.append(WishQuestion("due_reading", days, days[0]))
            if self.due.day <= self.today:
                self.notes.append("due_in_past")
        if self.name is None:
            return
        self.fields["metric"] = self.name
        if self.alternatives:
            default = None if self.unsure else self.name
            self.questions.append(WishQuestion("which_metric", (self.name, *self.alternatives), default))
        if self.change.value is not None:
            self._goal(metrics()[self.name])
        elif self.change.hold and (now := self._now()) is not None:
            self.fields["goal"], self.fields["kind"] = now, _stay(metrics()[self.name])
        self._direction(metrics()[self.name])
        if self.unsure:
            # nothing is chosen for the person: the answer brings the metric
            del self.fields["metric"]

    def _now(self) -> float | None:
        return self.current(self.name) if self.current and self.name else None

    def _goal(self, metric: Metric) -> None:
        change, value = self.change, self.change.value
        assert value is not None
        kind = change.kind
        if kind in ("least", "change_least"):
            self.fields["kind"] = "stay_above"
        elif kind in ("most", "change_most"):
            self.fields["kind"] = "stay_below"
        elif change.hold:
            self.fields["kind"] = _stay(metric)
        if change.start is not None:
            self.start = self._level(metric, change.start.value, change.start.unit)
            self.notes.append("start_named")
        if change.factor:
            self._factor(metric)
        elif kind in ("by", "change_least", "change_most"):
            self._step(metric)
        else:
            self.fields["goal"] = self._level(metric, value.value, value.unit, ask=True)

    def _level(self, metric: Metric, value: float, unit: str, ask: bool = False) -> float:
        """A level in the metric's unit: «30» of a share is 30 %; «120 %» of money is a fifth more than now."""
        share = metric.unit == "share"
        if share and unit == "number" and abs(value) > 1:
            if ask:
                self.questions.append(WishQuestion("percent_meant", ("percent", "times"), "percent"))
            return value / 100
        if not share and unit == "percent" and ask:
            self.fields["change_type"] = "relative"
            return round(value - 1, 12)
        if not share and unit == "percent":
            return value * 100
        return value

    def _factor(self, metric: Metric) -> None:
        """«вдвое» is +100 %, «снизить в 2 раза» is -50 %; of a ratio with a bound, the factor is the level."""
        assert self.change.value is not None
        factor = self.change.value.value
        if metric.unit == "ratio" and self.change.kind == "least":
            self.fields["goal"] = factor
            return
        self.fields["change_type"] = "relative"
        self.fields["goal"] = round(1 / factor - 1 if self._down(metric) else factor - 1, 12)
        self.fields.pop("kind", None)

    def _step(self, metric: Metric) -> None:
        change, value = self.change, self.change.value
        assert value is not None
        size = value.value if value.signed or not self._down(metric) else -value.value
        if change.kind != "by":
            size = value.value
        if value.unit == "number" and metric.unit != "share":
            self._by_units(size)
            return
        self.fields["goal"] = size
        self.fields["change_type"] = "points" if value.unit == "points" else "relative"
        if value.unit == "number":
            self.fields["goal"] = size / 100
        if metric.unit == "share" and value.unit != "points" and not change.relative:
            # «на 15 %» of a share: 20 % becomes 23 % or 35 %, and nobody but the writer knows
            del self.fields["change_type"]
            self.questions.append(WishQuestion("change_kind", ("relative", "points")))

    def _by_units(self, size: float) -> None:
        """«на 500 заказов больше»: a level, once the value now is known."""
        now = self._now()
        if now is None:
            self.questions.append(WishQuestion("needs_current", (repr(size),)))
            return
        self.fields["goal"] = now + size

    def _down(self, metric: Metric) -> bool:
        if self.change.up is not None:
            return not self.change.up
        return metric.better == "down"

    def _direction(self, metric: Metric) -> None:
        """A growth of what should fall (or the other way round) is worth a word."""
        if self.change.up is None or self.change.hold or metric.better == "band" or "kind" in self.fields:
            return
        if self.change.up == (metric.better == "down"):
            self.notes.append("wrong_direction")


def _stay(metric: Metric) -> str:
    return "stay_below" if metric.better == "down" else "stay_above"


def answered(wish: Wish, code: str, option: str) -> Wish:
    """The wish after a person chose an option of one of its questions."""
    fields = dict(wish.fields)
    if code == "change_kind":
        fields["change_type"] = option
    elif code == "which_metric":
        fields["metric"] = option
    elif code == "due_reading":
        fields["due"] = date.fromisoformat(option)
    elif code == "percent_meant" and option == "times":
        fields["goal"] = fields["goal"] * 100
    elif code == "per_period" and option == "compound":
        wish = replace(wish, compound=True)
    if code in ("per_period", "change_kind") and wish.compound and "change_type" in fields:
        fields["goal"] = compounded(fields["goal"], fields["change_type"], wish.steps)
    days = int(option) if code == "inactivity_days" else wish.inactivity_days
    rest = tuple(q for q in wish.questions if q.code != code)
    missing = tuple(name for name in wish.missing if name not in fields)
    return replace(wish, fields=fields, questions=rest, inactivity_days=days, missing=missing)
