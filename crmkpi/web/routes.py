"""Routes beside the pages: is the process alive, is it ready for visitors."""

from __future__ import annotations

import threading

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

READY = threading.Event()


async def live(request: Request) -> JSONResponse:
    """200 as long as the process answers."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> JSONResponse:
    """200 once the warm start is over, 503 before."""
    if READY.is_set():
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "starting"}, status_code=503)


async def robots(request: Request) -> PlainTextResponse:
    """Nothing here is for a search engine, links least of all."""
    return PlainTextResponse("User-agent: *\nDisallow: /\nDisallow: /s/\n")


ROUTES = [Route("/health/live", live), Route("/health/ready", ready), Route("/robots.txt", robots)]
