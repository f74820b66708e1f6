"""The command line: inspect, load, metrics, tree, plan, app, doctor.

The names and the JSON are a contract (README, tests). One document goes to stdout, everything else to
stderr. Exit status: 0 fine, 1 our fault (with an incident code), 2 the user's mistake, 3 an unanswered
question.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import secrets
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from crmkpi import __version__
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import LANGUAGES, Words
from crmkpi.periods import GRAINS

if TYPE_CHECKING:
    from crmkpi.engine.evaluate import Where

log = logging.getLogger("crmkpi")
DEFAULT_TREE = "ecommerce_revenue"
COHORT_METRICS = ("retention_cohort", "cohort_customers", "cohort_orders", "cohort_revenue")


class BadJsonFileError(CrmKpiError):
    """A file given to an option is no JSON: `file`, `option`, `line`."""

    code = "bad_file_json"


class BadWhereError(CrmKpiError):
    """A filter that is not DIM=VALUE: `text`."""

    code = "bad_where"


class UsageError(CrmKpiError):
    """Words of the command line that do not fit: `detail`."""

    code = "usage"


class _Parser(argparse.ArgumentParser):
    """argparse that reports through our one error sentence."""

    def error(self, message: str) -> Any:
        raise UsageError(detail=message)


def plain(value: Any) -> Any:
    """Turn dates, paths, tuples and non-finite numbers into plain JSON values (unknown is null)."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, Path):
        return value.name
    return value


