"""The view in front of somebody stays: through a reload, in a second tab, on the way back, after a restart."""

import re
from urllib.parse import urlsplit

import pytest

from tests import running

pytestmark = pytest.mark.browser
LINE = re.compile(r"^[\d,]+ of [\d,]+ (contacts|companies)$")
# Nobody has the word anywhere else: what is typed must not be found in an address.
WORD = "mar"


def line(visitor):
    visitor.settles()
    return visitor.page.get_by_text(LINE).first.inner_text()


def search(visitor, word):
    """Type a word letter by letter; return the line above the table once it is there."""
    before = line(visitor)
    visitor.page.get_by_role("searchbox").or_(visitor.page.get_by_placeholder("Search name")).first.press_sequentially(
        word, delay=40
    )
    visitor.page.wait_for_url(re.compile("view="))
    visitor.page.get_by_text(LINE).filter(has_not_text=before).first.wait_for()
    return line(visitor)


def shows(visitor, wanted):
    visitor.sees(re.compile(f"^{re.escape(wanted)}$"))
    assert line(visitor) == wanted


def test_a_reload_a_second_tab_back_and_a_restart_show_the_same_view(visitors, home, log):
    with running.dashboard(home, log) as server:
        visitor = visitors(server.url)
        visitor.connect("/companies")
        visitor.wait_until_loaded()
        everything = line(visitor)
        visitor.choose("Country", "Germany")
        visitor.page.get_by_text(LINE).filter(has_not_text=everything).first.wait_for()
        german = line(visitor)
        of_germany = visitor.page.url
        found = search(visitor, WORD)
        assert len({everything, german, found}) == 3
        address = visitor.page.url
        assert WORD not in urlsplit(address).query

        visitor.page.reload()
        shows(visitor, found)
        assert visitor.page.url == address

        first = visitor.page
        visitor.tab().goto(address)
        shows(visitor, found)
        visitor.page.close()
        visitor.page = first

        visitor.page.get_by_test_id("stSidebar").get_by_role("link", name="Overview").click()
        visitor.sees_heading("Overview")
        visitor.page.go_back()
        visitor.sees_heading("Companies")
        shows(visitor, found)
        while visitor.page.url != of_germany:
            visitor.page.go_back()
            visitor.settles()
        shows(visitor, german)
        visitor.page.goto(address)
        shows(visitor, found)
        visitor.close_tabs()
        port = urlsplit(server.url).port
    with running.dashboard(home, log, port=port):
        visitor.tab().goto(address)
        shows(visitor, found)
