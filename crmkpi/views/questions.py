"""Questions that only a person can decide: the same question of several files once, each answer with its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crmkpi.i18n import Words

# more at one time is an interrogation; the next ones come when these are answered
AT_ONCE = 3
# questions with a proposed answer that are shown as long as there is room
ASKED_ALOUD = ("anonymous_orders",)
# questions whose answers differ in money of sales
OF_MONEY = ("which_amount", "anonymous_orders", "currency", "duplicate_keys", "amount_includes_shipping")


@dataclass(frozen=True)
class Option:
    """One answer: its value, how it is called, and what comes of it («выручка 8,9 млн ₽»; "" if nothing is known)."""

    value: str
    label: str
    result: str


@dataclass(frozen=True)
class OpenQuestion:
    """A question with its options; `answer` = given or default, None while a person must decide.

    `files`: names of the cards it is about; one answer holds for all of them. `code`: what kind of question.
    """

    key: str
    text: str
    options: tuple[Option, ...]
    answer: str | None
    default: str | None
    changes_numbers: bool
    files: tuple[str, ...]
    code: str = ""


@dataclass(frozen=True)
class QuestionCard:
    """What is asked now: `must` (answered ones, at most three open, and proposed answers worth a look), `later` =
    open ones that wait behind them, `may` = decided by a marked default."""

    must: tuple[OpenQuestion, ...]
    later: int
    may: tuple[OpenQuestion, ...]

    @property
    def open(self) -> int:
        """How many questions have no answer yet."""
        return self.later + sum(q.answer is None for q in self.must)


def question_card(
    reports: Mapping[str, Mapping[str, Any]], answers: Mapping[str, Mapping[str, str]], t: Words
) -> QuestionCard:
    """All questions of all files on one card. `reports`: name of the card -> report with `questions`."""
    groups: dict[tuple[str, tuple[str, ...]], list[tuple[str, Mapping[str, Any]]]] = {}
    for name, report in reports.items():
        for question in report["questions"]:
            groups.setdefault((_key(question), tuple(question["options"])), []).append((name, question))
    found = [_question(same, answers, t) for same in groups.values()]
    must = sorted((q for q in found if q.default is None), key=lambda q: not q.changes_numbers)
    answered = [q for q in must if q.answer is not None]
    waiting = [q for q in must if q.answer is None]
    shown = [q for q in must if q in answered or q in waiting[:AT_ONCE]]
    marked = [q for q in found if q.default is not None]
    # the answer is proposed, but it is a choice of what the business looks at, not of how a cell is read
    beside = [q for q in marked if q.code in ASKED_ALOUD][: max(0, AT_ONCE - len(waiting))]
    later = tuple(q for q in marked if q not in beside)
    return QuestionCard((*shown, *beside), len(waiting[AT_ONCE:]), later)


def _key(question: Mapping[str, Any]) -> str:
    code, column = question["code"], question["column"]
    return str(code) if column is None else f"{code}:{column}"


def _question(
    same: Sequence[tuple[str, Mapping[str, Any]]], answers: Mapping[str, Mapping[str, str]], t: Words
) -> OpenQuestion:
    """One question of one or several files; it counts as answered when every file has the same answer."""
    question, key = same[0][1], _key(same[0][1])
    code, column = question["code"], question["column"]
    params = {"column": column, **{k: _day(v) for k, v in question.get("params", {}).items()}}
    text_key = f"question.{code}"
    given = {answers.get(name, {}).get(key, q["default"]) for name, q in same}
    defaults = {q["default"] for _, q in same}
    return OpenQuestion(
        key=key,
        text=t(text_key, **_printed(code, params, t)) if t.has(text_key) else f"{code} {column or ''}",
        options=tuple(_option(code, option, params, t) for option in question["options"]),
        answer=given.pop() if len(given) == 1 else None,
        default=defaults.pop() if len(defaults) == 1 else None,
        changes_numbers=question.get("changes_numbers", True),
        files=tuple(name for name, _ in same),
        code=code,
    )


def _day(value: Any) -> Any:
    """Days travel as ISO text."""
    if isinstance(value, str) and len(value) == 10 and value[4:5] == value[7:8] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def _printed(code: str, params: Mapping[str, Any], t: Words) -> dict[str, Any]:
    """Sums in the sentence as money."""
    if code not in OF_MONEY:
        return dict(params)
    return {k: t.money(v) if isinstance(v, float) and k != "share" else v for k, v in params.items()}


def _option(code: str, option: str, params: Mapping[str, Any], t: Words) -> Option:
    key = f"question.{code}_{option}"
    label = t(key, **_printed(code, params, t)) if t.has(key) else option
    # some answers say their sum themselves
    said = code in ("duplicate_keys", "amount_includes_shipping") and t.has(key)
    return Option(option, label, "" if said else _result(code, option, params, t))


def _result(code: str, option: str, params: Mapping[str, Any], t: Words) -> str:
    """What the answer leads to, where the file itself tells: a sum, a count, a day."""
    sums = params.get("sums")
    value = params.get(f"sum_{option}", sums.get(option) if isinstance(sums, Mapping) else params.get(option))
    if isinstance(value, date):
        return t("data_ui.result_day", day=t.date(value))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    if code == "currency":
        return t("data_ui.result_revenue", money=Words(t.lang, option).money(value))
    if code in OF_MONEY:
        money = t.money(value)
        return (
            money
            if code in ("duplicate_keys", "amount_includes_shipping")
            else t("data_ui.result_revenue", money=money)
        )
    return t("data_ui.result_sum", sum=t.number(value))
