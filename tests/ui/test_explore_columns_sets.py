"""Sets of columns that a person named: chosen again in the dialog, kept for that person and portal alone."""

import pytest

from hubspot.ui import services
from tests.ui.tabs import Browser

SANDBOX = ("--contacts", 30, "--companies", 8)
COLLEAGUE = 50_113_876
DRAFT = "contacts.columns.draft"


def opened(person):
    """Open the dialog of columns."""
    return person.open("contacts").press("contacts.columns.open")


def drafted(tab):
    return tab.at.multiselect(key=DRAFT).value


def keep(tab, name, columns):
    tab.at.multiselect(key=DRAFT).set_value(columns)
    tab.at.text_input(key=f"{DRAFT}.set.name").set_value(name)
    return tab.press_in_fragment(f"{DRAFT}.set.save")


def choose(tab, name):
    tab.at.selectbox(key=f"{DRAFT}.set").set_value(name)
    return tab.run(tab.newest_fragment)


def sets(tab):
    return next((each.options for each in tab.at.selectbox if each.key == f"{DRAFT}.set"), [])


def test_a_set_is_kept_under_its_name_and_chosen_again(connect):
    person = connect()
    keep(opened(person), "  Calling ", ["phone", "email"])
    keep(opened(person), "Where", ["country"])

    tab = choose(opened(person), "Calling")

    assert sets(tab) == ["Calling", "Where"]
    assert drafted(tab) == ["phone", "email"]
    tab.press_in_fragment(f"{DRAFT}.apply")
    assert tab.address == {"columns": "phone~email"}


def test_a_set_kept_again_under_its_name_is_replaced(connect):
    person = connect()
    keep(opened(person), "Calling", ["phone"])

    keep(opened(person), "Calling", ["phone", "email"])

    tab = choose(opened(person), "Calling")
    assert (sets(tab), drafted(tab)) == (["Calling"], ["phone", "email"])


@pytest.mark.parametrize(("name", "columns"), [("   ", ["phone"]), ("Nothing", [])])
def test_without_a_name_or_a_column_nothing_is_kept(connect, name, columns):
    assert sets(keep(opened(connect()), name, columns)) == []


def test_a_set_is_deleted_and_the_draft_stays(connect):
    person = connect()
    tab = keep(opened(person), "Calling", ["phone"])

    tab.press_in_fragment(f"{DRAFT}.set.delete")

    assert (sets(tab), drafted(tab)) == ([], ["phone"])
    assert sets(opened(person)) == []


def test_a_colleague_and_another_kind_of_record_have_their_own(connect, wire):
    person = connect()
    keep(opened(person), "Calling", ["phone"])
    colleague = Browser()
    colleague.connect(wire, user_id=COLLEAGUE)

    assert sets(opened(colleague)) == []
    companies = person.open("companies").press("companies.columns.open")
    assert not [each for each in companies.at.selectbox if each.key == "companies.columns.draft.set"]


def test_columns_that_are_gone_are_left_out_of_a_set_with_a_sentence(connect, wire):
    person = connect()
    house = services.services()
    (account,) = (grant.account for grant in house.sessions.visible(person.person).grants.values())
    house.preferences.put(account, "contacts.column_sets", {"Old": ["phone", "no_such"], "broken": 5})

    tab = choose(opened(person), "Old")

    assert (sets(tab), drafted(tab)) == (["Old"], ["phone"])
    assert "1 column of this set is no longer in this portal" in tab.text
