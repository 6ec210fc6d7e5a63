"""From a bar of the overview to a file, and to a colleague by link: every number opens its rows, and keeps them."""

import csv
import io
import re

import openpyxl
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.browser
LINE = re.compile(r"^[\d,]+ of [\d,]+ contacts$")


def line(visitor):
    visitor.settles()
    return visitor.page.get_by_text(LINE).first.inner_text()


def wait_for_another_line(visitor, before):
    visitor.page.get_by_text(LINE).filter(has_not_text=before).first.wait_for()
    return line(visitor)


def click_bar(visitor, chart, bar):
    """Click a bar of the chart that is described so."""
    bars = visitor.page.get_by_test_id("stPlotlyChart").nth(chart).locator(".bars .point path")
    bars.first.wait_for()
    bars.nth(bar).click(force=True)


def fetched(visitor, name):
    with visitor.page.expect_download() as started:
        visitor.page.get_by_role("link", name=name).click()
    return started.value.path()


def ids_of_three_files(visitor):
    text = fetched(visitor, "Download CSV").read_text(encoding="utf-8-sig")
    visitor.page.get_by_role("button", name="Formats").click()
    sheet = openpyxl.load_workbook(io.BytesIO(fetched(visitor, "Excel (XLSX)").read_bytes())).worksheets[0]
    table = pq.read_table(fetched(visitor, "Parquet"))
    visitor.page.keyboard.press("Escape")
    _, *rows = sheet.iter_rows(values_only=True)
    return (
        [int(row["Record ID"]) for row in csv.DictReader(io.StringIO(text, newline=""))],
        [row[0] for row in rows],
        table["hs_object_id"].to_pylist(),
    )


def comes_to_the_view(newcomer, address, shown):
    """Who is not connected yet connects first, and sees the same then."""
    newcomer.page.goto(address)
    newcomer.sees_heading("See your HubSpot")
    newcomer.start_connecting()
    newcomer.allow()
    newcomer.sees_heading("Contacts")
    assert line(newcomer) == shown
    newcomer.check()


def test_from_a_bar_to_three_files_and_to_a_colleague(visitors, sample):
    visitor = visitors(sample.url)
    visitor.connect("/")
    visitor.wait_until_loaded()
    visitor.sees("Recently created")
    visitor.sees_charts(8)
    visitor.settles()
    charts = visitor.page.get_by_test_id("stPlotlyChart")
    owners = next(i for i in range(charts.count()) if charts.nth(i).get_by_text("No owner").count())

    click_bar(visitor, owners, 0)
    visitor.sees_heading("Contacts")
    visitor.sees("Owner: ")
    visitor.sees_charts(3)
    owned = line(visitor)
    click_bar(visitor, 1, 1)
    both = wait_for_another_line(visitor, owned)
    visitor.page.get_by_role("button", name="Descending").click()
    visitor.page.get_by_role("button", name="Ascending").wait_for()
    rows, count = visitor.rows()

    visitor.page.get_by_role("button", name="Columns", exact=True).click()
    visitor.choose("Columns after the name", "Phone Number")
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    visitor.page.get_by_role("dialog").wait_for(state="detached")
    # Too far to the right to be drawn.
    visitor.page.wait_for_url(re.compile("columns=[a-z_.~]*phone"))

    box = visitor.page.get_by_test_id("stDataFrame").bounding_box()
    visitor.page.mouse.click(box["x"] + 14, box["y"] + 34 + 16)
    visitor.page.get_by_role("dialog").get_by_text(rows[0]["Name"]).first.wait_for()
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("dialog").wait_for(state="detached")

    of_csv, of_sheet, of_table = ids_of_three_files(visitor)
    assert of_csv == of_sheet == of_table
    assert len(set(of_csv)) == count

    visitor.page.get_by_role("button", name="Views").click()
    visitor.page.get_by_role("button", name="Copy link").click()
    address = visitor.page.get_by_test_id("stCode").inner_text().strip()
    colleague = visitors(sample.url)
    colleague.connect()
    colleague.wait_until_loaded()
    colleague.page.goto(address)
    colleague.sees_heading("Contacts")

    assert line(colleague) == both
    theirs, _ = colleague.rows()
    assert [row["Name"] for row in theirs] == [row["Name"] for row in visitor.rows()[0]]
    visitor.check()
    colleague.check()

    comes_to_the_view(visitors(sample.url), address, both)
