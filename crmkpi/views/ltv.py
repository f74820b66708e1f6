"""What a customer is worth: observed by age, by the formula, and by a model that has to prove itself first."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.analysis.ltv import MOST_SHOWN, Holdout, PredictedLtv, predicted_ltv
from crmkpi.analysis.observed_ltv import AGE_DAYS, against_cac, far_apart, observed_ltv
from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import available, evaluate
from crmkpi.i18n import Words
from crmkpi.views.parts import Part, ProofPoint
from crmkpi.views.series import SeriesPoint

HORIZON_DAYS = 360
MOST_AGES = 24


@dataclass(frozen=True)
class LtvView:
    """Observed money per customer by age (`curve`, margin where known), and what must be said beside it."""

    headline: str
    text: str
    curve: tuple[SeriesPoint, ...]
    numbers: tuple[Part, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ModelView:
    """The model's forecast and its proof; `closed` = why the data are not enough (then nothing else is filled).

    `curve`: cumulative purchases of the held-out weeks; `said`: per customer by purchases before the cut.
    """

    closed: tuple[str, ...]
    numbers: tuple[Part, ...] = ()
    proof: str = ""
    said: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    curve: tuple[ProofPoint, ...] = ()


def ltv_view(data: DataDir, where: tuple[Where, ...], t: Words) -> LtvView:
    """The line of observed money by age, the formula beside it, and LTV over CAC where costs are known."""
    found = observed_ltv(data, "month", where)
    margin = found.margin_from is not None
    rows = found.curve.head(MOST_AGES)
    column = "margin" if margin else "revenue"
    points = tuple(
        SeriesPoint(
            label=t("base.ltv_age", days=days),
            tick=str(days),
            value=value,
            text=t.money(value),
            complete=True,
            compare=None,
            compare_text="",
        )
        for days, value in rows.select("days", column).iter_rows()
    )
    known = [p for p in points if p.value is not None]
    if not known:
        return LtvView(t("base.ltv_none"), t("base.ltv_none_text"), (), (), ())
    at = next((p for p in known if p.tick == str(HORIZON_DAYS)), known[-1])
    headline = t(f"base.ltv_{column}", money=at.text, days=int(at.tick))
    numbers, notes = _beside(data, found.margin_at(int(at.tick)), where, t)
    cac = _latest(data, "cac", (), t)
    if cac is not None and margin:
        answer = against_cac(found, cac, int(at.tick))
        if answer.ratio is not None:
            key = "ltv.cac_enough" if answer.enough else "ltv.cac_short"
            notes.insert(0, t(key, days=answer.horizon_days, ratio=answer.ratio))
        payback = answer.payback_days
        notes.insert(1, t("ltv.cac_payback", days=payback) if payback else t("ltv.cac_not_yet"))
    if found.cells["censored"].any():
        notes.append(t("ltv.censored"))
    if not margin:
        notes.append(t("ltv_note.revenue_not_margin"))
    return LtvView(headline, t("base.ltv_text", step=AGE_DAYS), points, tuple(numbers), tuple(notes))


def _beside(
    data: DataDir, observed: float | None, where: tuple[Where, ...], t: Words
) -> tuple[list[Part], list[str]]:
    formula = _latest(data, "ltv_simple", where, t)
    if formula is None:
        return [], []
    part = Part(
        metrics()["ltv_simple"].label[t.lang], formula, t.money(formula), "neutral", t("base.ltv_formula")
    )
    notes = [t("ltv.far_apart")] if far_apart(formula, observed) else []
    return [part], notes


def _latest(data: DataDir, metric: str, where: tuple[Where, ...], t: Words) -> float | None:
    """The metric in the last complete month where the data feed it."""
    if available(data).get(metric, "") is not None:
        return None
    rows = evaluate(data, [metric], "month", where=where).rows
    known = [v for v, complete in rows.select("value", "complete").iter_rows() if complete and v is not None]
    return float(known[-1]) if known else None


def model_view(data: DataDir, where: tuple[Where, ...], t: Words) -> ModelView:
    """BG/NBD with gamma-gamma behind its gate: the forecast for a year, and what it said about held-out weeks."""
    found = predicted_ltv(data, HORIZON_DAYS, where)
    gate = found.gate
    if not gate.open:
        params = {"customers": gate.customers, "repeaters": gate.repeaters}
        return ModelView(tuple(t(f"ltv_gate.{code}", **params) for code in gate.reasons))
    notes = [t(f"ltv_note.{code}") for code in found.notes] + [t("ltv.one_time")]
    proof, said = ("", ()) if found.holdout is None else _proof(found.holdout, t)
    curve = () if found.holdout is None else proof_curve(found.holdout)
    return ModelView((), _numbers(found, t), proof, said, tuple(notes), curve)


def proof_curve(found: Holdout) -> tuple[ProofPoint, ...]:
    """The held-out weeks as points, from nothing at the cut."""
    rows = found.curve.select("week", "actual", "model", "naive").iter_rows()
    return (ProofPoint(0, 0.0, 0.0, 0.0), *(ProofPoint(int(w), a, m, n) for w, a, m, n in rows))


def _numbers(found: PredictedLtv, t: Words) -> tuple[Part, ...]:
    pairs = (("base.model_base", found.per_customer), ("base.model_new", found.new_customer))
    return tuple(
        Part(t(key, days=found.horizon_days), value, t.money(value), "neutral")
        for key, value in pairs
        if value
    )


def _proof(found: Holdout, t: Words) -> tuple[str, tuple[Part, ...]]:
    """The sentence, and purchases per customer after the cut: what the model said against what happened."""
    model, naive = (t.signed(t.percent(e), e) for e in (found.model_error, found.naive_error))
    rows = []
    for row in found.groups.iter_rows(named=True):
        n = row["purchases"]
        name = t("base.proof_more" if n >= MOST_SHOWN else "base.proof_row", n=n, customers=row["customers"])
        note = t("base.proof_note", model=t.number(row["model"], 2), naive=t.number(row["naive"], 2))
        rows.append(Part(name, row["actual"], t.number(row["actual"], 2), "neutral", note))
    return t("ltv.holdout", cut=found.cut, model=model, naive=naive), tuple(rows)
