import logging
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from hubspot.errors import NotConnected, OAuthRefused
from hubspot.sandbox.portals import ALDER
from hubspot.ui import actions, services, state, words
from hubspot.ui.destinations import PAGES
from tests.running import wait_until
from tests.ui.tabs import Browser, stored

COLLEAGUE = 50_113_876
ENDED = "The connection ended in HubSpot"


def is_connected(tab):
    return bool(tab.at.get("menu_button"))


def files(home):
    return [path for path in (home / "state" / "snapshots").rglob("*") if path.is_file()]


def of_portal(house, hub_id):
    return [name for name in stored(house) if f"{{{hub_id}}}" in name]


def test_disconnecting_asks_first_and_says_what_will_go(connect):
    tab = connect().open("contacts").choose("disconnect")

    assert "You are the only one connected, so its contacts and companies are deleted here too." in tab.text
    assert is_connected(tab.press_in_fragment("disconnect.no"))


def test_disconnecting_leaves_no_key_no_file_and_no_table(house, home, connect, northwind):
    tab = connect().open("contacts").choose("disconnect")

    tab.press_in_fragment("disconnect.yes")

    assert tab.titles == [words.HEADLINE]
    assert of_portal(house, northwind) == []
    assert files(home) == []
    assert not tab.at.dataframe
    assert tab.address == {}
    assert set(tab.at.session_state.to_dict()) <= {state.PAGE, state.NOTICE, state.OUTLIVED}


def test_disconnecting_from_the_connection_page_is_the_same(house, home, connect, northwind):
    tab = connect().open("connection").press("disconnect.page")

    tab.press_in_fragment("disconnect.yes")

    assert tab.titles == [words.HEADLINE]
    assert (of_portal(house, northwind), files(home)) == ([], [])


def test_disconnecting_revokes_the_grant_at_hubspot(house, wire, connect, northwind):
    person = connect()
    (grant,) = house.sessions.visible(person.person).grants.values()
    refresh_token = house.grants._renewal.record(grant.account).refresh_token

    person.open().choose("disconnect").press_in_fragment("disconnect.yes")

    with pytest.raises(OAuthRefused) as refused:
        house.oauth.refresh(refresh_token)
    assert refused.value.ends_grant


def test_disconnecting_while_hubspot_is_down_says_that_it_could_not_be_told(house, wire, connect, northwind):
    tab = connect().open().choose("disconnect")
    wire.faults({"route": "revoke", "status": 502, "times": 9})

    tab.press_in_fragment("disconnect.yes")

    (said,) = tab.alerts
    assert said.startswith("Disconnected here, but HubSpot did not answer")
    assert of_portal(house, northwind) == []


def test_a_full_store_neither_keeps_from_disconnecting_nor_from_saying_what_became_of_it(house, home, wire, connect):
    tab = connect().open("contacts").choose("disconnect")
    wire.faults({"route": "revoke", "status": 502, "times": 9})
    house.store.client.config_set("maxmemory", "1")
    try:
        tab.press_in_fragment("disconnect.yes")
    finally:
        house.store.client.config_set("maxmemory", "64mb")

    (said,) = tab.alerts
    assert said.startswith("Disconnected here, but HubSpot could not be told, and is not asked again.")
    assert "remove the app in HubSpot" in said
    assert tab.titles == [words.HEADLINE]
    assert files(home) == []


def test_a_dialog_whose_session_was_ended_in_another_tab_disconnects_nothing(house, connect, northwind):
    person = connect()
    tab = person.open("contacts").choose("disconnect")
    person.open().choose("sign out")

    tab.press_in_fragment("disconnect.yes")

    assert tab.alerts == [actions.NOT_HELD]
    assert tab.titles == [words.HEADLINE]
    assert len(house.grants.accounts(northwind)) == 1


def test_a_dialog_for_a_connection_that_was_replaced_disconnects_nothing(house, connect, northwind):
    person = connect()
    tab = person.open("contacts").choose("disconnect")
    person.open().choose("disconnect").press_in_fragment("disconnect.yes")
    connect(person)

    tab.press_in_fragment("disconnect.yes")

    assert tab.alerts == [actions.NOT_HELD]
    assert tab.titles == ["Contacts"]
    assert len(house.grants.accounts(northwind)) == 1


def test_a_dialog_of_one_person_does_not_act_once_the_browser_changed_to_another(house, connect, northwind):
    person = connect(connect(), user_id=COLLEAGUE)
    tab = person.open("contacts").choose("disconnect")
    (mara,) = house.sessions.visible(person.person).others
    person.open("connection").press(f"person.{mara.account.user_id}")

    tab.press_in_fragment("disconnect.yes")

    assert tab.alerts == [actions.NOT_HELD]
    assert len(house.grants.accounts(northwind)) == 2


