"""Verdict: three sentences per KPI that a manager reads. Good or bad? Does it help the business? Does it pay back?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import available, evaluate
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.plan import plan
from crmkpi.targets.sentence import owner_name
from crmkpi.targets.target import TargetsDocument
from crmkpi.views.gap import TONES, GapRow, gap_view
from crmkpi.views.tree import direction, signed_value

COST = "crm_cost"
RETURN = "romi_attributed"
MARGIN = "margin_rate"
# roots that are margin already: their gain is not multiplied by the margin again
MARGIN_ROOTS = ("gross_margin",)
ORDER = ("off_track", "at_risk", "not_enough_data", "on_track", "done")
MOST_STEPS = 3
# where a new sentence begins: the coach may say several, a step needs the first
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZА-ЯЁ])")


@dataclass(frozen=True)
class Answer:
    """One of the three answers. tone: good, warn, bad or neutral (not known)."""

    tone: str
    text: str


@dataclass(frozen=True)
class VerdictRow:
    """One KPI. `good`, `helps`, `pays` answer the three questions; `gap` is the same KPI on the Result page."""

    id: str
    name: str
    owner: str
    tone: str
    status: str
    good: Answer
    helps: Answer
    pays: Answer
    chance: str | None
    steps: tuple[str, ...]
    gap: GapRow


@dataclass(frozen=True)
class VerdictView:
    """All KPIs, how many stand how, and the advice on their choice."""

    as_of: str
    headline: str
    tone: str
    rows: tuple[VerdictRow, ...]
    focus: tuple[str, ...]


@dataclass(frozen=True)
class _Money:
    """What CRM cost and gave in one period: cost, share of margin (0..1), return on the cost; None = unknown."""

    cost: float | None = None
    margin: float | None = None
    romi: float | None = None


def verdict_view(data: DataDir, project: Project, t: Words) -> VerdictView:
    """The project's targets judged on the data as they are now.

    Effect so far = (current - baseline) x worth of one unit at the root (chain rule of the tree, others unchanged).
    Payback sets the margin of that effect against the whole CRM cost of the same period, or names the margin from
    which it pays where the margin is unknown. Errors: those of `plan`.
    """
    shown = gap_view(data, project, t)
    asked = TargetsDocument(target=tuple(project.targets), settings=project.rules)
    document = plan(data, asked, None, t, project.tree.template)
    found = document["targets"]
    money = _money(data, project, found)
    rows = tuple(
        _row(gap, one, money.get((one["grain"], one["current"]["period"]), _Money()), t)
        for gap, one in zip(shown.rows, found, strict=True)
    )
    counts = Counter(one["status"] for one in found)
    return VerdictView(
        as_of=shown.as_of,
        headline=_headline(counts, t),
        tone=next((TONES[s] for s in ORDER if counts[s]), "neutral"),
        rows=rows,
        focus=_focus(document["focus"], t),
    )


def _headline(counts: Counter[str], t: Words) -> str:
    if not counts:
        return t("verdict.none")
    parts = [t(f"verdict.count.{status}", n=counts[status]) for status in ORDER if counts[status]]
    return t("verdict.headline", n=counts.total(), parts=", ".join(parts))


def _focus(focus: Mapping[str, Any], t: Words) -> tuple[str, ...]:
    """Advice on the choice of KPIs; with several owners each is named, because the count is by owner."""
    owners = [one for one in focus["per_owner"] if one["verdict"] != "fine"]
    several = len(focus["per_owner"]) > 1
    said = [
        t("verdict.focus_owner", owner=owner_name(one["owner"], t), message=one["message"])
        if several
        else one["message"]
        for one in owners
    ]
    return tuple(dict.fromkeys([*said, *(warning["message"] for warning in focus["warnings"])]))


def _row(gap: GapRow, found: Mapping[str, Any], money: _Money, t: Words) -> VerdictRow:
    return VerdictRow(
        id=gap.id,
        name=gap.name,
        owner=owner_name(found["owner"], t),
        tone=gap.tone,
        status=gap.status,
        good=_good(gap, found, t),
        helps=_helps(found, t),
        pays=_pays(found, money, t),
        chance=gap.chance,
        steps=_steps(gap, found, t)[:MOST_STEPS],
        gap=gap,
    )


def _good(gap: GapRow, found: Mapping[str, Any], t: Words) -> Answer:
    """Good or bad, with the number now, at the start, and the goal."""
    words = {"now": gap.now, "start": gap.start, "goal": gap.goal, "why": gap.why}
    held = found["kind"] != "reach"
    key = f"verdict.good.{'held_' if held else ''}{found['status']}"
    return Answer(gap.tone, t(key if t.has(key) else f"verdict.good.{found['status']}", **words))


# does it help -------------------------------------------------------------------------------------------
def effect_so_far(found: Mapping[str, Any]) -> float | None:
    """What the move since the baseline is worth at the root, in root units per period; None where unknown.

    Only for a level to reach: a total has no level that could have moved, a level to hold has no way to go.
    """
    base, goal, now = found["baseline"]["value"], found["goal"], found["current"]["value"]
    whole = found["root_effect"]
    if whole is None or None in (base, goal, now) or goal == base or found["measure"] == "total":
        return None
    return float(whole * (now - base) / (goal - base))


def _helps(found: Mapping[str, Any], t: Words) -> Answer:
    root = metrics().get(found["root"] or "")
    if root is None:
        return Answer("neutral", t("verdict.helps.no_path"))
    name, per = root.label[t.lang], t(f"verdict.per.{found['grain']}")
    if found["root_effect"] is None:
        return Answer("neutral", t("verdict.helps.influence", root=name))
    if found["kind"] != "reach":
        return Answer("neutral", t("verdict.helps.holds", root=name))
    whole = signed_value(found["root_effect"], root.unit, t)
    if direction(found["root_effect"], None, root.better) == "bad":
        return Answer("bad", t("verdict.helps.worse", root=name, whole=whole, per=per))
    effect = effect_so_far(found)
    if effect is None:
        return Answer("neutral", t("verdict.helps.whole", root=name, whole=whole, per=per))
    own = "_root" if found["metric"] == root.id else ""
    tone = direction(effect, None, root.better)
    side = {"good": "yes", "bad": "no"}.get(tone, "same")
    shown = signed_value(effect, root.unit, t)
    return Answer(tone, t(f"verdict.helps.{side}{own}", root=name, effect=shown, whole=whole, per=per))


# does it pay back ---------------------------------------------------------------------------------------
def _money(
    data: DataDir, project: Project, found: list[dict[str, Any]]
) -> dict[tuple[str, str | None], _Money]:
    """Cost, margin and return by (grain, period) of the targets' current values."""
    gaps = available(data)
    wanted = [name for name in (COST, MARGIN, RETURN) if name in metrics() and gaps.get(name) is None]
    if not wanted:
        return {}
    out: dict[tuple[str, str | None], _Money] = {}
    for grain in {one["grain"] for one in found}:
        result = evaluate(data, wanted, grain)
        for period in {one["current"]["period"] for one in found if one["grain"] == grain} - {None}:
            known = {name: result.value(name, period) for name in wanted}
            margin = known.get(MARGIN)
            out[grain, period] = _Money(
                cost=known.get(COST),
                margin=margin if margin is not None else project.settings.margin_rate,
                romi=known.get(RETURN),
            )
    return out


