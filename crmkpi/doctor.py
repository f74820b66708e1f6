"""Doctor: can this installation work? Each check names what it looked at and what to do."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crmkpi import __version__
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.mode import faults, read, written_options
from crmkpi.project.drafts import Drafts

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"
FREE_BYTES = 1024**3


def checks(t: Words) -> list[dict[str, Any]]:
    """Every check as {name, ok, detail}; the sentence is in the reader's language."""
    return [_run(name, check, t) for name, check in CHECKS.items()]


def _run(name: str, check: Callable[[Words], tuple[bool, str]], t: Words) -> dict[str, Any]:
    ok, detail = check(t)
    return {"name": name, "ok": ok, "detail": detail}


def _python(t: Words) -> tuple[bool, str]:
    found = ".".join(map(str, sys.version_info[:3]))
    return sys.version_info >= (3, 11), t("doctor.python", found=found, app=__version__)


def _packages(t: Words) -> tuple[bool, str]:
    wrong = []
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines() if REQUIREMENTS.is_file() else []
    for line in lines:
        name, sign, version = line.partition("==")
        if not sign:
            continue
        try:
            found = importlib.metadata.version(name.partition("[")[0].strip())
        except importlib.metadata.PackageNotFoundError:
            found = "—"
        if found != version.strip():
            wrong.append(f"{name.strip()} {found} ({version.strip()})")
    if wrong:
        return False, t("doctor.packages_bad", wrong=", ".join(wrong))
    return True, t("doctor.packages", n=len(lines))


def _home(t: Words) -> tuple[bool, str]:
    home = Drafts().home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=home):
            pass
    except OSError as error:
        return False, t("doctor.home_bad", reason=str(error.strerror))
    free = shutil.disk_usage(home).free
    key = "doctor.home" if free >= FREE_BYTES else "doctor.home_full"
    return free >= FREE_BYTES, t(key, free=round(free / 1024**3, 1))


def _samples(t: Words) -> tuple[bool, str]:
    folder = Path(__file__).parents[1] / "sample_data"
    ok = all((folder / name).is_dir() for name in ("shop_ru", "shop_en"))
    return ok, t("doctor.samples" if ok else "doctor.samples_bad")


def _browser(t: Words) -> tuple[bool, str]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    return True, t("doctor.browser" if found else "doctor.browser_none")


def _mode(t: Words) -> tuple[bool, str]:
    """The same judgement as the server's start, on the options that are written down."""
    try:
        mode = read()
    except CrmKpiError as error:
        return False, t(error.key, **error.params)
    found = faults(mode, written_options())
    reasons = " ".join(t(error.key, **error.params) for error in found)
    return not found, t("doctor.mode_bad" if found else "doctor.mode", mode=mode.name, reasons=reasons)


CHECKS: dict[str, Callable[[Words], tuple[bool, str]]] = {
    "python": _python,
    "packages": _packages,
    "home": _home,
    "samples": _samples,
    "browser": _browser,
    "mode": _mode,
}
