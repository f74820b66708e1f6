"""Misses: how often an address has knocked at doors that are not there. Ten a minute, then it waits."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

MOST = 10
WINDOW_SECONDS = 60.0
# so many addresses are remembered; the longest silent one is forgotten first
MOST_ADDRESSES = 20_000


class Misses:
    """Counts misses by address. In memory of the process: a restart forgives."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def too_many(self, address: str) -> bool:
        """Whether this address has to wait."""
        with self._lock:
            return len(self._recent(address)) >= MOST

    def add(self, address: str) -> None:
        """One more miss."""
        with self._lock:
            self._recent(address).append(self.clock())
            self._seen.move_to_end(address)
            while len(self._seen) > MOST_ADDRESSES:
                self._seen.popitem(last=False)

    def _recent(self, address: str) -> deque[float]:
        found = self._seen.setdefault(address, deque(maxlen=MOST))
        while found and self.clock() - found[0] > WINDOW_SECONDS:
            found.popleft()
        return found
