"""The share in the team's KPI: what of its change initiatives explain, step by step, and what lies under CRM at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crmkpi.analysis.initiative import Initiative
from crmkpi.analysis.team_share import (
    CONTROL,
    Claim,
    StageShare,
    TeamShare,
    side_of,
    stage_shares,
    team_share,
    undivided,
)
from crmkpi.analysis.timing import message_to_purchase
from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.periods import Period, periods_between
from crmkpi.project.document import Project
from crmkpi.tree.explain import Explained, explain
from crmkpi.tree.opening import coverage_of
from crmkpi.views.log import Pairs
from crmkpi.views.parts import Part
from crmkpi.views.tree import DEFAULT_TREE, direction, signed_value

PROCESS = "email_funnel"
# months that a review usually speaks of
REVIEW_MONTHS, LONGEST_REVIEW = 6, 12
# step of the customer's way -> who decides there
PATH = (
    ("list", "yes"),
    ("message", "yes"),
    ("click", "yes"),
    ("site", "no"),
    ("price", "no"),
    ("stock", "no"),
    ("repeat", "partly"),
)


@dataclass(frozen=True)
class ShareView:
    """The KPI's change and who explains it. Parts are ready to print; `steps` are of the process tree."""

    headline: str
    tone: str
    sentences: tuple[str, ...]
    parts: tuple[Part, ...]
    claims: tuple[Part, ...]
    steps_title: str
    steps: tuple[Part, ...]
    control_title: str
    control: tuple[Part, ...]
    path: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    paste: str


def review_period(data: DataDir, entries: Sequence[Initiative] = ()) -> tuple[date, date]:
    """The period to begin with: the last six complete months, or from the month of the earliest initiative of the
    last twelve; all days where no month is complete."""
    covered = coverage_of(data, "orders")
    months = periods_between(covered.first, covered.last, "month")
    whole = [m for m in months if m.first >= covered.first and m.last <= covered.last][-LONGEST_REVIEW:]
    if not whole:
        return covered.first, covered.last
    started = [e.shipped for e in entries if whole[0].first <= e.shipped <= whole[-1].last]
    usual = whole[-REVIEW_MONTHS:][0]
    first = next((m for m in whole if started and m.last >= min(started)), usual)
    return min(first, usual, key=lambda m: m.first).first, whole[-1].last


def compared_with(data: DataDir, first: date, last: date) -> Period:
    """The same days a year earlier where the data reach back that far, else as many days just before."""
    covered = coverage_of(data, "orders")
    earlier = [_year_back(first), _year_back(last)]
    if earlier[0] >= covered.first:
        return Period(earlier[0], earlier[1], "window")
    days = (last - first).days + 1
    return Period(first - timedelta(days=days), first - timedelta(days=1), "window")


def _year_back(day: date) -> date:
    """The same day a year earlier; 29 February becomes the 28th, a month's end stays one."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def share_view(
    data: DataDir, project: Project, pairs: Pairs, person: str, first: date, last: date, t: Words
) -> ShareView:
    """The share of one person in the change of the project's root between first..last and the same time before.

    Errors: those of `explain` (a sentence each), for example when the data do not hold the time before.
    """
    now, then = Period(first, last, "window"), compared_with(data, first, last)
    found = explain(data, project.tree.template or DEFAULT_TREE, now, then, root=project.tree.root)
    share = team_share(found, pairs, person)
    if share is None:
        return _unknown(found, t)
    unit = found.unit
    steps_title, steps = _steps(data, now, then, pairs, person, t)
    notes = [t("log.share.grade_d")] if any(c.reason == "grade_d" for c in share.claims) else []
    return ShareView(
        headline=_headline(share, found, t),
        tone=direction(share.mine, None, found.top.better),
        sentences=(
            t("log.share.periods", now=t.period(now), then=t.period(then)),
            *_held_back(share, pairs, unit, t),
        ),
        parts=_parts(share, found, person, t),
        claims=tuple(
            _claim(c, title, unit, t) for c, title in zip(share.claims, _titles(pairs), strict=True)
        ),
        steps_title=steps_title,
        steps=steps,
        control_title=_control_title(share, unit, t),
        control=_control(share, found, t),
        path=_path(data, first, last, t),
        notes=tuple(notes),
        paste=_paste(share, found, now, then, t),
    )


def _unknown(found: Explained, t: Words) -> ShareView:
    name = found.top.text(t)
    return ShareView(t("log.share.unknown", root=name), "neutral", (), (), (), "", (), "", (), (), (), "")


def _titles(pairs: Pairs) -> list[str]:
    return [entry.title for entry, _ in pairs]


def _headline(share: TeamShare, found: Explained, t: Words) -> str:
    root, change = found.top.text(t), signed_value(share.change, found.unit, t)
    if not share.mine:
        return t("log.share.none", root=root, change=change)
    mine = signed_value(share.mine, found.unit, t)
    if share.share is None:
        return t("log.share.mine_amount", root=root, change=change, mine=mine)
    return t("log.share.mine", root=root, change=change, mine=mine, share=t.percent(share.share, 0))


def _paste(share: TeamShare, found: Explained, now: Period, then: Period, t: Words) -> str:
    words = {"root": found.top.text(t), "change": signed_value(share.change, found.unit, t)}
    words |= {"now": t.period(now), "then": t.period(then), "mine": signed_value(share.mine, found.unit, t)}
    return t("log.share.paste_mine" if share.mine else "log.share.paste_none", **words)


def _held_back(share: TeamShare, pairs: Pairs, unit: str, t: Words) -> tuple[str, ...]:
    """Proven effects against the KPI's own movement: they are no part of the change, but they are not nothing."""
    titles = dict(zip((c.id for c in share.claims), _titles(pairs), strict=True))
    return tuple(
        t("log.share.held_back", title=titles[c.id], amount=signed_value(c.amount or 0.0, unit, t))
        for c in share.claims
        if c.reason == "opposite"
    )


