"""The visitor's cookie: on a server every browser gets an unguessable name of its own with the first page.

The store knows a project's owner by the hash of this cookie, so that two people on one server never see each other's
projects without anybody signing in. It lives as long as drafts do and is renewed with every page.
"""

from __future__ import annotations

import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crmkpi.mode import Mode
from crmkpi.web.gate import HEALTH, LINK, OWNER_KEY, path_in
from crmkpi.web.links import OWNER, TOKEN, give

INNER = ("/_stcore/", "/static/", "/media/", "/component/")


class Visitor:
    """ASGI middleware: sets the owner cookie on pages, never on doors, health routes or inner paths."""

    def __init__(self, app: ASGIApp, mode: Mode) -> None:
        self.app = app
        self.mode = mode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a page leaves with the cookie."""
        if not self._page(scope):
            await self.app(scope, receive, send)
            return
        held = _cookies(scope).get(self.mode.cookie(OWNER), "")
        value = held if TOKEN.fullmatch(held) else secrets.token_urlsafe(32)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                carrier = Response()
                give(carrier, self.mode, OWNER, value, self.mode.draft_hours * 3600)
                MutableHeaders(scope=message).append("set-cookie", carrier.headers["set-cookie"])
            await send(message)

        await self.app(scope, receive, with_cookie)

    def _page(self, scope: Scope) -> bool:
        if not self.mode.separates_people or scope["type"] != "http" or scope["method"] != "GET":
            return False
        path = scope["path"]
        if any(path_in(path, door) for door in (LINK, OWNER_KEY, HEALTH)) or any(x in path for x in INNER):
            return False
        accept = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"accept"), "")
        return "text/html" in accept


def _cookies(scope: Scope) -> dict[str, str]:
    text = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"cookie"), "")
    return cookie_parser(text)