def write_json(document: Any) -> None:
    """One JSON document to stdout."""
    json.dump(plain(document), sys.stdout, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def _json_file(path: str | None, option: str) -> dict[str, Any]:
    if path is None:
        return {}
    file = Path(path)
    if not file.is_file():
        raise _missing(file)
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise BadJsonFileError(file=file.name, option=option, line=error.lineno) from error
    if not isinstance(found, dict):
        raise BadJsonFileError(file=file.name, option=option, line=1)
    return found


def _missing(file: Path) -> CrmKpiError:
    from crmkpi.ingest.reading_errors import FileMissingError

    return FileMissingError(file=file.name)


def _content(path: str) -> bytes:
    file = Path(path)
    if not file.is_file():
        raise _missing(file)
    return file.read_bytes()


def _files(names: Sequence[str]) -> list[Path]:
    paths = [Path(n) for n in names]
    for path in paths:
        if not path.is_file():
            raise _missing(path)
    return paths


def _where(texts: Sequence[str]) -> tuple[Where, ...]:
    """`--where country=France --where country=Spain`: OR inside a dimension, AND between dimensions."""
    from crmkpi.engine.evaluate import Where

    found: dict[str, list[str | None]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise BadWhereError(text=text)
        found.setdefault(name.strip().lower(), []).append(value if value != "" else None)
    return tuple(Where(name, tuple(values)) for name, values in found.items())


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(detail=text) from error


# commands -------------------------------------------------------------------------------------------------
def command_inspect(args: argparse.Namespace, t: Words) -> int:
    """What the files are and how they would be read; writes nothing."""
    from crmkpi.ingest.inspect import inspect

    reports = inspect(_files(args.files), t, answers=_json_file(args.answers, "--answers"))
    documents = [r.as_dict(t) for r in reports]
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

    mapping, answers = _json_file(args.mapping, "--mapping"), _json_file(args.answers, "--answers")
    with opened(Path(args.project), create=True, write_back=True) as place:
        project = place.read()
        result = load(
            _files(args.files),
            place.data,
            mapping=mapping,
            answers=answers,
            settings=load_settings(project),
            append=args.append,
            remembered={k: v.model_dump() for k, v in project.confirmed.items()},
            words=t,
        )
        place.write(recorded(project.model_copy(update={"lang": args.lang}), place.data))
    document = result.as_dict(t)
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


def command_metrics(args: argparse.Namespace, t: Words) -> int:
    """Values of metrics by period, optionally split and filtered."""
    from crmkpi.engine.evaluate import DEFINITION_VERSION, evaluate
    from crmkpi.project.place import opened
    from crmkpi.project.record import data_of
    from crmkpi.views.rows import metric_document, metric_frame

    with opened(Path(args.project)) as place:
        data = data_of(place)
        asked = args.metric or None
        plain_metrics = None if asked is None else [m for m in asked if m not in COHORT_METRICS]
        window = {"first": _day(args.first), "last": _day(args.last)}
        result = None
        if plain_metrics is None or plain_metrics:
            result = evaluate(data, plain_metrics, args.grain, by=args.by, where=_where(args.where), **window)
        cohort_ids = [m for m in asked or () if m in COHORT_METRICS]
        frame = metric_frame(data, result, cohort_ids, args.grain, _where(args.where), args.by, **window)
        if args.format == "json":
            write_json(metric_document(data, result, frame, DEFINITION_VERSION))
        else:
            _write_table(frame, args.format)
    return 0


def _write_table(frame: Any, form: str) -> None:
    from crmkpi.views.rows import csv_bytes, parquet_bytes

    sys.stdout.flush()
    sys.stdout.buffer.write(csv_bytes(frame) if form == "csv" else parquet_bytes(frame))
    sys.stdout.buffer.flush()


def command_tree(args: argparse.Namespace, t: Words) -> int:
    """A tree at two periods, with the exact contribution of every leaf to the change of the root."""
    from crmkpi.project.place import opened
    from crmkpi.project.record import data_of
    from crmkpi.catalog.trees import read_template
    from crmkpi.tree.explain import explain, template_list
    from crmkpi.tree.intervals import with_intervals

    with opened(Path(args.project)) as place:
        data = data_of(place)
        if args.list:
            write_json({"templates": template_list(data, t)})
            return 0
        project = place.read()
        template = args.template or project.tree.template or "ecommerce_revenue"
        found = explain(data, template, args.period, args.vs, where=_where(args.where), to_date=args.to_date)
        document = found.as_dict(args.lang)
    if args.json:
        write_json(document)
        return 0
    for node in document["nodes"]:
        print(f"{node['label']}: {t.number(node['before'])} -> {t.number(node['after'])}")
    return 0


def command_plan(args: argparse.Namespace, t: Words) -> int:
    """Gap, milestones, letters, forecast and status of targets."""
    from crmkpi.project.place import opened
    from crmkpi.project.record import data_of
    from crmkpi.targets.plan import plan, read_targets

    content = _content(args.targets)
    with opened(Path(args.project)) as place:
        document = plan(data_of(place), read_targets(content, Path(args.targets).name), _day(args.as_of), t)
    write_json(document)
    return 0


def command_app(args: argparse.Namespace, t: Words) -> int:
    """Open the application, with these files ready to load."""
    import os
    import subprocess

    root = Path(__file__).parents[1]
    environment = dict(os.environ)
    environment["CRMKPI_LANG"] = args.lang
    if args.files:
        environment["CRMKPI_FILES"] = os.pathsep.join(str(p.resolve()) for p in _files(args.files))
    command = [sys.executable, "-m", "streamlit", "run", str(root / "app.py")]
    if args.port:
        command += ["--server.port", str(args.port)]
    return subprocess.call(command, env=environment, cwd=root)


def command_doctor(args: argparse.Namespace, t: Words) -> int:
    """Check that this installation can work."""
    from crmkpi.doctor import checks

    found = checks(t)
    if args.json:
        write_json({"checks": found})
    else:
        for check in found:
            print(f"{'ok ' if check['ok'] else 'BAD'} {check['name']}: {check['detail']}")
    return 0 if all(c["ok"] for c in found) else 1


# the parser -----------------------------------------------------------------------------------------------
class _Commands:
    table: ClassVar[dict[str, Callable[[argparse.Namespace, Words], int]]] = {
        "inspect": command_inspect,
        "load": command_load,
        "metrics": command_metrics,
        "tree": command_tree,
        "plan": command_plan,
        "app": command_app,
        "doctor": command_doctor,
    }


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    shared = _Parser(add_help=False)
    shared.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS)
    shared.add_argument("--debug", action="store_true", default=argparse.SUPPRESS)
    shared.add_argument("--json", action="store_true")
    top = _Parser(prog="crmkpi", description=(__doc__ or "").splitlines()[0])
    top.add_argument("--version", action="version", version=__version__)
    top.add_argument("--lang", choices=LANGUAGES, default="en")
    top.add_argument("--debug", action="store_true", default=False)
    sub = top.add_subparsers(dest="command", required=True, parser_class=_Parser)

    def add(name: str, **options: Any) -> argparse.ArgumentParser:
        summary = (_Commands.table[name].__doc__ or "").strip()
        return sub.add_parser(name, parents=[shared], help=summary, description=summary, **options)

    one = add("inspect")
    one.add_argument("files", nargs="+", metavar="FILE")
    one.add_argument("--answers", metavar="A.json")
    one = add("load")
    one.add_argument("files", nargs="+", metavar="FILE")
    one.add_argument("--project", required=True, metavar="P")
    one.add_argument("--mapping", metavar="M.json")
    one.add_argument("--answers", metavar="A.json")
    one.add_argument("--append", action="store_true")
    _add_metrics(add("metrics"))
    one = add("tree")
    one.add_argument("--project", required=True, metavar="P")
    one.add_argument("--template", metavar="ID")
    one.add_argument("--period", metavar="X")
    one.add_argument("--vs", metavar="Y")
    one.add_argument("--where", action="append", default=[], metavar="DIM=VALUE")
    one.add_argument("--to-date", action="store_true")
    one.add_argument("--list", action="store_true")
    one.add_argument("--custom", metavar="T.toml")
    one = add("plan")
    one.add_argument("--project", required=True, metavar="P")
    one.add_argument("--targets", required=True, metavar="T.toml")
    one.add_argument("--as-of", metavar="D")
    one = add("app")
    one.add_argument("files", nargs="*", metavar="FILE")
    one.add_argument("--port", type=int)
    add("doctor")
    return top


def _add_metrics(one: argparse.ArgumentParser) -> None:
    one.add_argument("--project", required=True, metavar="P")
    one.add_argument("--metric", action="append", metavar="ID")
    one.add_argument("--grain", choices=GRAINS, default="month")
    one.add_argument("--from", dest="first", metavar="D")
    one.add_argument("--to", dest="last", metavar="D")
    one.add_argument("--by", metavar="DIM")
    one.add_argument("--where", action="append", default=[], metavar="DIM=VALUE")
    one.add_argument("--format", choices=("json", "csv", "parquet"), default="json")


def _language(argv: Sequence[str]) -> str:
    """The language asked for, readable even when the rest of the line is wrong."""
    for i, word in enumerate(argv):
        if word.startswith("--lang="):
            return word.partition("=")[2]
        if word == "--lang" and i + 1 < len(argv):
            return argv[i + 1]
    return "en"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    t = Words(_language(argv))
    try:
        args = parser().parse_args(argv)
        return _Commands.table[args.command](args, t)
    except CrmKpiError as error:
        print(f"{error.label}: {t(error.key, **error.params)}", file=sys.stderr)
        if "--debug" in argv:
            raise
        return error.exit_status
    except BrokenPipeError:
        return 0
    except Exception:
        incident = secrets.token_hex(4)
        if "--debug" in argv:
            raise
        print(f"E-UNEXPECTED: {t('error.unexpected', incident=incident)}", file=sys.stderr)
        log.debug("incident %s", incident, exc_info=True)
        return 1
