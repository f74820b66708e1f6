"""Commands around the store: check, copy, bring back."""

from __future__ import annotations

import argparse
from pathlib import Path

from crmkpi.cli.words import UsageError, write_json
from crmkpi.i18n import Words

ACTIONS = ("check", "backup", "restore")


def command_store(args: argparse.Namespace, t: Words) -> int:
    """Check the store of projects, copy it, or bring back the newest good copy."""
    from crmkpi.project.drafts import Drafts

    _check_words(args)
    home = Drafts().home
    answer = {"check": _check, "backup": _backup, "restore": _restore}[args.action](home, args.copy)
    if args.json:
        write_json(answer)
    else:
        print(t(f"cli.store_{args.action}", **answer))
    return 0 if answer.get("ok", True) else 1


def _check_words(args: argparse.Namespace) -> None:
    if args.copy and args.action != "restore":
        raise UsageError(detail="--copy: restore")


def _check(home: Path, copy: str | None) -> dict[str, object]:
    from crmkpi.store import open_store
    from crmkpi.store.store import health

    store = open_store(home)
    broken = store.audit.broken_at()
    answer = {
        **health(store),
        "projects": len(store.projects.entries()),
        "broken": broken,
        "ok": broken is None,
    }
    store.close()
    return answer


def _backup(home: Path, copy: str | None) -> dict[str, object]:
    from crmkpi.store import open_store

    store = open_store(home)
    made = store.back_up()
    store.close()
    return {"copy": made.name if made else None}


def _restore(home: Path, copy: str | None) -> dict[str, object]:
    from crmkpi.store.backup import FOLDER, newest_good, restore, whole
    from crmkpi.store.errors import NoCopyError

    chosen = home / FOLDER / Path(copy).name if copy else newest_good(home)
    if chosen is None or not chosen.is_file() or not whole(chosen):
        raise NoCopyError(copy=copy or "—")
    restore(home, chosen)
    return {"copy": chosen.name}
