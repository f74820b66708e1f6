"""The door of share links and owner keys: GET shows a page and changes nothing, POST opens.

GET has no side effect, so a chat's preview neither counts as an opening nor uses one up. POST exchanges the token for
an HttpOnly cookie with a session id of the server; the token leaves the address with the redirect. Unknown, expired,
revoked and wrong all get one answer.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from crmkpi.i18n import Words
from crmkpi.mode import Mode
from crmkpi.store import Store
from crmkpi.store.errors import LinkClosedError
from crmkpi.store.projects import digest
from crmkpi.store.viewers import Entered
from crmkpi.web.door_page import door_page, language_of
from crmkpi.web.misses import WINDOW_SECONDS, Misses

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
SHARE, OWNER = "share", "owner"
LARGEST_FORM = 4096


@dataclass
class LinkRoutes:
    """The routes under a sub-path (`base`, empty or `/kpi`) of one installation. `store` is asked when needed."""

    mode: Mode
    store: Callable[[], Store]
    base: str = ""
    misses: Misses = field(default_factory=Misses)

    def routes(self) -> list[Route]:
        """GET and POST of /s/<token> and /o/<key>; any other method is refused by the router."""
        return [
            Route(f"{self.base}/s/{{token:path}}", self.show_link, methods=["GET"]),
            Route(f"{self.base}/s/{{token:path}}", self.open_link, methods=["POST"]),
            Route(f"{self.base}/o/{{token:path}}", self.show_project, methods=["GET"]),
            Route(f"{self.base}/o/{{token:path}}", self.open_project, methods=["POST"]),
        ]

    # share links -------------------------------------------------------------------------------------
    async def show_link(self, request: Request) -> Response:
        """Who shares, and a button. Nothing is counted, nothing is set."""
        stop = self._stop(request)
        if stop:
            return stop
        token, t = request.path_params["token"], self._words(request)
        door = await run_in_threadpool(self.store().viewers.door, token) if self._known(token) else None
        if door is None:
            return self._miss(request)
        return door_page(t, "link", self._here(request), who=door.sharer, locked=door.locked)

    async def open_link(self, request: Request) -> Response:
        """Exchange the token for a cookie and go to the verdict."""
        stop = self._stop(request)
        if stop:
            return stop
        token, form = request.path_params["token"], await fields(request)
        if form is None or not self._known(token):
            return self._miss(request)
        before = request.cookies.get(self.mode.cookie(SHARE))
        try:
            found = await run_in_threadpool(
                self.store().viewers.enter, token, form.get("passphrase") or None, before
            )
        except LinkClosedError:
            return self._miss(request)
        answer = RedirectResponse(f"{self.base}/verdict", status_code=303)
        self._give(answer, SHARE, found.session_id, _seconds_left(found))
        return answer

    # owner keys --------------------------------------------------------------------------------------
    async def show_project(self, request: Request) -> Response:
        """A button; whether the key fits is seen only when it is used."""
        return self._stop(request) or door_page(self._words(request), "project", self._here(request))

    async def open_project(self, request: Request) -> Response:
        """Make this browser an owner of the project that the key opens."""
        stop = self._stop(request)
        if stop:
            return stop
        key, store = request.path_params["token"], self.store()
        found = await run_in_threadpool(store.projects.owned_by_key, key) if self._known(key) else None
        if found is None:
            return self._miss(request)
        browser = request.cookies.get(self.mode.cookie(OWNER)) or secrets.token_urlsafe(32)
        await run_in_threadpool(store.members.put, found, f"browser:{digest(browser)}", "owner")
        answer = RedirectResponse(f"{self.base}/tree?p={found}", status_code=303)
        self._give(answer, OWNER, browser, self.mode.draft_hours * 3600)
        return answer

    # both --------------------------------------------------------------------------------------------
    def _known(self, token: str) -> bool:
        """Links exist on a server only; a text of another form is not looked up."""
        return self.mode.serves_links and TOKEN.fullmatch(token) is not None

    def _stop(self, request: Request) -> Response | None:
        """429 for an address that knocked too often, 403 for a form sent by another site."""
        if self.misses.too_many(self._address(request)):
            wait = {"Retry-After": str(int(WINDOW_SECONDS))}
            return PlainTextResponse("Too many requests", status_code=429, headers=wait)
        if request.method == "POST" and foreign(request):
            return PlainTextResponse("Foreign origin", status_code=403)
        return None

    def _miss(self, request: Request) -> Response:
        self.misses.add(self._address(request))
        return door_page(self._words(request), "closed", None, status=404)

    def _address(self, request: Request) -> str:
        """Where the request comes from; a proxy's word is taken only from the proxies that were named."""
        peer = request.client.host if request.client else ""
        said = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return said if said and peer in self.mode.proxies else peer

    def _here(self, request: Request) -> str:
        return request.url.path

    def _words(self, request: Request) -> Words:
        return Words(language_of(request.headers.get("accept-language")))

    def _give(self, answer: Response, what: str, value: str, seconds: int) -> None:
        give(answer, self.mode, what, value, seconds)


def foreign(request: Request) -> bool:
    """Whether another site sent this form. Our own page sends `Origin: null`, because it never tells its address."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin", "null")
    return origin != "null" and urlsplit(origin).netloc != request.headers.get("host")


def give(answer: Response, mode: Mode, what: str, value: str, seconds: int) -> None:
    """Set one of our cookies: no script reads it, no other site sends it with a form."""
    answer.set_cookie(
        mode.cookie(what), value, max_age=seconds, path="/", secure=mode.https, httponly=True, samesite="lax"
    )


def _seconds_left(found: Entered) -> int:
    """The cookie lives as long as the link, counted from now; the store decides at every look anyway."""
    return max(60, found.seconds)


async def fields(request: Request) -> dict[str, str] | None:
    """The small form of a door; None where it is larger than any of ours."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return None
    return {k: v[0] for k, v in parse_qs(body.decode("utf-8", "replace")).items()}
