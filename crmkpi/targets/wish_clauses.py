"""The parts of a target that are said after the goal: owner, segment, total, path, pair to guard, start date."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from crmkpi.catalog.metric import metrics
from crmkpi.targets.language import QUOTED, Line, either
from crmkpi.targets.wish_change import amount, read_amount
from crmkpi.targets.wish_due import take_date
from crmkpi.targets.wish_metric import exact

SHAPES = ("linear", "geometric", "logit", "s_curve", "lag", "seasonal")


def take_clauses(line: Line, fields: dict[str, Any], today: date) -> None:
    """Take every clause out of a line into the fields of a target."""
    _segments(line, fields)
    _guards(line, fields)
    _owner(line, fields)
    started = take_date(line, either("clause.start_on"), today)
    if started is not None:
        fields["baseline_date"] = started
    for shape in SHAPES:
        if line.take(either(f"shape.{shape}")) is not None:
            fields["shape"] = shape
    if line.take(either("measure.total")) is not None:
        fields["measure"] = "total"


def _segments(line: Line, fields: dict[str, Any]) -> None:
    """«только «country»: «UK», «France»», once for each dimension; «пусто» is a blank value."""
    value = rf"(?:{QUOTED}|{either('clause.blank')})"
    pattern = rf"{either('clause.only')}\s*{QUOTED}\s*[:=]\s*(?P<values>{value}(?:\s*,\s*{value})*)"
    while (found := line.take(pattern)) is not None:
        dimension, *names = line.quoted_in(found)
        left = iter(names)
        values = tuple(next(left) if QUOTED in part else None for part in found["values"].split(","))
        fields.setdefault("where", {})[dimension] = values


def _guards(line: Line, fields: dict[str, Any]) -> None:
    """«беречь «Маржинальность»: не ниже 20 %»; without a number the floor is the usual one."""
    bound = rf"\s*:\s*(?:{either('bound.least')}|{either('bound.most')})\s*{amount('a')}"
    pattern = rf"{either('clause.guard')}\s*{QUOTED}(?:\s*\[(?P<id>\w+)\])?(?P<bound>{bound})?"
    while (found := line.take(pattern)) is not None:
        name = found["id"] if found["id"] in metrics() else exact(line.quoted_in(found)[0])
        if name is None:
            continue
        comma = bool(re.search("[а-я]", line.text + found.group()))
        floor = read_amount(found, "a", comma).value if found["bound"] else None
        rail = {"metric": name, **({} if floor is None else {"floor": floor})}
        fields["guardrail"] = (*fields.get("guardrail", ()), rail)


def _owner(line: Line, fields: dict[str, Any]) -> None:
    """«отвечает «Даша»», «отвечаю я», "owner: Ann"."""
    if line.take(either("clause.me")) is not None:
        fields["owner"] = "me"
        return
    found = line.take(rf"{either('clause.owner')}\s*[:-]?\s*{QUOTED}")
    if found is not None:
        fields["owner"] = line.quoted_in(found)[0]
        return
    found = line.take(
        rf"{either('clause.owner')}\s*[:-]?\s*(?P<name>[^\W\d_]\w*(?: [^\W\d_]\w*)?)(?=\s*(?:[,.;]|$))"
    )
    if found is not None:
        fields["owner"] = line.shown[found.start("name") : found.end("name")]