def _pays(found: Mapping[str, Any], money: _Money, t: Words) -> Answer:
    if money.cost is None or money.cost <= 0:
        return Answer("neutral", t("verdict.pays.no_cost"))
    per, cost = t(f"verdict.per.{found['grain']}"), t.money(money.cost, short=True)
    root = metrics().get(found["root"] or "")
    effect = effect_so_far(found)
    if root is None or root.unit != "money" or effect is None:
        if money.romi is None:
            return Answer("neutral", t("verdict.pays.no_effect", cost=cost, per=per))
        return Answer(
            "neutral", t("verdict.pays.no_effect_romi", cost=cost, per=per, romi=t.percent(money.romi, 0))
        )
    gain = t.money(effect, short=True)
    if effect <= 0:
        return Answer("bad", t("verdict.pays.no_gain", cost=cost, per=per))
    margin = 1.0 if root.id in MARGIN_ROOTS else money.margin
    if margin is not None:
        key, tone = ("yes", "good") if effect * margin >= money.cost else ("no", "bad")
        profit = t.money(effect * margin, short=True)
        return Answer(tone, t(f"verdict.pays.{key}", gain=gain, profit=profit, cost=cost, per=per))
    if effect <= money.cost:
        return Answer("bad", t("verdict.pays.below_cost", gain=gain, cost=cost, per=per))
    least = t.percent(money.cost / effect, 0)
    return Answer("warn", t("verdict.pays.from_margin", margin=least, gain=gain, cost=cost, per=per))


# what to do next ----------------------------------------------------------------------------------------
def _steps(gap: GapRow, found: Mapping[str, Any], t: Words) -> tuple[str, ...]:
    """The nearest things to do: a broken pair first, then the next control point, then the weak letters."""
    if found["status"] == "done":
        return (t("verdict.step.done"),)
    steps = []
    for guard, text in zip(found["guardrails"], gap.guardrails, strict=True):
        if guard["ok"] is False:
            steps.append(t("verdict.step.guard", guard=text))
    ahead = next(
        (m for m in found["milestones"] if m["grain"] == found["grain"] and m["actual"] is None), None
    )
    if ahead is not None and ahead["value"] is not None:
        value = t.value(ahead["value"], found["unit"])
        steps.append(t("verdict.step.milestone", due=date.fromisoformat(ahead["due"]), value=value))
    steps += [
        t("verdict.step.letter", letter=x.name, why=SENTENCE.split(x.message)[0])
        for x in gap.letters
        if not x.ok
    ]
    return tuple(steps)
