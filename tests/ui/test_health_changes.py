"""Data health while a portal changes: mended by its files, half loaded, or granted in part."""

import json

from hubspot.analysis.quality.findings import CHECKS
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import health_answers
from tests.running import wait_until
from tests.ui.test_health import file_of, labels, view_of
from tests.ui.test_page_states import half_loaded

SANDBOX = ("--contacts", 600, "--companies", 120, "--seed", 5)


def live(wire, object_type):
    lines = map(json.loads, wire.http.get("/sandbox/truth", params={"kinds": "record"}).text.splitlines())
    return [each["properties"] for each in lines if each["object_type"] == object_type and not each["archived"]]


def test_a_mended_file_makes_the_finding_disappear_with_the_next_refresh(connect, wire):
    someone = connect()
    tab = someone.open("data_health", tab="Formatting", finding="contacts.capitals")
    rows = file_of(someone, tab)
    names = {"Suggested first name": "firstname", "Suggested last name": "lastname"}
    mended = [
        {"id": row["Record ID"], "properties": {names[each]: row[each] for each in names if row.get(each)}}
        for row in rows
    ]
    assert len(rows) > 5
    assert any("name is all in capitals" in each for each in labels(tab) if "contacts" in each)

    wire.http.post("/sandbox/edit", json={"object_type": "contacts", "records": mended}).raise_for_status()
    before = view_of(someone).version
    tab.press("refresh")
    wait_until(lambda: view_of(someone).version != before and not view_of(someone).is_loading)
    tab.run()

    assert not any("name is all in capitals" in each for each in labels(tab) if "contacts" in each)
    assert "- contacts whose name is all in capitals or all in small letters" in tab.text


def test_a_file_of_suggested_companies_links_the_orphans(connect, wire):
    someone = connect()
    tab = someone.open("data_health", tab="Orphans", finding="contacts.unlinked")

    rows = file_of(someone, tab)

    domains = {each["hs_object_id"]: each["domain"] for each in live(wire, "companies")}
    assert next(iter(rows[0])) == "Record ID"
    assert rows
    for row in rows:
        host = row["Email"].partition("@")[2].lower()
        assert host in domains[row["Suggested company's Record ID"]]


def test_companies_alone_are_judged_alone(connect):
    someone = connect(scopes=["oauth", "crm.objects.companies.read"])

    tab = someone.open("data_health")

    found = health_answers.health(view_of(someone))
    assert {CHECKS[each.check].object_type for each in found.findings} == {COMPANIES}
    assert "Contacts were not granted or not loaded" in tab.text
    assert "owners were not granted or not loaded" in tab.text
    assert all("compan" in each for each in labels(tab))


def test_contacts_alone_are_judged_alone(connect):
    someone = connect(scopes=["oauth", "crm.objects.contacts.read"])

    for name in ("Findings", "Missing fields", "Silent"):
        assert someone.open("data_health", tab=name).titles == ["Data health"]
    assert {CHECKS[each.check].object_type for each in health_answers.health(view_of(someone)).findings} == {CONTACTS}


def test_nothing_is_counted_until_the_last_records_are_there(house, wire, someone):
    tab = half_loaded(house, wire, someone, "data_health")

    assert "Data health comes with the last records" in tab.text
    assert list(tab.at.metric) == []
    assert labels(tab) == []
    assert "Needs attention" not in someone.open().text
