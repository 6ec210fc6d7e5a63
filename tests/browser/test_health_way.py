"""From what needs attention to its rows and its file, and from a missing-field cell to its own, by mouse and keys."""

import re

import pytest

pytestmark = pytest.mark.browser
OWNERLESS = "contacts without an owner"


def test_a_finding_of_the_overview_and_a_cell_open_their_rows_and_files(visitors, sample):
    visitor = visitors(sample.url)
    visitor.connect("/")
    visitor.wait_until_loaded()
    page = visitor.page
    link = page.get_by_test_id("stMain").get_by_role("link", name=OWNERLESS)
    link.wait_for()
    count = int(re.search(r"[\d,]+", link.inner_text())[0].replace(",", ""))

    link.click()
    visitor.sees_heading("Data health")
    rows, _ = visitor.download()
    assert len(rows) == count
    assert list(rows[0]) == ["Record ID", "Contact owner"]

    visitor.settles()
    page.locator("summary", has_text=OWNERLESS).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Download CSV").wait_for(state="detached")
    assert "finding=" not in page.url

    page.get_by_role("tab", name="Missing fields").click()
    grid = page.get_by_test_id("stDataFrame").first
    grid.wait_for()
    visitor.settles()
    # The fourth row, the second column of shares.
    grid.click(position={"x": 330, "y": 34 + 32 * 3 + 16})
    page.get_by_role("heading", name=re.compile("^Without Phone Number")).wait_for()
    visitor.sees(re.compile(r"^[\d,]+ contacts?$"))
    visitor.settles()
    rows, _ = visitor.download()
    assert list(rows[0]) == ["Record ID", "Phone Number"]
    assert {row["Phone Number"] for row in rows} == {""}
    assert "tab=Missing" in page.url
    visitor.check()
