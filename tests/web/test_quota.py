"""Upload quota: counted while it arrives, with or without a length in the header."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware

from crmkpi.ingest.refused_uploads import take_refused
from crmkpi.mode import Limits
from crmkpi.web.quota import FRAMING, MOST_AT_ONCE, MOST_FILES, Quota, held_by_streamlit
from tests.web.asgi import Answer, Client
from tests.web.conftest import ROUTES

KB = 1024
LIMITS = Limits(file=200 * KB, session=500 * KB, process=800 * KB)


def client(held: dict[str, tuple[int, int]] | None = None) -> Client:
    found = held or {}
    return Client(Starlette(routes=ROUTES, middleware=[Middleware(Quota, limits=LIMITS, held=lambda: found)]))


def put(to: Client, size: int, session: str = "s1", chunked: bool = False) -> Answer:
    chunks = [b"x" * KB] * (size // KB)
    return to.send("PUT", f"/_stcore/upload_file/{session}/f1", {}, chunks, length=not chunked)


def test_a_file_within_the_limit_arrives_whole():
    for chunked in (False, True):
        answer = put(client(), 150 * KB, chunked=chunked)
        assert (answer.status, answer.text) == (200, str(150 * KB))


def test_a_file_over_the_limit_is_413_whatever_its_header_says():
    for chunked in (False, True):
        assert put(client(), 200 * KB + FRAMING + KB, chunked=chunked).status == 413


def test_a_session_cannot_add_up_what_one_file_may_not():
    assert put(client({"s1": (3, 450 * KB)}), 150 * KB).status == 413
    assert put(client({"s2": (3, 450 * KB)}), 150 * KB).status == 200


def test_all_sessions_together_have_a_limit_too():
    assert put(client({f"x{i}": (1, 200 * KB) for i in range(4)}), 100 * KB).status == 413


def test_invented_file_names_do_not_pass_the_count():
    assert put(client({"s1": (MOST_FILES, 0)}), KB).status == 413


def test_what_was_counted_is_forgotten_after_the_answer():
    to = client()
    for _ in range(10):
        assert put(to, 150 * KB).status == 200


def test_other_requests_are_not_counted():
    to = client({"s1": (MOST_FILES, 10**9)})
    assert to.send("PUT", "/anything", {}, [b"x" * 900 * KB]).status == 200


def test_without_a_server_nothing_is_held():
    assert held_by_streamlit() == {}


def test_all_files_of_one_drop_arrive_together():
    """A browser sends six requests at once; none of them may be turned away for that."""
    quota = Quota(Starlette(routes=ROUTES), LIMITS, held=dict)
    scope = {"type": "http", "method": "PUT", "path": "/_stcore/upload_file/s1/f1", "headers": []}
    quota.open["s1"] = 20
    assert quota._refused("s1", scope) is None
    quota.open["s1"] = MOST_AT_ONCE
    assert quota._refused("s1", scope) == 429


def test_a_refused_file_is_told_once():
    assert put(client(), 300 * KB, session="told").status == 413
    assert put(client(), 300 * KB, session="told", chunked=True).status == 413
    assert take_refused("told") == 2
    assert take_refused("told") == 0
