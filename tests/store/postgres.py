"""A private Postgres on loopback for the tests: Debian's package, a temporary directory, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """Folder of the newest installed server; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    here = shutil.which("initdb")
    return Path(here).parent if here else None


def _account() -> list[str]:
    """Postgres refuses to run as root: then the package's own account runs it."""
    if os.geteuid() != 0:
        return []
    names = {p.pw_name for p in pwd.getpwall()}
    return (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        if "postgres" in names
        else ["false"]
    )


@contextmanager
def cluster() -> Iterator[str | None]:
    """The address of a running server without its database name, or None with nothing started."""
    folder, account = binaries(), _account()
    if folder is None or account == ["false"]:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="crmkpi-pg-") as root:
        if account:
            shutil.chown(root, "postgres", "postgres")
        data = f"{root}/data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        quiet = {"cwd": root, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
        initdb = ["-D", data, "-U", "tests", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run([*account, str(folder / "initdb"), *initdb], **quiet)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={root} -c fsync=off"
        control = [*account, str(folder / "pg_ctl"), "-D", data, "-w"]
        subprocess.run([*control, "-l", f"{root}/log", "-o", options, "start"], **quiet)
        try:
            yield f"postgresql://tests@127.0.0.1:{port}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