def _parts(share: TeamShare, found: Explained, person: str, t: Words) -> tuple[Part, ...]:
    """The change as a sum: this person, the others, the rest."""
    unit, better = found.unit, found.top.better
    others = share.explained - share.mine
    who = "log.share.person_me" if person == "me" else "log.share.person_named"
    rows = [(t(who, person=person), share.mine)]
    if others:
        rows.append((t("log.share.others"), others))
    rows += [(t("log.share.rest"), share.unexplained), (t("log.share.total"), share.change)]
    return tuple(Part(n, v, signed_value(v, unit, t), direction(v, None, better)) for n, v in rows)


def _claim(claim: Claim, title: str, unit: str, t: Words) -> Part:
    if claim.reason is not None:
        return Part(title, None, t("log.share.not_counted"), "neutral", t(f"log.share.reason_{claim.reason}"))
    cut = claim.amount is not None and abs(claim.credited) < abs(claim.amount) * 0.999
    note = t("log.share.cut", amount=signed_value(claim.amount or 0.0, unit, t)) if cut else ""
    tone = "good" if claim.credited > 0 else "bad"
    return Part(title, claim.credited, signed_value(claim.credited, unit, t), tone, note)


def _steps(
    data: DataDir, now: Period, then: Period, pairs: Pairs, person: str, t: Words
) -> tuple[str, tuple[Part, ...]]:
    """The revenue of mailings by steps of the process; empty where there are no mailings in both periods."""
    try:
        found = explain(data, PROCESS, now, then)
        share = team_share(found, pairs, person)
        steps: Sequence[StageShare] = stage_shares(found, share) if share else ()
    except CrmKpiError:
        # no mailings, or not in both periods: the main tree stands without the process
        return "", ()
    if not steps or share is None:
        return "", ()
    title = t(
        "log.share.steps_title", root=found.top.text(t), change=signed_value(share.change, found.unit, t)
    )
    return title, tuple(_step(s, found, t) for s in steps)


def _step(step: StageShare, found: Explained, t: Words) -> Part:
    unit = found.unit
    note = t("log.share.step_none")
    if step.explained:
        note = t("log.share.step_explained", n=step.claims, amount=signed_value(step.explained, unit, t))
    tone = direction(step.change, None, found.top.better)
    return Part(t(f"log.stage.{step.stage}"), step.change, signed_value(step.change, unit, t), tone, note)


def _control_title(share: TeamShare, unit: str, t: Words) -> str:
    if not share.control:
        return ""
    return t("log.share.control_title", amount=signed_value(share.control["yes"], unit, t))


def _control(share: TeamShare, found: Explained, t: Words) -> tuple[Part, ...]:
    if not share.control:
        return ()
    sides = [(side, share.control[side]) for side in CONTROL]
    return tuple(
        Part(
            t(f"log.control.{side}"),
            value,
            signed_value(value, found.unit, t),
            direction(value, None, found.top.better),
            _names(found, side, t),
        )
        for side, value in sides
    )


def _names(found: Explained, side: str, t: Words) -> str:
    """The undivided parts of this side, by name."""
    return ", ".join(n.text(t) for n in undivided(found) if side_of(n, found) == side)


def _path(data: DataDir, first: date, last: date, t: Words) -> tuple[tuple[str, str, str], ...]:
    """The customer's way to an order: step, who decides there, what the data show of it."""
    rows = []
    for step, side in PATH:
        fact = _touched(data, first, last, t) if step == "message" else ""
        rows.append((t(f"log.path.{step}"), t(f"log.decides.{side}"), fact))
    return tuple(rows)


def _touched(data: DataDir, first: date, last: date, t: Words) -> str:
    """Share of orders of known customers that followed an offer; not attribution."""
    if not data.has("messages") or not data.has("orders"):
        return ""
    found = message_to_purchase(data, first, last)
    if not found.orders:
        return ""
    return t("log.path.touched", share=t.percent(found.touched / found.orders, 0))


def watched(pairs: Pairs, project: Project, person: str) -> tuple[str, ...]:
    """The person's own metrics: of the person's targets, then those that the initiatives were meant to move."""
    fold = person.strip().casefold()
    owned = [x.metric for x in project.targets if x.owner.strip().casefold() == fold]
    meant = [m for entry, _ in pairs if entry.share_of(person) for m in entry.metrics[:1]]
    return tuple(m for m in dict.fromkeys([*owned, *meant]) if m in metrics())


def persons(project: Project) -> tuple[str, ...]:
    """Everybody who is named in the log or owns a target; `me` where nobody is."""
    named = [p.name for e in project.initiatives for p in e.people] + [x.owner for x in project.targets]
    unique = {n.strip().casefold(): n for n in reversed(named)}
    return tuple(dict.fromkeys(unique[n.strip().casefold()] for n in named)) or ("me",)
