"""The tools that appear over a table, on hover or under a finger, never stand over anything else to click."""

import re

import pytest

from tests import running
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PLACES = ("/contacts", "/companies", "/data_health?tab=Duplicates")
# Every tool bar of a table, and every control outside of it whose box meets its own.
COVERED = """() => {
  const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const bars = [...document.querySelectorAll('[data-testid="stElementToolbar"]')];
  const controls = [...document.querySelectorAll('[data-testid="stMain"] :is(a[href], button, input, [role=tab])')];
  return bars.flatMap(bar => controls
    .filter(control => !bar.contains(control) && control.getBoundingClientRect().width > 0)
    .filter(control => meets(bar.getBoundingClientRect(), control.getBoundingClientRect()))
    .map(control => control.innerText || control.getAttribute("aria-label") || control.outerHTML));
}"""


@pytest.fixture(scope="module")
def loaded(chromium_browser, tmp_path_factory):
    """A dashboard with a whole copy, and the cookies of who connected it."""
    home = tmp_path_factory.mktemp("home")
    with running.dashboard(home, home / "dashboard.log") as server:
        visitor = Visitor(chromium_browser, server.url)
        visitor.connect()
        visitor.wait_until_loaded()
        yield server.url, visitor.context.storage_state()
        visitor.context.close()


def opened(visitors, loaded, path, **options):
    address, cookies = loaded
    visitor = visitors(address, storage_state=cookies, **options)
    visitor.open(path)
    visitor.sees_heading()
    visitor.page.get_by_test_id("stDataFrame").first.wait_for()
    visitor.settles()
    return visitor


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_nothing_to_click_is_under_the_tools_of_a_table(visitors, loaded, path, options):
    visitor = opened(visitors, loaded, path, **options)
    # A finger needs no hover: what is not seen takes its tap all the same.
    if not options:
        visitor.page.get_by_test_id("stDataFrame").first.hover(position={"x": 200, "y": 60})
    visitor.page.get_by_test_id("stElementToolbar").first.wait_for(state="visible" if not options else "attached")

    assert visitor.page.evaluate(COVERED) == []


def test_while_the_mouse_is_on_the_table_its_download_can_be_clicked(visitors, loaded):
    visitor = opened(visitors, loaded, "/contacts")
    visitor.page.get_by_test_id("stDataFrame").first.hover()

    rows, name = visitor.download()
    visitor.page.get_by_test_id("stDataFrame").first.hover()
    visitor.page.get_by_role("button", name="Formats").click()

    assert rows
    assert name.startswith("contacts-")
    visitor.sees("Safe to open, edit and import again")


def test_a_tap_on_formats_opens_the_formats(visitors, loaded):
    visitor = opened(visitors, loaded, "/contacts", **PHONE)
    visitor.page.get_by_test_id("stDataFrame").first.tap()

    visitor.page.get_by_role("button", name="Formats").tap()

    visitor.page.get_by_role("link", name="Excel (XLSX)").wait_for()
    visitor.sees(re.compile("Excel turns texts like 3-4"))
