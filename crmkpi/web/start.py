"""Start of the server: read the mode, refuse what is unsafe, set the web server's options, keep secrets out of logs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from streamlit import config

from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.mode import MB, NOT_CONFIGURED, OPTIONS, Mode, UnsafeStartError, faults, read
from crmkpi.web import log_filter


def prepare(env: Mapping[str, str] | None = None) -> Mode:
    """The mode to run in. An unsafe combination ends the process with exit status 78 and its reasons on stderr."""
    log_filter.install()
    t = Words((os.environ if env is None else env).get("CRMKPI_LANG", "en"))
    try:
        mode = read(env)
    except UnsafeStartError as error:
        refuse([error], t)
    found = faults(mode, {name: config.get_option(name) for name in OPTIONS})
    if found:
        refuse(found, t)
    for name, value in server_options(mode).items():
        config.set_option(name, value, "crmkpi")
    return mode


def base_path() -> str:
    """The sub-path that the host serves the app under, empty at the root."""
    return str(config.get_option("server.baseUrlPath") or "")


def refuse(found: list[UnsafeStartError], t: Words) -> Any:
    """Say every reason at once, so that one repair is enough, and end the process."""
    for error in found:
        sys.stderr.write(line(error, t) + "\n")
    raise SystemExit(NOT_CONFIGURED)


def line(error: CrmKpiError, t: Words) -> str:
    """One reason as the command line prints errors: its code, then the sentence."""
    return f"{error.label}: {t(error.key, **error.params)}"


def server_options(mode: Mode) -> dict[str, Any]:
    """Options of the web server that follow from the mode; everything else stays as configured."""
    found: dict[str, Any] = {"server.maxUploadSize": max(1, mode.limits.file // MB)}
    if mode.hosts:
        found["server.allowedHosts"] = list(mode.hosts)
    if mode.secret:
        found["server.cookieSecret"] = mode.secret
    if mode.separates_people:
        # a tab that lost its connection for longer comes back through its cookie, not through memory
        found["server.disconnectedSessionTTL"] = 60
    return found
