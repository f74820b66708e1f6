"""Which kind of thing a column holds, decided on its distinct values and its header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time

import polars as pl

from crmkpi.ingest import column_names as headers
from crmkpi.ingest.cells import filled
from crmkpi.ingest.dates import (
    DateForm,
    compact_form,
    date_form,
    is_zero_date,
    moment,
    moments,
    offsets,
    serial_form,
)
from crmkpi.ingest.flags import flag_words
from crmkpi.ingest.numbers import (
    MIXED,
    DecimalEvidence,
    currencies,
    decimal_evidence,
    foreign,
    is_number,
    is_percent,
    is_whole,
    number,
    written_forms,
)
from crmkpi.ingest.period_dates import FORM as PERIODS
from crmkpi.ingest.questions import Question, answer_to
from crmkpi.ingest.text_table import Finding

# a column under this share of dates in its sample is no column of dates even with a hint in its header
LEAST_DATES = 0.15
SAMPLE = 5_000
_EMAIL = r"^[^\s@,;]+@[^\s@,;]+\.[^\s@.,;]{2,}$"
_SCIENTIFIC = r"^\d(?:[.,]\d+)?[eE]\+\d{2}$"
_CODE = r"^[A-Za-zА-Яа-я#№]{0,6}[-_/ #№]?\d[\dA-Za-zА-Яа-я_/-]*$"
_ORDERS = ("dmy", "mdy")
_DECIMALS = {"decimal_comma": ",", "decimal_dot": "."}


@dataclass(frozen=True)
class Found:
    """What one column was taken for. `doubtful`: other columns of the file may give the evidence it lacks."""

    kind: str
    format: str | None = None
    currency: str | None = None
    questions: tuple[Question, ...] = ()
    findings: tuple[Finding, ...] = ()
    codes: bool = False
    mixed_zones: bool = False
    foreign: str | None = None
    percents: bool = False
    doubtful: bool = False
    proven: str | None = None


@dataclass(frozen=True)
class Hints:
    """What the rest of the file says: delimiter, a person's answers, proven decimal sign and date order."""

    delimiter: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    order: str | None = None

    def with_evidence(self, found: list[Found]) -> Hints:
        """The same with what the decided columns prove; signs that contradict each other prove nothing."""
        proven = {f.proven for f in found if f.proven}
        signs, orders = proven & {",", "."}, proven & {"dmy", "mdy"}
        return replace(
            self,
            decimal=signs.pop() if len(signs) == 1 else None,
            order=orders.pop() if len(orders) == 1 else None,
        )


def recognise(name: str, values: pl.DataFrame, hints: Hints) -> Found:
    """Kind and notation of a column from its distinct stripped texts (v) and rows (n)."""
    codes = _two_letter_codes(values)
    known = values.filter(filled(pl.col("v"), codes).is_not_null())
    raw = known if known.height == values.height else values.filter(pl.col("v").is_not_null())
    words = flag_words(raw["v"].to_list()) if raw.height <= 8 else None
    if words is not None and not _counted_bits(name, raw):
        return Found("flag", words)
    if known.is_empty():
        return Found("empty")
    sample = _sample(known)
    for look in (_as_email, _as_date, _as_phone, _as_id, _as_number):
        found = look(name, known, sample, hints)
        if found is not None:
            return found
    return replace(_as_words(name, known, sample), codes=codes)


def _counted_bits(name: str, raw: pl.DataFrame) -> bool:
    """Whether zeros and ones are few things counted («Количество») and no yes or no."""
    figures = headers.looks_like_count(name) or headers.looks_like_money(name)
    return figures and bool(raw["v"].is_in(["0", "1"]).all())


def phone(text: pl.Expr) -> pl.Expr:
    """A phone as digits, so that +7 (916) 123-45-67 and 8 916 1234567 are one customer; other texts stay."""
    digits = text.str.replace_all(r"[\s()+.\u00a0-]", "")
    digits = pl.when(digits.str.contains(r"^8\d{10}$")).then("7" + digits.str.slice(1)).otherwise(digits)
    return pl.when(digits.str.contains(r"^\d{7,15}$")).then(digits).otherwise(text)


