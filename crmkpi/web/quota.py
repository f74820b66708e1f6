"""Upload quota: what one file, one session and the whole process may hold in memory, counted while it arrives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime

from crmkpi.ingest.refused_uploads import refuse
from crmkpi.mode import Limits

UPLOAD = "/_stcore/upload_file/"
# framing of a multipart body around the file
FRAMING = 64 * 1024
# a browser sends all files of one drop at once: six over HTTP/1.1, up to a hundred over HTTP/2
MOST_AT_ONCE = 100
MOST_FILES = 500
Held = Callable[[], Mapping[str, tuple[int, int]]]


def held_by_streamlit() -> dict[str, tuple[int, int]]:
    """Files and bytes that Streamlit keeps for each session right now."""
    if not Runtime.exists():
        return {}
    storage = getattr(Runtime.instance().uploaded_file_mgr, "file_storage", {})
    sessions = list(storage.items())
    return {name: (len(files), sum(len(f.data) for f in list(files.values()))) for name, files in sessions}


class TooMuch(Exception):
    """The body passed what may still be held; `status` is the answer."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(str(status))


class Quota:
    """ASGI middleware on uploads: 413 over a limit, 429 for too many uploads of one session at once.

    Bytes on their way count as held, so twenty parallel uploads cannot pass together what one may not.
    """

    def __init__(self, app: ASGIApp, limits: Limits, held: Held = held_by_streamlit) -> None:
        self.app = app
        self.limits = limits
        self.held = held
        self.coming: Counter[str] = Counter()
        self.open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the body of an upload; everything else passes."""
        session = upload_session(scope)
        if session is None:
            await self.app(scope, receive, send)
            return
        status = self._refused(session, scope)
        if status:
            refuse(session)
            await _answer(status, scope, receive, send)
            return
        await self._counted(session, scope, receive, send)

    def _refused(self, session: str, scope: Scope) -> int | None:
        if self.open[session] >= MOST_AT_ONCE:
            return 429
        if self.held().get(session, (0, 0))[0] >= MOST_FILES:
            return 413
        length = Headers(scope=scope).get("content-length", "")
        return 413 if length.isdigit() and int(length) > self._room(session) else None

    def _room(self, session: str) -> int:
        """Bytes that this session may still send."""
        held = self.held()
        mine = held.get(session, (0, 0))[1] + self.coming[session]
        all_of_it = sum(size for _, size in held.values()) + self.coming.total()
        return min(self.limits.file, self.limits.session - mine, self.limits.process - all_of_it) + FRAMING

    async def _counted(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        started, taken, room = False, 0, self._room(session)
        self.open[session] += 1

        async def counting() -> Message:
            nonlocal taken
            message = await receive()
            size = len(message.get("body", b""))
            taken += size
            self.coming[session] += size
            if taken > room or self.coming.total() > self.limits.process:
                raise TooMuch(413)
            return message

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counting, sending)
        except TooMuch as stop:
            refuse(session)
            if not started:
                await _answer(stop.status, scope, receive, send)
        finally:
            self._forget(session, taken)

    def _forget(self, session: str, taken: int) -> None:
        self.coming[session] -= taken
        self.open[session] -= 1
        for counter in (self.coming, self.open):
            if counter[session] <= 0:
                del counter[session]


def upload_session(scope: Scope) -> str | None:
    """The session id in the path of an upload, None for any other request."""
    if scope["type"] != "http" or scope["method"] not in ("PUT", "POST"):
        return None
    _, found, rest = scope["path"].partition(UPLOAD)
    return rest.partition("/")[0] if found else None


async def _answer(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    text = "Too many uploads at once" if status == 429 else "File too large"
    # the rest of the body is not read: the connection must not be used again
    await PlainTextResponse(text, status_code=status, headers={"Connection": "close"})(scope, receive, send)
