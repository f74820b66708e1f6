"""Mode: how this installation is used, read once from the environment, and why a start must be refused.

`local`: one person on their own computer, no accounts, 127.0.0.1. `demo`: public, samples and throw-away uploads,
nothing is kept for long. `hosted`: other people's data on a server; everyone sees only what is theirs.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

from crmkpi.errors import CrmKpiError

MODES = ("local", "demo", "hosted")
ROOT = Path(__file__).resolve().parents[1]
SHORTEST_SECRET = 32
# pasted from documentation more often than made up; a repeated sign is no secret either
SAMPLE_SECRETS = (
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "example",
    "sample",
    "password",
    "0123456789",
)
LEAST_KINDS = 10
NOT_CONFIGURED = 78
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MB = 1024 * 1024


class UnsafeStartError(CrmKpiError):
    """A setting that would show somebody's data to strangers: `what` names it."""

    exit_status = NOT_CONFIGURED
    code = "unsafe_start"


class UnknownModeError(UnsafeStartError):
    """CRMKPI_MODE is none of the modes: `found`."""

    code = "unknown_mode"


class SecretMissingError(UnsafeStartError):
    """Hosted without CRMKPI_SECRET."""

    code = "secret_missing"


class SecretShortError(UnsafeStartError):
    """A secret of fewer signs than `least`: `found`."""

    code = "secret_short"


class SecretSampleError(UnsafeStartError):
    """A secret from an example, or of few different signs."""

    code = "secret_sample"


class HostsMissingError(UnsafeStartError):
    """Open to other computers (`address`) without a list of own names."""

    code = "hosts_missing"


class HostsUnnamedError(UnsafeStartError):
    """Hosted without a list of own names: any site could point its name at this server (DNS rebinding)."""

    code = "hosts_unnamed"


class ErrorsShownError(UnsafeStartError):
    """client.showErrorDetails would show paths and passwords: `found`."""

    code = "errors_shown"


class AgentOpenError(UnsafeStartError):
    """server.enableAgentApi is on."""

    code = "agent_open"


class ProtectionOffError(UnsafeStartError):
    """XSRF or CORS protection is off: `option`."""

    code = "protection_off"


@dataclass(frozen=True)
class Limits:
    """Bytes of uploads: one file, one session, all sessions of the process."""

    file: int
    session: int
    process: int


LIMITS: dict[str, Limits] = {
    "local": Limits(2000 * MB, 4000 * MB, 8000 * MB),
    "demo": Limits(50 * MB, 100 * MB, 1000 * MB),
    "hosted": Limits(200 * MB, 500 * MB, 4000 * MB),
}


@dataclass(frozen=True)
class Mode:
    """The settings of an installation.

    `public_url` is where readers open links (https://kpi.example.com/sub), None = take it from the request.
    `durable`: the disk or database survives a restart. `proxies`: addresses whose X-Forwarded-For is believed.
    """

    name: Literal["local", "demo", "hosted"] = "local"
    secret: str = ""
    hosts: tuple[str, ...] = ()
    https: bool = False
    public_url: str | None = None
    durable: bool = True
    draft_hours: int = 24
    proxies: tuple[str, ...] = ()
    limits: Limits = LIMITS["local"]

    FIELDS: ClassVar[tuple[str, ...]] = (
        "CRMKPI_MODE",
        "CRMKPI_SECRET",
        "CRMKPI_ALLOWED_HOSTS",
        "CRMKPI_HTTPS",
        "CRMKPI_PUBLIC_URL",
        "CRMKPI_DURABLE",
        "CRMKPI_DRAFT_HOURS",
        "CRMKPI_TRUSTED_PROXY",
        "CRMKPI_UPLOAD_FILE_MB",
        "CRMKPI_UPLOAD_SESSION_MB",
        "CRMKPI_UPLOAD_PROCESS_MB",
    )

    @property
    def serves_links(self) -> bool:
        """Whether a link made here can be opened by somebody else: a server that keeps what it is given."""
        return self.name == "hosted"

    @property
    def separates_people(self) -> bool:
        """Whether several people share this process, so that each must see only what is theirs."""
        return self.name != "local"

    def cookie(self, what: str) -> str:
        """Name of one of our cookies; over https the __Host- prefix ties it to this very host."""
        return f"__Host-crmkpi_{what}" if self.https else f"crmkpi_{what}"


