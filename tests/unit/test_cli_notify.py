"""Deviations sent through apprise to a real HTTP endpoint on this machine: once each, and never an address in sight."""

from __future__ import annotations

import json
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from crmkpi.cli import main
from crmkpi.cli.notify import FILE, URLS, addresses
from crmkpi.project.drafts import Drafts
from crmkpi.project.place import Place
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from tests.views.small_shop import shop_project

SECRET = "s3cr3t-t0ken"


class Endpoint:
    """A json:// service of our own that keeps what it got and answers with a status."""

    def __init__(self, status: int = 200) -> None:
        self.got: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(json.loads(body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://user:{SECRET}@127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def endpoint():
    running = Endpoint()
    yield running
    running.close()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose target missed its control point: one finding at least."""
    monkeypatch.setenv("CRMKPI_HOME", str(tmp_path))
    monkeypatch.delenv(URLS, raising=False)
    monkeypatch.delenv(FILE, raising=False)
    made = shop_project(tmp_path)
    place = Drafts(tmp_path).place(made.id)
    goal = Target(metric="active_customers", goal=400, due=date(2026, 12, 31))
    target = freeze(place.data, goal, date(2025, 12, 31))
    place.write(made.model_copy(update={"targets": [target], "name": "Магазин"}))
    return place.root


def check(project, capsys, *more: str):
    status = main(["check", "--project", str(project), "--lang", "ru", *more])
    said = capsys.readouterr()
    return status, json.loads(said.out) if said.out else None, said.err


def test_each_finding_is_one_message_and_is_told_once(project, endpoint, monkeypatch, capsys):
    monkeypatch.setenv(URLS, endpoint.url)
    status, document, err = check(project, capsys, "--notify")
    assert status == 4 and err == ""
    assert [m["message"] for m in endpoint.got] == [f["message"] for f in document["findings"]]
    assert document["notified"] == {"sent": len(endpoint.got), "already_told": 0, "services": ["json"]}
    assert endpoint.got[0]["title"] == "Магазин: нужно внимание"
    count = len(endpoint.got)
    _, again, _ = check(project, capsys, "--notify")
    assert len(endpoint.got) == count
    assert again["notified"]["sent"] == 0 and again["notified"]["already_told"] == count


def test_without_the_flag_nothing_is_sent(project, endpoint, monkeypatch, capsys):
    monkeypatch.setenv(URLS, endpoint.url)
    status, document, _ = check(project, capsys)
    assert status == 4 and "notified" not in document and endpoint.got == []


def test_a_failure_is_said_without_the_address_and_tried_again(project, monkeypatch, capsys):
    broken = Endpoint(500)
    monkeypatch.setenv(URLS, broken.url)
    try:
        for _ in range(2):
            before = len(broken.got)
            status, document, err = check(project, capsys, "--notify")
            assert status == 2 and document is None
            assert err.startswith("E-NOTIFY-FAILED: ") and "json" in err
            assert SECRET not in err and "127.0.0.1" not in err
            assert len(broken.got) > before
    finally:
        broken.close()


def test_nobody_to_send_to_and_an_address_of_no_service(project, monkeypatch, capsys):
    status, _, err = check(project, capsys, "--notify")
    assert status == 2 and err.startswith("E-NOTIFY-NOT-CONFIGURED") and URLS in err
    monkeypatch.setenv(URLS, f"nonsense-{SECRET}")
    status, _, err = check(project, capsys, "--notify")
    assert status == 2 and err.startswith("E-NOTIFY-ADDRESS") and SECRET not in err


def test_addresses_come_from_the_environment_or_a_private_file(tmp_path, monkeypatch):
    monkeypatch.delenv(URLS, raising=False)
    monkeypatch.delenv(FILE, raising=False)
    assert addresses(tmp_path) == []
    (tmp_path / "notify.txt").write_text("# чат\ntgram://1/2\n\nmailto://a:b@c.d\n", encoding="utf-8")
    assert addresses(tmp_path) == ["tgram://1/2", "mailto://a:b@c.d"]
    monkeypatch.setenv(URLS, "json://x/?to=a,b, slack://y\njson://z")
    assert addresses(tmp_path) == ["json://x/?to=a,b", "slack://y", "json://z"]


def test_the_projects_own_budget_of_false_alarms_counts(project, capsys):
    place = Place(project)
    place.write(place.read().model_copy(update={"false_alarms": 4.0}))
    assert check(project, capsys)[1]["false_alarms_per_month"] == 4.0
    assert check(project, capsys, "--false-alarms", "0.5")[1]["false_alarms_per_month"] == 0.5
