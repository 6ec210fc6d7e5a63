"""A refresh after 1 % of a portal has changed: exactly HubSpot's truth, for few requests beyond the changes' own."""

import json
import os
import time
from math import ceil

import pytest

from hubspot.sync.frames import to_frame
from tests.running import sandbox
from tests.sync.test_refresh import BOTH, Portal

CONTACTS, COMPANIES = (100_000, 20_000) if os.environ.get("SOAK") else (5_000, 1_000)
KINDS = ("create", "update", "archive", "merge")
COMPARED = {
    "contacts": ("firstname", "email", "lifecyclestage", "jobtitle", "hubspot_owner_id"),
    "companies": ("name", "domain", "lifecyclestage", "industry", "hubspot_owner_id"),
}


@pytest.fixture
def portal(tmp_path):
    with sandbox(tmp_path / "log", "--contacts", CONTACTS, "--companies", COMPANIES, "--seed", 5) as running:
        opened = Portal(running)
        yield opened
        opened.close()


def truth_of(portal):
    """Return the live records of both object types by id, and the links, as the sandbox has them."""
    records, links, archived = {name: {} for name in BOTH}, set(), dict.fromkeys(BOTH, 0)
    names = ",".join({name for each in COMPARED.values() for name in each})
    with portal.control.stream("GET", f"/sandbox/truth?kinds=record,link&properties={names}") as answer:
        for line in map(json.loads, answer.iter_lines()):
            if line["kind"] == "link":
                links.add((int(line["contact"]), int(line["company"]), line["primary"]))
            elif line["object_type"] in BOTH and line["archived"]:
                archived[line["object_type"]] += 1
            elif line["object_type"] in BOTH:
                records[line["object_type"]][int(line["id"])] = line["properties"]
    return records, links, archived


def assert_is_truth(portal):
    records, links, _ = truth_of(portal)
    for name in BOTH:
        frame, truth = to_frame(portal.tables[name]), records[name]
        assert frame["hs_object_id"].tolist() == sorted(truth)
        for column in COMPARED[name]:
            values = frame[column].astype(object).where(frame[column].notna(), None).tolist()
            assert values == [truth[each][column] or None for each in frame["hs_object_id"]], column
    assert {tuple(each.values()) for each in portal.tables["links"].to_pylist()} == links


def test_a_refresh_after_one_percent_changes_ends_in_the_truth_for_few_requests(portal, capsys):
    for name, count in zip(BOTH, (CONTACTS, COMPANIES), strict=True):
        portal.edit(name, **dict.fromkeys(KINDS, count // 400))
    portal.client.tally.requests = portal.client.tally.throttled = 0
    began = time.monotonic()

    changes = portal.refresh().changes

    tally, seconds = portal.client.tally, time.monotonic() - began
    # One that HubSpot refuses by its limits is asked again; that tells of the machine, not of the refresh.
    requests = tally.requests - tally.throttled
    read = {name: len(each.created) + len(each.updated) for name, each in changes.items()}
    _, _, archived = truth_of(portal)
    needed = sum(ceil(read[name] / 200) + ceil(archived[name] / 100) for name in BOTH)
    with capsys.disabled():
        what = f"{sum(read.values())} edited and {sum(len(each.gone) for each in changes.values())} gone of"
        print(  # noqa: T201 - figures, for people
            f"\nrefresh: {what} {CONTACTS + COMPANIES} records in {seconds:.1f} s, "
            f"{requests} requests, {needed} of them for the changes themselves; {tally.throttled} refused beside"
        )
    assert_is_truth(portal)
    assert requests - needed <= 30