def test_disconnecting_ends_a_load_that_runs(house, home, wire, someone, northwind):
    wire.faults({"route": "list", "status": 502, "times": 99})
    someone.connect(wire)
    tab = someone.open()
    (run,) = house.jobs._runs.values()

    tab.choose("disconnect").press_in_fragment("disconnect.yes")

    assert run.ended.wait(30)
    # The load may ask for a token once more, which takes a lock for a moment.
    assert wait_until(lambda: (of_portal(house, northwind), files(home)) == ([], []))


def test_another_tab_of_the_browser_finds_nothing_in_its_next_run(connect):
    person = connect()
    other = person.open("contacts")
    assert other.at.dataframe

    person.open().choose("disconnect").press_in_fragment("disconnect.yes")
    other.run()

    assert other.titles == [words.HEADLINE]
    assert not other.at.dataframe
    assert other.alerts == []


def test_a_fragment_of_another_tab_finds_nothing_either(house, wire, someone):
    wire.faults({"route": "list", "status": 502, "times": 99})
    grant = someone.connect(wire)
    other = someone.open("contacts")

    house.grants.disconnect(grant.account)
    other.run(other.newest_fragment)

    assert other.titles == [words.HEADLINE]


def test_a_colleague_keeps_connection_and_data(house, home, connect, northwind):
    mara, tom = connect(), connect(user_id=COLLEAGUE)
    tab = mara.open().choose("disconnect")
    assert "Colleagues who connected it keep their connection and the data." in tab.text

    tab.press_in_fragment("disconnect.yes")

    assert tab.titles == [words.HEADLINE]
    assert is_connected(tom.open())
    assert tom.open("contacts").at.dataframe
    assert files(home)
    (left,) = house.grants.accounts(northwind)
    assert left.user_id == COLLEAGUE


def test_disconnecting_ends_all_browsers_of_the_person(connect):
    desk = connect()
    laptop = connect()

    desk.open().choose("disconnect").press_in_fragment("disconnect.yes")

    assert not is_connected(laptop.open())


def test_signing_out_keeps_the_grant_and_the_data(house, home, connect, northwind):
    person = connect()
    before = person.cookie
    left = person.open("contacts").choose("sign out").leaving
    tab = person.follow(left)

    assert left == "/leave?next=contacts"
    assert person.cookie != before
    assert tab.titles == [words.HEADLINE]
    assert tab.alerts == ["Signed out of this browser. Your connection is kept."]
    assert len(house.grants.accounts(northwind)) == 1
    assert files(home)
    assert not any(name.startswith("session") for name in stored(house))


def test_signing_out_ends_this_browser_alone(connect):
    desk, laptop = connect(), connect()

    desk.open().choose("sign out")

    assert not is_connected(desk.open())
    assert is_connected(laptop.open())


def test_connecting_another_portal_leads_to_the_consent_page(connect):
    shown = connect().open().choose("another").at.html
    assert any('"/connect?next=overview"' in each.value for each in shown)


def test_two_portals_in_one_browser_are_shown_by_the_address(connect, northwind):
    person = connect(connect(), account=1)

    assert "Northwind Trading" in person.open(portal=str(northwind)).text
    assert "Alder & Finch" in person.open(portal=str(ALDER.hub_id)).text.replace("\\", "")
    assert "US/Eastern" in person.open(portal=str(ALDER.hub_id)).text


def test_without_a_portal_in_the_address_the_last_used_one_is_shown(connect, northwind):
    person = connect(connect(), account=1)
    person.open("contacts", portal=str(northwind))

    assert "Northwind Trading" in person.open().text


def test_switching_the_portal_changes_this_tab_and_its_links(connect, northwind):
    person = connect(connect(), account=1)
    tab, other = (person.open(portal=str(northwind)) for _ in range(2))
    assert tab.menu.options[0] == r"Switch to Alder \& Finch"

    tab.choose(f"switch {ALDER.hub_id}")

    assert tab.address == {"portal": str(ALDER.hub_id)}
    assert "US/Eastern · USD" in tab.text
    assert "Northwind Trading" in other.run().text
    queries = {each.proto.query_string for each in tab.at.get("page_link")}
    assert {dict(parse_qsl(query))["portal"] for query in queries} == {str(ALDER.hub_id)}


def test_disconnecting_one_of_two_portals_leaves_the_other(house, connect, northwind):
    person = connect(connect(), account=1)

    tab = person.open(portal=str(northwind)).choose("disconnect").press_in_fragment("disconnect.yes")

    assert "US/Eastern" in tab.text
    assert of_portal(house, northwind) == []
    assert house.snapshots.hub_ids() == (ALDER.hub_id,)


def end_at_hubspot(house, wire, person):
    """Remove the app in HubSpot: the refresh token is revoked, and the access token has run out."""
    (grant,) = house.sessions.visible(person.person).grants.values()
    house.oauth.revoke(house.grants._renewal.record(grant.account).refresh_token)
    house.store.client.delete(*(house.store.prefix + name for name in stored(house) if name.endswith(":at")))
    house.grants._tokens.forget(grant.account)


