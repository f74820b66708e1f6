"""Commands around the numbers: app, report, doctor."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from crmkpi.cli.words import files, write_json
from crmkpi.i18n import Words


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
        write_json(write(place, Path(args.to), t, ReportOptions(title=args.title)))
    return 0


def command_doctor(args: argparse.Namespace, t: Words) -> int:
    """Check that this installation can work."""
    from crmkpi.cli.store_checks import store_checks
    from crmkpi.doctor import checks

    found = [*checks(t), *store_checks(t)]
    if args.json:
        write_json({"checks": found})
    else:
        for check in found:
            print(f"{'ok ' if check['ok'] else 'BAD'} {check['name']}: {check['detail']}")
    return 0 if all(c["ok"] for c in found) else 1
