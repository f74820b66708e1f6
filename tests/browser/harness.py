"""Start the application and drive Chromium. Only processes that were started here are stopped, by their id."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
]
IDLE = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  if (!app) return false;
  const script = app.getAttribute('data-test-script-state');
  return app.getAttribute('data-test-connection-state') === 'CONNECTED'
    && !['running', 'initial', 'rerunRequested'].includes(script)
    && !document.querySelector('[data-testid="stSkeleton"]');
}"""


def free_port() -> int:
    """A port on the loopback that nobody holds right now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class App:
    """`streamlit run` on a free loopback port, with its own home for drafts.

    `home` is where drafts live, so that a second App with the same home is a restart of the first.
    """

    def __init__(
        self,
        home: Path,
        script: Path = ROOT / "app.py",
        wait: float = 60,
        env: dict[str, str] | None = None,
    ) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with tempfile.NamedTemporaryFile("w", suffix=".log", prefix="crmkpi-app-", delete=False) as log:
            self.log_path = Path(log.name)
            command = [sys.executable, "-m", "streamlit", "run", str(script)]
            options = ["--server.headless=true", f"--server.port={self.port}"]
            self.process = subprocess.Popen(
                command + options,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, "CRMKPI_HOME": str(home), "PYTHONPATH": str(ROOT), **(env or {})},
                start_new_session=True,
            )
        self._wait(wait)

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError("the app stopped:\n" + self.log())
            # refused, reset and 503 only mean "not yet"
            with (
                contextlib.suppress(OSError, urllib.error.HTTPError),
                urllib.request.urlopen(self.url + "/_stcore/health", timeout=2) as answer,
            ):
                if answer.status == 200:
                    return
            time.sleep(0.1)
        self.stop()
        raise TimeoutError(self.log())

    def log(self) -> str:
        """What the server printed so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(8)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)

    def __enter__(self) -> App:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self.log_path.unlink(missing_ok=True)


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """One headless Chromium of the system."""
    from playwright.sync_api import sync_playwright  # heavy, and only browser tests need it

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)
        try:
            yield browser
        finally:
            browser.close()


def ready(page: Any, timeout: int = 30_000, settle: int = 200) -> None:
    """Wait until the script run is over and the page has drawn it."""
    page.wait_for_selector('[data-testid="stApp"]', timeout=timeout)
    page.wait_for_function(IDLE, timeout=timeout)
    page.wait_for_timeout(settle)
    page.wait_for_function(IDLE, timeout=timeout)
