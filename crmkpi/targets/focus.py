"""Focus: three to five results an owner can hold in mind, each with its pair; activity only explains."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from crmkpi.targets.facts import Facts
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.target import Target

# an LTV below three times the cost of a new customer does not pay (article S2)
LTV_METRICS = frozenset({"ltv_hist", "ltv_simple", "ltv_pred"})
LTV_TO_CAC = 3.0


@dataclass(frozen=True)
class OwnerFocus:
    """KPIs of one owner. verdict: fine | few | many | no_results (only process metrics)."""

    owner: str
    kpis: tuple[str, ...]
    verdict: str


@dataclass(frozen=True)
class FocusWarning:
    """code: process_metric | pair_missing | ltv_below_cac | same_fact; `other` names the pair."""

    code: str
    owner: str
    metric: str
    other: str = ""


# one fact, three names: two targets on it are one target (definitions.md, Control)
SAME_FACT = (frozenset({"retention_rate", "churn_rate", "lifetime_periods", "lifetime_months"}),)


def focus(
    targets: Sequence[Target],
    facts: Mapping[str, Facts],
    values: Mapping[str, float | None],
    settings: TargetSettings,
    watched: Collection[tuple[str, str]] = (),
) -> tuple[list[OwnerFocus], list[FocusWarning]]:
    """Verdict per owner, and warnings. `values`: metric -> last known value (for LTV against CAC).

    `watched`: pairs (metric, its pair) that a guardrail with a known floor already keeps.
    """
    owners: list[OwnerFocus] = []
    warnings: list[FocusWarning] = []
    for owner in dict.fromkeys(t.owner for t in targets):
        own = [t for t in targets if t.owner == owner]
        kpis = tuple(dict.fromkeys(t.metric for t in own))
        owners.append(OwnerFocus(owner, kpis, _verdict(kpis, facts, settings)))
        for metric in kpis:
            kept = {pair for name, pair in watched if name == metric}
            warnings += _warnings(owner, metric, own, facts, values, kept)
        warnings += _same_facts(owner, kpis)
    return owners, warnings


def _verdict(kpis: Sequence[str], facts: Mapping[str, Facts], settings: TargetSettings) -> str:
    least, most = settings.focus_kpis
    results = [m for m in kpis if facts[m].kind == "kpi"]
    if not results:
        return "no_results"
    if len(kpis) > most:
        return "many"
    return "few" if len(kpis) < least else "fine"


def _warnings(
    owner: str,
    metric: str,
    own: Sequence[Target],
    facts: Mapping[str, Facts],
    values: Mapping[str, float | None],
    kept: Collection[str],
) -> list[FocusWarning]:
    found = []
    fact = facts[metric]
    if fact.kind == "process":
        found.append(FocusWarning("process_metric", owner, metric))
    guarded = {rail.metric for t in own if t.metric == metric for rail in t.guardrail}
    guarded |= {t.metric for t in own} | set(kept)
    if fact.pair and not guarded & set(fact.pair):
        found.append(FocusWarning("pair_missing", owner, metric, fact.pair[0]))
    ltv, cac = values.get(metric), values.get("cac")
    if metric in LTV_METRICS and ltv is not None and cac is not None and ltv < LTV_TO_CAC * cac:
        found.append(FocusWarning("ltv_below_cac", owner, metric, "cac"))
    return found


def _same_facts(owner: str, kpis: Sequence[str]) -> list[FocusWarning]:
    found = []
    for group in SAME_FACT:
        both = [m for m in kpis if m in group]
        if len(both) > 1:
            found.append(FocusWarning("same_fact", owner, both[0], both[1]))
    return found
