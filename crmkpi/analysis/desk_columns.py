"""Which column of a test's file says what: the arm, what came of it, what was known before.

By content first (a value that means «control», ones and zeros, few values), by header second. A person may say
otherwise for each of them, and nothing is guessed where two readings would change the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from crmkpi.errors import CrmKpiError

MOST_ARMS = 12
MOST_SEGMENTS = 12
# a number of more kinds than this is a measurement, no kind of people
MOST_NUMBERED = 6
MOST_OUTCOMES = 8
CONTROL = re.compile(
    r"\bcontrols?\b|контрол|hold.?out|\bno[ _-]?(e[ -]?mail|mail|sms|push|message|treatment|ad|offer)\b"
    r"|\bплацебо|placebo|\bbaseline\b|\bctrl\b|без (рассыл|пис|сообщ|скид|воздейств)|не (писать|писали|отправ)"
    r"|\bpsa\b|untreated",
    re.IGNORECASE,
)
ARM = re.compile(
    r"(^|[ _.-])(arm|group|grp|variant|variation|treat\w*|test|version|bucket|cell|cohort|"
    r"experiment\w*|control|segment|ab|split|групп\w*|вариант|ветк\w*|тест\w*|контроль\w*|сегмент)([ _.-]|$)",
    re.IGNORECASE,
)
IS_CONTROL = re.compile(r"control|holdout|контрол", re.IGNORECASE)
SHARE = re.compile(
    r"visit|conver|click|open|purchas|bought|buyer|order|respon|retention|target|label|subscri|churn|success|attended"
    r"|визит|посе[тщ]|конвер|клик|кликн|откры|купил|покупа|покупк|заказ|отклик|целев|отпис|возврат|активн|верн",
    re.IGNORECASE,
)
MONEY = re.compile(
    r"spen[dt]|revenue|sales?\b|amount|money|gmv|margin|profit|order|value|income|check|sum(_|\b)"
    r"|сумм|выручк|оборот|потра|доход|маржа|прибыл|чек|заказ|покупк|оплат",
    re.IGNORECASE,
)
BEFORE = re.compile(
    r"(^|[ _.-])(pre\w*|before|prior|prev\w*|history|hist|past|last|baseline|до|прошл\w*|прежн\w*|"
    r"истори\w*|предыд\w*|раньше)([ _.-]|$)",
    re.IGNORECASE,
)
PERSON = re.compile(
    r"(^|[ _.-])(id|uid|user|users?id|customer|client|person|e-?mail|phone|клиент\w*|"
    r"покупател\w*|польз\w*|телефон|почта)([ _.-]|$)|(user|client|customer|subscriber)_?id",
    re.IGNORECASE,
)
NOT_OUTCOME = re.compile(
    r"exposure|index|^unnamed|age|recency|timestamp|date|day|hour|дата|возраст|час", re.I
)
ARM_LETTERS = ({"a", "b"}, {"а", "б"}, {"a", "b", "c"}, {"test", "control"}, {"тест", "контроль"})


class NoArmColumnError(CrmKpiError):
    """No column of the test's file tells its groups apart: `file`, `columns`."""

    code = "test_no_arm"


class NoControlArmError(CrmKpiError):
    """It is not known which of the groups was left alone: `column`, `known`."""

    code = "test_no_control"


class NoOutcomeError(CrmKpiError):
    """No column of the test's file holds a result: `file`, `columns`."""

    code = "test_no_outcome"


class NotInTestError(CrmKpiError):
    """The column or group asked for is not in the test's file: `name`, `known`."""

    code = "test_not_there"


@dataclass(frozen=True)
class TestColumns:
    """Columns of a test's file by their part in it. `control`: the value of `arm` that was left alone (None: unclear);
    `outcomes`: the first is the one meant to move; `before`: the same thing measured before the start, for CUPED;
    `segments`: what people were like before; `person`: one value a person."""

    __test__ = False
    arm: str
    control: str | None
    arms: tuple[str, ...]
    outcomes: tuple[str, ...]
    before: str | None
    segments: tuple[str, ...]
    person: str | None


def arm_text(column: pl.Expr | str) -> pl.Expr:
    """Arms as text: 0 and 1 without a decimal part, white space off."""
    text = (pl.col(column) if isinstance(column, str) else column).cast(pl.String).str.strip_chars()
    return text.str.replace(r"\.0$", "")


def arm_values(table: pl.DataFrame, column: str) -> list[str]:
    """The groups that a column would make, sorted."""
    values = table.select(arm_text(column)).to_series().drop_nulls().unique().to_list()
    return sorted(v for v in values if v)


