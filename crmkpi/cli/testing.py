"""The command that reads a finished test: experiment."""

from __future__ import annotations

import argparse
from pathlib import Path

from crmkpi.cli.words import UsageError, files, write_json
from crmkpi.i18n import Words


def command_experiment(args: argparse.Namespace, t: Words) -> int:
    """Read a finished test: every arm against the control, with intervals."""
    from crmkpi.views.experiments import Choices, desk_document, desk_view, opened_test, read_file

    if args.control_share is not None and not 0 < args.control_share < 1:
        raise UsageError(detail=f"--control-share {args.control_share}")
    (path,) = files([args.file])
    found = opened_test(Path(path))
    answer = read_file(
        found,
        Choices(args.arm, args.control, tuple(args.outcome), args.before, args.control_share),
    )
    if args.json:
        write_json(desk_document(answer, found, t))
        return 0
    view = desk_view(answer, found, t)
    print(view.headline)
    for sentence in view.sentences:
        print(f"  {sentence}")
    for outcome, rows in view.outcomes:
        print(f"{outcome}:")
        for row in rows:
            print(f"  {row.name}: {row.value}; {row.text}")
    for note in (view.segments_text, *view.notes):
        if note:
            print(f"  {note}")
    return 0
