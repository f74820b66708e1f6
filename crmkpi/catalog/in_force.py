"""In force: the catalogue of the open project. What it adds and changes is seen by everything that reads the catalogue.

A project may have metrics of its own, changed trees, and its own answer to who controls what. They are put in force
for the time of a piece of work (a command, a page, a report), per thread, so that `metrics()` and `trees()` give one
answer everywhere and two projects in one process never mix. Whoever remembers results keeps `mark()` in the key.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar, cast

from crmkpi.catalog.metric import EXTENDED, Metric, order, standard_metrics
from crmkpi.catalog.trees import CHANGED, TreeTemplate

P = ParamSpec("P")
R = TypeVar("R")
# so many catalogues are kept by `per_catalogue`; a process serves few projects at a time
CATALOGUES = 16


@dataclass(frozen=True)
class Extension:
    """What a project adds to the catalogue. `metrics` holds the whole catalogue, `trees` only the changed trees.

    `mark` names the content: "" for the catalogue as it is. `broken` are trees whose edits no longer fit their
    template (by id, with the error); those are shown as the template.
    """

    metrics: MappingProxyType[str, Metric]
    trees: Mapping[str, TreeTemplate] = field(default_factory=dict)
    mark: str = ""
    broken: Mapping[str, Exception] = field(default_factory=dict)


_IN_FORCE: ContextVar[Extension | None] = ContextVar("extension", default=None)


def extension(
    own: Mapping[str, Metric],
    changed: Mapping[str, TreeTemplate] | None = None,
    broken: Mapping[str, Exception] | None = None,
) -> Extension:
    """The catalogue with these metrics added (or replaced) and these trees changed; a circle of formulas raises."""
    whole = {**standard_metrics(), **own}
    order(whole)
    texts = [m.model_dump_json() for _, m in sorted(own.items())]
    texts += [tree.model_dump_json() for _, tree in sorted((changed or {}).items())]
    mark = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16] if texts else ""
    return Extension(MappingProxyType(whole), dict(changed or {}), mark, dict(broken or {}))


def use(found: Extension | None) -> None:
    """Put an extension in force in this thread until another one is; None is the catalogue as it is."""
    plain = found is None or (not found.mark and not found.broken)
    _IN_FORCE.set(None if plain else found)
    EXTENDED.set(None if plain or found is None else found.metrics)
    CHANGED.set(None if plain or found is None else found.trees)


@contextmanager
def in_force(found: Extension | None) -> Iterator[None]:
    """The same for the length of a block; what was in force before comes back."""
    before = _IN_FORCE.get()
    use(found)
    try:
        yield
    finally:
        use(before)


def current() -> Extension | None:
    """What is in force in this thread; None for the catalogue as it is."""
    return _IN_FORCE.get()


def mark() -> str:
    """Names the catalogue in force: part of the key of everything remembered that depends on it."""
    found = _IN_FORCE.get()
    return "" if found is None else found.mark


def per_catalogue(run: Callable[P, R]) -> Callable[P, R]:
    """Remember the answers of a function of the catalogue, one set of answers per catalogue in force."""
    kept: dict[str, dict[Hashable, Any]] = {}
    lock = threading.Lock()

    @wraps(run)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        key: Hashable = (args, tuple(sorted(kwargs.items())))
        name = mark()
        with lock:
            answers = kept.setdefault(name, {})
            if key in answers:
                return cast(R, answers[key])
        value = run(*args, **kwargs)
        with lock:
            answers[key] = value
            while len(kept) > CATALOGUES:
                kept.pop(next(k for k in kept if k not in ("", name)))
        return value

    return wrapper
