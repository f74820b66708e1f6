"""The grammar of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from crmkpi import __version__
from crmkpi.cli import keeping, loading, numbers, running
from crmkpi.cli.words import UsageError
from crmkpi.i18n import LANGUAGES, Words
from crmkpi.periods import GRAINS


class _Parser(argparse.ArgumentParser):
    """argparse that reports through our one error sentence."""

    def error(self, message: str) -> Any:
        raise UsageError(detail=message)


COMMANDS: dict[str, Callable[[argparse.Namespace, Words], int]] = {
    "inspect": loading.command_inspect,
    "load": loading.command_load,
    "metrics": numbers.command_metrics,
    "tree": numbers.command_tree,
    "plan": numbers.command_plan,
    "check": numbers.command_check,
    "app": running.command_app,
    "report": running.command_report,
    "doctor": running.command_doctor,
    "store": keeping.command_store,
}


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    shared = _Parser(add_help=False)
    shared.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS)
    shared.add_argument("--debug", action="store_true", default=argparse.SUPPRESS)
    shared.add_argument("--json", action="store_true")
    top = _Parser(
        prog="crmkpi", description="CRM KPI explorer: an export becomes a metric tree, targets and reasons."
    )
    top.add_argument("--version", action="version", version=__version__)
    top.add_argument("--lang", choices=LANGUAGES, default="en")
    top.add_argument("--debug", action="store_true", default=False)
    sub = top.add_subparsers(dest="command", required=True, parser_class=_Parser)

    def add(name: str, **options: Any) -> argparse.ArgumentParser:
        summary = (COMMANDS[name].__doc__ or "").strip()
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
    _add_tree(add("tree"))
    one = add("plan")
    one.add_argument("--project", required=True, metavar="P")
    one.add_argument("--targets", required=True, metavar="T.toml")
    one.add_argument("--as-of", metavar="D")
    one = add("check")
    one.add_argument("--project", required=True, metavar="P")
    one.add_argument("--as-of", metavar="D")
    one.add_argument("--false-alarms", type=float, metavar="PER_MONTH")
    one.add_argument("--notify", action="store_true")
    one = add("app")
    one.add_argument("files", nargs="*", metavar="FILE")
    one.add_argument("--port", type=int)
    _add_report(add("report"))
    add("doctor")
    _add_store(add("store"))
    return top


def _add_report(one: argparse.ArgumentParser) -> None:
    one.add_argument("--project", required=True, metavar="P")
    one.add_argument("--to", required=True, metavar="FILE")
    one.add_argument("--title")
    one.add_argument("--pack", metavar="PERSON")
    one.add_argument("--from", dest="first", metavar="D")
    one.add_argument("--until", dest="last", metavar="D")


def _add_metrics(one: argparse.ArgumentParser) -> None:
    one.add_argument("--project", required=True, metavar="P")
    one.add_argument("--metric", action="append", metavar="ID")
    one.add_argument("--grain", choices=GRAINS, default="month")
    one.add_argument("--from", dest="first", metavar="D")
    one.add_argument("--to", dest="last", metavar="D")
    one.add_argument("--by", metavar="DIM")
    one.add_argument("--where", action="append", default=[], metavar="DIM=VALUE")
    one.add_argument("--format", choices=("json", "csv", "parquet"), default="json")


def _add_tree(one: argparse.ArgumentParser) -> None:
    one.add_argument("--project", required=True, metavar="P")
    one.add_argument("--template", metavar="ID")
    one.add_argument("--period", metavar="X")
    one.add_argument("--vs", metavar="Y")
    one.add_argument("--where", action="append", default=[], metavar="DIM=VALUE")
    one.add_argument("--to-date", action="store_true")
    one.add_argument("--list", action="store_true")
    one.add_argument("--custom", metavar="T.toml")


def _add_store(one: argparse.ArgumentParser) -> None:
    one.add_argument("action", choices=keeping.ACTIONS)
    one.add_argument("--copy", metavar="NAME")
