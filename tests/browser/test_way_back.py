"""Back and Forward between a number and its records: the address and the page always say the same."""

import re
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.browser
PER_MONTH = "New contacts per month, by source"


def click_an_owner(visitor):
    visitor.sees_charts(8)
    visitor.settles()
    charts = visitor.page.get_by_test_id("stPlotlyChart")
    owners = next(i for i in range(charts.count()) if charts.nth(i).get_by_text("No owner").count())
    bars = charts.nth(owners).locator(".bars .point path")
    bars.first.wait_for()
    bars.first.click(force=True)
    visitor.sees_heading("Contacts")
    visitor.sees("Owner: ")


def waits_for(visitor, path, query):
    """Wait until the address is exactly this, and stays so after the run."""
    wanted = f"{path}?{query}" if query else path
    visitor.page.wait_for_url(visitor.base + wanted)
    visitor.settles()
    assert visitor.page.url == visitor.base + wanted


def test_back_from_a_bar_leads_to_the_overview_as_it_was_left_and_forward_to_the_rows(visitors, sample):
    visitor = visitors(sample.url)
    visitor.connect("/")
    visitor.wait_until_loaded()
    visitor.page.get_by_role("radio", name="Months").click()
    visitor.sees(PER_MONTH)
    waits_for(visitor, "/", "grain=Months")
    click_an_owner(visitor)
    rows = visitor.page.url

    visitor.page.go_back()
    visitor.sees_heading("Overview")
    visitor.sees(PER_MONTH)
    waits_for(visitor, "/", "grain=Months")

    visitor.page.go_forward()
    visitor.sees_heading("Contacts")
    visitor.sees("Owner: ")
    waits_for(visitor, "/contacts", urlsplit(rows).query)

    visitor.page.go_back()
    visitor.sees_heading("Overview")
    waits_for(visitor, "/", "grain=Months")
    visitor.check()


def test_back_from_a_finding_leads_to_the_finding_that_was_open(visitors, sample):
    visitor = visitors(sample.url)
    visitor.connect("/data_health")
    visitor.wait_until_loaded()
    visitor.page.locator("summary", has_text="contacts without an owner").click()
    visitor.page.wait_for_url(re.compile("finding="))
    visitor.settles()
    left = urlsplit(visitor.page.url)
    visitor.page.get_by_role("button", name="Open in Contacts").click()
    visitor.sees_heading("Contacts")

    visitor.page.go_back()

    visitor.sees_heading("Data health")
    waits_for(visitor, "/data_health", left.query)
    visitor.page.get_by_role("button", name="Open in Contacts").wait_for()
    visitor.check()
