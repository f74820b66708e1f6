"""The crowd: how many people one process serves at once. Whoever comes too late gets a page that says so.

An open tab is one websocket. Owners and editors compute, readers of a link look at something ready, so both are counted
apart; and one address may not take all the places. Measured reason: about 3.4 full runs a second on two cores.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crmkpi.i18n import Words
from crmkpi.mode import LOOPBACK, Crowd, Mode
from crmkpi.web.caller import caller
from crmkpi.web.door_page import door_page, language_of
from crmkpi.web.gate import LINK, OWNER_KEY, STREAM, path_in
from crmkpi.web.links import SHARE

EDITORS, READERS = "editors", "readers"
RETRY_SECONDS = "30"
# the websocket's own word for "try again later"
TRY_LATER = 1013


class CrowdGate:
    """ASGI middleware: 503 with a polite page, and a closed websocket, while the places of `mode.crowd` are taken.

    On an own computer nobody is counted. The loopback is no single person: it is a proxy on the same machine that
    was not named in CRMKPI_TRUSTED_PROXY, so the limit of an address does not apply to it.
    """

    def __init__(self, app: ASGIApp, mode: Mode) -> None:
        self.app = app
        self.mode = mode
        self.here: Counter[str] = Counter()
        self.addresses: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a tab while it is open; turn a page away when there is no place for its tab."""
        stream = scope["type"] == "websocket" and scope["path"].endswith(STREAM)
        if not self.mode.separates_people or not (stream or self._page(scope)):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        kind, address = self._kind(connection), caller(connection, self.mode)
        if self._full(kind, address):
            await self._turn_away(connection, kind, scope, receive, send)
        elif stream:
            await self._seated(kind, address, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _page(self, scope: Scope) -> bool:
        """A page that will open a tab's websocket; the doors of links are plain and cost next to nothing."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        if path_in(scope["path"], LINK) or path_in(scope["path"], OWNER_KEY):
            return False
        return "text/html" in HTTPConnection(scope).headers.get("accept", "")

    def _kind(self, connection: HTTPConnection) -> str:
        reads = self.mode.serves_links and connection.cookies.get(self.mode.cookie(SHARE))
        return READERS if reads else EDITORS

    def _full(self, kind: str, address: str) -> bool:
        crowd: Crowd = self.mode.crowd
        most = crowd.readers if kind == READERS else crowd.editors
        if self.here[kind] >= most:
            return True
        return address not in LOOPBACK and self.addresses[address] >= crowd.address

    async def _seated(self, kind: str, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        self.here[kind] += 1
        self.addresses[address] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.here[kind] -= 1
            self.addresses[address] -= 1
            if self.addresses[address] <= 0:
                del self.addresses[address]

    async def _turn_away(
        self, connection: HTTPConnection, kind: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] == "websocket":
            refusal: Message = {"type": "websocket.close", "code": TRY_LATER}
            await send(refusal)
            return
        t = Words(language_of(connection.headers.get("accept-language")))
        page: Any = door_page(t, "full", None, status=503)
        page.headers["Retry-After"] = RETRY_SECONDS
        await page(scope, receive, send)
