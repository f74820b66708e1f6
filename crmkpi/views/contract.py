"""The KPI agreement as a sheet to sign: formula, source, pair, threshold, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.agreement import changes_since
from crmkpi.targets.contract import Condition, ContractLine, ContractSheet, contract_sheets, version_of
from crmkpi.targets.gather import data_to
from crmkpi.targets.plan import metric_name
from crmkpi.targets.sentence import owner_name, where_text
from crmkpi.views.node import formula_text
from crmkpi.views.tree import DEFAULT_TREE

TONES = {"due": "good", "not_due": "bad", "open": "neutral", "unknown": "warn"}


@dataclass(frozen=True)
class ContractRow:
    """One KPI of the sheet, every cell as printed."""

    name: str
    formula: str
    source: str
    start: str
    goal: str
    due: str
    pairs: tuple[str, ...]
    now: str


@dataclass(frozen=True)
class OwnerSheet:
    """The sheet of one owner. `bonus`: what was promised; `outcome` with its tone and reasons."""

    owner: str
    rows: tuple[ContractRow, ...]
    bonus: str
    outcome: str
    tone: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ContractView:
    """All sheets of a version. `signed`: who and when, or that nobody did, or that it changed since."""

    title: str
    version: str
    signed: str
    rule: str
    as_of: str
    sheets: tuple[OwnerSheet, ...]


def contract_view(data: DataDir, project: Project, t: Words) -> ContractView:
    """The agreement as it stands on the last day of the data; the signed version where nothing changed since."""
    terms, agreed = project.terms, project.agreement
    sheets = contract_sheets(
        data,
        project.targets,
        terms,
        t,
        agreement=agreed,
        template=project.tree.template or DEFAULT_TREE,
    )
    signed = t("contract.unsigned")
    if agreed is not None:
        same = not changes_since(agreed, project.targets) and agreed.terms == terms
        key = "contract.signed" if same else "contract.changed"
        before = version_of(agreed.targets, agreed.terms)
        signed = t(key, who=agreed.who, day=agreed.day, version=before)
    return ContractView(
        title=t("contract.title_of", name=project.name) if project.name else t("contract.title"),
        version=t("contract.version", version=version_of(project.targets, terms)),
        signed=signed,
        rule=t("contract.rule", least=t.percent(terms.least_close, 0)),
        as_of=t("contract.as_of", day=data_to(data)),
        sheets=tuple(_owner(sheet, terms.bonus.get(sheet.owner, ""), project, t) for sheet in sheets),
    )


def _owner(sheet: ContractSheet, bonus: str, project: Project, t: Words) -> OwnerSheet:
    named = metric_name(t)
    return OwnerSheet(
        owner=owner_name(sheet.owner, t),
        rows=tuple(_row(line, project, t) for line in sheet.lines),
        bonus=bonus or t("contract.no_bonus"),
        outcome=t(f"contract.outcome_{sheet.outcome}"),
        tone=TONES[sheet.outcome],
        reasons=tuple(t(f"contract.reason_{code}", metric=named(metric)) for code, metric in sheet.reasons),
    )


def _row(line: ContractLine, project: Project, t: Words) -> ContractRow:
    target, metric = line.target, metrics()[line.target.metric]
    formula = formula_text(metric, t)
    where = where_text(target, t)
    name = metric.label[t.lang] + (f" ({where})" if where else "")
    said = metric.definition[t.lang] + (f" {formula}" if formula else "")
    return ContractRow(
        name=name,
        formula=said,
        source=_source(metric.table, project, t),
        start=t.value(line.baseline, metric.unit),
        goal=t.value(line.goal, metric.unit),
        due=t.date(target.due),
        pairs=tuple(_pair(p, t) for p in line.pairs),
        now=t.value(line.value, metric.unit),
    )


def _source(table: str, project: Project, t: Words) -> str:
    """The table in words and the files it was loaded from, so that both sides count the same rows."""
    files = sorted(
        {f.file for f in project.files if f.table == table or (table == "sends" and f.table == "messages")}
    )
    key = f"table.{table}"
    name = t(key) if t.has(key) else table
    return f"{name}: {', '.join(files)}" if files else name


def _pair(pair: Condition, t: Words) -> str:
    metric = metrics()[pair.metric]
    least, value = (t.value(v, metric.unit) for v in (pair.least, pair.value))
    key = "contract.pair_most" if metric.better == "down" else "contract.pair_least"
    return t(key, metric=metric.label[t.lang], least=least, value=value)