def arm_candidates(table: pl.DataFrame) -> list[str]:
    """Columns that could tell the arms apart, the likeliest first."""
    scored = [(_arm_score(table, name), -place, name) for place, name in enumerate(table.columns)]
    return [name for score, _, name in sorted(scored, reverse=True) if score > 0]


def _arm_score(table: pl.DataFrame, name: str) -> int:
    kinds = table[name].drop_nulls().n_unique()
    if not 2 <= kinds <= MOST_ARMS:
        return 0
    values, called = arm_values(table, name), bool(ARM.search(name))
    score = 5 if any(CONTROL.search(v) for v in values) else 0
    score += 3 if called else 0
    score += 3 if {v.casefold() for v in values} in ARM_LETTERS else 0
    binary = set(values) == {"0", "1"}
    if binary and (SHARE.search(name) or MONEY.search(name)) and not called:
        return 0
    # a few kinds of people alone say nothing of a test
    return score if score >= 3 else 0


def control_of(column: str, values: list[str]) -> str | None:
    """The arm that was left alone: by its name, 0 of 0 and 1 (1 where the column says «control»), A of A and B."""
    named = [v for v in values if CONTROL.search(v)]
    if len(named) == 1:
        return named[0]
    if set(values) == {"0", "1"}:
        return "1" if IS_CONTROL.search(column) else "0"
    folded = {v.casefold(): v for v in values}
    if set(folded) in ARM_LETTERS and not {"test", "тест"} & set(folded):
        return folded[min(folded)]
    return None


def recognise(
    table: pl.DataFrame,
    file: str,
    *,
    arm: str | None = None,
    control: str | None = None,
    outcomes: tuple[str, ...] = (),
    before: str | None = None,
    segments: tuple[str, ...] | None = None,
) -> TestColumns:
    """The columns of a table with one row per person; what is given is taken as said.

    NoArmColumnError, NoOutcomeError where the file has none; NotInTestError for a name it has not.
    """
    for name in (arm, before, *outcomes, *(segments or ())):
        if name is not None and name not in table.columns:
            raise NotInTestError(name=name, known=", ".join(table.columns))
    chosen = arm or next(iter(arm_candidates(table)), None)
    if chosen is None:
        raise NoArmColumnError(file=file, columns=", ".join(table.columns))
    arms = arm_values(table, chosen)
    if len(arms) < 2 or len(arms) > MOST_ARMS:
        raise NoArmColumnError(file=file, columns=", ".join(table.columns))
    if control is not None and control not in arms:
        raise NotInTestError(name=control, known=", ".join(arms))
    person = next((c for c in table.columns if c != chosen and _is_person(table, c)), None)
    rest = [c for c in table.columns if c not in (chosen, person)]
    found = outcomes or _outcomes(table, rest, table.columns.index(chosen))
    if not found:
        raise NoOutcomeError(file=file, columns=", ".join(table.columns))
    left = [c for c in rest if c not in found]
    if before is None:
        numbers = [c for c in left if table[c].dtype == pl.Float64 and table[c].n_unique() > MOST_SEGMENTS]
        before = next((c for c in numbers if BEFORE.search(c)), None)
    if segments is None:
        segments = tuple(c for c in left if c != before and _is_segment(table, c))
    return TestColumns(
        chosen, control or control_of(chosen, arms), tuple(arms), tuple(found), before, segments, person
    )


def _outcomes(table: pl.DataFrame, names: list[str], arm_place: int) -> tuple[str, ...]:
    """Numbers with the header of a result; without one, the numbers that stand after the arm, else all."""
    numbers = [
        c
        for c in names
        if table[c].dtype == pl.Float64 and table[c].null_count() < table.height and not NOT_OUTCOME.search(c)
    ]
    fresh = [c for c in numbers if not BEFORE.search(c)]
    called = [c for c in fresh if SHARE.search(c) or MONEY.search(c)]
    after = [c for c in fresh if table.columns.index(c) > arm_place]
    return tuple((called or after or fresh)[:MOST_OUTCOMES])


def _is_person(table: pl.DataFrame, name: str) -> bool:
    return bool(PERSON.search(name)) and table[name].n_unique() > table.height / 2


def _is_segment(table: pl.DataFrame, name: str) -> bool:
    most = MOST_NUMBERED if table[name].dtype == pl.Float64 else MOST_SEGMENTS
    return 2 <= table[name].drop_nulls().n_unique() <= most
