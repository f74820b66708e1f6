"""Commands around the numbers: app, report, doctor."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crmkpi.cli.words import day, files, write_json
from crmkpi.i18n import Words

if TYPE_CHECKING:
    from crmkpi.project.place import Place
    from crmkpi.report import ReportOptions, Written


def command_app(args: argparse.Namespace, t: Words) -> int:
    """Open the application, with these files ready to load."""
    import os
    import subprocess

    root = Path(__file__).parents[2]
    environment = dict(os.environ)
    if args.files:
        environment["CRMKPI_FILES"] = os.pathsep.join(str(p.resolve()) for p in files(args.files))
    command = [sys.executable, "-m", "streamlit", "run", str(root / "app.py")]
    if args.port:
        command += ["--server.port", str(args.port)]
    return subprocess.call(command, env=environment, cwd=root)


def command_report(args: argparse.Namespace, t: Words) -> int:
    """Write the result as a file to send or present: html, pdf, pptx or xlsx."""
    from crmkpi.project.place import opened
    from crmkpi.report import ReportOptions, write

    with opened(Path(args.project)) as place:
        options = ReportOptions(title=args.title)
        if args.pack is None:
            write_json(write(place, Path(args.to), t, options))
        else:
            write_json(_pack(args, place, options, t))
    return 0


def _pack(args: argparse.Namespace, place: Place, options: ReportOptions, t: Words) -> Written:
    """One person's evidence pack; without dates, the review period that the screen proposes."""
    from crmkpi.project.record import data_of
    from crmkpi.report import Ask, write_pack
    from crmkpi.targets.sentence import owner_name
    from crmkpi.views.log_share import review_period

    first, last = review_period(data_of(place), place.read().initiatives)
    person = "me" if args.pack.casefold() in ("me", owner_name("me", t).casefold()) else args.pack
    ask = Ask(person, day(args.first) or first, day(args.last) or last)
    return write_pack(place, Path(args.to), ask, t, options)


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
