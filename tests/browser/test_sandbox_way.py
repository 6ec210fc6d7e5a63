"""Ways that end in HubSpot or begin there, with a sandbox for HubSpot: a pair of duplicates, and an edited record."""

import json
import re
from urllib.parse import urlsplit

import httpx
import pytest

from tests import running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def hubspot(tmp_path_factory):
    log = tmp_path_factory.mktemp("sandbox") / "log"
    with running.sandbox(log, "--contacts", 500, "--companies", 100, "--no-limits") as server:
        yield server


@pytest.fixture(scope="module")
def server(tmp_path_factory, hubspot):
    folder = tmp_path_factory.mktemp("dashboard")
    with running.dashboard(folder / "home", folder / "log", **running.settings_of(hubspot)) as dashboard:
        yield dashboard


@pytest.fixture
def visitor(visitors, server):
    """Somebody whose portal is loaded."""
    made = visitors(server.url)
    made.connect("/")
    made.wait_until_loaded()
    return made


def lines(hubspot, kind):
    told = httpx.get(f"{hubspot.url}/sandbox/truth", params={"kinds": kind}, trust_env=False).raise_for_status()
    return list(map(json.loads, told.text.splitlines()))


def linked_records(page):
    """Return the addresses of the two records that are compared."""
    links = [page.get_by_role("link", name=f"Open in HubSpot: {side}") for side in ("older", "newer")]
    return [link.get_attribute("href") for link in links]


def compared_ids(visitor):
    """Return the ids in the headers of the difference, read once it is drawn."""
    grid = visitor.page.get_by_test_id("stDataFrame").nth(1)
    grid.get_by_test_id("data-grid-canvas").locator("thead th").nth(3).wait_for(state="attached")
    headers = grid.get_by_test_id("data-grid-canvas").locator("thead th").all_text_contents()
    return [int(re.search(r"\((\d+)\)$", header)[1]) for header in headers[2:4]]


def test_a_pair_of_duplicates_shows_its_difference_and_leads_to_both_records_in_hubspot(visitor, hubspot):
    page = visitor.page
    visitor.open("/data_health?tab=Duplicates")
    page.get_by_text(re.compile(r"^\d+ of \d+ properties differ")).wait_for()
    visitor.settles()
    hub_id = hubspot.ready["hub_id"]

    first = compared_ids(visitor)
    addresses = linked_records(page)

    record = f"https://app.hubspot.com/contacts/{hub_id}/record/0-1/"
    assert addresses == [f"{record}{each}" for each in first]
    assert first[0] < first[1], "the older one is on the left"
    known = [sorted(map(int, each["ids"])) for each in lines(hubspot, "duplicate")]
    assert first in known

    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(box["x"] + 14, box["y"] + 34 + 32 + 16)
    running.wait_until(lambda: compared_ids(visitor) != first, what="the second pair")
    visitor.settles()
    assert linked_records(page) == [f"{record}{each}" for each in compared_ids(visitor)]
    visitor.check(urlsplit(hubspot.url).netloc)


def test_a_record_that_is_edited_in_hubspot_shows_up_under_what_changed_after_refresh(visitor, hubspot):
    page = visitor.page
    lead = next(
        each["properties"]
        for each in lines(hubspot, "record")
        if each["object_type"] == "contacts" and not each["archived"] and each["properties"]["lifecyclestage"] == "lead"
    )
    record_id = lead["hs_object_id"]
    edits = {"records": [{"id": record_id, "properties": {"lifecyclestage": "customer"}}]}
    httpx.post(f"{hubspot.url}/sandbox/edit", json=edits, trust_env=False).raise_for_status()
    assert page.get_by_role("button", name="What changed").count() == 0

    page.get_by_role("button", name=re.compile("Updated")).click()
    page.get_by_role("button", name="What changed").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Stage moves · 1").click()
    dialog.get_by_text("1 stage move", exact=True).wait_for()
    visitor.settles()

    (row,), _ = visitor.download()
    assert (row["Record ID"], row["From"], row["To"]) == (record_id, "Lead", "Customer")
    visitor.check(urlsplit(hubspot.url).netloc)
