"""Dates and times as exports write them: shapes of values -> strptime formats -> typed expression.

A column may mix a few forms (with and without seconds); each becomes one format. Day or month first is a
property of the column: proven by a component above 12, dots mean day.month, otherwise we ask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import polars as pl

from crmkpi.ingest.cells import ZERO_DATES, stripped
from crmkpi.ingest.period_dates import FORM as PERIODS
from crmkpi.ingest.period_dates import all_periods, period_day

_MONTHS = (
    ("января", "январь", "янв", "january", "jan"),
    ("февраля", "февраль", "фев", "февр", "february", "feb"),
    ("марта", "март", "мар", "march", "mar"),
    ("апреля", "апрель", "апр", "april", "apr"),
    ("мая", "май", "may"),
    ("июня", "июнь", "июн", "june", "jun"),
    ("июля", "июль", "июл", "july", "jul"),
    ("августа", "август", "авг", "august", "aug"),
    ("сентября", "сентябрь", "сент", "сен", "september", "sept", "sep"),
    ("октября", "октябрь", "окт", "october", "oct"),
    ("ноября", "ноябрь", "ноя", "нояб", "november", "nov"),
    ("декабря", "декабрь", "дек", "december", "dec"),
)
_NAMES = sorted(
    ((name, f"M{i:02d}") for i, row in enumerate(_MONTHS, 1) for name in row), key=lambda pair: -len(pair[0])
)
_WEEKDAY = (
    r"^(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun|"
    r"понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|пн|вт|ср|чт|пт|сб|вс)\.?,?\s+"
)
_TIME = r"(?:(?P<join>T|,?\s+)9{1,2}:99(?P<sec>:99(?P<frac>[.,]9{1,9})?)?(?P<half>\s?[AP]M)?)?"
_ZONE = r"(?P<zone>\s?(?:Z|UTC|GMT|MSK|[-+]99:?(?:99)?))?"
_FORMS: tuple[tuple[str, str], ...] = (
    (r"9999(?P<s>[-/.])9{1,2}(?P=s)9{1,2}", "%Y{s}%m{s}%d"),
    (r"9{1,2}(?P<s>[./-]|\s)9{1,2}(?P=s)9999", "{a}{s}{b}{s}%Y"),
    (r"9{1,2}(?P<s>[./-])9{1,2}(?P=s)99", "{a}{s}{b}{s}%y"),
    (r"9{1,2}(?P<s>[ .-]?)M99(?P<u>,?[ .-]?)9999", "%d{s}M%m{u}%Y"),
    (r"9{1,2}(?P<s>[ .-])M99(?P<u>,?[ .-])99", "%d{s}M%m{u}%y"),
    (r"M99(?P<s>[ .-])9{1,2}(?P<u>,?\s)9999", "M%m{s}%d{u}%Y"),
    (r"9999(?P<s>[ .-])M99(?P<u>[ .-])9{1,2}", "%Y{s}M%m{u}%d"),
)
_MONTH_FORMS: tuple[tuple[str, str], ...] = (
    (r"9999(?P<s>[-/.])99", "%Y{s}%m"),
    (r"99(?P<s>[-/.])9999", "%m{s}%Y"),
    (r"M99(?P<s>[ .,-]{1,2})9999", "M%m{s}%Y"),
    (r"M99(?P<s>[ .,'-]{1,2})99", "M%m{s}%y"),
    (r"9999(?P<s>[ .,-]{1,2})M99", "%Y{s}M%m"),
)
SERIALS = ("excel", "epoch_s", "epoch_ms", PERIODS)
MOST_FORMS = 6
# what stands in a column of dates where nothing has happened; anything with a digit is read as a date
NO_DATE = (
    r"(?i)^\s*(?:(?:еще |ещё )?(?:не|not)(?: |$)[^\d]*|нет[^\d]*|никогда|ни разу|без срока|бессрочн\w*|"
    r"never|no|none yet|no date|open|ongoing|в работе|активн\w*|active|unlimited)\s*$"
)


@dataclass(frozen=True)
class DateForm:
    """How a column writes dates: formats (most frequent first), the proof of day or month first."""

    formats: tuple[str, ...]
    covered: int
    unclear: bool = False
    order: str | None = None
    example: str | None = None
    slash: bool = False
    half_day: bool = False


def named(cell: pl.Expr) -> pl.Expr:
    """Month names of both languages as M01..M12, weekday, year word, ordinals and «в» gone."""
    text = stripped(cell).str.to_lowercase().str.replace(_WEEKDAY, "")
    text = text.str.replace_many([n for n, _ in _NAMES], [m for _, m in _NAMES], leftmost=True)
    text = text.str.replace(r"(M\d\d)\.(\s|\d{4}\b)", "$1 $2").str.replace_all(r"(\d)(?:st|nd|rd|th)\b", "$1")
    text = text.str.replace(r"(\d{4})\s*(?:года|год|г)\b\.?", "$1").str.replace(
        r"(\d),?\s+(?:в|at)\s+(\d)", "$1 $2"
    )
    # GMT+0300 (JavaScript) is the offset +0300
    text = text.str.replace(r"\b(?:utc|gmt)([-+]\d)", "$1").str.replace(r"\s?\b(?:utc|gmt)$", " UTC")
    text = (
        text.str.replace_all(r"(^|[\d\s])([ap])\.?m\b\.?", "${1}${2}M")
        .str.replace("aM", "AM")
        .str.replace("pM", "PM")
    )
    return text.str.replace_all(r"\s+", " ").str.replace(r"(\d)t(\d)", "${1}T$2").str.replace(r"z$", "Z")


def numeric(cell: pl.Expr) -> pl.Expr:
    """A date of digits only: white space collapsed, AM/PM upper-case, zone names as offsets."""
    text = stripped(cell).str.replace_all(r"[\s\u00a0\u202f]+", " ")
    return (
        text.str.replace(r"(?i)([ap])\.?m\.?$", "${1}M").str.replace(r"aM$", "AM").str.replace(r"pM$", "PM")
    )


def shapes(distinct: pl.DataFrame, names: bool) -> pl.DataFrame:
    """Shapes of values (digits as 9) with the rows behind them: columns v, n in; shape, n out."""
    text = named(pl.col("v")) if names else numeric(pl.col("v"))
    shaped = text.str.replace_all(r"M\d\d", "#").str.replace_all(r"\d", "9").str.replace_all("#", "M99")
    # fractions of a second differ in length and mean the same
    shaped = shaped.str.replace(r"(:99[.,])9+", "${1}9")
    return distinct.group_by(shaped.alias("shape")).agg(pl.col("n").sum())


def format_of(shape: str, order: str) -> str | None:
    """strptime format of a shape, or None. `order` is dmy, mdy or ymd and settles `99/99/9999`."""
    for pattern, text in _FORMS:
        found = re.fullmatch(pattern + _TIME + _ZONE, shape)
        if found:
            return _date_format(text, found, order) + _time_format(found)
    for pattern, text in _MONTH_FORMS:
        found = re.fullmatch(pattern, shape)
        if found:
            return text.format(s=found["s"])
    clock_first = re.fullmatch(
        r"9{1,2}:99(?P<sec>:99)?(?P<join>,?\s)9{1,2}\.9{1,2}\.(?P<year>9999|99)", shape
    )
    if clock_first:  # only with dots, which need no proof that the day stands before the month
        clock = "%H:%M:%S" if clock_first["sec"] else "%H:%M"
        return f"{clock}{clock_first['join']}%d.%m." + ("%Y" if clock_first["year"] == "9999" else "%y")
    if re.fullmatch(r"99999999T999999Z?", shape):
        return "%Y%m%dT%H%M%S" + ("%z" if shape.endswith("Z") else "")
    return None


def _date_format(text: str, found: re.Match[str], order: str) -> str:
    first, second = ("%d", "%m") if order == "dmy" else ("%m", "%d")
    made = text.format(a=first, b=second, s=found["s"], u=found.groupdict().get("u") or "")
    if order == "ymd" and "%y" in made and "M%m" not in made:
        made = "%y{s}%m{s}%d".format(s=found["s"])
    return made


def _time_format(found: re.Match[str]) -> str:
    if found["join"] is None:
        return " %z" if found["zone"] else ""
    hour = "%I" if found["half"] else "%H"
    text = found["join"] + hour + ":%M" + (":%S" if found["sec"] else "")
    text += "%.f" if found["frac"] else ""
    if found["half"]:
        text += (" " if found["half"].startswith(" ") else "") + "%p"
    return text + ("%z" if found["zone"] else "")


def date_form(
    distinct: pl.DataFrame, order: str | None = None, sample: pl.DataFrame | None = None
) -> DateForm:
    """Formats of a column from its distinct values (v) and their rows (n).

    `order` is a person's answer; without it the order is proven, follows the dots, or stays unclear. `sample`: some
    of the values; where its one format reads every value, the shapes of all the others need not be made.
    """
    proof = _order(distinct) if order is None else (order, False, None)
    if sample is not None and sample.height < distinct.height:
        form = _formed(sample, proof)
        if len(form.formats) == 1 and not moments(distinct["v"], form.formats).has_nulls():
            return replace(form, covered=int(distinct["n"].sum()))
    return _formed(distinct, proof)


def moments(values: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """`moment` of every value: cells that need no tidying are tried first, which is several times faster."""
    frame = values.alias("v").to_frame()
    if len(formats) == 1 and formats[0] not in SERIALS:
        quick = frame.select(moment(pl.col("v"), formats, clean=True)).to_series()
        if not quick.has_nulls():
            return quick
    return frame.select(moment(pl.col("v"), formats)).to_series()


def _formed(distinct: pl.DataFrame, proof: tuple[str, bool, str | None]) -> DateForm:
    names = bool(distinct["v"].str.replace(r"\s(?:UTC|GMT|MSK)$", "").str.contains(r"(?i)[a-zа-я]{3,}").any())
    table = shapes(distinct, names)
    if table.height > 400:
        return DateForm((), 0)
    made: dict[str, int] = {}
    for shape, rows in table.select("shape", "n").iter_rows():
        fmt = format_of(shape, proof[0]) if shape is not None else None
        if fmt is not None:
            fmt = fmt.replace("%S,%", "%S%")
            made[fmt] = made.get(fmt, 0) + rows
    # %Y also reads two digits (year 26), so the two-digit year is tried first
    formats = sorted(made, key=lambda f: ("%y" not in f, -made[f], f))[:MOST_FORMS]
    return DateForm(
        formats=tuple(formats),
        covered=sum(made[f] for f in formats),
        unclear=proof[1],
        order=proof[0],
        example=proof[2],
        slash=any(re.match(r"%[dm][/-]", f) for f in formats),
        half_day=any("%p" in f for f in formats),
    )


def _order(distinct: pl.DataFrame) -> tuple[str, bool, str | None]:
    """(order, unclear, example) from the first two components of all distinct values."""
    parts = numeric(pl.col("v")).str.extract_groups(
        r"^(?<a>[0-9]{1,2})(?<s>[./\- ])(?<b>[0-9]{1,2})[./\- ](?<c>[0-9]{4}|[0-9]{2})(?:\D|$)"
    )
    found = distinct.select("v", parts.alias("p")).unnest("p").filter(pl.col("a").is_not_null())
    if found.is_empty():
        return "dmy", False, None
    a, b, c = (found[x].cast(pl.Int32) for x in ("a", "b", "c"))
    day_first, month_first = (a <= 31) & (b <= 12), (a <= 12) & (b <= 31)
    only_day, only_month = int((day_first & ~month_first).sum()), int((month_first & ~day_first).sum())
    two_digit = found["c"].str.len_chars() == 2
    if (
        bool((~day_first & ~month_first).any())
        and bool(two_digit.all())
        and bool(((b <= 12) & (c <= 31)).all())
    ):
        return "ymd", False, None
    dots = bool((found["s"] == ".").all())
    both = found.filter((a <= 12) & (b <= 12) & (a != b))["v"]
    # an example that reads the same both ways asks nothing
    example = str((found["v"] if both.is_empty() else both).min())
    if only_day and only_month:
        return ("dmy" if dots or only_day >= only_month else "mdy"), not dots, example
    if only_day or only_month:
        return ("dmy" if only_day else "mdy"), False, None
    return "dmy", not dots and not both.is_empty(), example


def moment(cell: pl.Expr, formats: tuple[str, ...], zone: str | None = None, clean: bool = False) -> pl.Expr:
    """Text -> Datetime(us): the wall time as written, or, with `zone`, that zone's time of values with an offset.

    `clean`: no cell of the column has white space to tidy. Years outside 1900..2100 are damaged cells or "for
    ever" marks: null.
    """
    if formats and formats[0] == PERIODS:
        return period_day(cell)
    if formats and formats[0] in SERIALS:
        return _serial(cell, formats[0], zone)
    names = any("M%m" in f for f in formats)
    bare = clean and not any("%p" in f for f in formats)
    text = named(cell) if names else cell if bare else numeric(cell)
    read = [_read(text, fmt, zone) for fmt in formats]
    value = read[0] if len(read) == 1 else pl.coalesce(read)
    return pl.when(value.dt.year().is_between(1900, 2100)).then(value)


def _read(text: pl.Expr, fmt: str, zone: str | None) -> pl.Expr:
    if "%.f" in fmt:
        text = text.str.replace(r"(:\d\d),(\d)", "$1.$2")
    if "%d" not in fmt:
        text, fmt = pl.concat_str(pl.lit("1 "), text), "%d " + fmt
    if "%z" not in fmt:
        return text.str.to_datetime(fmt, time_unit="us", strict=False)
    text = text.str.replace(r"\s?(?:Z|UTC|GMT)$", "+0000").str.replace(r"\s?MSK$", "+0300")
    text = text.str.replace(r"\s?([-+]\d\d):?(\d\d)?$", "|$1$2").str.replace(r"\|([-+]\d\d)$", "|${1}00")
    # a date has dashes too: only what stands after the time is an offset
    fmt = re.sub(r"\s?%z", "|%z", fmt)
    if zone is None:
        return text.str.replace(r"\|.*$", "").str.to_datetime(
            fmt.replace("|%z", ""), time_unit="us", strict=False
        )
    aware = text.str.to_datetime(fmt, time_unit="us", strict=False)
    return aware.dt.convert_time_zone(zone).dt.replace_time_zone(None)


def _serial(cell: pl.Expr, kind: str, zone: str | None) -> pl.Expr:
    value = stripped(cell).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    if kind == "excel":
        seconds = ((value - 25_569) * 86_400).round(0)
        ok = value.is_between(1, 80_000)
        return pl.when(ok).then(pl.from_epoch((seconds * 1_000_000).cast(pl.Int64), time_unit="us"))
    scale = 1_000_000 if kind == "epoch_s" else 1_000
    moment_utc = pl.from_epoch((value * scale).round(0).cast(pl.Int64, strict=False), time_unit="us")
    if zone is not None:
        moment_utc = (
            moment_utc.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
        )
    return pl.when(moment_utc.dt.year().is_between(1900, 2100)).then(moment_utc)


def offsets(distinct: pl.Series) -> set[int]:
    """Minutes from UTC that stand in the values (Z is 0)."""
    frame = distinct.to_frame("v").select(stripped(pl.col("v")).alias("v"))
    parts = pl.col("v").str.extract_groups(r"\d\s?([-+])(\d{2}):?(\d{2})?$")
    found = {0} if bool(frame["v"].str.contains(r"(?:Z|UTC|GMT)$").any()) else set()
    if bool(frame["v"].str.contains(r"MSK$").any()):
        found.add(180)
    signed = frame.filter(pl.col("v").str.contains(r":\d{2}(?:[.,]\d+)?\s?[-+]\d{2}:?(?:\d{2})?$"))
    for group in signed.select(parts.alias("g")).unique()["g"]:
        sign, hours, minutes = group.values()
        found.add((-1 if sign == "-" else 1) * (60 * int(hours) + int(minutes or 0)))
    return found


def serial_form(distinct: pl.DataFrame) -> str | None:
    """excel, epoch_s or epoch_ms when nearly all values are such numbers, period when they are weeks or quarters;
    asked only if the header hints."""
    if all_periods(distinct):
        return PERIODS
    text = stripped(pl.col("v")).str.replace(",", ".", literal=True)
    numbers = distinct.select(text.cast(pl.Float64, strict=False).alias("x"))["x"]
    known = numbers.drop_nulls().drop_nans()
    if len(known) < 0.9 * len(numbers) or not len(known):
        return None
    for kind, low, high in (
        ("excel", 20_000, 60_000),
        ("epoch_s", 9.4e8, 2.3e9),
        ("epoch_ms", 9.4e11, 2.3e12),
    ):
        if bool(known.is_between(low, high).mean() >= 0.98):  # type: ignore[operator]
            return kind
    return None


def compact_form(distinct: pl.DataFrame) -> tuple[str, ...]:
    """%Y%m%d and its kin (20260105, 202601, 20260105140300) when all values read so; only if the header hints."""
    for fmt, length in (("%Y%m%d", 8), ("%Y%m%d%H%M%S", 14), ("%Y%m%d%H%M", 12), ("%Y%m", 6)):
        text = stripped(pl.col("v"))
        same = distinct.select(text.str.contains(rf"^(?:19|20)\d{{{length - 2}}}$").mean()).item()
        if same is not None and same >= 0.98:
            read = distinct.select(moment(pl.col("v"), (fmt,)).is_not_null().mean()).item()
            if read is not None and read >= 0.98:
                return (fmt,)
    return ()


def is_zero_date(cell: pl.Expr) -> pl.Expr:
    """Whether the cell is a way to write "no date": of a program (MySQL, .NET, 1C) or of people («не закрыта»)."""
    return stripped(cell).is_in(ZERO_DATES) | cell.str.contains(NO_DATE)
