"""Owners and agreement: who holds how many KPIs, what to say about it, and what changed since the signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.agreement import AgreementChange, changes_since
from crmkpi.targets.own_kpi import metric_of
from crmkpi.targets.plan import metric_name
from crmkpi.targets.sentence import owner_name
from crmkpi.targets.target import Target

TONES = {"fine": "good", "few": "neutral", "many": "warn", "no_results": "warn"}


@dataclass(frozen=True)
class OwnerLine:
    """One owner: KPIs by name, the verdict on their number, warnings about single ones."""

    owner: str
    kpis: tuple[str, ...]
    tone: str
    verdict: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class AgreementView:
    """The signature (empty before one) and what changed after it."""

    signed: str
    changes: tuple[str, ...]


def owner_lines(focus: Mapping[str, Any], t: Words) -> tuple[OwnerLine, ...]:
    """Owners of the `focus` part of a plan."""
    named = metric_name(t)
    return tuple(
        OwnerLine(
            owner=owner_name(o["owner"], t),
            kpis=tuple(named(name) for name in o["kpis"]),
            tone=TONES[o["verdict"]],
            verdict=o["message"],
            warnings=tuple(w["message"] for w in focus["warnings"] if w["owner"] == o["owner"]),
        )
        for o in focus["per_owner"]
    )


def agreement_view(project: Project, t: Words) -> AgreementView:
    """Who signed and when, and every change since as one sentence."""
    agreed = project.agreement
    if agreed is None:
        return AgreementView("", ())
    signed = t("agreed.signed", who=agreed.who, day=agreed.day, n=len(agreed.targets))
    return AgreementView(signed, tuple(_change(c, t) for c in changes_since(agreed, project.targets)))


def _change(change: AgreementChange, t: Words) -> str:
    target = change.after or change.before
    assert target is not None
    name = metric_name(t)(target.metric)
    if change.code != "changed":
        return t(f"agreed.{change.code}", metric=name)
    assert change.before is not None and change.after is not None
    parts = [_field(field, change.before, change.after, t) for field in change.fields]
    return t("agreed.changed", metric=name, parts="; ".join(parts))


def _field(name: str, before: Target, after: Target, t: Words) -> str:
    if name == "goal":
        return t("agreed.goal", before=goal_text(before, t), after=goal_text(after, t))
    if name == "due":
        return t("agreed.due", before=before.due, after=after.due)
    if name == "owner":
        return t("agreed.owner", before=owner_name(before.owner, t), after=owner_name(after.owner, t))
    return t(f"agreed.field_{name}")


def goal_text(target: Target, t: Words) -> str:
    """The goal as typed: a value, a change in per cent or in points."""
    if target.change_type == "relative":
        return t.signed(t.percent(target.goal), target.goal)
    if target.change_type == "points":
        return t.signed(t.points(target.goal), target.goal)
    return t.value(target.goal, metric_of(target).unit)
