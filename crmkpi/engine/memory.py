"""A small bounded memory for what was already computed, keyed by the data's hash. Thread-safe."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from crmkpi.engine.data import DataDir

P = ParamSpec("P")
R = TypeVar("R")


class Memory:
    """The latest `size` values; the least recently used one goes first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], R]) -> R:
        """The remembered value, or a fresh one. Two threads may both compute; either answer is right."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[no-any-return]
        value = make()
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)
        return value

    def knows(self, key: Any) -> bool:
        """Whether a value is remembered; does not count as a use."""
        with self._lock:
            return key in self._kept

    def clear(self) -> None:
        """Forget everything (tests)."""
        with self._lock:
            self._kept.clear()


FACTS = Memory(256)


def remembered(run: Callable[P, R]) -> Callable[P, R]:
    """Remember a fact of a data set by data hash and arguments. Unsealed data (no hash) are not remembered."""

    @wraps(run)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        data = args[0]
        assert isinstance(data, DataDir)
        mark = data.meta.data_hash
        if not mark:
            return run(*args, **kwargs)
        named = tuple(sorted(kwargs.items()))
        return FACTS.get(
            (run.__qualname__, run.__module__, mark, args[1:], named), lambda: run(*args, **kwargs)
        )

    return wrapper
