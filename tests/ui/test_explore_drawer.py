"""The drawer of a record: what it says of it, of its company and of who else is there."""

import pytest

from hubspot.ui import elements

SANDBOX = ("--contacts", 300, "--companies", 40)


def drawer(tab, object_type, record):
    """Choose a record in the table, which AppTest can't click."""
    tab.at.session_state[f"{object_type}.drawer"] = (int(record["hs_object_id"]), "A name")
    return tab.run()


@pytest.fixture
def colleagues(truth):
    """A company and its contacts, more than one."""
    for company in truth["companies"]:
        found = [each for each in truth["contacts"] if each["associatedcompanyid"] == company["hs_object_id"]]
        if len(found) > 2 and all(each["firstname"] and each["lastname"] and each["email"] for each in found):
            return company, found
    raise AssertionError("no company has three contacts with names")


def test_a_contact_is_shown_with_its_fields_and_its_colleagues(mara, colleagues):
    _, (contact, *others) = colleagues

    tab = drawer(mara.open("contacts"), "contacts", contact)

    assert f"Contact {contact['hs_object_id']}" in tab.text
    assert elements.plain(contact["email"]) in tab.text
    assert f"{len(others)} contact" in tab.text
    assert "Contact information · " in "".join(each.label for each in tab.at.expander)
    for other in others[:8]:
        assert other["lastname"].split("-")[0] in tab.text


def test_the_rows_of_a_company_open_from_one_of_its_contacts(mara, colleagues):
    _, everybody = colleagues
    tab = drawer(mara.open("contacts"), "contacts", everybody[0])

    tab.press_in_fragment("contacts.drawer.all")

    assert f"**{len(everybody)}** :gray[of " in tab.text


def test_a_company_is_shown_with_its_contacts(mara, colleagues):
    company, everybody = colleagues

    tab = drawer(mara.open("companies"), "companies", company)

    assert f"Company {company['hs_object_id']}" in tab.text
    assert f"{len(everybody)} contacts" in tab.text


def test_a_record_that_is_gone_is_said_to_be(mara):
    tab = drawer(mara.open("contacts"), "contacts", {"hs_object_id": 1})

    assert "This record is no longer there." in tab.alerts


def test_the_drawer_opens_once(mara, truth):
    tab = drawer(mara.open("contacts"), "contacts", truth["contacts"][0])
    assert tab.at.expander

    tab.run()

    assert not tab.at.expander
