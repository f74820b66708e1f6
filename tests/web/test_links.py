"""The door of links: no side effect on GET, one answer for every refusal, cookies that no script reads."""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path

import pytest
from starlette.applications import Starlette

from crmkpi.mode import Mode
from crmkpi.project.document import Project
from crmkpi.store import Store, open_store
from crmkpi.store.editions import EditionDraft
from crmkpi.store.links import LinkOptions, NewLink
from crmkpi.web.door import door
from crmkpi.web.door_page import language_of
from crmkpi.web.links import LinkRoutes
from crmkpi.web.misses import MOST, Misses
from tests.web.asgi import Answer, Client
from tests.web.conftest import ROUTES

MODE = Mode(name="hosted", hosts=("kpi.example.com",), https=True, proxies=("10.9.9.9",))
SHARE, OWNER = "__Host-crmkpi_share", "__Host-crmkpi_owner"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock):
    found = open_store(tmp_path, clock=clock)
    yield found
    found.close()


@pytest.fixture
def project(store: Store) -> Project:
    made = Project(name="Клиент")
    store.projects.create(made)
    return made


def shared(store: Store, project: Project, **options: object) -> NewLink:
    return store.links.create(project.id, EditionDraft({"form": 1}), LinkOptions(**options))  # type: ignore[arg-type]


@pytest.fixture
def site(store: Store):
    """A new browser at the site; `mode` and `base` as configured."""

    def made(
        mode: Mode = MODE, base: str = "", misses: Misses | None = None, address: str = "10.1.1.1"
    ) -> Client:
        routes = LinkRoutes(mode, lambda: store, base, misses or Misses()).routes()
        return Client(Starlette(routes=[*routes, *ROUTES], middleware=door(mode)), "kpi.example.com", address)

    return made


def test_a_preview_counts_nothing_and_gives_nothing(store, project, site):
    new = shared(store, project, sharer="Анна <b>", max_opens=1)
    for agent in ("TelegramBot", "WhatsApp/2", "Slackbot", "facebookexternalhit", "SkypeUriPreview"):
        answer = site().get(f"/s/{new.token}", user_agent=agent, accept_language="ru-RU,ru;q=0.9")
        assert answer.status == 200 and not answer.set_cookies
        assert "Анна &lt;b&gt; делится" in answer.text and 'lang="ru"' in answer.text
        assert "<script" not in answer.text and project.name not in answer.text
    assert store.links.get(project.id, new.link.id).opens == 0


