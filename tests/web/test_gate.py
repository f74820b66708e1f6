"""The gate: headers on every answer, strange hosts and paths turned away, inner doors shut."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from crmkpi.mode import Mode
from crmkpi.web.gate import Gate, host_name, odd_path
from tests.web.asgi import Client
from tests.web.conftest import ROUTES

HOSTED = Mode(name="hosted", hosts=("kpi.example.com", "*.team.example.com"))


def client(mode: Mode = HOSTED, host: str = "kpi.example.com") -> Client:
    return Client(Starlette(routes=ROUTES, middleware=[Middleware(Gate, mode=mode)]), host)


def test_every_answer_carries_the_security_headers():
    for path in ("/", "/tree", "/_stcore/agent/x", "/a/../b", "/missing"):
        headers = client().get(path).headers
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert "object-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert "camera=()" in headers["permissions-policy"]


def test_the_page_behind_a_link_runs_nothing_and_is_not_indexed():
    for path in ("/s/abc", "/kpi/s/abc"):
        headers = client().get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "script-src" not in headers["content-security-policy"]
        assert "noindex" in headers["x-robots-tag"]
        assert headers["cache-control"] == "no-store"
    assert "x-robots-tag" not in client().get("/share").headers


@pytest.mark.parametrize(
    "host", ["evil.example", "kpi.example.com.evil.example", "10.0.0.5", "a@kpi.example.com"]
)
def test_a_host_that_is_not_ours_is_refused(host: str):
    answer = client().get("/", host=host)
    assert answer.status == 403 and host not in answer.text


@pytest.mark.parametrize("host", ["kpi.example.com", "KPI.example.com:443", "a.team.example.com"])
def test_our_own_names_pass(host: str):
    assert client().get("/", host=host).status == 200


def test_on_an_own_computer_only_its_own_names_pass():
    assert client(Mode(), "localhost").get("/").status == 200
    assert client(Mode(), "rebound.example").get("/").status == 403


def test_a_container_may_ask_for_its_health_over_the_loopback():
    assert client().get("/health/live", host="127.0.0.1:8501").status == 200
    assert client().get("/tree", host="127.0.0.1:8501").status == 403


@pytest.mark.parametrize(
    "path", ["/_stcore/agent", "/_stcore/agent/v1/run", "/_stcore/metrics", "/kpi/_stcore/metrics"]
)
def test_inner_doors_look_as_if_they_were_not_there(path: str):
    assert client().get(path).status == 404


@pytest.mark.parametrize(
    "raw",
    [b"/s/..%2f..%2fetc", b"//host/x", b"/%2e%2e/x", b"/%252e%252e/x", b"/a%00b", b"/\\\\host\\x", b"/s/%5c%5cx", b"/http://x"],
)  # fmt: skip
def test_odd_paths_are_known_before_and_after_decoding(raw: bytes):
    assert odd_path("/", raw)


def test_ordinary_paths_are_not_odd():
    for path in ("/", "/tree", "/s/Ab-_9", "/_stcore/upload_file/1-2/3", "/static/js/index.a..b.js"):
        assert not odd_path(path, path.encode())


def test_a_websocket_needs_our_host_and_when_hosted_an_origin():
    origin = "http://kpi.example.com"
    assert client().websocket("/_stcore/stream", origin=origin)
    assert not client().websocket("/_stcore/stream")
    assert not client().websocket("/_stcore/stream", origin=origin, host="rebound.example")
    assert client(Mode(), "localhost").websocket("/_stcore/stream")


def test_a_host_header_is_taken_apart_strictly():
    assert host_name("Kpi.Example.com.:8501") == "kpi.example.com"
    assert [host_name(x) for x in (None, "", "a/b", "a?b", "u@h", "h:port", "h#f")] == [None] * 7
