"""Spoken: a formula as people read it, with the names of metrics in place of ids, and signs of arithmetic."""

from __future__ import annotations

import re

from crmkpi.catalog.metric import Texts, metrics

NAME = re.compile(r"[^\W\d]\w*")
SIGN = re.compile(r"\s*([*/+-])\s*")
SIGNS = {"*": "×", "/": "÷", "-": "−", "+": "+"}


def spoken(formula: str) -> Texts:
    """The formula in both languages; a name that is no metric stays as it is."""
    return Texts(ru=_in(formula, "ru"), en=_in(formula, "en"))


def editable(formula: str, lang: str) -> str:
    """The formula as a person edits it: names in square brackets, signs as on the keyboard."""
    return SIGN.sub(r" \1 ", NAME.sub(lambda m: _bracketed(m.group(0), lang), formula))


def _bracketed(name: str, lang: str) -> str:
    known = metrics().get(name)
    # names with brackets of their own, or shared by two metrics, cannot be read back: the id can
    if known is None or not re.fullmatch(r"[^\[\]*/+-]+", known.label[lang]):
        return name
    same = [m for m in metrics().values() if m.label[lang].casefold() == known.label[lang].casefold()]
    return f"[{known.label[lang]}]" if len(same) == 1 else name


def _in(formula: str, lang: str) -> str:
    parts = SIGN.split(formula)  # text, sign, text, sign ...: labels may hold signs of their own
    words = [NAME.sub(lambda m: _label(m.group(0), lang), part) for part in parts[::2]]
    signs = [f" {SIGNS[sign]} " for sign in parts[1::2]]
    return "".join(a + b for a, b in zip(words, [*signs, ""], strict=True)).strip()


def _label(name: str, lang: str) -> str:
    known = metrics().get(name)
    return known.label[lang] if known else name


def inserted(text: str, metric: str, lang: str) -> str:
    """A typed formula with one more name at its end; a sign is added where one is needed."""
    name = editable(metric, lang)
    bare = text.rstrip()
    if not bare or bare.endswith(("+", "-", "*", "/", "(", ",", "×", "÷", "−")):
        return f"{bare} {name}".strip()
    return f"{bare} * {name}"
