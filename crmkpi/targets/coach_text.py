"""The coach's answers in words: questions of a typed line, sources of goals and dates, the past of a change, places."""

from __future__ import annotations

from datetime import date

from crmkpi.catalog.metric import metrics
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.targets.aim import Aim, Aims, BenchmarkLine, LeftOut
from crmkpi.targets.effort import Effort, effort_text
from crmkpi.targets.gather import facts_of
from crmkpi.targets.plan import metric_name
from crmkpi.targets.sides import Side
from crmkpi.targets.when import DueOption, Pace
from crmkpi.targets.wish import Wish, WishQuestion
from crmkpi.targets.wish_offers import Offer
from crmkpi.targets.wish_sentence import exact_number


def question_text(wish: Wish, question: WishQuestion, t: Words) -> str:
    """A question of a typed line, with what it is about: «На 15 %» at 20 % is 23 % or 35 %."""
    params: dict[str, object] = {}
    if question.code == "change_kind":
        size = abs(wish.fields["goal"])
        percent = exact_number(size, True, t)
        params = {"size": percent, "relative": percent, "points": exact_number(size, True, t, points=True)}
    elif question.code == "due_reading":
        params = {
            "first": date.fromisoformat(question.options[0]),
            "second": date.fromisoformat(question.options[1]),
        }
    elif question.code == "inactivity_days":
        params = {"asked": int(question.options[0]), "have": int(question.options[1])}
    elif question.code == "needs_current":
        params = {"size": abs(float(question.options[0]))}
    return t(f"wish.question.{question.code}", **params)


def wish_texts(wish: Wish, t: Words) -> list[str]:
    """What is said about a typed line besides its questions: notes, what is missing, what was not understood."""
    unit = metrics()[wish.metric].unit if wish.metric else "count"
    said = [t(f"wish.note.{code}", start=t.value(wish.stated_start, unit)) for code in wish.notes]
    if wish.missing and not wish.vague:
        said.append(t("wish.missing", fields=", ".join(t(f"wish.field_{name}") for name in wish.missing)))
    if wish.not_understood:
        said.append(t("wish.not_understood", pieces="; ".join(wish.not_understood)))
    return said


def offer_text(offer: Offer, t: Words) -> str:
    """A measurable KPI instead of a vague wish: «Брендовый трафик, +30 %»."""
    size = t.points(offer.goal) if offer.change == "points" else t.percent(offer.goal, 0)
    return f"{metric_name(t)(offer.metric)}, {t.signed(size, offer.goal)}"


def aim_text(aim: Aim, t: Words) -> str:
    """Where a suggested goal comes from."""
    params = dict(aim.params)
    if isinstance(params.get("period"), Period):
        params["period"] = t.period(params["period"])  # type: ignore[arg-type]
    if isinstance(params.get("root"), str):
        params["root"] = metric_name(t)(params["root"])
    return t(f"aim.source.{aim.source}", **params)


def left_out_text(out: LeftOut, t: Words) -> str:
    """Why a candidate is not suggested."""
    return "; ".join(t(f"aim.left_out.{why}") for why in out.why)


def blocked_text(aims: Aims, t: Words) -> str:
    """What must be mended before any goal will do; empty when nothing must."""
    if not aims.blocked:
        return "" if aims.found else t("aim.none")
    return t("aim.blocked", letters=", ".join(t(f"smart.letter.{name}").lower() for name in aims.blocked))


def benchmark_line_text(line: BenchmarkLine, t: Words) -> str:
    """Publisher, year, sample, definition, mail era of one published row."""
    year = t("aim.no_year") if line.year is None else str(line.year)
    sample = line.sample or t("aim.no_sample")
    said = [t("aim.line", publisher=line.publisher, edition=year, sample=sample, definition=line.definition)]
    if line.era:
        said.append(t("aim.era", era=line.era))
    if line.confidence == "low":
        said.append(t("aim.low_trust"))
    return " · ".join(said)


def due_text(option: DueOption, t: Words) -> str:
    """A proposed date with its reason and season."""
    said = t(f"when.source.{option.source}", day=option.day)
    return said if option.season is None else f"{said} {t(f'when.season.{option.season}')}"


def pace_texts(pace: Pace | None, metric: str, t: Words) -> list[str]:
    """How long such a change took, when it last did, and what went wrong then."""
    if pace is None:
        return []
    if pace.median is None:
        return [t("when.pace.rarely", reached=pace.reached, runs=pace.runs)]
    said = [t("when.pace.median", median=pace.median, reached=pace.reached, runs=pace.runs)]
    if pace.first is not None and pace.last is not None:
        said.append(t("when.pace.last", first=t.period(pace.first), last=t.period(pace.last)))
    if pace.setback is not None:
        unit, back = facts_of(metric).unit, pace.setback
        before, after = t.value(back.before, unit), t.value(back.after, unit)
        said.append(t("when.pace.setback", period=t.period(back.period), before=before, after=after))
    return said


def side_text(side: Side, t: Words) -> str:
    """A metric's place in one line."""
    why = ", ".join(t(f"sides.why.{code}") for code in side.why)
    return f"{metric_name(t)(side.metric)}: {t(f'sides.verdict.{side.verdict}').lower()} ({why})"


def effort_texts(found: Effort, t: Words) -> list[str]:
    """What a gap takes, with printed names of metrics and measures."""
    used = [lever.metric for lever in found.levers]
    if found.countable is not None:
        used += [name for name in (found.countable.what, found.countable.of) if name]
    names, units = {}, {}
    for name in used:
        key = f"measure.{name}"
        names[name] = metrics()[name].label[t.lang] if name in metrics() else t(key) if t.has(key) else name
        units[name] = metrics()[name].unit if name in metrics() else "count"
    return list(effort_text(found, t, names, units))
