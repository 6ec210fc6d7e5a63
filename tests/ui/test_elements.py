import json
import re
import unicodedata
from html.parser import HTMLParser
from textwrap import dedent
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from hubspot.ui import destinations, elements
from hubspot.ui.texts import one_line

JOINER = "\N{WORD JOINER}"
SYNTAX = "\\`*_{}[]()#+-.!|<>~$:&"


def unescaped(text):
    """Read a Markdown text that has no syntax left but escapes; fails where there is other syntax."""
    assert not re.search(rf"(?<!\\)(?:\\\\)*[{re.escape(SYNTAX[1:])}]", text), text
    return re.sub(r"\\(.)", r"\1", text).replace(JOINER, "")


@pytest.mark.parametrize(
    "text",
    [
        "*Acme* & _Sons_",
        ":red[x] :material/check: :rocket:",
        "$latex$ and $$more$$",
        "[a](https://evil.example) ![i](x.png)",
        "<script>alert(1)</script> &lt;",
        "# heading",
        "1. list",
        "- list",
        "`code` ~~gone~~ a|b",
        "https://evil.example www.evil.example a@evil.example",
        "C:\\temp",
        "Müller & Söhne, 東京",
    ],
)
def test_a_text_from_hubspot_is_shown_letter_by_letter(text):
    assert unescaped(elements.plain(text)) == text


@given(st.text(max_size=80))
def test_no_text_keeps_a_meaning(text):
    assert unescaped(elements.plain(text)) == one_line(text).replace(JOINER, "")


@given(st.text(max_size=80))
def test_a_text_of_one_line_holds_no_control_and_no_mark_that_turns_directions(text):
    shown = one_line(text)

    assert not [letter for letter in shown if unicodedata.category(letter) == "Cc"]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert shown == " ".join(shown.split())


@pytest.mark.parametrize("text", ["Müller & Söhne", "محمد منصور", "נועה כהן", "👩🏽‍💻 Team", "欧阳 芳", "O\u0308zil"])
def test_a_text_of_one_line_keeps_every_letter(text):
    assert one_line(f" {text}\n") == text


@pytest.mark.parametrize("text", ["a\nb", "a\r\n\r\n# b", "  a\tb "])
def test_a_text_is_on_one_line(text):
    assert len(elements.plain(text).splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example",
        "HTTP://x",
        "a https://b",
        "www.evil.example",
        "WwW.x",
        "a@evil.example",
        "x+y@z-a.b.example",
    ],
)
def test_an_address_is_not_made_a_link(text):
    # What GitHub's Markdown looks for in a text whose escapes it has read.
    read = re.sub(r"\\(.)", r"\1", elements.plain(text))

    assert not re.search(r"https?://|www(?=\.)", read, re.IGNORECASE)
    assert not re.search(r"[-.\w+]+@[-\w]+(?:\.[-\w]+)+", read)
    assert read.replace(JOINER, "") == text


class Links(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def shown_link(label, href, primary):
    script = f"from hubspot.ui import elements\nelements.link({label!r}, {href!r}, primary={primary})"
    at = AppTest.from_string(script).run()
    assert not at.exception
    (html,) = at.html
    return Links(html.value)


@pytest.mark.parametrize("href", ["/connect?next=contacts&x=1", "/x?a='b'", '/x"><script>alert(1)</script>', "/<b>"])
@pytest.mark.parametrize("label", ["Connect HubSpot", "<b>bold</b>", 'a "quoted" & <i>x'])
def test_a_link_is_one_link_whatever_it_is_made_of(label, href):
    found = shown_link(label, href, primary=True)

    ((tag, attributes),) = found.tags
    assert (tag, attributes["href"], found.text) == ("a", href, label)


def test_a_link_stays_in_its_tab_and_tells_filled_from_quiet():
    (_, filled), (_, quiet) = (shown_link("x", "/", primary).tags[0] for primary in (True, False))

    assert "target" not in filled
    assert set(filled) == {"href", "style"}
    assert elements.WHITE_ON_ACCENT in filled["style"]
    assert elements.QUIET in quiet["style"]


@pytest.mark.parametrize("destination", destinations.jumps())
def test_a_jump_replaces_the_address_and_ends_the_run(destination):
    script = f"""
        import streamlit as st
        from hubspot.ui import elements

        elements.jump({destination!r})
        st.write("never shown")
    """
    at = AppTest.from_string(dedent(script)).run()

    (html,) = at.html
    assert html.value == f"<script>window.location.replace({json.dumps(destination)})</script>"
    assert html.proto.unsafe_allow_javascript
    assert not at.markdown


def test_the_mark_is_a_picture_without_script_or_address():
    mark = ET.fromstring(elements.MARK)

    assert mark.tag.endswith("svg")
    assert not any(name in elements.MARK for name in ("script", "href", "url(", "<image"))