def _two_letter_codes(values: pl.DataFrame) -> bool:
    """Whether nearly all values are two capitals, so that NA is Namibia and no blank."""
    text = values["v"].drop_nulls()
    return len(text) >= 3 and bool(text.str.contains(r"^[A-Z]{2}$").mean() >= 0.8)  # type: ignore[operator]


def _sample(known: pl.DataFrame) -> pl.DataFrame:
    """At most SAMPLE distinct values, chosen by hash: the same ones whatever the order of rows."""
    if known.height <= SAMPLE:
        return known
    return known.sort(pl.col("v").hash(seed=7)).head(SAMPLE)


def _share(frame: pl.DataFrame, claim: pl.Expr) -> float:
    """Share for which the claim holds: the better of distinct values and rows (one placeholder may repeat)."""
    if frame.is_empty():
        return 0.0
    held = claim.fill_null(False)
    by_values, by_rows = frame.select(
        held.mean().alias("values"), ((held * pl.col("n")).sum() / pl.col("n").sum()).alias("rows")
    ).row(0)
    return max(float(by_values), float(by_rows))


def _as_email(name: str, known: pl.DataFrame, sample: pl.DataFrame, hints: Hints) -> Found | None:
    return Found("email") if _share(sample, pl.col("v").str.contains(_EMAIL)) >= 0.8 else None


def _as_phone(name: str, known: pl.DataFrame, sample: pl.DataFrame, hints: Hints) -> Found | None:
    digits = pl.col("v").str.strip_prefix("'").str.replace_all(r"[\s()+.\u00a0-]", "")
    if headers.looks_like_phone(name):
        return Found("phone", "+") if _share(sample, digits.str.contains(r"^\d{7,15}$")) >= 0.6 else None
    marked = pl.col("v").str.contains(r"^'?\+?\d[\d\s()\u00a0-]*[\s()+-][\d\s()-]*$") & digits.str.contains(
        r"^\d{10,13}$"
    )
    plus = pl.col("v").str.contains(r"^'?\+\d[\d\s()-]{9,16}$")
    mobile = digits.str.contains(r"^[78]9\d{9}$")
    dashed = marked & pl.col("v").str.contains(r"[(+]")
    return Found("phone", "+") if _share(sample, plus | mobile | dashed) >= 0.9 else None


def _as_date(name: str, known: pl.DataFrame, sample: pl.DataFrame, hints: Hints) -> Found | None:
    hinted = headers.looks_like_date(name) and not headers.looks_like_money(name)
    hinted = hinted and not headers.looks_like_count(name)
    real = known.filter(~is_zero_date(pl.col("v")))
    if real.is_empty() or not _worth_reading(sample) or not _date_like(sample):
        return _as_serial(real, hinted)
    form = _ordered(name, real, sample, hints)
    if not form.formats:
        return _as_serial(real, hinted)
    default = None
    if form.unclear:
        default = "mdy" if form.half_day else hints.order
        if default is not None:
            form = replace(date_form(real, default), example=form.example, unclear=True)
    read = moments(real["v"], form.formats).alias("t")
    share = _share(real.with_columns(read), pl.col("t").is_not_null())
    if share < (0.3 if hinted else 0.8) or (_month_only(form) and not hinted and share < 0.98):
        return None
    if all(f in ("%m.%Y", "%m-%Y") for f in form.formats) and not hinted:
        return None
    return _date_found(name, real, form, default, read)


def _ordered(name: str, real: pl.DataFrame, sample: pl.DataFrame, hints: Hints) -> DateForm:
    """Formats of the column; an answer for this column always counts, one for the file only where it is asked."""
    own = hints.answers.get(f"ambiguous_date_order:{name}")
    some = sample.filter(~is_zero_date(pl.col("v")))
    form = date_form(real, own if own in _ORDERS else None, some)
    given = answer_to(hints.answers, "ambiguous_date_order", name)
    return date_form(real, given) if form.unclear and given in _ORDERS else form


def _worth_reading(sample: pl.DataFrame) -> bool:
    """Cheap look before shapes are made: digits and a separator or a month name in most values."""
    return (
        _share(sample, pl.col("v").str.contains(r"\d.*[-/.:\sT]") & (pl.col("v").str.len_chars() <= 45))
        >= 0.4
        or _share(sample, pl.col("v").str.contains(r"(?i)^[a-zа-я]{3,8}\D{0,3}\d{2,4}$")) >= 0.8
    )


