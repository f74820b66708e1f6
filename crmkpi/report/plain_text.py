"""Plain text: what files and people typed, made fit for paper. Hidden signs become visible, nothing else changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

# controls that no paper can print, and signs that turn or hide what a reader sees (bidi, zero width)
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
SIGNS = re.compile("([−+])(?=[₽$€£₸₴₺])")
LONG_WORD = re.compile(r"(\S{28})(?=\S)")
HIDDEN = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def plain(text: str) -> str:
    """The text without control signs; turning and zero-width signs are written out as [U+202E]."""
    return HIDDEN.sub(lambda m: f"[U+{ord(m.group()):04X}]", CONTROLS.sub("", text))


def glued(text: str) -> str:
    """The text with a sign and its currency held together: a line would break between them."""
    return SIGNS.sub("\\1\u2060", text)


def cut(text: str, letters: int) -> str:
    """The text cut to so many letters, the last one then being an ellipsis."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def breakable(text: str) -> str:
    """The text with places to break inside words that are too long for a line."""
    return LONG_WORD.sub("\\1\u200b", text)


def every_text(value: Any, change: Callable[[str], str]) -> Any:
    """Every text inside frozen dataclasses, tuples, lists and dictionaries changed; other values stay as they are."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, (tuple, list)):
        return type(value)(every_text(v, change) for v in value)
    if isinstance(value, dict):
        return {k: every_text(v, change) for k, v in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        held = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        texts = {name: every_text(old, change) for name, old in held.items()}
        changed = {name: new for name, new in texts.items() if new is not held[name]}
        return replace(value, **changed) if changed else value
    return value
