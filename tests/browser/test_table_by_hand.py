"""The table under the hand: a click on a header orders all records, and keys open a row."""

import re

import pytest

from hubspot.analysis.folding import folded_text
from tests.running import wait_until

pytestmark = pytest.mark.browser
HEADER, ROW, MARKER = 34, 32, 40


@pytest.fixture
def visitor(visitors, sample):
    visitor = visitors(sample.url)
    visitor.connect("/contacts")
    visitor.wait_until_loaded()
    visitor.settles()
    return visitor


def click_header(visitor):
    """Click the header of the first column, the name."""
    table = visitor.page.get_by_test_id("stDataFrame")
    box = table.bounding_box()
    visitor.page.mouse.click(box["x"] + MARKER + 50, box["y"] + HEADER / 2)


def names(visitor):
    return [row["Name"] for row in visitor.rows()[0]]


def test_a_click_on_a_header_orders_all_records_and_the_second_page_goes_on(visitor):
    newest = names(visitor)

    click_header(visitor)
    visitor.page.wait_for_url(re.compile(r"sort=record\.name"))
    visitor.page.locator("input[value='Sort: Name']").wait_for()
    first = names(visitor)
    visitor.page.get_by_role("button", name="Page 2", exact=True).click()
    visitor.sees(re.compile("^101.200 of "))
    second = names(visitor)

    assert first != newest
    assert first == sorted(first, key=folded_text)
    assert second == sorted(second, key=folded_text)
    assert first[-1].lower() <= second[0].lower()

    click_header(visitor)
    visitor.page.wait_for_url(re.compile(r"sort=-record\.name"))
    visitor.sees(re.compile("^1.100 of "))
    last = names(visitor)
    assert last == sorted(last, key=folded_text, reverse=True)
    assert last[0].lower() > second[-1].lower()
    visitor.check()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_key_opens_the_row_of_the_focus(visitor, key):
    shown = names(visitor)
    box = visitor.page.get_by_test_id("stDataFrame").bounding_box()
    opened = visitor.page.get_by_role("dialog").get_by_text(shown[1]).first

    def opens():
        # A click on a cell moves the focus there and opens nothing; a table that was drawn just now may not hear it.
        visitor.page.mouse.click(box["x"] + MARKER + 50, box["y"] + HEADER + 0.5 * ROW)
        visitor.page.keyboard.press("ArrowDown")
        visitor.page.keyboard.press(key)
        visitor.page.wait_for_timeout(1500)
        return opened.count()

    wait_until(opens, what="the record")
    visitor.check()


def test_the_focus_in_the_sidebar_is_seen(visitor):
    visitor.page.keyboard.press("Tab")
    link = visitor.page.get_by_test_id("stSidebar").get_by_role("link", name="Companies")

    link.focus()

    assert link.evaluate("each => getComputedStyle(each).outline").endswith("solid 2px")
