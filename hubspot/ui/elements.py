"""The only HTML of the product: a link that stays in the tab, a jump, the keys of a table, and the mark."""

import html
import json
import re
from typing import Literal, NoReturn

import streamlit as st

from hubspot.ui.texts import one_line

WHITE_ON_ACCENT = "color:#FFFFFF;background:#2F5BD0;border:1px solid #2F5BD0"
QUIET = "color:inherit;background:transparent;border:1px solid rgba(128,138,155,.45)"
_LINK = (
    "display:block;text-align:center;text-decoration:none;font-weight:600;border-radius:.4rem;"
    "padding:.45rem .8rem;line-height:1.35;box-sizing:border-box;font-size:.933rem;white-space:nowrap;"
)

MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><rect width="28" height="28" rx="6" fill="#2F5BD0"/>'
    '<path d="M7.5 20.5v-6M14 20.5v-13M20.5 20.5v-9" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>'
)


def link(label: str, href: str, *, primary: bool = True, width: Literal["content", "stretch"] = "content") -> None:
    """Show a link that looks like a button and opens in this tab.

    Streamlit's own links open a new tab, and the old one would stay disconnected.
    """
    style = _LINK + (WHITE_ON_ACCENT if primary else QUIET)
    st.html(f'<a href="{html.escape(href, quote=True)}" style="{style}">{html.escape(label)}</a>', width=width)


def jump_script(destination: str) -> str:
    """Return the exact script text of a jump, which the content security policy allows by its hash."""
    return f"window.location.replace({json.dumps(destination)})"


RELOAD = "window.location.reload()"


def reload() -> NoReturn:
    """Load this page again, with the cookie that the browser has now, and end the run."""
    st.html(f"<script>{RELOAD}</script>", unsafe_allow_javascript=True)
    st.stop()


def send(destination: str) -> None:
    """Replace this page, history entry included, by a destination of the fixed list."""
    st.html(f"<script>{jump_script(destination)}</script>", unsafe_allow_javascript=True)


def jump(destination: str) -> NoReturn:
    """Replace this page as `send` does, and end the run."""
    send(destination)
    st.stop()


# Streamlit shows the focus there as a ground that hardly differs from the sidebar's.
_FOCUS = """<style>
[data-testid="stSidebar"] :is(a, button):focus-visible {outline: 2px solid currentColor; outline-offset: -2px}
</style>"""


def show_focus() -> None:
    """Draw a line round the link or button of the sidebar that a keyboard has come to."""
    st.html(_FOCUS)


OPENING_ROWS = "opening_rows"
# The table itself chooses the row of its focus by Shift and Space only, which nobody tries.
ROW_KEYS_SCRIPT = """
if (!window.rowKeys) {
  window.rowKeys = true;
  document.addEventListener("keydown", event => {
    const isPlain = !(event.shiftKey || event.ctrlKey || event.altKey || event.metaKey);
    const isOpening = isPlain && (event.key === "Enter" || event.key === " ");
    const table = event.target;
    if (!isOpening || table.dataset?.testid !== "data-grid-canvas") return;
    if (!table.closest("[class*='st-key-opening_rows']")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    table.dispatchEvent(new KeyboardEvent("keydown",
      {key: " ", code: "Space", keyCode: 32, shiftKey: true, bubbles: true, cancelable: true}));
  }, true);
}
"""


def open_rows_by_keyboard() -> None:
    """Let Enter and Space open the row of the focus in a table that stands in a container named OPENING_ROWS."""
    st.html(f"<script>{ROW_KEYS_SCRIPT}</script>", unsafe_allow_javascript=True)


_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")
# GitHub's Markdown makes links of addresses after it has read the escapes, so only another letter parts them.
_ADDRESS = re.compile(r"https?:(?=//)|www(?=\.)|@", re.IGNORECASE)
_WORD_JOINER = "\u2060"  # no width, no line break


def plain(text: str) -> str:
    """Return a text from HubSpot so that Markdown shows it letter by letter, on one line and never as a link.

    An address gets a letter without width inside, also when it is copied from the page.
    """
    parted = _ADDRESS.sub(rf"\g<0>{_WORD_JOINER}", one_line(text))
    return _MARKDOWN.sub(r"\\\1", parted)
