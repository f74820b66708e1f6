"""Deviations sent to people: mail, Telegram, Slack or any other service that apprise knows.

Addresses hold passwords, so they come from the environment or a private file, and no message, log or answer of ours
ever shows one; a service is named by its kind only. A finding is told once: what was sent is kept beside the drafts.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words

URLS, FILE = "CRMKPI_NOTIFY_URLS", "CRMKPI_NOTIFY_FILE"
DEFAULT_FILE = "notify.txt"
# so many findings are remembered as told, the latest ones
REMEMBERED = 1000


class NotifyNotConfiguredError(CrmKpiError):
    """Nobody to send to: `variable`, `file`."""

    code = "notify_not_configured"


class NotifyAddressError(CrmKpiError):
    """An address that no service understands: `number` (1-based); the address itself is never shown."""

    code = "notify_address"


class NotifyFailedError(CrmKpiError):
    """A service did not take the message: `services` (kinds), `sent`."""

    code = "notify_failed"


def addresses(home: Path) -> list[str]:
    """Addresses in apprise's form, of the environment, else of the private file (a line each, # is a remark)."""
    given = os.environ.get(URLS, "")
    if not given.strip():
        path = Path(os.environ.get(FILE) or home / DEFAULT_FILE)
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        given = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return [part for part in re.split(r"[\s]+|,\s*(?=[a-z0-9+]+://)", given.strip()) if part]


def key_of(finding: Mapping[str, Any]) -> str:
    """What makes two findings the same piece of news."""
    parts = [finding[name] for name in ("code", "metric", "grain", "period", "direction", "target", "where")]
    return json.dumps(parts, ensure_ascii=False, sort_keys=True)


def notify(
    findings: Sequence[Mapping[str, Any]], project: str, memory: Path, home: Path, t: Words
) -> dict[str, Any]:
    """Send each finding that was not told yet, one message per root cause, the worst first.

    Returns {"sent", "already_told", "services"}. Errors: NotifyNotConfiguredError, NotifyAddressError,
    NotifyFailedError; what could not be sent to everybody is told again next time.
    """
    urls = addresses(home)
    if not urls:
        raise NotifyNotConfiguredError(variable=URLS, file=DEFAULT_FILE)
    services = [_service(url, number) for number, url in enumerate(urls, start=1)]
    told = _read(memory)
    fresh = [f for f in findings if key_of(f) not in told]
    failed: set[str] = set()
    sent = 0
    for finding in fresh:
        title = t(f"notify.title_{_tone(finding)}", project=project or t("notify.unnamed"))
        bad = {kind for kind, service in services if not service.notify(body=finding["message"], title=title)}
        failed |= bad
        if not bad:
            sent += 1
            told.append(key_of(finding))
    _write(memory, told)
    if failed:
        raise NotifyFailedError(services=", ".join(sorted(failed)), sent=sent)
    return {
        "sent": sent,
        "already_told": len(findings) - len(fresh),
        "services": [kind for kind, _ in services],
    }


def _tone(finding: Mapping[str, Any]) -> str:
    return {True: "good", False: "bad"}.get(finding["good"], "neutral")


def _service(url: str, number: int) -> tuple[str, Any]:
    """One service with its kind (the scheme of its address)."""
    import apprise  # heavy, and only needed when something is sent

    apprise.logger.disabled = True  # its log lines may hold addresses
    service = apprise.Apprise()
    if not service.add(url):
        raise NotifyAddressError(number=number)
    return url.split("://")[0], service


def _read(memory: Path) -> list[str]:
    if not memory.is_file():
        return []
    try:
        found = json.loads(memory.read_text(encoding="utf-8"))
    except ValueError:
        return []  # a cut file only means that news are told once more
    return [x for x in found if isinstance(x, str)] if isinstance(found, list) else []


def _write(memory: Path, told: Sequence[str]) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    fresh = memory.with_suffix(".new")
    fresh.write_text(json.dumps(list(told)[-REMEMBERED:], ensure_ascii=False), encoding="utf-8")
    os.replace(fresh, memory)
