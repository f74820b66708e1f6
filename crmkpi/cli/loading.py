"""Commands that bring files in: inspect, load."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmkpi.cli.words import files, json_file, write_json
from crmkpi.i18n import Words

if TYPE_CHECKING:
    from crmkpi.ingest.file_report import FileReport


def command_inspect(args: argparse.Namespace, t: Words) -> int:
    """What the files are and how they would be read; writes nothing."""
    from crmkpi.ingest.inspect import inspect

    reports = inspect(files(args.files), t, answers=json_file(args.answers, "--answers"))
    documents: list[Any] = [r.as_dict(t) for r in reports]
    if args.json:
        write_json({"files": documents})
        return 0
    for d in documents:
        name = " / ".join(str(x) for x in (d["file"], d["member"], d["sheet"]) if x)
        table = t(f"table.{d['table']}") if d["table"] else "—"
        print(t("cli.inspect_line", file=name, table=table, rows=d["rows_used"], rejected=d["rows_rejected"]))
        for canonical, source in d["mapping"].items():
            print(f"  {source} -> {canonical} ({d['confidence'].get(canonical, 0):.2f})")
        for issue in d["issues"]:
            print(f"  {issue['level']}: {issue['message']}")
    return 0


def command_load(args: argparse.Namespace, t: Words) -> int:
    """Create or extend a project from files."""
    from crmkpi.ingest.load import load
    from crmkpi.project.place import opened
    from crmkpi.project.record import load_settings, recorded

    mapping, answers = json_file(args.mapping, "--mapping"), json_file(args.answers, "--answers")
    with opened(Path(args.project), create=True, write_back=True) as place:
        project = place.read()
        result = load(
            files(args.files),
            place.data,
            mapping=mapping,
            answers=answers,
            settings=load_settings(project),
            append=args.append,
            remembered={k: v.model_dump() for k, v in project.confirmed.items()},
            words=t,
        )
        place.write(recorded(project.model_copy(update={"lang": args.lang}), place.data))
    for option, given in (("--mapping", mapping), ("--answers", answers)):
        _say_unused(option, given, result.files, t)
    document: dict[str, Any] = result.as_dict(t)
    if args.json:
        write_json(document)
    else:
        for loaded in document["loaded"]:
            print(t("cli.loaded_line", table=t(f"table.{loaded['table']}"), rows=loaded["rows"]))
    if result.unanswered:
        codes = ", ".join(f"{u['file']}: {u['code']}" for u in document["unanswered"])
        print(f"E-UNANSWERED: {t('error.unanswered', questions=codes)}", file=sys.stderr)
        return 3
    return 0


def _say_unused(option: str, given: Mapping[str, Any], reports: Sequence[FileReport], t: Words) -> None:
    """Entries of --mapping or --answers for files that are not here: a mistyped name would change nothing silently."""
    known: set[str] = set()
    for source in (r.source for r in reports):
        inner = {x for x in (source.member, source.sheet) if x}
        known |= {source.file, source.sha256, *inner, *(f"{source.file}/{x}" for x in inner)}
    for name in given:
        if name not in known:
            print(t("cli.option_unused", option=option, name=name), file=sys.stderr)
