"""Does the bonus fall due? The agreed KPIs, their pairs, and for leads whether they close into deals.

For an owner outside the team (a contractor) and for motivation inside it: quantity pays only with its quality. The
usual rule for leads: at least 20 % of them end in a sale, else their number pays nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.targets.agreement import AGREED, Agreement, Terms
from crmkpi.targets.gather import data_to, filter_of
from crmkpi.targets.plan import plan
from crmkpi.targets.target import Target, TargetsDocument

LEADS, CLOSED = "leads", "lead_win_rate"


@dataclass(frozen=True)
class Condition:
    """A pair with its threshold. `ok` None: not known; `settled` False: young leads may still close."""

    metric: str
    least: float | None
    value: float | None
    ok: bool | None
    settled: bool = True


@dataclass(frozen=True)
class ContractLine:
    """One agreed KPI and how it came out on the day. `reached` None: unknown; `final`: its date has passed."""

    target: Target
    baseline: float | None
    goal: float | None
    value: float | None
    reached: bool | None
    final: bool
    pairs: tuple[Condition, ...]


@dataclass(frozen=True)
class ContractSheet:
    """The agreement with one owner. `outcome`: due | not_due | open | unknown; `reasons`: (code, metric id)."""

    owner: str
    lines: tuple[ContractLine, ...]
    outcome: str
    reasons: tuple[tuple[str, str], ...]


def version_of(targets: Sequence[Target], terms: Terms) -> str:
    """Eight letters that change with anything that was agreed on, and with nothing else."""
    agreed = [
        t.model_dump(mode="json", include={*AGREED, "guardrail"}) for t in sorted(targets, key=lambda t: t.id)
    ]
    text = json.dumps([agreed, terms.model_dump(mode="json")], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def contract_sheets(
    data: DataDir,
    targets: Sequence[Target],
    terms: Terms,
    words: Words,
    *,
    agreement: Agreement | None = None,
    template: str | None = None,
    as_of: date | None = None,
) -> tuple[ContractSheet, ...]:
    """One sheet an owner, in the order of the targets; the day defaults to the last day of the data.

    The errors of `plan`: an impossible goal, an unknown metric.
    """
    if not targets:
        return ()
    day = as_of or data_to(data)
    document = plan(data, TargetsDocument(target=tuple(targets)), day, words, template)
    lines = [
        _line(data, target, row, terms, agreement, day)
        for target, row in zip(targets, document["targets"], strict=True)
    ]
    owners = dict.fromkeys(line.target.owner for line in lines)
    return tuple(_sheet(owner, [x for x in lines if x.target.owner == owner]) for owner in owners)


def _line(
    data: DataDir, target: Target, row: dict[str, Any], terms: Terms, agreement: Agreement | None, day: date
) -> ContractLine:
    pairs = [Condition(g["metric"], g["floor"], g["value"], g["ok"]) for g in row["guardrails"]]
    metric = metrics().get(target.metric)
    if metric is not None and metric.table == LEADS and target.metric != CLOSED:
        typed = next((g.floor for g in target.guardrail if g.metric == CLOSED), None)
        least = terms.least_close if typed is None else typed
        pairs = [_closing(data, target, least, agreement, day), *(p for p in pairs if p.metric != CLOSED)]
    progress = row["progress"]
    return ContractLine(
        target=target,
        baseline=row["baseline"]["value"],
        goal=row["goal"],
        value=row["current"]["value"],
        reached=None if progress is None else progress >= 1,
        final=day >= target.due,
        pairs=tuple(pairs),
    )


def _closing(
    data: DataDir, target: Target, least: float, agreement: Agreement | None, day: date
) -> Condition:
    """Share of the leads since the starting point that ended in a sale, over the same segment."""
    begun = target.baseline.date if target.baseline else agreement.day if agreement else None
    covered = data.meta.coverage.get(LEADS)
    if covered is None:
        return Condition(CLOSED, least, None, None)
    first = max(covered.first, begun + timedelta(days=1)) if begun else covered.first
    last = min(day, target.due, covered.last)
    if first > last:
        return Condition(CLOSED, least, None, None)
    window = Period(first, last)
    found = evaluate_periods(data, [CLOSED], [window], where=filter_of(target)).get(CLOSED, window.text)
    value = found.value if found else None
    settled = found is not None and "unsettled" not in (found.warnings or ())
    return Condition(CLOSED, least, value, None if value is None else value >= least, settled)


def _sheet(owner: str, lines: Sequence[ContractLine]) -> ContractSheet:
    """All KPIs reached and all pairs kept: due. A missed date or a broken pair that cannot mend: not due."""
    reasons: list[tuple[str, str]] = []
    for line in lines:
        if line.reached is None:
            reasons.append(("unknown", line.target.metric))
        elif not line.reached:
            reasons.append(("missed" if line.final else "not_yet", line.target.metric))
        for pair in line.pairs:
            if pair.ok is None:
                reasons.append(("pair_unknown", pair.metric))
            elif not pair.ok:
                mends = not pair.settled or not line.final
                code = "closing" if pair.metric == CLOSED else "pair"
                reasons.append((f"{code}_low" if mends else f"{code}_broken", pair.metric))
    codes = {code for code, _ in reasons}
    if codes & {"missed", "pair_broken", "closing_broken"}:
        outcome = "not_due"
    elif codes & {"not_yet", "pair_low", "closing_low"} or not all(line.final for line in lines):
        outcome = "open"
    else:
        outcome = "unknown" if codes else "due"
    return ContractSheet(owner, tuple(lines), outcome, tuple(dict.fromkeys(reasons)))
