"""Look of the whole app beside the theme: one style sheet, and the texts that Streamlit has only in English."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st

from crmkpi.i18n import Words

SHEET = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
# signs with a meaning in Markdown: a file's header or a project's name is text, never mark-up
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:])")
# what Streamlit's Markdown takes for an address: https://…, www.…, name@host
_ADDRESS = re.compile(r"https?:(?=//)|www(?=\.)|(?<=\w)@(?=\w)", re.IGNORECASE)
CSS_TEXTS = ("upload_here", "upload_limit", "upload_button", "skip")


def apply(t: Words) -> None:
    """Put the style sheet on the page, with the language's texts as CSS strings."""
    texts = "".join(
        f"--text-{name.replace('_', '-')}: {_css_string(t('css.' + name))};" for name in CSS_TEXTS
    )
    st.html(f"<style>:root{{{texts}}}{SHEET}</style>")


def plain(text: str) -> str:
    """User text (a header, a cell, a name) made safe for Markdown: it prints as it is.

    A bare address would still become a link, whatever is escaped: a sign without width breaks it.
    """
    return _MARKDOWN.sub(r"\\\1", _ADDRESS.sub("\\g<0>\u2060", text.replace("\n", " ")))


def _css_string(text: str) -> str:
    safe = "".join(c if c.isalnum() or c in " .,()" else f"\\{ord(c):x} " for c in text)
    return f'"{safe}"'
