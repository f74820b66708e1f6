"""The container and the compose file keep the hosting rules; read as text, no Docker needed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = ("app", "local")


def test_the_last_stage_runs_as_a_numbered_user_who_is_not_root() -> None:
    last = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    users = re.findall(r"^USER (\S+)", last, re.M)
    assert users == ["10001:10001"]
    after = last.split("USER 10001:10001")[1]
    assert "RUN " not in after, "nothing is built after the rights are given up"


def test_the_image_has_a_health_check_and_stops_politely() -> None:
    assert "HEALTHCHECK" in DOCKERFILE and "/health/live" in DOCKERFILE.replace("health/live", "/health/live")
    assert "STOPSIGNAL SIGTERM" in DOCKERFILE
    assert "exec python -m streamlit run app.py" in (ROOT / "deploy/start.sh").read_text(encoding="utf-8")


def test_every_copied_file_exists_and_is_let_through_by_dockerignore() -> None:
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE, re.M):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert f"!{name}" in allowed, name


@pytest.mark.parametrize("name", OURS)
def test_our_containers_cannot_write_outside_their_volume_and_have_no_rights(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["mem_limit"] and service["pids_limit"]
    assert service["volumes"] == ["data:/data"]


def test_only_the_proxy_is_published_and_the_database_has_no_way_out() -> None:
    published = {name: s["ports"] for name, s in COMPOSE["services"].items() if "ports" in s}
    assert set(published) == {"proxy", "local"}
    assert all(p.startswith("127.0.0.1:") for p in published["local"])
    assert COMPOSE["services"]["db"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_no_secret_has_a_default_or_stands_in_the_file() -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"deploy/secrets/{name}"}
        assert not (ROOT / "deploy" / "secrets" / name).exists() or _ignored(f"deploy/secrets/{name}")
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert "${CRMKPI_HOST:?" in text, "without a host name compose stops"
    for service in COMPOSE["services"].values():
        for key, value in service.get("environment", {}).items():
            secret = re.search("SECRET|PASSWORD|KEY", key)
            assert not secret or key.endswith("_FILE"), f"{key}={value}"


def _ignored(path: str) -> bool:
    return subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT).returncode == 0


def test_the_trusted_proxy_is_the_address_that_the_proxy_has() -> None:
    proxy = COMPOSE["services"]["proxy"]["networks"]["outside"]["ipv4_address"]
    assert COMPOSE["services"]["app"]["environment"]["CRMKPI_TRUSTED_PROXY"] == proxy


def test_the_proxy_forgets_links_cookies_and_uploads_in_its_log() -> None:
    caddy = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
    pattern = re.search(r'regexp "([^"]+)"', caddy)
    assert pattern is not None
    for secret in ("/s/Zm9vYmFy", "/_stcore/upload_file/a1/b2", "/data?owner=Zm9v"):
        shown = re.sub(pattern[1].replace("\\?", "[?]"), "/…", secret)
        assert "Zm9v" not in shown and "a1/b2" not in shown
    for header in ("Cookie", "Authorization", "Set-Cookie"):
        assert f"{header} delete" in caddy
    assert "header_up X-Forwarded-For {remote_host}" in caddy


def test_secrets_are_made_once_long_and_closed(tmp_path: Path) -> None:
    folder = tmp_path / "deploy"
    folder.mkdir()
    script = folder / "make-secrets.sh"
    script.write_text((ROOT / "deploy/make-secrets.sh").read_text(encoding="utf-8"), encoding="utf-8")
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    first = {p.name: p.read_text() for p in (folder / "secrets").iterdir()}
    assert set(first) == {"app_secret", "db_password"}
    assert all(len(v) >= 43 for v in first.values()) and len(set(first.values())) == 2
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    assert {p.name: p.read_text() for p in (folder / "secrets").iterdir()} == first
    if os.geteuid() == 0:
        assert all((p.stat().st_mode & 0o077) == 0 for p in (folder / "secrets").iterdir())


def test_the_start_reads_secrets_from_files_and_puts_the_password_into_the_address(tmp_path: Path) -> None:
    """The real script with a stand-in for python that answers the check and prints what the server would get."""
    fake = tmp_path / "python"
    fake.write_text(
        f'#!/bin/sh\nif [ "$1" = - ]; then exec {sys.executable} -; fi\n'
        'case "$*" in *streamlit*) echo "$CRMKPI_DATABASE_URL"; echo "$CRMKPI_SECRET";'
        ' echo "${CRMKPI_DATABASE_PASSWORD:-gone}";; *) echo checked >&2;; esac\n'
    )
    fake.chmod(0o755)
    (tmp_path / "db").write_text("p@ss/w:rd")
    (tmp_path / "app").write_text("s3cret")
    env = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "CRMKPI_SECRET_FILE": str(tmp_path / "app"),
        "CRMKPI_DATABASE_PASSWORD_FILE": str(tmp_path / "db"),
        "CRMKPI_DATABASE_URL": "postgresql+psycopg://crmkpi:{password}@db:5432/crmkpi",
    }
    done = subprocess.run(["sh", str(ROOT / "deploy/start.sh")], env=env, capture_output=True, text=True)
    assert done.returncode == 0 and "checked" in done.stderr
    assert done.stdout.split() == [
        "postgresql+psycopg://crmkpi:p%40ss%2Fw%3Ard@db:5432/crmkpi",
        "s3cret",
        "gone",
    ]
    missing = {**env, "CRMKPI_SECRET_FILE": str(tmp_path / "none")}
    refused = subprocess.run(
        ["sh", str(ROOT / "deploy/start.sh")], env=missing, capture_output=True, text=True
    )
    assert refused.returncode == 78 and "E-SECRET-FILE" in refused.stderr
