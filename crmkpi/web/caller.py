"""Where a request comes from. A proxy's word is taken only from the proxies that were named."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from crmkpi.mode import Mode


def caller(request: HTTPConnection, mode: Mode) -> str:
    """The address behind a request: the peer's, or what a trusted proxy says last; empty if there is none."""
    peer = request.client.host if request.client else ""
    said = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return said if said and peer in mode.proxies else peer
