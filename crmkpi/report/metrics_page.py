"""«What does this number mean?»: the catalogue of metrics as a page of the documentation."""

from __future__ import annotations

import ast
from pathlib import Path

from crmkpi.catalog import Metric, metrics
from crmkpi.formula import Formula
from crmkpi.i18n import LANGUAGES, Words
from crmkpi.measures import MEASURES
from crmkpi.views.columns import column_name, table_name
from crmkpi.views.node import formula_text

NAMES = {"en": "metrics.md", "ru": "metrics_ru.md"}
LEVELS = ("goal", "controllable", "strategic", "development", "operational", "technical", None)


def metrics_page(lang: str) -> str:
    """The whole page as Markdown: levels from the goal down, each metric with all that is declared about it."""
    t = Words(lang)
    shown = [m for m in metrics().values() if not m.local]
    inner = [m for m in metrics().values() if m.local]
    parts = [f"# {t('metrics_page.title')}", t("metrics_page.text", n=len(shown))]
    for level in LEVELS:
        own = sorted((m for m in shown if m.level == level), key=lambda m: m.label[lang].casefold())
        if own:
            heading = t(f"level.{level or 'other'}")
            parts += [f"## {heading}", *(_entry(m, t) for m in own)]
    parts += [f"## {t('metrics_page.inner')}", t("metrics_page.inner_text")]
    parts += [_entry(m, t) for m in sorted(inner, key=lambda m: m.label[lang].casefold())]
    return "\n\n".join([*parts, t("metrics_page.made")]) + "\n"


def write_metrics_page(folder: Path) -> None:
    """Write the page in every language; the command is `python docs/make.py`."""
    for lang in LANGUAGES:
        (folder / NAMES[lang]).write_text(metrics_page(lang), encoding="utf-8")


def needs(metric: Metric) -> tuple[str, ...]:
    """Columns (`table.column`, alternatives by `|`) that rows must bring for the metric, in the order of its formula.

    Of `coalesce` the first way counts: the better data. Counts of another metric come with its own needs.
    """
    found: dict[str, None] = dict.fromkeys(metric.requires)
    if metric.measure is not None:
        found |= dict.fromkeys(MEASURES[metric.measure].requires)
    elif metric.formula is not None:
        for name in _names(Formula(metric.formula).tree):
            if name in metrics() and name != metric.id:
                found |= dict.fromkeys(needs(metrics()[name]))
            elif name in MEASURES:
                found |= dict.fromkeys(MEASURES[name].requires)
    return tuple(found)


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Call):
        first = isinstance(node.func, ast.Name) and node.func.id == "coalesce"
        return [name for arg in (node.args[:1] if first else node.args) for name in _names(arg)]
    below = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return [name for child in below for name in _names(child)]


def _entry(metric: Metric, t: Words) -> str:
    lines = [f"### {metric.label[t.lang]}", f"`{metric.id}`. {metric.definition[t.lang]}"]
    facts = []
    formula = formula_text(metric, t)
    if formula:
        facts.append(t("metrics_page.formula", text=formula))
    wanted = _columns(needs(metric), t)
    if metric.status == "sheet":
        facts.append(t("metrics_page.sheet"))
    elif wanted:
        facts.append(t("metrics_page.needs", columns=wanted))
    unit, adds = t(f"metrics_page.unit_{metric.unit}"), t(f"metrics_page.class_{metric.klass}")
    facts.append(f"{unit}; {adds}. " + t(f"glossary.better_{metric.better}"))
    pair = [metrics()[p].label[t.lang] for p in metric.pair if p in metrics()]
    if pair:
        facts.append(t("glossary.pair", names=", ".join(pair)))
    if metric.source:
        facts.append(t("metrics_page.source", text=metric.source))
    return "\n\n".join([*lines, "\n".join(f"- {fact}" for fact in facts)])


def _columns(wanted: tuple[str, ...], t: Words) -> str:
    """«Заказы: Сумма, Дата»: columns by table."""
    tables: dict[str, list[str]] = {}
    for full in wanted:
        options = [one.rpartition(".") for one in full.split("|")]
        names = [
            column_name(name, t, place)
            if place == options[0][0]
            else f"{table_name(place, t)}: {column_name(name, t, place)}"
            for place, _, name in options
        ]
        tables.setdefault(options[0][0], []).append(t("tree.or").join(dict.fromkeys(names)))
    return "; ".join(f"{table_name(table, t)}: {', '.join(names)}" for table, names in tables.items())
