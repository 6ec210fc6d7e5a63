"""What HubSpot sends and no column holds: every page opens, and the value is shown as it was written."""

import pytest

NEVER, DIGITS, IDS = "9999-12-31T23:59:59.999Z", "12345678901234567", "134376773869;137654776000"
ODD = {
    "createdate": NEVER,
    "notes_last_contacted": NEVER,
    "notes_last_updated": "0001-01-01T00:00:00Z",
    "closedate": NEVER,
    "hubspot_owner_assigneddate": NEVER,
    "num_notes": DIGITS,
    "num_associated_deals": IDS,
}


@pytest.fixture
def odd(connect, wire, truth):
    """A browser, and the contact that holds all that."""
    record_id = truth["contacts"][0]["hs_object_id"]
    dates = [name for name in truth["contacts"][0] if "date_entered_" in name]
    values = {**ODD, **dict.fromkeys(dates, NEVER)}
    for kind in ("contacts", "companies"):
        known = {each: text for each, text in values.items() if each in truth[kind][0]}
        record = {"id": truth[kind][0]["hs_object_id"], "properties": known}
        wire.http.post("/sandbox/edit", json={"object_type": kind, "records": [record]}).raise_for_status()
    return connect(), int(record_id)


def test_no_value_closes_a_page_and_files_and_drawer_show_what_hubspot_holds(odd):
    person, record_id = odd
    for page in ("overview", "contacts", "companies", "lifecycle", "data_health", "connection"):
        assert not person.open(page).at.exception, page

    told = person.open("connection").text
    assert "Not readable" in told
    assert "Create Date (1 of contacts)" in told

    tab = person.open("contacts")
    tab.at.session_state["contacts.drawer"] = (record_id, "A name")
    shown = tab.run().text
    assert all(text in shown for text in (DIGITS, IDS))
