"""Routes beside the pages: is the process alive, is it ready for visitors."""

from __future__ import annotations

import threading

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from crmkpi.errors import CrmKpiError
from crmkpi.mode import Mode
from crmkpi.project.drafts import Drafts
from crmkpi.store.one import one_store
from crmkpi.store.store import health
from crmkpi.web.links import LinkRoutes

READY = threading.Event()


async def live(request: Request) -> JSONResponse:
    """200 as long as the process answers."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> JSONResponse:
    """200 once the warm start is over and the store answers, 503 otherwise. Names no path and no secret."""
    if not READY.is_set():
        return JSONResponse({"status": "starting"}, status_code=503)
    try:
        found = await run_in_threadpool(lambda: health(one_store(Drafts().home)))
    except CrmKpiError as error:
        return JSONResponse({"status": "store", "reason": error.label}, status_code=503)
    return JSONResponse({"status": "ready", "database": found["database"], "free_mb": found["free_mb"]})


async def robots(request: Request) -> PlainTextResponse:
    """Nothing here is for a search engine, links least of all."""
    return PlainTextResponse("User-agent: *\nDisallow: /\nDisallow: /s/\n")


def routes(mode: Mode, base: str = "") -> list[Route]:
    """All routes of ours, under the sub-path of the host where there is one."""
    prefix = f"/{base.strip('/')}" if base.strip("/") else ""
    links = LinkRoutes(mode, store=lambda: one_store(Drafts().home), base=prefix)
    return [
        Route(f"{prefix}/health/live", live),
        Route(f"{prefix}/health/ready", ready),
        Route(f"{prefix}/robots.txt", robots),
        *links.routes(),
    ]