def _date_like(sample: pl.DataFrame) -> bool:
    """Whether enough of a large column's sample has the shape of a date; the whole column then decides.

    Amounts (123.45) have a separator too, and making the shapes of millions of them takes seconds.
    """
    if sample.height < SAMPLE:
        return True
    form = date_form(sample)
    return (
        _share(sample, moment(pl.col("v"), form.formats).is_not_null()) >= LEAST_DATES
        if form.formats
        else False
    )


def _month_only(form: DateForm) -> bool:
    return all("%d" not in f for f in form.formats)


def _date_found(name: str, real: pl.DataFrame, form: DateForm, default: str | None, read: pl.Series) -> Found:
    clock = any("%H" in f or "%I" in f for f in form.formats)
    mixed = False
    timed = clock and bool((read.drop_nulls().dt.time() != time(0)).any())
    questions: list[Question] = []
    if form.unclear:
        questions.append(_order_question(name, form, default))
    if any("%z" in f for f in form.formats) and timed:
        zones = offsets(real["v"])
        mixed = len(zones) > 1 and max(zones) - min(zones) > 60
        default_zone = "project" if mixed else "as_written"
        shown: dict[str, object] = {"column": name, "x": str(real["v"].max())}
        questions.append(Question("time_zone", name, ("as_written", "project"), default_zone, True, shown))
    return Found(
        "datetime" if timed else "date",
        "|".join(form.formats),
        questions=tuple(questions),
        findings=(Finding("mixed_zones", "warning", name, len(real), {"column": name}),) if mixed else (),
        mixed_zones=mixed,
        doubtful=form.unclear,
        proven=form.order if form.slash and not form.unclear else None,
    )


def _order_question(name: str, form: DateForm, default: str | None) -> Question:
    params: dict[str, object] = {"column": name, "x": form.example}
    for order in ("dmy", "mdy"):
        one = date_form(pl.DataFrame({"v": [form.example], "n": [1]}), order)
        day = pl.select(moment(pl.lit(form.example), one.formats).dt.date()).item() if one.formats else None
        params[order] = day
    return Question("ambiguous_date_order", name, ("dmy", "mdy"), default, True, params)


def _as_serial(real: pl.DataFrame, hinted: bool) -> Found | None:
    if not hinted or real.is_empty():
        return None
    compact = compact_form(real)
    if compact:
        return Found("datetime" if "%H" in compact[0] else "date", compact[0])
    kind = serial_form(real)
    if kind is None:
        return None
    whole = kind == PERIODS or (kind == "excel" and bool(real["v"].str.contains(r"^\d+(?:[.,]0+)?$").all()))
    return Found("date" if whole else "datetime", kind)


def _as_id(name: str, known: pl.DataFrame, sample: pl.DataFrame, hints: Hints) -> Found | None:
    v = pl.col("v")
    hinted = headers.looks_like_id(name)
    figures = headers.looks_like_money(name) or headers.looks_like_count(name)
    zeros = bool(known.select(v.str.contains(r"^0\d+$").any()).item()) and not figures
    long_ = _share(sample, v.str.contains(r"^\d{16,}$")) >= 0.5
    coded = _share(sample, v.str.contains(_CODE)) >= 0.5
    named_ = hinted and (coded or (headers.is_strict_id(name) and _short(sample)))
    uuid = _share(sample, v.str.contains(r"(?i)^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$")) >= 0.9
    mixed = _share(sample, v.str.contains(r"^[A-Za-zА-Я]{1,6}[-_#№]?\d{2,}[\dA-Za-z-]*$|^[#№]\s?\d+$")) >= 0.9
    if not (zeros or long_ or named_ or uuid or (mixed and known.height > 20)):
        return None
    floats = known.select(v.str.contains(r"^\d+(?:[.,]0{1,2})?$").all()).item()
    through_float = bool(floats) and bool(known["v"].str.contains(r"[.,]0{1,2}$").any())
    return Found("id", ".0" if through_float else None, findings=_damaged(name, known))


def _short(sample: pl.DataFrame) -> bool:
    return _share(sample, (pl.col("v").str.len_chars() <= 40) & ~pl.col("v").str.contains(r"\s\S+\s")) >= 0.9


