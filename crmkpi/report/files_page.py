"""«What files can I drop?»: a page of the documentation, made from the presets and the canonical tables."""

from __future__ import annotations

from pathlib import Path

from crmkpi.i18n import LANGUAGES, Words
from crmkpi.ingest.known_exports import Preset, presets
from crmkpi.tables import TABLES, Table
from crmkpi.views.columns import column_name, table_name

NAMES = {"en": "files.md", "ru": "files_ru.md"}
# a preset whose title is no system: the plain «metric by date» sheet stands among the tables
PLAIN = ("plain_values",)


def files_page(lang: str) -> str:
    """The whole page as Markdown."""
    t = Words(lang)
    parts = [f"# {t('files_page.title')}", t("files_page.text"), *_forms(t), *_systems(t), *_tables(t)]
    return "\n\n".join([*parts, t("files_page.made")]) + "\n"


def write_files_page(folder: Path) -> None:
    """Write the page in every language; the command is `python docs/make.py`."""
    for lang in LANGUAGES:
        (folder / NAMES[lang]).write_text(files_page(lang), encoding="utf-8")


def _forms(t: Words) -> list[str]:
    lines = [
        f"- {t(f'files_page.form_{name}')}" for name in ("kind", "code", "number", "shape", "paste", "limit")
    ]
    return [f"## {t('files_page.forms')}", "\n".join(lines)]


def _systems(t: Words) -> list[str]:
    known = sorted(
        (p for p in presets().values() if p.id not in PLAIN), key=lambda p: (_place(p), p.title.lower())
    )
    head = "| " + " | ".join(t(f"files_page.{name}") for name in ("system", "table", "status")) + " |"
    rows = [
        f"| {p.title} | {table_name(p.table, t)} | {t('files_page.sure' if p.confirmed else 'files_page.unsure')} |"
        for p in known
    ]
    return [
        f"## {t('files_page.systems')}",
        t("files_page.systems_text"),
        "\n".join([head, "|---|---|---|", *rows]),
    ]


def _place(preset: Preset) -> int:
    return list(TABLES).index(preset.table)


def _tables(t: Words) -> list[str]:
    head = "| " + " | ".join(t(f"files_page.{name}") for name in ("table", "required", "optional")) + " |"
    rows = [
        f"| {table_name(name, t)} | {_required(spec, t)} | {_optional(spec, t)} |"
        for name, spec in TABLES.items()
    ]
    return [
        f"## {t('files_page.tables')}",
        t("files_page.tables_text"),
        "\n".join([head, "|---|---|---|", *rows]),
    ]


def _required(spec: Table, t: Words) -> str:
    groups = [
        t("tree.or").join(column_name(c, t, spec.name) for c in need.split("|"))
        for need in spec.missing(set(), asked=True)
    ]
    return "; ".join(groups)


def _optional(spec: Table, t: Words) -> str:
    needed = {one for need in spec.missing(set(), asked=True) for one in need.split("|")}
    return "; ".join(column_name(c, t, spec.name) for c in spec.names if c not in needed)
