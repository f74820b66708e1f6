"""The door: the middleware of the application in their order, for one mode."""

from __future__ import annotations

from starlette.middleware import Middleware

from crmkpi.mode import Mode
from crmkpi.web.gate import Gate
from crmkpi.web.quota import Quota
from crmkpi.web.visitor import Visitor


def door(mode: Mode) -> list[Middleware]:
    """Outermost first: the gate, the visitor's cookie, the upload quota."""
    return [
        Middleware(Gate, mode=mode),
        Middleware(Visitor, mode=mode),
        Middleware(Quota, limits=mode.limits),
    ]