def test_a_connection_that_ended_in_hubspot_is_said_and_its_data_deleted(house, home, wire, connect):
    person = connect()
    end_at_hubspot(house, wire, person)

    tab = person.open("contacts").press("refresh")
    wait_until(lambda: tab.run().titles == [words.HEADLINE])

    (said,) = tab.alerts
    assert said.startswith(ENDED)
    assert "Its data was deleted here. Connect again to go on." in said
    assert wait_until(lambda: files(home) == [])


def test_a_connection_that_ended_can_be_made_again(house, wire, connect):
    person = connect()
    end_at_hubspot(house, wire, person)
    tab = person.open().press("refresh")
    wait_until(lambda: tab.run().titles == [words.HEADLINE])

    connect(person)

    tab = person.open("contacts")
    assert tab.alerts == []
    assert len(tab.at.dataframe[0].value) == 20


def test_an_end_for_one_person_keeps_the_colleagues_data(house, home, wire, connect):
    mara, tom = connect(), connect(user_id=COLLEAGUE)
    end_at_hubspot(house, wire, mara)

    tab = mara.open().press("refresh")
    wait_until(lambda: tab.run().titles == [words.HEADLINE])

    assert "Colleagues keep theirs, and the data." in tab.alerts[0]
    assert tom.open("contacts").at.dataframe
    assert files(home)


def test_the_sentence_about_an_end_stays_until_it_is_dismissed(house, wire, connect):
    person = connect()
    end_at_hubspot(house, wire, person)
    tab = person.open().press("refresh")
    wait_until(lambda: tab.run().titles == [words.HEADLINE])
    assert person.open("companies").alerts[0].startswith(ENDED)

    tab.press("ended.dismiss")

    assert tab.alerts == []
    assert person.open().alerts == []


def test_data_of_a_portal_that_the_browser_may_not_see_is_refused(house, connect, northwind):
    person = connect(account=1)
    connect()

    seen = state.visit(person.person)
    with pytest.raises(NotConnected):
        state.view(seen, northwind)
    with pytest.raises(NotConnected):
        state.view(state.visit(Browser().person), northwind)
    assert "Northwind" not in person.open("contacts", portal=str(northwind)).text


def test_nobody_sees_nothing(house, connect):
    connect()

    assert dict(state.visit("").grants) == {}
    assert dict(state.visit("0" * 64).grants) == {}


def test_a_grant_without_companies_gets_no_company_from_a_colleagues_copy(connect):
    connect()
    scopes = ["oauth", "crm.objects.contacts.read", "crm.objects.owners.read"]
    tom = connect(user_id=COLLEAGUE, scopes=scopes)

    view = state.view(state.visit(tom.person))

    assert state.frame(view, "companies") is None
    assert len(state.frame(view, "contacts")) == 20
    assert not tom.open("companies").at.dataframe


def test_people_who_see_the_same_share_one_copy_and_others_do_not(connect):
    mara, tom = connect(), connect(user_id=COLLEAGUE)
    less = connect(user_id=COLLEAGUE + 1, scopes=["oauth", "crm.objects.contacts.read"])
    views = [state.view(state.visit(person.person)) for person in (mara, tom, less)]

    frames = [state.frame(view, "contacts") for view in views]

    assert frames[0] is frames[1]
    assert frames[0] is not frames[2]


def test_what_decides_whose_data_it_is_is_in_the_key_of_every_cached_answer(connect):
    key = state.view(state.visit(connect().person)).key

    for change in (
        {"hub_id": 1},
        {"scopes": ()},
        {"epoch": -1},
        {"namespace": "x"},
        {"version": "x"},
        {"masked": True},
    ):
        assert key._replace(**change) != key
    assert key._fields == ("namespace", "hub_id", "scopes", "epoch", "version", "masked")


def test_a_portal_is_loaded_once_for_everybody(house, wire, connect):
    connect()
    version = house.snapshots.latest(wire.hub_id).version

    connect(user_id=COLLEAGUE)

    assert house.snapshots.latest(wire.hub_id).version == version


def test_a_load_is_needed_where_something_granted_is_not_there_and_none_tried(house, connect):
    view = state.view(state.visit(connect().person))

    assert not actions.needs_load(view)
    assert not actions.needs_load(replace(view, stored=("contacts",)))
    assert actions.needs_load(replace(view, stored=("contacts",), progress=None))
    assert actions.needs_load(replace(view, stored=()))
    assert not actions.needs_load(replace(view, object_types=(), stored=()))


def test_no_log_line_of_all_this_names_a_person_or_a_token(house, connect, caplog):
    caplog.set_level(logging.DEBUG, "hubspot")
    person = connect()
    (grant,) = house.sessions.visible(person.person).grants.values()
    secrets = [grant.user, house.grants.access(grant.account), person.cookie, person.person]
    secrets.append(house.grants._renewal.record(grant.account).refresh_token)
    for page in PAGES:
        person.open(page)

    person.open().choose("disconnect").press_in_fragment("disconnect.yes")

    assert "disconnected: " in caplog.text
    assert not [secret for secret in secrets if secret in caplog.text]


def test_the_services_are_this_dashboards(house, home):
    assert house is services.services()
    assert house.settings.home == home