def test_the_button_gives_a_cookie_and_takes_the_token_out_of_the_address(store, project, site):
    new, browser = shared(store, project), site()
    answer = browser.post(f"/s/{new.token}")
    assert answer.status == 303 and answer.headers["location"] == "/verdict"
    cookie = answer.set_cookies[0]
    for word in (f"{SHARE}=", "HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert word in cookie, word
    assert new.token not in cookie and new.token not in answer.text
    assert store.viewers.reader(browser.cookies[SHARE]) is not None
    assert store.links.get(project.id, new.link.id).opens == 1


def test_opening_again_keeps_what_this_browser_has_seen(store, project, site):
    new, browser = shared(store, project), site()
    browser.post(f"/s/{new.token}")
    store.viewers.reader(browser.cookies[SHARE]).look()
    store.editions.publish(project.id, new.link.id, EditionDraft({"form": 1}))
    browser.post(f"/s/{new.token}")
    latest, before = store.viewers.reader(browser.cookies[SHARE]).look()
    assert (latest.number, before.number) == (2, 1)
    stranger = site()
    stranger.post(f"/s/{new.token}")
    assert store.viewers.reader(stranger.cookies[SHARE]).look()[1] is None


def refusals(store: Store, project: Project, clock: Clock) -> dict[str, tuple[str, dict[str, str]]]:
    """Every way in which a link does not open: token and form."""
    revoked, used, locked, expired = (
        shared(store, project, **options) for options in ({}, {"max_opens": 1}, {"passphrase": "весна"}, {})
    )
    store.links.revoke(project.id, revoked.link.id)
    store.viewers.enter(used.token)
    tokens = {"revoked": revoked, "used": used, "expired": expired}
    found = {name: (str(new.token), {}) for name, new in tokens.items()}
    wrong = (str(locked.token), {"passphrase": "осень"})
    return {
        "unknown": (secrets.token_urlsafe(32), {}),
        "short": ("abc", {}),
        "climbing": ("..%2fetc", {}),
        "wrong": wrong,
        **found,
    }


def test_every_refusal_is_the_same_answer(store, project, site, clock):
    cases = refusals(store, project, clock)
    clock.now += 89 * 86_400
    cases.pop("wrong")
    answers: dict[str, Answer] = {}
    for name, (token, form) in cases.items():
        if name != "climbing":  # the gate knows that one before
            answers[name] = site().post(f"/s/{token}", form)
    bodies = {(a.status, a.body) for a in answers.values()}
    assert len(bodies) == 1 and next(iter(bodies))[0] == 404, {k: a.status for k, a in answers.items()}
    gets = {
        (a.status, a.body)
        for token, _ in cases.values()
        if "%" not in token
        for a in [site().get(f"/s/{token}")]
    }
    assert gets == bodies


def test_a_wrong_passphrase_is_that_answer_too(store, project, site, clock):
    cases = refusals(store, project, clock)
    wrong = site().post(f"/s/{cases['wrong'][0]}", cases["wrong"][1])
    unknown = site().post(f"/s/{cases['unknown'][0]}", {"passphrase": "осень"})
    assert (wrong.status, wrong.body) == (unknown.status, unknown.body)
    assert 'type="password"' in site().get(f"/s/{cases['wrong'][0]}").text
    assert site().post(f"/s/{cases['wrong'][0]}", {"passphrase": "весна"}).status == 303


def test_guessing_is_stopped_and_others_are_not(store, project, site):
    new, misses = shared(store, project), Misses()
    guesser = site(misses=misses)
    statuses = [guesser.get(f"/s/{secrets.token_urlsafe(32)}").status for _ in range(MOST + 5)]
    assert statuses == [404] * MOST + [429] * 5
    assert guesser.post(f"/s/{new.token}").status == 429
    assert site(misses=misses, address="10.2.2.2").post(f"/s/{new.token}").status == 303


def test_an_address_that_waited_may_knock_again():
    now = [0.0]
    misses = Misses(clock=lambda: now[0])
    for _ in range(MOST):
        misses.add("a")
    assert misses.too_many("a") and not misses.too_many("b")
    now[0] = 61.0
    assert not misses.too_many("a")


def test_a_forwarded_address_is_believed_only_from_a_named_proxy(site):
    misses = Misses()
    for address, blocked in (("10.9.9.9", False), ("10.1.1.1", True)):
        browser = site(misses=misses, address=address)
        for i in range(MOST + 1):
            last = browser.get(f"/s/{secrets.token_urlsafe(32)}", x_forwarded_for=f"1.1.1.{i}").status
        assert (last == 429) is blocked


def test_a_form_of_another_site_is_refused(store, project, site):
    new = shared(store, project)
    assert site().post(f"/s/{new.token}", origin="https://evil.example").status == 403
    assert site().post(f"/s/{new.token}", origin="null", sec_fetch_site="cross-site").status == 403
    # our own page tells no referrer, so a browser sends null from it
    assert site().post(f"/s/{new.token}", origin="null", sec_fetch_site="same-origin").status == 303


def test_on_an_own_computer_no_link_opens(store, project, site):
    new = shared(store, project)
    assert site(Mode(hosts=("kpi.example.com",))).post(f"/s/{new.token}").status == 404


def test_under_a_sub_path_everything_stays_below_it(store, project, site):
    new, browser = shared(store, project), site(base="/kpi")
    assert f'action="/kpi/s/{new.token}"' in browser.get(f"/kpi/s/{new.token}").text
    assert browser.post(f"/kpi/s/{new.token}").headers["location"] == "/kpi/verdict"


def test_the_token_is_nowhere_in_the_store(store, project, site, tmp_path):
    new, browser = shared(store, project), site()
    browser.post(f"/s/{new.token}")
    key = store.projects.new_owner_key(project.id)
    with sqlite3.connect(store.database.file) as db:
        dump = "\n".join(db.iterdump())
    for secret in (new.token, key, browser.cookies[SHARE]):
        assert secret not in dump
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or new.token.encode() not in path.read_bytes()


# the owner ------------------------------------------------------------------------------------------------
def test_an_owner_key_makes_this_browser_an_owner(store, project, site):
    key, browser = store.projects.new_owner_key(project.id), site()
    assert browser.get(f"/o/{key}").status == 200 and not store.members.of(project.id)
    answer = browser.post(f"/o/{key}")
    assert answer.status == 303 and answer.headers["location"].endswith(f"?p={project.id}")
    members = store.members.of(project.id)
    assert [m.role for m in members] == ["owner"] and browser.cookies[OWNER] not in members[0].subject
    assert site().post(f"/o/{secrets.token_urlsafe(32)}").status == 404


def test_every_browser_gets_a_name_of_its_own_with_its_first_page(site):
    one, other = site(), site()
    for browser in (one, other):
        assert "HttpOnly" in browser.get("/", accept="text/html").set_cookies[0]
    assert one.cookies[OWNER] != other.cookies[OWNER]
    before = one.cookies[OWNER]
    one.get("/tree", accept="text/html")
    assert one.cookies[OWNER] == before
    assert not one.get("/_stcore/health", accept="text/html").set_cookies
    assert not site().get("/", accept="image/png").set_cookies
    assert not site(Mode(hosts=("kpi.example.com",))).get("/", accept="text/html").set_cookies


def test_a_made_up_name_is_not_accepted(site):
    browser = site()
    browser.cookies[OWNER] = "admin"
    browser.get("/", accept="text/html")
    assert browser.cookies[OWNER] != "admin"


def test_the_language_is_the_first_of_ours_that_the_browser_asks_for():
    cases = {
        "ru-RU,ru;q=0.9,en;q=0.8": "ru",
        "de,en;q=0.7,ru;q=0.3": "en",
        "fr": "en",
        "en;q=0.1, ru;q=x": "en",
    }
    assert {k: language_of(k) for k in cases} == cases
    assert language_of(None) == "en" and language_of("ru;q=0") == "en"
