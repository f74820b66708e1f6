"""Assessments as the JSON of cli.md. Unknown is null; dates are ISO; messages are in the asked language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crmkpi.forecast.forecast import Forecast
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.targets.assess import Assessment
from crmkpi.targets.focus import FocusWarning, OwnerFocus
from crmkpi.targets.sentence import Named, letter_message, target_sentence, verdict


def assessment_json(a: Assessment, t: Words, named: Named) -> dict[str, Any]:
    """One entry of `targets`."""
    resolved, target = a.resolved, a.target
    return {
        **_asked(a),
        "sentence": target_sentence(target, a.facts, resolved, t),
        "baseline": _baseline(a),
        "current": {
            "value": resolved.current_value,
            "period": _text(resolved.current_period),
            "complete": resolved.current_complete,
        },
        "goal": resolved.goal,
        "due_period": _text(resolved.due_period),
        **_gap(a),
        "progress": a.progress,
        "smart": {
            name: {
                "ok": letter.ok,
                "reasons": [reason.code for reason in letter.reasons],
                "message": letter_message(letter, a.facts, t, named),
            }
            for name, letter in a.letters.items()
        },
        "verdict": verdict(a.letters, t),
        "history_percentile": a.percentile,
        "benchmark": _benchmark(a),
        "shape": a.way.shape,
        "notes": list(a.way.notes),
        "milestones": [_milestone(m) for m in a.milestones],
        **_outlook(a),
        "status": a.status,
        "status_reasons": list(a.status_why),
        "root_effect": a.root_effect,
        "root": a.link.root if a.link else None,
        "guardrails": [
            {"metric": g.metric, "floor": g.floor, "value": g.value, "ok": g.ok, "automatic": g.automatic}
            for g in a.guards
        ],
    }


def _asked(a: Assessment) -> dict[str, Any]:
    """What the person typed."""
    target = a.target
    return {
        "id": target.id,
        "metric": target.metric,
        "unit": a.facts.unit,
        "owner": target.owner,
        "kind": target.kind,
        "measure": target.measure,
        "grain": target.grain,
        "where": {name: list(values) for name, values in target.where.items()},
        "due": target.due.isoformat(),
    }


def _baseline(a: Assessment) -> dict[str, Any]:
    resolved = a.resolved
    return {
        "value": resolved.baseline_value,
        "date": resolved.baseline_period.last.isoformat() if resolved.baseline_period else None,
        "period": _text(resolved.baseline_period),
        "restated": resolved.restated,
    }


def _gap(a: Assessment) -> dict[str, Any]:
    return {
        "gap": a.gap.absolute,
        "gap_relative": a.gap.relative,
        "gap_sigmas": a.gap.sigmas,
        "rating": a.gap.rating,
        "split_into_stages": a.gap.stages,
        "split_reasons": list(a.gap.split_reasons),
    }


def _benchmark(a: Assessment) -> dict[str, Any] | None:
    band = a.benchmark
    if band is None:
        return None
    return {
        "low": band.low,
        "high": band.high,
        "rows": len(band.rows),
        "sources": band.sources,
        "labels": list(band.labels),
    }


def _milestone(m: Any) -> dict[str, Any]:
    return {
        "grain": m.grain,
        "due": m.period.last.isoformat(),
        "from": m.period.first.isoformat(),
        "value": m.value,
        "low": m.low,
        "high": m.high,
        "actual": m.actual,
        "status": m.status,
    }


def _outlook(a: Assessment) -> dict[str, Any]:
    found = a.outlook.forecast
    rows: list[dict[str, Any]] = []
    about: dict[str, Any] = {"forecast_model": None, "forecast_reason": None, "interval_coverage": None}
    if isinstance(found, Forecast):
        for period, value, low, high in zip(found.periods, found.centre, found.low, found.high, strict=True):
            rows.append({"period": period.text, "value": value, "low": low, "high": high})
        about |= {"forecast_model": found.model, "interval_coverage": found.coverage}
    else:
        about["forecast_reason"] = found.reason
    return {"forecast": rows, "probability": a.outlook.chance, **about, "pace": a.outlook.pace}


def focus_json(
    owners: Sequence[OwnerFocus], warnings: Sequence[FocusWarning], t: Words, named: Named
) -> dict[str, Any]:
    """The `focus` part: verdict per owner, warnings with sentences."""
    return {
        "per_owner": [
            {
                "owner": o.owner,
                "kpis": list(o.kpis),
                "verdict": o.verdict,
                "message": t(f"focus.verdict.{o.verdict}"),
            }
            for o in owners
        ],
        "warnings": [
            {
                "code": w.code,
                "owner": w.owner,
                "metric": w.metric,
                "other": w.other or None,
                "message": t(f"focus.warning.{w.code}", metric=named(w.metric), other=named(w.other)),
            }
            for w in warnings
        ],
    }


def _text(period: Period | None) -> str | None:
    return period.text if period else None
