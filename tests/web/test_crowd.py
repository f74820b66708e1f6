"""How many people at once: places are taken and given back, and whoever is late reads why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from crmkpi.mode import Crowd, Mode, read
from crmkpi.web.crowd import TRY_LATER, CrowdGate

HOSTED = Mode(name="hosted", crowd=Crowd(editors=3, readers=2, address=2))
STREAM = "/_stcore/stream"


class Tab:
    """One open tab: its websocket stays until it is closed."""

    def __init__(self, gate: CrowdGate) -> None:
        self.gate = gate
        self.left = asyncio.Event()
        self.said: list[dict[str, object]] = []
        self.task: asyncio.Task[None] | None = None

    async def open(self, address: str, reader: bool = False, path: str = STREAM, **headers: str) -> bool:
        """Whether there was a place."""
        sent = {**headers, **({"cookie": "crmkpi_share=x"} if reader else {})}
        scope = {
            "type": "websocket",
            "path": path,
            "client": (address, 1),
            "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in sent.items()],
        }

        async def receive() -> dict[str, object]:
            return {"type": "websocket.connect"}

        async def send(message: dict[str, object]) -> None:
            self.said.append(message)

        self.task = asyncio.create_task(self.gate(scope, receive, send))
        await asyncio.sleep(0)
        return not any(m["type"] == "websocket.close" for m in self.said)

    async def close(self) -> None:
        """The tab goes away."""
        self.left.set()
        assert self.task is not None
        await self.task


def crowd(mode: Mode, story: Callable[[Callable[[], Tab]], object]) -> None:
    async def run() -> None:
        tabs: list[Tab] = []
        waiting: list[asyncio.Event] = []

        async def app(scope, receive, send) -> None:
            mine = asyncio.Event()
            waiting.append(mine)
            await tabs[-1].left.wait()

        gate = CrowdGate(app, mode)

        def tab() -> Tab:
            tabs.append(Tab(gate))
            return tabs[-1]

        await story(tab)  # type: ignore[misc]
        for one in tabs:
            one.left.set()
        await asyncio.gather(*(one.task for one in tabs if one.task))
        assert not gate.here.total() and not gate.addresses

    asyncio.run(run())


def test_editors_and_readers_have_places_of_their_own_and_give_them_back():
    async def story(tab) -> None:
        editors = [tab() for _ in range(3)]
        for i, one in enumerate(editors):
            assert await one.open(f"10.0.0.{i}")
        late = tab()
        assert not await late.open("10.0.0.9")
        assert late.said == [{"type": "websocket.close", "code": TRY_LATER}]
        for i in range(2):
            assert await tab().open(f"10.0.1.{i}", reader=True)
        assert not await tab().open("10.0.1.9", reader=True)

    crowd(HOSTED, story)


def test_a_tab_that_closed_makes_room():
    async def story(tab) -> None:
        first = tab()
        assert await first.open("10.0.0.1")
        await first.close()
        for i in range(3):
            assert await tab().open(f"10.0.2.{i}")

    crowd(HOSTED, story)


def test_the_cap_of_an_address_holds_for_it_alone():
    async def story(tab) -> None:
        assert await tab().open("10.0.0.1") and await tab().open("10.0.0.1")
        assert not await tab().open("10.0.0.1")
        assert await tab().open("10.0.0.2")

    crowd(HOSTED, story)


def test_behind_a_named_proxy_the_forwarded_address_counts_and_no_other_word_does():
    named = replace(HOSTED, proxies=("10.9.9.9",))

    async def story(tab) -> None:
        for i in range(3):
            assert await tab().open("10.9.9.9", x_forwarded_for=f"1.1.1.1, 2.2.2.{i}")

    async def liar(tab) -> None:
        assert await tab().open("10.0.0.1", x_forwarded_for="2.2.2.1")
        assert await tab().open("10.0.0.1", x_forwarded_for="2.2.2.2")
        assert not await tab().open("10.0.0.1", x_forwarded_for="2.2.2.3")

    crowd(named, story)
    crowd(named, liar)


def test_on_an_own_computer_nobody_is_counted():
    async def story(tab) -> None:
        for _ in range(9):
            assert await tab().open("127.0.0.1")

    crowd(Mode(crowd=Crowd(1, 1, 1)), story)


def test_a_page_without_a_place_says_so_politely_in_the_visitors_language():
    gate = CrowdGate(None, replace(HOSTED, crowd=Crowd(editors=0)))  # type: ignore[arg-type]
    said: list[dict] = []

    async def send(message) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/tree",
        "client": ("10.0.0.1", 1),
        "headers": [(b"accept", b"text/html"), (b"accept-language", b"ru")],
    }
    asyncio.run(gate(scope, None, send))  # type: ignore[arg-type]
    assert said[0]["status"] == 503 and (b"retry-after", b"30") in said[0]["headers"]
    assert "Сейчас все места заняты" in said[1]["body"].decode()


def test_the_caps_are_settings():
    env = {"CRMKPI_MOST_EDITORS": "5", "CRMKPI_MOST_READERS": "7", "CRMKPI_MOST_PER_ADDRESS": "9"}
    assert read(env).crowd == Crowd(5, 7, 9)
    assert read({}).crowd == Crowd(60, 150, 20)
