"""What screen readers hear: the page's language, and Streamlit's own English labels in the reader's language."""

from __future__ import annotations

import streamlit as st

from crmkpi.i18n import Words

# elements of Streamlit whose label is English only -> key of our words
LABELS = {
    '[data-testid="stLogoLink"]': "home",
    '[data-testid="stTopNav"]': "pages",
    '[data-testid="stFileUploaderDropzoneInput"]': "upload",
    '[role="dialog"] button[aria-label="Close"]': "close",
    '[data-testid="stExpandSidebarButton"]': "menu",
}
JS = """
export default function (component) {
  const { lang, labels } = component.data;
  document.documentElement.lang = lang;
  const say = () => { for (const [at, text] of Object.entries(labels)) for (const e of document.querySelectorAll(at))
    if (e.getAttribute('aria-label') !== text) e.setAttribute('aria-label', text); };
  let waiting = 0;
  const later = () => { if (!waiting) waiting = setTimeout(() => { waiting = 0; say(); }, 200); };
  say();
  const watch = new MutationObserver(later);
  watch.observe(document.body, { childList: true, subtree: true });
  return () => { watch.disconnect(); clearTimeout(waiting); };
}
"""
_component = st.components.v2.component("crmkpi_spoken_labels", js=JS)


def spoken_labels(t: Words) -> None:
    """Set the language of the document and the labels; draws nothing."""
    labels = {selector: t(f"spoken.{name}") for selector, name in LABELS.items()}
    _component(key="spoken_labels", data={"lang": t.lang, "labels": labels}, height=1, width=1)
