"""The door: the middleware of the application in their order, for one mode."""

from __future__ import annotations

from starlette.middleware import Middleware

from crmkpi.mode import Mode
from crmkpi.web.gate import Gate
from crmkpi.web.quota import Quota


def door(mode: Mode) -> list[Middleware]:
    """Outermost first: the gate, then the upload quota."""
    return [Middleware(Gate, mode=mode), Middleware(Quota, limits=mode.limits)]
