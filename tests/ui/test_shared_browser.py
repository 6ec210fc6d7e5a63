"""Two people of one portal with different permissions: in one browser, and in two."""

import pytest

from hubspot.ui.destinations import PAGES
from tests.running import wait_until
from tests.ui.tabs import Browser

COLLEAGUE = 50_113_876
CONTACTS_ONLY = ["oauth", "crm.objects.contacts.read"]
COMPANIES_ONLY = ["oauth", "crm.objects.companies.read"]


@pytest.fixture
def shared(connect):
    """A browser in which Mara, with contacts, then Tom, with companies, connected the same portal."""
    return connect(connect(scopes=CONTACTS_ONLY), user_id=COLLEAGUE, scopes=COMPANIES_ONLY)


def people(tab):
    return [button.label for button in tab.at.button if button.key and button.key.startswith("person.")]


def may_read(person):
    """Return the pages that show this browser records."""
    tabs = {name: person.open(name) for name in ("contacts", "companies")}
    return {name for name, tab in tabs.items() if tab.at.dataframe}


def test_the_second_person_does_not_push_the_first_one_out(shared):
    tab = shared.open("connection")

    (label,) = people(tab)
    assert label.startswith("Change to ")
    assert "Also connected in this browser" in tab.text
    assert may_read(shared) == {"companies"}


def test_changing_to_the_other_person_shows_what_that_one_may_read(house, shared):
    (mara,) = house.sessions.visible(shared.person).others

    tab = shared.open("connection").press(f"person.{mara.account.user_id}")

    assert may_read(shared) == {"contacts"}
    assert "crm.objects" not in " ".join(people(tab))
    assert [grant.account.user_id for grant in house.sessions.visible(shared.person).others] == [COLLEAGUE]


def test_both_can_be_disconnected_one_after_the_other(house, shared, wire):
    (mara,) = house.sessions.visible(shared.person).others

    tab = shared.open("connection").choose("disconnect").press_in_fragment("disconnect.yes")

    (said,) = tab.alerts
    assert "This browser still shows the portal" in said
    assert may_read(shared) == {"contacts"}
    assert people(shared.open("connection")) == []
    assert house.grants.accounts(wire.hub_id) == (mara.account,)

    shared.open().choose("disconnect").press_in_fragment("disconnect.yes")

    assert house.grants.accounts(wire.hub_id) == ()
    assert house.snapshots.hub_ids() == ()


def test_a_browser_with_one_person_lists_nobody_else(connect):
    tab = connect().open("connection")

    assert people(tab) == []
    assert "Also connected in this browser" not in tab.text


@pytest.fixture
def two(connect):
    """Mara, with contacts, and Tom, with companies, each in a browser of their own."""
    return connect(scopes=CONTACTS_ONLY), connect(user_id=COLLEAGUE, scopes=COMPANIES_ONLY)


# Every order of both is tried one room below; here, that the pages say the same.
@pytest.mark.parametrize(("first", "leaving"), [(0, "sign out"), (1, "disconnect")])
def test_each_sees_what_was_granted_and_the_copy_goes_with_the_last_connection(house, two, wire, first, leaving):
    own = ({"contacts"}, {"companies"})
    wait_until(lambda: set(house.snapshots.latest(wire.hub_id).objects) == {"contacts", "companies"})
    assert tuple(map(may_read, two)) == own
    leaver, stayer = two[first], two[1 - first]

    tab = leaver.open().choose(leaving)
    if leaving == "disconnect":
        tab.press_in_fragment("disconnect.yes")

    assert may_read(leaver) == set()
    assert may_read(stayer) == own[1 - first]
    assert house.snapshots.hub_ids() == (wire.hub_id,)
    stayer.open().choose("disconnect").press_in_fragment("disconnect.yes")
    # Who signed out is still connected, so the portal's copy is theirs to come back to.
    assert house.snapshots.hub_ids() == ((wire.hub_id,) if leaving == "sign out" else ())
    assert may_read(stayer) == set()


def test_no_page_breaks_for_somebody_whose_colleague_has_left(two):
    mara, tom = two
    mara.open().choose("disconnect").press_in_fragment("disconnect.yes")

    assert [tom.open(name).titles for name in PAGES] == [[PAGES[name].title] for name in PAGES]
    assert [Browser().open(name).at.dataframe for name in PAGES] == [[]] * len(PAGES)
