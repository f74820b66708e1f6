"""A client that speaks ASGI to an application in this process: exact paths, chunked bodies, websockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import unquote, urlencode


@dataclass
class Answer:
    """One answer; `headers` by lower-case name, the cookies it sets apart."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    set_cookies: list[str] = field(default_factory=list)
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class Client:
    """Keeps cookies like one browser. `address` is where its requests come from."""

    def __init__(self, app: Any, host: str = "127.0.0.1", address: str = "10.1.1.1") -> None:
        self.app = app
        self.host = host
        self.address = address
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        """GET a path (with an optional query)."""
        return self.send("GET", path, headers)

    def post(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """POST a form."""
        headers.setdefault("content_type", "application/x-www-form-urlencoded")
        return self.send("POST", path, headers, [urlencode(fields or {}).encode()])

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Iterable[bytes] = (b"",),
        length: bool = True,
    ) -> Answer:
        """One request; `length=False` sends the chunks without saying how long they are."""
        chunks = list(body)
        sent = {"host": self.host, **{k.replace("_", "-").lower(): v for k, v in headers.items()}}
        if length and method != "GET":
            sent["content-length"] = str(sum(map(len, chunks)))
        answer = asyncio.run(self._run(self._scope("http", method, path, sent), chunks))
        for text in answer.set_cookies:
            for name, morsel in SimpleCookie(text).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer

    def websocket(self, path: str, **headers: str) -> bool:
        """Whether a websocket is accepted."""
        sent = {"host": self.host, **{k.replace("_", "-").lower(): v for k, v in headers.items()}}
        scope = self._scope("websocket", "GET", path, sent)
        said: list[str] = []

        async def run() -> None:
            async def receive() -> dict[str, Any]:
                return (
                    {"type": "websocket.connect"}
                    if not said
                    else {"type": "websocket.disconnect", "code": 1000}
                )

            async def send(message: dict[str, Any]) -> None:
                said.append(message["type"])

            await self.app(scope, receive, send)

        asyncio.run(run())
        return "websocket.accept" in said

    def _scope(self, kind: str, method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
        raw, _, query = path.partition("?")
        if self.cookies:
            headers.setdefault("cookie", "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        return {
            "type": kind, "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "ws" if kind == "websocket" else "http", "root_path": "", "path": unquote(raw),
            "raw_path": raw.encode(), "query_string": query.encode(), "client": (self.address, 5000),
            "server": ("127.0.0.1", 80), "subprotocols": [],
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers.items()],
        }  # fmt: skip

    async def _run(self, scope: dict[str, Any], chunks: list[bytes]) -> Answer:
        answer, waiting = Answer(), list(chunks)

        async def receive() -> dict[str, Any]:
            if not waiting:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                for name, value in message["headers"]:
                    if name.decode().lower() == "set-cookie":
                        answer.set_cookies.append(value.decode())
                    answer.headers[name.decode().lower()] = value.decode("latin-1")
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")

        await self.app(scope, receive, send)
        return answer
