"""How much: «на 15 %», «с 18 % до 30 %», «вдвое», "at least 20%", "+12 pp" become a goal and its kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from crmkpi.targets.language import Line, either, listed, numbered

NUM = r"[+-]?(?:\d{1,3}(?:[ ']\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
FACTORS = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
SIGN = "[$€£₽₸₴₺]|br"


def amount(tag: str) -> str:
    """Pattern of a number with its unit; `tag` makes the group names unique in one expression."""
    written = rf"(?P<w{tag}>{listed('numbers')}(?=\s+{either('unit.percent')}|\s+{either('unit.points')}))"
    scale = "|".join(f"(?P<{name}{tag}>{either(f'unit.{name}')})" for name in FACTORS)
    # «%» is no letter, so that a whole-word group would miss it after a digit
    share = rf"(?P<pp{tag}>{either('unit.points')})|(?P<pc{tag}>%|{either('unit.percent')})"
    kind = rf"{share}|{SIGN}|{either('unit.other')}"
    return (
        rf"(?P<am{tag}>[-+]?\s?(?:{SIGN})?(?:(?<![\d.,])(?P<n{tag}>{NUM})|{written})"
        rf"(?:\s*(?:(?<=\d)(?P<k{tag}>[km])(?!\w)|{scale}))?(?:\s*(?:{kind}))?)"
    )


@dataclass(frozen=True)
class Amount:
    """A number as typed. unit: percent (value already / 100) | points (/ 100) | number. signed: +, - was typed."""

    value: float
    unit: str
    signed: bool = False


@dataclass(frozen=True)
class Change:
    """What was asked for. kind: to (a level) | by (a change) | least | most | change_least | change_most.

    value is None when only a direction was said. up: None = not said. start: the level named as today's.
    """

    value: Amount | None = None
    kind: str = "to"
    up: bool | None = None
    better: bool = False
    hold: bool = False
    relative: bool = False
    start: Amount | None = None
    factor: bool = False


def take_change(line: Line, comma_decimal: bool) -> Change:
    """Take direction and amount out of a line. Nothing found: a Change without value and direction."""
    found = _factor(line) or _from_to(line, comma_decimal)
    if found is None:
        start = _start(line, comma_decimal)
        found = replace(_single(line, comma_decimal), start=start)
    relative = line.take(either("bound.relative")) is not None or found.relative
    return _directed(line, replace(found, relative=relative))


def read_amount(found: re.Match[str], tag: str, comma_decimal: bool) -> Amount:
    """The number of a match of `amount(tag)`."""
    parts = found.groupdict()
    written = parts[f"w{tag}"]
    text = (
        str(numbered("numbers", written)) if written else parts[f"n{tag}"].replace(" ", "").replace("'", "")
    )
    typed = parts[f"am{tag}"].strip()
    value = Decimal(_decimal(text.lstrip("+-"), comma_decimal))
    if typed.startswith("-"):
        value = -value
    letter = parts[f"k{tag}"]
    value *= {"k": 1_000, "m": 1_000_000}.get(letter or "", 1)
    for name, factor in FACTORS.items():
        value *= factor if parts[f"{name}{tag}"] else 1
    unit = "points" if parts[f"pp{tag}"] else "percent" if parts[f"pc{tag}"] else "number"
    return Amount(float(value / 100 if unit != "number" else value), unit, typed[:1] in "+-")


def _decimal(text: str, comma_decimal: bool) -> str:
    """One decimal point: in English `1,500` is a thousand and a half, in Russian one and a half."""
    groups = text.split(",")
    thousands = len(groups) > 1 and all(len(g.split(".")[0]) == 3 for g in groups[1:])
    if thousands and (not comma_decimal or len(groups) > 2):
        return text.replace(",", "")
    text = text.replace(",", ".")
    whole, dot, rest = text.rpartition(".")
    return whole.replace(".", "") + dot + rest


def _factor(line: Line) -> Change | None:
    """«вдвое», «в 3 раза», "double", "3x", «на треть»: a relative change."""
    bound = rf"(?:(?P<least>{either('bound.least')})\s+)?"
    number = rf"(?P<n>{NUM}|{listed('numbers')})"
    found = line.take(rf"{bound}(?:(?<!\w)(?:в|by|at)\s+)?{number}\s*{either('unit.times')}")
    found = found or line.take(rf"{bound}(?<!\w)(?P<n>\d+(?:[.,]\d+)?)x(?!\w)")
    if found is not None and not found["n"].startswith(("+", "-")):
        word = numbered("numbers", found["n"])
        value = float(word) if word else float(found["n"].replace(" ", "").replace(",", "."))
        return Change(Amount(value, "number"), "least" if found["least"] else "by", factor=True)
    for name, value in (("one_and_half", 1.5), ("double", 2.0), ("triple", 3.0)):
        if line.take(either(f"words.{name}")) is not None:
            return Change(Amount(value, "number"), "by", up=None, factor=True)
    for name, part in (("third", 1 / 3), ("quarter", 0.25), ("half", 0.5)):
        hit = line.take(either(f"words.{name}"))
        if hit is not None:
            down = False if hit.group() == "halve" else None
            return Change(Amount(part, "percent"), "by", up=down, relative=True)
    return None


def _from_to(line: Line, comma: bool) -> Change | None:
    found = line.take(
        rf"{either('bound.from')}\s+{amount('a')}\s*(?:{either('bound.to')}|->|→|-)\s*{amount('b')}"
    )
    if found is None:
        return None
    start, end = read_amount(found, "a", comma), read_amount(found, "b", comma)
    if end.unit == "percent" and start.unit == "number":
        start = replace(start, value=start.value / 100, unit="percent")
    return Change(end, "to", up=end.value >= start.value, start=start)


def _start(line: Line, comma: bool) -> Amount | None:
    found = line.take(rf"{either('bound.now')}\s*(?:[-:=]|at|is|около|составляет)?\s*{amount('a')}")
    return read_amount(found, "a", comma) if found else None


def _single(line: Line, comma: bool) -> Change:
    """One amount with the words before it."""
    for kind in ("least", "most"):
        found = line.take(
            rf"{either(f'bound.{kind}')}\s+{either('bound.start')}\s*(?:(?P<minus>minus|минус)|plus|плюс)?\s*{amount('a')}"
        )
        if found is not None:
            value = read_amount(found, "a", comma)
            value = replace(value, value=-value.value) if found["minus"] else value
            return Change(value, f"change_{kind}", relative=value.unit == "percent")
    for kind in ("least", "most"):
        found = line.take(rf"{either(f'bound.{kind}')}\s+{amount('a')}")
        if found is not None:
            return Change(read_amount(found, "a", comma), kind)
    for kind in ("by", "to"):
        pattern = rf"{either(f'bound.{kind}')}\s*{amount('a')}"
        pattern = rf"(?<!уровень )(?<!установлен )(?<!установлена ){pattern}" if kind == "by" else pattern
        found = line.take(pattern)
        if found is not None:
            return Change(read_amount(found, "a", comma), kind)
    found = line.take(rf"(?<!\w){amount('a')}(?!\w)")
    if found is None:
        return Change()
    value = read_amount(found, "a", comma)
    return Change(value, "by" if value.signed or value.unit == "points" else "bare")


def _directed(line: Line, change: Change) -> Change:
    """Direction words; a bare «рост на 15 %» is a change, a bare «выручка 10 млн» a level."""
    up = line.take(either("direction.up"))
    down = line.take(either("direction.down")) if up is None else None
    better = line.take(either("direction.better")) is not None
    hold = line.take(either("direction.hold")) is not None
    line.take(either("direction.reach"))
    said = True if up else False if down else change.up
    kind = change.kind
    if kind == "bare":
        moving = (up or down) and change.value is not None and change.value.unit == "percent"
        kind = "by" if moving else "to"
    if kind in ("least", "most") and (up or down) and not (hold or change.factor):
        kind = "to"
    return replace(change, kind=kind, up=said, better=better, hold=hold)
