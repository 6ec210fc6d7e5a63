"""The columns of a table: of a link, of a person, and those that have to be loaded first."""

import pytest

from hubspot.ui import services, tables
from tests.running import wait_until
from tests.ui.tabs import Browser

SANDBOX = ("--contacts", 30, "--companies", 8)
COLLEAGUE = 50_113_876


def headers(tab):
    return list(tab.at.dataframe[0].value.columns)


def choose(tab, names):
    tab.press("contacts.columns.open")
    tab.at.multiselect(key="contacts.columns.draft").set_value(names)
    tab.run(tab.newest_fragment)
    return tab.press_in_fragment("contacts.columns.draft.apply")


@pytest.mark.parametrize("unknown", ["no_such_property", "record.search", "<b>", "company.no_such"])
def test_a_link_leaves_out_columns_of_another_portal_and_says_so(mara, unknown):
    tab = mara.open("contacts", columns=f"email~{unknown}~phone")

    assert headers(tab) == ["Name", "HubSpot", "Email", "Phone Number"]
    assert tab.alerts == ["1 column of this link is not of this portal, so left out."]
    assert tab.address == {"columns": "email~phone"}


def test_a_link_shows_its_columns_and_does_not_change_ones_own(mara):
    person = mara

    assert headers(person.open("contacts", columns="phone")) == ["Name", "HubSpot", "Phone Number"]
    assert "Phone Number" not in headers(person.open("contacts"))


def test_a_file_has_the_columns_of_the_screen(mara):
    person = mara
    tab = person.open("contacts", columns="phone~company.name")

    lines = person.fetch(tab.file).content.decode("utf-8-sig").splitlines()

    assert lines[0].replace('"', "") == "Record ID,Name,Phone Number,Company"


def test_columns_are_offered_by_hubspots_groups_in_its_order_and_in_its_words(mara, running):
    tab = mara.open("contacts")
    tab.press("contacts.columns.open")

    told = tab.at.multiselect(key="contacts.columns.draft").options
    offered = list(dict.fromkeys(each.split(" · ")[1] for each in told))
    token = running.token().access_token
    answer = running.http.get("/crm/properties/2026-09/contacts/groups", headers={"Authorization": f"Bearer {token}"})
    groups = [each["label"] for each in answer.raise_for_status().json()["results"]]
    assert offered[0] == "From this dashboard"
    assert offered[1:] == [each for each in groups if each in offered]
    assert "Web analytics history" in offered


def test_custom_only_offers_what_the_portal_made_up_itself(mara):
    tab = mara.open("contacts")
    tab.press("contacts.columns.open")
    everything = tab.at.multiselect(key="contacts.columns.draft").options

    tab.at.toggle(key="contacts.columns.draft.custom").set_value(True)
    tab.run(tab.newest_fragment)

    offered = tab.at.multiselect(key="contacts.columns.draft").options
    assert len(tables.COLUMNS["contacts"]) - 1 < len(offered) < len(everything)


def test_chosen_columns_are_shown_in_their_order_and_stand_in_the_address(connect):
    tab = connect().open("contacts")

    choose(tab, ["phone", "email", "company.name"])

    assert headers(tab) == ["Name", "HubSpot", "Phone Number", "Email", "Company"]
    assert tab.address == {"columns": "phone~email~company.name"}


def test_a_person_finds_them_again_and_a_colleague_does_not(connect, wire):
    person = connect()
    choose(person.open("contacts"), ["phone"])

    assert headers(person.open("contacts")) == ["Name", "HubSpot", "Phone Number"]
    colleague = Browser()
    colleague.connect(wire, user_id=COLLEAGUE)
    assert len(headers(colleague.open("contacts"))) == len(tables.COLUMNS["contacts"]) + 1


def test_the_usual_columns_come_back(connect):
    person = connect()
    tab = choose(person.open("contacts"), ["phone"])

    tab.press("contacts.columns.open")
    tab.press_in_fragment("contacts.columns.draft.reset")

    assert tab.address == {}
    assert "Phone Number" not in headers(tab)
    assert "Phone Number" not in headers(person.open("contacts"))


def test_a_property_that_is_not_loaded_is_loaded_when_it_is_chosen(house, connect, wire):
    person = connect()
    tab = person.open("contacts")
    frame = house.snapshots.latest(wire.hub_id)
    tab.press("contacts.columns.open")
    options = tab.at.multiselect(key="contacts.columns.draft").options
    label = next(each for each in options if each.endswith(" · not loaded")).split(" · ")[0]
    portal = frame.portal
    loaded = house.snapshots.read(frame, "contacts").column_names
    name = next(
        each.name
        for each in portal.properties["contacts"]
        if each.label == label and not each.hidden and each.name not in loaded
    )

    tab.at.multiselect(key="contacts.columns.draft").set_value([name])
    tab.run(tab.newest_fragment)
    tab.press_in_fragment("contacts.columns.draft.apply")

    assert tab.address == {"columns": name}
    wait_until(lambda: house.snapshots.latest(wire.hub_id).version != frame.version)
    wait_until(lambda: not services.services().jobs.progress(wire.hub_id).is_running)
    assert headers(person.open("contacts"))[2:] == [label]
