"""The live check beside a formula line: its value in the shown period, or the one sentence that says what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.catalog.in_force import extension, in_force
from crmkpi.catalog.metric import metrics, standard_metrics
from crmkpi.catalog.trees import Node
from crmkpi.engine.available import available
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.errors import CrmKpiError
from crmkpi.formula import Formula
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.project.document import Project
from crmkpi.project.tree_work import known_metrics
from crmkpi.tree.coverage import computable
from crmkpi.tree.editing import apply
from crmkpi.tree.edits import Compute
from crmkpi.tree.own_metric import OwnMetric, built, unit_of, with_ids
from crmkpi.tree.proof import proof
from crmkpi.tree.spoken import spoken
from crmkpi.views.tree import root_node


@dataclass(frozen=True)
class FormulaCheck:
    """What is known of a typed formula. `formula` = it with ids, None while it cannot be kept; direction: good, bad,
    warn (kept, but the data cannot prove it) or neutral (nothing typed yet); `unit` = what it suggests."""

    formula: str | None
    direction: str
    text: str
    read_as: str = ""
    unit: str = "count"


def own_check(
    data: DataDir, project: Project, own_id: str, text: str, period: Period, t: Words
) -> FormulaCheck:
    """The value that an own metric of this formula would have in the period."""
    if not text.strip():
        return FormulaCheck(None, "neutral", t("editor.check_empty"))
    try:
        formula = with_ids(text.strip())
        trial = OwnMetric(id=own_id, ru="Ъ" + own_id, en="Q" + own_id, formula=formula, unit=unit_of(formula))
        others = [one for one in project.own_trees.state.own if one.id != own_id]
        made = built([*others, trial], known_metrics(data))
    except CrmKpiError as error:
        return FormulaCheck(None, "bad", t(error.key, **error.params))
    with in_force(extension({**{n: m for n, m in metrics().items() if n not in standard_metrics()}, **made})):
        value = _value(data, own_id, period)
        lacking = _lacking(data, Formula(formula).names, t)
    said = t("editor.check_value", period=t.period(period), value=t.value(value, trial.unit))
    if value is None:
        said = t("editor.check_no_value", period=t.period(period))
        said = t("editor.check_lacking", names=lacking) if lacking else said
    return FormulaCheck(
        formula, "good" if value is not None else "warn", said, spoken(formula)[t.lang], trial.unit
    )


def identity_check(data: DataDir, project: Project, node_id: str, text: str, t: Words) -> FormulaCheck:
    """Whether a formula of a node gives the node's own value in every complete month of the data."""
    if not text.strip():
        return FormulaCheck(None, "neutral", t("editor.check_identity_empty"))
    try:
        formula = with_ids(text.strip())
        node = apply(root_node(project), Compute(id=node_id, identity=formula)).find(node_id)
    except CrmKpiError as error:
        return FormulaCheck(None, "bad", t(error.key, **error.params))
    assert node is not None
    found, read_as = proof(data, node), spoken(formula)[t.lang]
    unit = metrics()[node.metric].unit
    if found.counter is not None:
        bad = found.counter
        said = t(
            "editor.check_broken",
            period=t.period(bad.period),
            left=t.value(bad.left, unit),
            right=t.value(bad.right, unit),
            difference=t.value(bad.difference, unit),
        )
        return FormulaCheck(None, "bad", said, read_as, unit)
    if found.periods == 0:
        return FormulaCheck(formula, "warn", _unproven(data, node, t), read_as, unit)
    return FormulaCheck(formula, "good", t.plural("editor.check_holds", found.periods), read_as, unit)


def _unproven(data: DataDir, node: Node, t: Words) -> str:
    lacking = _lacking(data, (node.metric, *(c.metric for c in node.drivers)), t)
    return t("editor.check_lacking", names=lacking) if lacking else t("editor.check_unproven")


def _lacking(data: DataDir, names: tuple[str, ...], t: Words) -> str:
    gaps = available(data)
    return ", ".join(
        f"«{metrics()[n].label[t.lang]}»" for n in names if n in metrics() and not computable(n, gaps)
    )


def _value(data: DataDir, name: str, period: Period) -> float | None:
    if not computable(name, available(data)):
        return None
    return evaluate_periods(data, [name], [period]).value(name, period.text)
