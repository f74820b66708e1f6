"""A small ASGI application behind our middleware: what the middleware does is seen without Streamlit."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket


async def echo(request: Request) -> PlainTextResponse:
    """How many bytes arrived."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return PlainTextResponse(str(size))


async def stream(websocket: WebSocket) -> None:
    """A websocket that greets and leaves."""
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


ROUTES = [
    WebSocketRoute("/_stcore/stream", stream),
    Route("/{path:path}", echo, methods=["GET", "PUT", "POST"]),
]