def read(env: Mapping[str, str] | None = None) -> Mode:
    """The mode of the environment. Errors: UnknownModeError."""
    found = os.environ if env is None else env
    name = found.get("CRMKPI_MODE", "").strip().lower() or "local"
    if name not in MODES:
        raise UnknownModeError(found=name[:20], known=", ".join(MODES))
    base = LIMITS[name]
    return Mode(
        name=cast(Literal["local", "demo", "hosted"], name),
        secret=_secret(found),
        hosts=_list(found.get("CRMKPI_ALLOWED_HOSTS", "")),
        https=_flag(found.get("CRMKPI_HTTPS"), name == "hosted"),
        public_url=found.get("CRMKPI_PUBLIC_URL", "").strip().rstrip("/") or None,
        durable=_flag(found.get("CRMKPI_DURABLE"), name != "demo"),
        draft_hours=_count(found.get("CRMKPI_DRAFT_HOURS"), 24),
        proxies=_list(found.get("CRMKPI_TRUSTED_PROXY", "")),
        limits=Limits(
            _count(found.get("CRMKPI_UPLOAD_FILE_MB"), base.file // MB) * MB,
            _count(found.get("CRMKPI_UPLOAD_SESSION_MB"), base.session // MB) * MB,
            _count(found.get("CRMKPI_UPLOAD_PROCESS_MB"), base.process // MB) * MB,
        ),
    )


def _secret(env: Mapping[str, str]) -> str:
    """The secret itself, or the content of the file that CRMKPI_SECRET_FILE names (a container's way)."""
    path = env.get("CRMKPI_SECRET_FILE")
    if path and Path(path).is_file():
        return Path(path).read_text(encoding="utf-8").strip()
    return env.get("CRMKPI_SECRET", "").strip()


def _list(text: str) -> tuple[str, ...]:
    return tuple(x.strip().lower() for x in text.split(",") if x.strip())


def _flag(text: str | None, default: bool) -> bool:
    return default if text is None or not text.strip() else text.strip().lower() in ("1", "true", "yes", "on")


def _count(text: str | None, default: int) -> int:
    return int(text) if text and text.strip().isdigit() else default


def faults(mode: Mode, options: Mapping[str, Any]) -> list[UnsafeStartError]:
    """Why this combination must not start; empty when it may. `options`: the web server's, by dotted name.

    Hosted: a secret of at least 32 signs that is no sample, own host names, no error details, no agent API,
    XSRF and CORS protection on. Any mode that listens to other computers needs its host names (DNS rebinding).
    """
    found: list[UnsafeStartError] = []
    address = options.get("server.address")
    # no address means all of them
    if (address or "0.0.0.0") not in LOOPBACK and not mode.hosts:
        found.append(HostsMissingError(address=address or "0.0.0.0"))
    if mode.name != "hosted":
        return found
    if not mode.hosts and not found:
        found.append(HostsUnnamedError())
    found += _secret_faults(mode.secret)
    details = str(options.get("client.showErrorDetails")).lower()
    if details not in ("none", "false"):
        found.append(ErrorsShownError(found=details))
    if options.get("server.enableAgentApi"):
        found.append(AgentOpenError())
    for option in ("server.enableXsrfProtection", "server.enableCORS"):
        if options.get(option) is False:
            found.append(ProtectionOffError(option=option))
    return found


def _secret_faults(secret: str) -> list[UnsafeStartError]:
    if not secret:
        return [SecretMissingError()]
    if len(secret) < SHORTEST_SECRET:
        return [SecretShortError(found=len(secret), least=SHORTEST_SECRET)]
    if any(x in secret.lower() for x in SAMPLE_SECRETS) or len(set(secret)) < LEAST_KINDS:
        return [SecretSampleError()]
    return []


OPTIONS = (
    "server.address",
    "server.enableAgentApi",
    "server.enableXsrfProtection",
    "server.enableCORS",
    "client.showErrorDetails",
)


def written_options(env: Mapping[str, str] | None = None, root: Path = ROOT) -> dict[str, Any]:
    """The web server's options as the shipped config.toml and the environment set them, for `doctor`.

    A flag of the command line is known only to the running server, which asks `faults` with its own options.
    """
    source = os.environ if env is None else env
    path = root / ".streamlit" / "config.toml"
    written = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found: dict[str, Any] = {}
    for option in OPTIONS:
        section, _, name = option.partition(".")
        text = source.get(f"STREAMLIT_{section}_{_snake(name)}".upper())
        value = written.get(section, {}).get(name)
        if text is not None:
            value = (
                text
                if not isinstance(value, bool) and text.lower() not in ("true", "false")
                else (text.lower() == "true")
            )
        found[option] = value
    return found


def _snake(name: str) -> str:
    """`enableXsrfProtection` -> `enable_xsrf_protection`; `enableCORS` -> `enable_cors`."""
    out = ""
    for i, sign in enumerate(name):
        if sign.isupper() and i and not name[i - 1].isupper():
            out += "_"
        out += sign
    return out
