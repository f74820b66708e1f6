"""A copy of a project for showing to strangers: no name of the client, no true sum, every ratio as it is.

The copy is a project of its own: it can be explored, exported and shared like any other, and nothing in its directory
comes from the client's files (a test searches it for canaries). The original is never touched.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from crmkpi.engine.data import DataDir
from crmkpi.engine.sheet import OWN, catalogue_of
from crmkpi.i18n import Words
from crmkpi.project.document import Project, Settings
from crmkpi.project.masked_tables import Mask, new_mask, write_masked
from crmkpi.project.place import Place
from crmkpi.targets.starting_point import StartingPoint
from crmkpi.targets.target import Baseline, Estimate, Guardrail, OwnPoint, Target
from crmkpi.tree.own_metric import PREFIX


def presentation_copy(source: Place, into: Place, words: Words, mask: Mask | None = None) -> Project:
    """Write the masked project into an empty place and return its document.

    Every field of the copy is named here (an allow-list): what a later version adds stays out until somebody decides
    how it is masked. Free texts (notes, fears, check-ins, file names, initiatives) are left out.
    """
    secret = mask or new_mask(words)
    project, data = source.read(), source.data
    if data.tables():
        write_masked(data, DataDir(into.root / "data"), secret)
    money = {name for name, m in catalogue_of(data).items() if m.unit == "money"} if data.tables() else set()
    hash_now = into.data.meta.data_hash if data.tables() else ""
    copy = Project(
        name=words("mask.project"),
        lang=words.lang,  # type: ignore[arg-type]
        presentation=True,
        settings=_settings(project.settings, secret),
        tree=project.tree,
        targets=[
            _target(t, money, secret, hash_now)
            for t in project.targets
            if not t.metric.startswith((OWN, PREFIX))
        ],
        starting_point=_start(project.starting_point, money, secret, hash_now),
        false_alarms=project.false_alarms,
    )
    into.write(copy)
    return copy


def _settings(old: Settings, mask: Mask) -> Settings:
    return Settings(
        currency=old.currency,
        zone=old.zone,
        inactivity_days=old.inactivity_days,
        margin_rate=old.margin_rate,
        exclude_tests=old.exclude_tests,
        drop_exact_duplicates=old.drop_exact_duplicates,
        negatives_as_returns=old.negatives_as_returns,
        base=old.base,
        loyalty_tiers=[str(mask.name("loyalty_tier", v)) for v in old.loyalty_tiers],
        loyalty_floor=mask.name("loyalty_tier", old.loyalty_floor),
    )


def _target(old: Target, money: set[str], mask: Mask, data_hash: str) -> Target:
    """The same goal in scaled money, for masked segments and owners; without free texts."""
    times = mask.factor if old.metric in money or (old.measure == "total" and old.metric in money) else 1.0
    goal = old.goal if old.change_type == "relative" else old.goal * times
    return Target(
        metric=old.metric,
        goal=goal,
        due=old.due,
        owner="me" if old.owner == "me" else str(mask.name("owner", old.owner)),
        change_type=old.change_type,
        grain=old.grain,
        measure=old.measure,
        kind=old.kind,
        shape=old.shape,
        baseline_date=old.baseline_date,
        where={mask.columns.get(k, k): tuple(mask.name(k, v) for v in vs) for k, vs in old.where.items()},
        guardrail=tuple(
            Guardrail(metric=g.metric, floor=_scaled(g.floor, g.metric, money, mask)) for g in old.guardrail
        ),
        baseline=_baseline(old.baseline, times, data_hash),
        confirmed=old.confirmed,
        confidence=old.confidence,
        estimate=_estimate(old.estimate, mask),
        own_points=tuple(OwnPoint(day=p.day, grain=p.grain, value=p.value * times) for p in old.own_points),
    )


def _scaled(value: float | None, metric: str, money: set[str], mask: Mask) -> float | None:
    return None if value is None else value * (mask.factor if metric in money else 1.0)


def _baseline(old: Baseline | None, times: float, data_hash: str) -> Baseline | None:
    if old is None:
        return None
    value = None if old.value is None else old.value * times
    return Baseline(
        value=value,
        date=old.date,
        period=old.period,
        definition_version=old.definition_version,
        data_hash=data_hash,
    )


def _estimate(old: Estimate | None, mask: Mask) -> Estimate | None:
    if old is None:
        return None
    budget = None if old.budget is None else old.budget * mask.factor
    return Estimate(messages=old.messages, budget=budget, hours=old.hours)


def _start(old: StartingPoint | None, money: set[str], mask: Mask, data_hash: str) -> StartingPoint | None:
    if old is None:
        return None
    values: list[Any] = [
        v.model_copy(update={"value": _scaled(v.value, v.metric, money, mask)}) for v in old.values
    ]
    day: date = old.day
    return StartingPoint(
        day=day, values=tuple(values), definition_version=old.definition_version, data_hash=data_hash
    )
