"""The gate: every request passes here first. Foreign hosts, odd paths and Streamlit's inner doors are turned away,
and every answer leaves with security headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crmkpi.mode import LOOPBACK, Mode

# doors of Streamlit that a visitor has no business with; 404, as if they were not there
SHUT = ("/_stcore/agent", "/_stcore/metrics", "/_stcore/script-health-check")
HEALTH = "/health/"
LINK = "/s/"
OWNER_KEY = "/o/"
STREAM = "/_stcore/stream"

# AgGrid and Vega compile expressions, Streamlit styles inline: 'unsafe-eval' and 'unsafe-inline' are theirs.
# What matters stays shut: no foreign host is ever loaded, called, framed by or posted to.
APP_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss: data: blob:",
        "frame-src 'self' blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
# the page behind a link is plain HTML with a form: nothing may run in it
PLAIN_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"


def headers_for(path: str) -> Mapping[str, str]:
    """Security headers of an answer to this path."""
    link = path_in(path, LINK) or path_in(path, OWNER_KEY)
    found = {
        "Content-Security-Policy": PLAIN_POLICY if link else APP_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY" if link else "SAMEORIGIN",
        "Permissions-Policy": PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if link:
        found |= {"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "no-store"}
    return found


def path_in(path: str, prefix: str) -> bool:
    """Whether a path lies under a prefix, with or without a sub-path of the host before it (/kpi/s/...)."""
    return path.startswith(prefix) or f"/{path.lstrip('/').partition('/')[2]}".startswith(prefix)


class Gate:
    """ASGI middleware, the outermost of ours.

    400 for paths that climb, 404 for inner doors, 403 for a host that is not ours (DNS rebinding) and, when
    people are separated, for a websocket without an Origin. `hosts` empty = only this computer's names.
    """

    def __init__(self, app: ASGIApp, mode: Mode) -> None:
        self.app = app
        self.mode = mode
        self.hosts = mode.hosts or LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refused = self._refused(scope)
        if scope["type"] == "websocket":
            if refused:
                await send({"type": "websocket.close", "code": 1008})
                return
            await self.app(scope, receive, send)
            return
        path = scope["path"]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in headers_for(path).items():
                    out[name] = value
                if "server" in out:
                    del out["server"]
            await send(message)

        if refused:
            status, text = refused
            await PlainTextResponse(text, status_code=status)(scope, receive, with_headers)
            return
        await self.app(scope, receive, with_headers)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        path = scope["path"]
        if odd_path(path, scope.get("raw_path") or b""):
            return 400, "Bad request"
        if any(door in path for door in SHUT):
            return 404, "Not found"
        headers = Headers(scope=scope)
        if not self._host_known(headers.get("host"), path):
            return 403, "Unknown host"
        websocket = scope["type"] == "websocket"
        if websocket and self.mode.separates_people and headers.get("origin") is None:
            return 403, "No origin"
        return None

    def _host_known(self, host: str | None, path: str) -> bool:
        """A container asks its own health over the loopback, whatever its public names are."""
        name = host_name(host)
        if name is None:
            return False
        if path_in(path, HEALTH) and name in LOOPBACK:
            return True
        return any(_matches(name, known) for known in self.hosts)


def host_name(host: str | None) -> str | None:
    """The name in a Host header without its port; None where it is no plain host."""
    if not host:
        return None
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018  (reading it checks that the port is a number)
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment or not parts.hostname:
        return None
    return parts.hostname.lower().rstrip(".")


def _matches(name: str, known: str) -> bool:
    if known.startswith("*."):
        return name.endswith(known[1:])
    return name == known


def odd_path(path: str, raw: bytes) -> bool:
    """A path that no page of ours has: climbs, names another host or drive, or carries control signs."""
    twice = unquote(unquote(raw.decode("latin-1")).partition("?")[0])
    for text in (path, twice):
        if ".." in text.split("/") or "\\" in text or text.startswith("//") or "://" in text:
            return True
        if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
            return True
    return False
