"""The command line: inspect, load, metrics, tree, plan, check, experiment, app, report, doctor.

The names and the JSON are a contract (README, tests). One document goes to stdout, everything else to
stderr. Exit status: 0 fine, 1 our fault (with an incident code), 2 the user's mistake, 3 an unanswered
question, 4 deviations found by `check`.
"""

from __future__ import annotations

import secrets
import sys
import traceback
from collections.abc import Sequence

from crmkpi.cli.grammar import COMMANDS, parser
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.project.drafts import Drafts


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
        return COMMANDS[args.command](args, t)
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
        _keep_trace(incident)
        return 1


def _keep_trace(incident: str) -> None:
    """Write the trace beside the drafts, so that the code on the screen leads somewhere; stderr stays clean."""
    path = Drafts().home / "incidents.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"incident {incident}\n{traceback.format_exc()}\n")
    except OSError:
        return  # no room for a trace: the code on stderr and exit status 1 still tell of the first error