def _damaged(name: str, known: pl.DataFrame) -> tuple[Finding, ...]:
    """Ids that Excel rounded to 4,1E+11: many customers became one, so the column is no key."""
    hit = known.filter(pl.col("v").str.contains(_SCIENTIFIC))
    if hit.is_empty():
        return ()
    example = str(hit["v"].min())
    return (Finding("scientific_ids", "error", name, int(hit["n"].sum()), {"column": name, "x": example}),)


def _as_number(name: str, known: pl.DataFrame, sample: pl.DataFrame, hints: Hints) -> Found | None:
    hinted = headers.looks_like_money(name) or headers.looks_like_count(name)
    if _share(sample, is_number(pl.col("v"))) < (0.5 if hinted else 0.8):
        return None
    forms = written_forms(known)
    evidence = decimal_evidence(forms["v"])
    sign, questions = _decimal(name, known, evidence, hints)
    shares = _share(forms, is_percent(pl.col("v")))
    percent = shares >= 0.5
    found = tuple(currencies(forms["v"]))
    chosen = answer_to(hints.answers, "currency", name)
    if len(found) > 1 and chosen not in found:
        questions += (Question("currency", name, found, None, True, {"column": name, "n": len(found)}),)
    currency = found[0] if len(found) == 1 else chosen if chosen in found else None
    currency = currency or (None if found else headers.currency_of(name))
    whole = is_whole(known["v"], sign)
    money = bool(found) or headers.looks_like_money(name)
    kind = "percent" if percent else "money" if money else "integer" if whole else "number"
    return Found(
        kind,
        sign,
        currency if kind == "money" else None,
        questions,
        percents=shares > 0,
        foreign=foreign(currency, found) if currency and len(found) > 1 else None,
        findings=_figures_findings(name, known, sign),
        doubtful=evidence.unclear,
        proven=evidence.sign,
    )


def _figures_findings(name: str, known: pl.DataFrame, sign: str | None) -> tuple[Finding, ...]:
    out = _damaged(name, known) if headers.looks_like_id(name) else ()
    if sign != MIXED:
        return out
    return (*out, Finding("mixed_decimals", "warning", name, int(known["n"].sum()), {"column": name}))


def _decimal(
    name: str, known: pl.DataFrame, evidence: DecimalEvidence, hints: Hints
) -> tuple[str | None, tuple[Question, ...]]:
    """Decimal sign of a column and the question about it, if the values do not prove it."""
    if not evidence.unclear:
        return evidence.sign, ()
    answer = answer_to(hints.answers, "ambiguous_number", name)
    if answer in _DECIMALS:
        return _DECIMALS[answer], ()
    sign = _leaning(name, evidence, hints)
    default = {",": "decimal_comma", ".": "decimal_dot", None: None}[sign]
    params: dict[str, object] = {"column": name, "x": evidence.example}
    for option, decimal in _DECIMALS.items():
        read = number(pl.col("v"), decimal)
        params[f"sum_{option}"] = float(known.select((read * pl.col("n")).sum()).item())
        params[option] = pl.select(number(pl.lit(evidence.example), decimal)).item()
    question = Question("ambiguous_number", name, tuple(_DECIMALS), default, True, params)
    return sign or ".", (question,)


def _leaning(name: str, evidence: DecimalEvidence, hints: Hints) -> str | None:
    """One-sided evidence for an unclear sign; None when there is none or it contradicts itself."""
    if (evidence.dot and evidence.comma) or (evidence.unclear_dot and evidence.unclear_comma):
        return None
    seen = "," if evidence.unclear_comma else "."
    other = "." if seen == "," else ","
    if evidence.long_whole:
        # 1500 stands there without a group sign, so the sign in 1,234 groups nothing
        return seen
    if hints.decimal is not None:
        return hints.decimal
    if headers.looks_like_count(name):
        # whole things lean to groups, but 1C writes quantities as 1,000: with `;` that is no one-sided evidence
        return None if hints.delimiter == ";" else other
    if hints.delimiter == ";":
        return ","
    return None


def _as_words(name: str, known: pl.DataFrame, sample: pl.DataFrame) -> Found:
    """category when values repeat or are few and short, else text."""
    short = _share(sample, pl.col("v").str.len_chars() <= 60) >= 0.9
    few = known.height <= 50 or known.height <= 0.2 * int(known["n"].sum())
    return Found("category" if short and few and known.height <= 5_000 else "text")
