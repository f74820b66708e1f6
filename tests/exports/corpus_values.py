"""Trouble in the values: every notation of numbers, dates, flags and ids, and the honest questions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from tests.exports.corpus import ROWS, Case, Written, case, comma, dot, english, grouped, text

RU_MONTHS = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]
RU_SHORT = ["янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"]
MINUS = "\u2212"
NBSP, NARROW = "\u00a0", "\u202f"
SUM, DAY = "Сумма заказа", "Дата заказа"


def _table(name: str, group: str, written: Written, mark: str = ";", **changes: object) -> Case:
    return case(name, group, text(written.header, written.cells(), mark), written, **changes)  # type: ignore[arg-type]


def numbers() -> list[Case]:
    """Notations of money; the sum must come out to the kopeck."""
    ru: dict[str, Callable[[Decimal], str]] = {
        "decimal comma": comma,
        "thousands by blank": lambda v: grouped(v, " ", ","),
        "thousands by nbsp": lambda v: grouped(v, NBSP, ","),
        "thousands by narrow nbsp": lambda v: grouped(v, NARROW, ","),
        "thousands by apostrophe": lambda v: grouped(v, "'", "."),
        "german notation": lambda v: grouped(v, ".", ","),
        "rouble sign": lambda v: grouped(v, " ", ",") + " ₽",
        "rub. behind": lambda v: grouped(v, NBSP, ",") + " руб.",
        "r. behind": lambda v: comma(v) + " р.",
        "RUB in front": lambda v: "RUB " + dot(v),
        "decimal point in a semicolon file": dot,
        "positive sign": lambda v: "+" + comma(v),
        "blanks around": lambda v: f"  {comma(v)} ",
        "four decimals": lambda v: comma(v) + "00",
    }
    out = [_table(name, "numbers", Written(money=how)) for name, how in ru.items()]
    en: dict[str, Callable[[Decimal], str]] = {
        "american notation": lambda v: grouped(v, ",", "."),
        "dollar sign": lambda v: "$" + grouped(v, ",", "."),
        "euro behind": lambda v: grouped(v, ".", ",") + " €",
        "USD behind": lambda v: dot(v) + " USD",
        "swiss apostrophe": lambda v: grouped(v, "\u2019", "."),
    }
    out += [_table(name, "numbers", english(money=how), ",") for name, how in en.items()]
    return out + _signs() + _holes() + _number_questions()


def _signs() -> list[Case]:
    """Every third amount is a return, written in the ways accountants write it."""
    head = Written().header
    signed = [o.amount if i % 3 else -o.amount for i, o in enumerate(ROWS)]
    ways: dict[str, Callable[[Decimal], str]] = {
        "parentheses are negative": lambda v: comma(v) if v >= 0 else f"({comma(-v)})",
        "parentheses with currency": lambda v: comma(v) + " ₽" if v >= 0 else f"({comma(-v)} ₽)",
        "trailing minus": lambda v: comma(v) if v >= 0 else comma(-v) + "-",
        "unicode minus": lambda v: comma(v) if v >= 0 else MINUS + comma(-v),
        "minus and blank": lambda v: comma(v) if v >= 0 else "- " + grouped(-v, " ", ","),
        "minus before currency": lambda v: comma(v) if v >= 0 else "-₽" + comma(-v),
    }
    out = []
    for name, how in ways.items():
        rows = [[*c[:3], how(v), *c[4:]] for c, v in zip(Written().cells(), signed, strict=True)]
        out.append(case(name, "numbers", text(head, rows), Written(), sums={SUM: float(sum(signed))}))
    return out


def _holes() -> list[Case]:
    """Cells that say nothing, and cells that are damaged: the others still add up, the damaged are counted."""
    head, out = Written().header, []
    rest = float(sum(o.amount for i, o in enumerate(ROWS) if i % 8))
    blanks = {"": (), "-": (), "—": (), "n/a": (), "#Н/Д": (), "пусто": (), "NULL": (), "NaN": ()}
    damaged = dict.fromkeys(
        ("#ЗНАЧ!", "#REF!", "inf", "1e309", "ошибка", "1 2 3,4,5", "#####"), ("unparsed",)
    )
    for cell, says in {**blanks, **damaged}.items():
        rows = [[*c[:3], c[3] if i % 8 else cell, *c[4:]] for i, c in enumerate(Written().cells())]
        out.append(
            case(
                f"amounts with {cell or 'blanks'}",
                "holes",
                text(head, rows),
                Written(),
                sums={SUM: rest},
                says=says,
            )
        )
    wide = [[*c, str(10**19 + i)] for i, c in enumerate(Written().cells())]
    out.append(
        case(
            "integers above 2**63",
            "holes",
            text([*head, "Номер карты лояльности"], wide),
            Written(),
            columns=(*head, "Номер карты лояльности"),
            ids={"Номер карты лояльности": [str(10**19 + i) for i in range(len(ROWS))]},
        )
    )
    share = [[*c, f"{i % 30},5 %"] for i, c in enumerate(Written().cells())]
    out.append(
        case("percent", "holes", text([*head, "Скидка, %"], share), Written(), columns=(*head, "Скидка, %"))
    )
    late = [[*c, "" if i < 39 else "1,5"] for i, c in enumerate(Written().cells())]
    out.append(
        case(
            "first value in the last row",
            "holes",
            text([*head, "Кешбэк"], late),
            Written(),
            columns=(*head, "Кешбэк"),
            sums={SUM: float(sum(o.amount for o in ROWS)), "Кешбэк": 1.5},
        )
    )
    return out


def _number_questions() -> list[Case]:
    """Sums that nobody can know: the file must be asked about."""
    head = ("Order ID", "Order date", "Customer ID", "Order total")
    cells = [[c[0], c[1], c[2]] for c in english().cells()]
    three = [[*c, f"{1 + i % 9},{100 + 7 * i}"] for i, c in enumerate(cells)]
    dots = [[*c, f"{1 + i % 9}.{100 + 7 * i}"] for i, c in enumerate(cells)]
    both = [[*c, "1.234,56" if i % 2 else "1,234.56"] for i, c in enumerate(cells)]
    currencies = [[*c, f"{100 + i}.50 {'USD' if i % 2 else 'EUR'}"] for i, c in enumerate(cells)]
    return [
        case(
            "one separator before three digits",
            "numbers",
            text(head, three, ",", quoting=1),
            rows=40,
            asks=("ambiguous_number", "Order total"),
        ),
        case(
            "one point before three digits",
            "numbers",
            text(head, dots, ","),
            rows=40,
            asks=("ambiguous_number", "Order total"),
        ),
        case(
            "two notations in one column",
            "numbers",
            text(head, both, "\t"),
            rows=40,
            sums={"Order total": 1234.56 * 40},
            says=("mixed_decimals",),
        ),
        case(
            "two currencies in one column",
            "numbers",
            text(head, currencies, ","),
            rows=40,
            asks=("currency", "Order total"),
        ),
    ]


def dates() -> list[Case]:
    """Notations of dates; every single row is compared."""
    ways: dict[str, tuple[Callable[[datetime], str], bool]] = {
        "dd.mm.yyyy": (lambda d: d.strftime("%d.%m.%Y"), False),
        "dd.mm.yyyy hh:mm:ss": (lambda d: d.strftime("%d.%m.%Y %H:%M:%S"), True),
        "d.m.yyyy h:mm": (lambda d: f"{d.day}.{d.month}.{d.year} {d.hour}:{d.minute:02d}", True),
        "dd.mm.yy": (lambda d: d.strftime("%d.%m.%y"), False),
        "dd.mm.yy hh:mm": (lambda d: d.strftime("%d.%m.%y %H:%M"), True),
        "iso date": (lambda d: d.strftime("%Y-%m-%d"), False),
        "iso with T": (lambda d: d.strftime("%Y-%m-%dT%H:%M:%S"), True),
        "iso with milliseconds": (lambda d: d.strftime("%Y-%m-%d %H:%M:%S.123"), False),
        "yyyymmdd": (lambda d: d.strftime("%Y%m%d"), False),
        "yyyy/mm/dd": (lambda d: d.strftime("%Y/%m/%d %H:%M"), True),
        "dd-mm-yyyy": (lambda d: d.strftime("%d-%m-%Y"), False),
        "dd/mm/yyyy with days above 12": (lambda d: d.strftime("%d/%m/%Y"), False),
        "5 января 2025": (lambda d: f"{d.day} {RU_MONTHS[d.month - 1]} {d.year}", False),
        "5 января 2025 г.": (lambda d: f"{d.day} {RU_MONTHS[d.month - 1]} {d.year} г.", False),
        "05 янв 2025": (lambda d: f"{d.day:02d} {RU_SHORT[d.month - 1]} {d.year}", False),
        "05-янв-25": (lambda d: f"{d.day:02d}-{RU_SHORT[d.month - 1]}-{d.year % 100}", False),
        "5 янв. 2025, 14:03": (lambda d: f"{d.day} {RU_SHORT[d.month - 1]}. {d.year}, {d:%H:%M}", True),
        "dd.mm.yyyy, hh:mm": (lambda d: d.strftime("%d.%m.%Y, %H:%M"), True),
        "dd.mm.yyyy with blanks": (lambda d: d.strftime("  %d.%m.%Y "), False),
        "hh:mm dd.mm.yyyy": (lambda d: d.strftime("%H:%M %d.%m.%Y"), True),
    }
    out = [_table(name, "dates", Written(day=how), minutes=timed) for name, (how, timed) in ways.items()]
    english_ways: dict[str, tuple[Callable[[datetime], str], bool]] = {
        "m/d/yyyy AM PM": (lambda d: f"{d.month}/{d.day}/{d.year} {d:%I:%M %p}", True),
        "mm/dd/yy": (lambda d: d.strftime("%m/%d/%y"), False),
        "Jan 5, 2025": (lambda d: f"{d:%b} {d.day}, {d.year}", False),
        "Jan 5, 2025 02:03 pm": (
            lambda d: f"{d:%b} {d.day}, {d.year} {d:%I:%M} {d:%p}".replace("AM", "am").replace("PM", "pm"),
            True,
        ),
        "January 5, 2025": (lambda d: f"{d:%B} {d.day}, {d.year}", False),
        "05-Jan-2025": (lambda d: d.strftime("%d-%b-%Y"), False),
        "5 Jan 2025": (lambda d: f"{d.day} {d:%b} {d.year}", False),
        "Sun, 05 Jan 2025": (lambda d: d.strftime("%a, %d %b %Y"), False),
    }
    out += [
        _table(n, "dates", english(day=how), "\t", minutes=timed) for n, (how, timed) in english_ways.items()
    ]
    return out + _zoned() + _serials() + _date_questions()


def _zoned() -> list[Case]:
    """Times with an offset stay as written: a day must not move."""
    zone = timezone(timedelta(hours=3))
    ways: dict[str, Callable[[datetime], str]] = {
        "iso with Z": lambda d: d.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "iso with offset": lambda d: d.replace(tzinfo=zone).isoformat(),
        "shopify time": lambda d: d.strftime("%Y-%m-%d %H:%M:%S +0300"),
        "UTC behind": lambda d: d.strftime("%Y-%m-%d %H:%M:%S UTC"),
    }
    return [_table(name, "dates", english(day=how), ",") for name, how in ways.items()]


def _serials() -> list[Case]:
    """Numbers that are dates because the header says so."""
    epoch = datetime(1970, 1, 1)
    ways: dict[str, tuple[Callable[[datetime], str], bool]] = {
        "excel serial": (lambda d: str((d - datetime(1899, 12, 30)).days), False),
        "unix seconds": (lambda d: str(int((d - epoch).total_seconds())), True),
        "unix milliseconds": (lambda d: str(int((d - epoch).total_seconds()) * 1000), True),
    }
    out = [_table(name, "dates", Written(day=how), minutes=timed) for name, (how, timed) in ways.items()]
    with_time = Written(
        day=lambda d: str(round((d - datetime(1899, 12, 30)) / timedelta(days=1), 8)).replace(".", ",")
    )
    whole = {DAY: [o.at for o in ROWS]}
    out.append(_table("excel serial with time", "dates", with_time, dates=whole))
    holes = Written(
        day=lambda d: "0000-00-00 00:00:00" if d.day == ROWS[3].at.day else d.strftime("%Y-%m-%d %H:%M:%S")
    )
    gone = {DAY: [None if o.at.day == ROWS[3].at.day else o.at for o in ROWS]}
    out.append(_table("0000-00-00 is no date", "dates", holes, dates=gone))
    damaged = Written(day=lambda d: "31.02.2025" if d == ROWS[5].at else d.strftime("%d.%m.%Y"))
    days = {DAY: [None if o is ROWS[5] else datetime(o.at.year, o.at.month, o.at.day) for o in ROWS]}
    out.append(_table("31 february", "dates", damaged, dates=days, says=("unparsed",)))
    two = Written(day=lambda d: d.strftime("%Y-%m-%d") if d.day % 2 else d.strftime("%d.%m.%Y"))
    out.append(_table("two notations of one date", "dates", two, minutes=False))
    return out


def _date_questions() -> list[Case]:
    """Days that could be months: asked, not guessed."""
    early = [o for o in ROWS if o.at.day <= 12]
    slash = english(rows=early, day=lambda d: d.strftime("%d/%m/%Y"))
    return [
        case(
            "dd/mm/yyyy that could be mm/dd",
            "dates",
            text(slash.header, slash.cells(), ","),
            rows=len(early),
            asks=("ambiguous_date_order", "Order date"),
        ),
        case(
            "d/m/yy that could be anything",
            "dates",
            text(
                slash.header,
                [
                    [r[0], f"{o.at.day}/{o.at.month}/{o.at.year % 100}", *r[2:]]
                    for r, o in zip(slash.cells(), early, strict=True)
                ],
                ",",
            ),
            rows=len(early),
            asks=("ambiguous_date_order", "Order date"),
        ),
    ]


def flags() -> list[Case]:
    """Words for yes and no."""
    pairs = (
        ("да", "нет"), ("Да", "Нет"), ("yes", "no"), ("TRUE", "FALSE"), ("ИСТИНА", "ЛОЖЬ"), ("1", "0"),
        ("+", "-"), ("Y", "N"), ("true", "false"), ("Вкл", "Выкл"), ("д", "н"),
    )  # fmt: skip
    out = [_table(f"flags {yes}/{no}", "flags", Written(yes=yes, no=no)) for yes, no in pairs]
    half = {"Согласие на рассылку": [1 if o.consent else None for o in ROWS]}
    unknown = Written(yes="да", no="")
    return [*out, _table("flags with blanks for unknown", "flags", unknown, flags=half)]


def ids() -> list[Case]:
    """Ids that a careless reader turns into numbers."""
    head = Written().header
    kept = {
        "leading zeros": lambda n: n.zfill(10),
        "eighteen digits": lambda n: "4600" + n.zfill(14),
        "letters and dashes": lambda n: f"AB-{n}/1",
        "hash in front": lambda n: f"#{n}",
        "year and number": lambda n: f"2025-{n[-4:]}",
        "like a date": lambda n: f"{int(n[-2:]) % 12 + 1:02d}-{n[-4:]}",
        "uuid": lambda n: f"3f2504e0-4f89-41d3-9a0c-0305e82c{n[-4:]}",
        "hexadecimal with e": lambda n: f"{n}e5",
    }
    out = []
    for name, how in kept.items():
        numbers = [how(o.number) for o in ROWS]
        out.append(
            _table(
                f"ids {name}",
                "ids",
                Written(number=how),
                ids={head[0]: numbers, head[2]: [o.customer for o in ROWS]},
            )
        )
    customers: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
        "saved as float": (lambda c: f"{17000 + int(c[1:])}.0", lambda c: str(17000 + int(c[1:]))),
        "saved as float with comma": (
            lambda c: f"{17000 + int(c[1:])},00",
            lambda c: str(17000 + int(c[1:])),
        ),
        "with blanks around": (lambda c: f" {c}  ", lambda c: c),
        "with an excel guard": (lambda c: f"'{c[1:]}", lambda c: c[1:]),
        "zero padded": (lambda c: c[1:].zfill(8), lambda c: c[1:].zfill(8)),
        "tenths of different length": (lambda c: f"1.{c[-2:]}0", lambda c: f"1.{c[-2:]}0"),
    }
    for name, (written, wanted) in customers.items():
        truth = {head[2]: [wanted(o.customer) for o in ROWS]}
        out.append(_table(f"customers {name}", "ids", Written(customer=written), ids=truth))
    guard = [[f'="{o.number.zfill(9)}"', *c[1:]] for o, c in zip(ROWS, Written().cells(), strict=True)]
    out.append(
        case(
            "ids in excel formulas",
            "ids",
            text(head, guard),
            Written(),
            ids={head[0]: [o.number.zfill(9) for o in ROWS]},
        )
    )
    broken = Written(customer=lambda c: f"{4 + int(c[-2:]) % 5},1{c[-1]}E+11")
    out.append(
        _table(
            "ids damaged by excel", "ids", broken, ids={}, mapping={}, table=None, says=("scientific_ids",)
        )
    )
    partly = Written(customer=lambda c: "4,1E+11" if c[-1] == "3" else "79160001" + c[1:])
    out.append(
        _table(
            "some ids damaged by excel",
            "ids",
            partly,
            ids={},
            mapping={},
            table=None,
            says=("scientific_ids",),
        )
    )
    mail = Written(customer=lambda c: f"User{c[1:]}@Example.COM")
    out.append(
        _table(
            "e-mail as customer",
            "ids",
            mail,
            ids={head[2]: [f"user{o.customer[1:]}@example.com" for o in ROWS]},
        )
    )
    nobody = Written(customer=lambda c: "" if c[-1] == "3" else c)
    truth = {head[2]: [None if o.customer[-1] == "3" else o.customer for o in ROWS]}
    out.append(_table("orders without customer", "ids", nobody, ids=truth))
    unsold = Written(money=lambda v: dot(v))
    out.append(_table("decimal points everywhere", "numbers", unsold))
    return out


def value_cases() -> list[Case]:
    """All of this module."""
    return [*numbers(), *dates(), *flags(), *ids()]
