"""The HTML page: one file, one script that its policy names, nothing from outside, every text escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from crmkpi.report.page import POLICY


class Seen(HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "hr", "link", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def text(made) -> str:
    return made("html").decode("utf-8")


@pytest.fixture(scope="module")
def seen(text) -> Seen:
    return Seen(text)


def test_the_page_is_well_formed_and_carries_its_policy(seen):
    assert seen.open == []
    metas = [a for tag, a in seen.tags if tag == "meta"]
    assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in metas
    assert POLICY.startswith("default-src 'none'")


def test_only_the_script_that_the_policy_names_stands_in_the_page(text):
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    assert len(scripts) == text.count("<script") == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in POLICY
    assert "unsafe-inline" not in POLICY.split("script-src")[1].split(";")[0]


def test_no_link_no_address_no_handler(seen, text):
    names = {tag for tag, _ in seen.tags}
    assert not names & {"iframe", "object", "embed", "form", "link", "a", "base"}
    for _, attributes in seen.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/", "#"))
    addresses = {a for a in re.findall(r'https?://[^\s"<)]+', text) if "www.w3.org" not in a}
    # what is left is the owner's text, which is not a link
    assert addresses <= {"https://evil.example", "http://127.0.0.1:9/x.png"}


def test_hostile_names_are_shown_as_text(seen):
    whole = "".join(seen.texts)
    assert "<script>window.__pwn=1</script>" in whole
    assert "[U+202E]" in whole
    assert "\u202e" not in whole and "\x07" not in whole


def test_every_id_stands_once_and_references_hit(seen, text):
    ids = [a["id"] for _, a in seen.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)


def test_charts_follow_the_theme_of_the_reader(text):
    body = text.split("</style>")[1]
    assert "var(--accent)" in body
    assert not re.search(r"#[0-9A-F]{6}", re.sub(r"data:image[^\"]*", "", body))


def test_three_answers_stand_under_every_kpi(seen):
    from crmkpi.i18n import Words

    t = Words("ru")
    texts = [x.strip() for x in seen.texts]
    for key in ("good", "helps", "pays"):
        assert texts.count(t(f"verdict.question_{key}")) == 2
