"""The small page behind an address that opens something: plain HTML in the visitor's language, nothing runs in it."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from crmkpi.i18n import LANGUAGES, Words

PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


def language_of(accept: str | None) -> str:
    """The first of our languages that the browser asks for (Accept-Language), English otherwise."""
    wanted = []
    for i, part in enumerate((accept or "").split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            quality = 0.0
        wanted.append((-quality, i, tag.lower().partition("-")[0]))
    return next((tag for quality, _, tag in sorted(wanted) if tag in LANGUAGES and quality < 0), "en")


def door_page(
    t: Words, what: str, action: str | None, *, who: str = "", locked: bool = False, status: int = 200
) -> HTMLResponse:
    """A page of `[door.<what>]`: title, text, and a button that posts to `action` where there is one."""
    named = f"door.{what}.title_of" if who else f"door.{what}.title"
    text = PAGES.get_template("door.html.j2").render(
        lang=t.lang,
        name=t("app.name"),
        title=t(named, who=who) if who else t(named),
        text=t(f"door.{what}.text"),
        action=action,
        locked=locked,
        ask=t("door.passphrase"),
        button=t("door.open"),
        note=t(f"door.{what}.note") if t.has(f"door.{what}.note") else "",
    )
    return HTMLResponse(text, status_code=status)
