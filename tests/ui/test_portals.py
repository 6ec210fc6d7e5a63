"""Two tabs, two portals, two people, two copies: what one does must not change what the other sees."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hubspot.connections.sessions import Visit
from hubspot.errors import SnapshotReplaced
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.sandbox.portals import ALDER
from hubspot.sync.progress import Phase
from hubspot.ui import actions, explore, services, sidebar, state, words
from tests.running import wait_until
from tests.ui.tabs import Browser, count_line, rows
from tests.ui.test_progress import load
from tests.ui.views import CONNECTED_AT, view

COLLEAGUE = 50_113_876
BERLIN, EASTERN = "Europe/Berlin · EUR", "US/Eastern · USD"


@pytest.fixture
def both(connect, northwind):
    """A browser that is connected to two portals, and used Northwind last."""
    person = connect(connect(), account=1)
    person.open(portal=str(northwind))
    return person


def test_a_tab_stays_with_its_portal_while_another_one_switches(both):
    tab, other = both.open(), both.open()
    assert BERLIN in tab.text

    other.choose(f"switch {ALDER.hub_id}")
    assert EASTERN in other.text

    assert BERLIN in tab.run().text


def test_filters_of_one_portal_are_not_those_of_the_next(both):
    tab = both.open("contacts")
    tab.at.multiselect(key="contacts.owner").set_value([""])
    tab.at.text_input(key="contacts.search").set_value("a")
    tab.run()
    assert tab.address["owner"] == "-"

    tab.choose(f"switch {ALDER.hub_id}").turn_to("contacts")

    assert tab.address == {"portal": str(ALDER.hub_id)}
    total = rows(tab)
    assert count_line(tab) == words.of_total(total, total, CONTACTS)


def test_a_portal_that_left_the_operators_list_is_seen_no_more(house, both, monkeypatch):
    monkeypatch.setattr(services, "services", lambda: replace(house, settings=only(house, ALDER.hub_id)))

    assert list(state.visit(both.person).grants) == [ALDER.hub_id]


def only(house, hub_id):
    return replace(house.settings, allowed_portals=(hub_id,))


def test_with_nothing_granted_a_colleagues_copy_shows_nothing(house, connect, wire, northwind):
    connect()
    tom = Browser()
    tom.connect(wire, user_id=COLLEAGUE, scopes=["oauth"])

    tab = tom.open(portal=str(northwind))

    assert tab.alerts == [words.NOTHING_GRANTED]
    assert not tab.at.metric
    tab.press("refresh")
    assert not house.jobs.progress(northwind).error


def test_records_that_were_never_loaded_are_not_called_none(connect, wire, northwind):
    connect(scopes=["oauth", "crm.objects.contacts.read", "crm.objects.owners.read"])
    wire.faults({"route": "list", "status": 403, "times": 99})
    tom = Browser()
    tom.connect(wire, user_id=COLLEAGUE)
    tab = tom.open("companies", portal=str(northwind))
    wait_until(lambda: not state.view(state.visit(tom.person)).is_loading)

    said = " ".join(tab.run().alerts)

    assert "companies are not loaded" in said
    assert "has no companies yet" not in said


def test_a_copy_is_as_old_as_its_oldest_granted_part():
    older = CONNECTED_AT - timedelta(hours=5)
    whole = view()
    mixed = replace(whole, stored={**whole.stored, COMPANIES: replace(whole.stored[COMPANIES], loaded_at=older)})

    assert mixed.loaded_at == older
    assert replace(mixed, object_types=(CONTACTS,)).loaded_at == CONNECTED_AT


def test_a_failure_is_forgotten_once_a_later_load_went_well():
    failed = load(phase=Phase.FAILED, started_at=CONNECTED_AT, finished_at=CONNECTED_AT)

    assert view(progress=failed, loaded_at=CONNECTED_AT - timedelta(minutes=1)).has_failed
    assert not view(progress=failed, loaded_at=CONNECTED_AT + timedelta(minutes=1)).has_failed
    assert view(progress=failed, loaded_at=None).has_failed


def test_values_that_could_not_be_read_are_counted_for_the_granted_objects():
    whole = view()
    stored = {**whole.stored, CONTACTS: replace(whole.stored[CONTACTS], unreadable={"num_notes": 3, "closedate": 1})}

    counted = {(CONTACTS, "num_notes"): 3, (CONTACTS, "closedate"): 1}
    assert replace(whole, stored=stored).unreadable == counted
    assert replace(whole, stored=stored, object_types=(COMPANIES,)).unreadable == {}


def test_a_deletion_elsewhere_empties_this_process_at_the_next_look(house, connect, northwind):
    person = connect()
    key = state.view(state.visit(person.person)).key
    shared = state.copy_of(key)
    assert state.copy_of(key) is shared
    # Another replica disconnected the last one, and the same person came back.
    house.store.client.set(house.store.key(f"{{{northwind}}}", "epoch"), key.epoch + 1)

    state.view(state.visit(person.person))

    assert state.copy_of(key) is not shared


def test_a_copy_that_is_replaced_while_it_is_read_is_simply_read_again(connect, monkeypatch):
    person = connect()
    tab, calls = person.open("contacts"), []
    before = rows(tab)

    def replaced_once(looked_at, object_type, found=state.frame):
        if not calls and object_type == CONTACTS:
            calls.append(1)
            raise SnapshotReplaced("replaced")
        return found(looked_at, object_type)

    monkeypatch.setattr(explore.state, "frame", replaced_once)
    tab.run()

    assert calls == [1]
    assert tab.alerts == []
    assert rows(tab) == before


def test_a_store_that_fails_in_a_dialog_is_a_sentence(connect, house, monkeypatch):
    tab = connect().open().choose("disconnect")
    monkeypatch.setattr(house.store.client.connection_pool, "get_connection", refuse)

    tab.press_in_fragment("disconnect.yes")

    assert "does not answer" in " ".join(tab.alerts)


def refuse(*_command, **_options):
    raise ConnectionRefusedError


def test_sidebar_and_page_tell_of_the_same_copy_also_when_the_load_was_quick(house, wire, someone, monkeypatch):
    def load_and_wait(view, start=actions.load):
        start(view)
        wait_until(lambda: not house.jobs.progress(view.hub_id).is_running)

    monkeypatch.setattr(actions, "load", load_and_wait)
    someone.connect(wire)

    tab = someone.open("contacts")

    assert rows(tab)
    assert "Updated" in tab.at.button(key="refresh").label


def test_portals_of_one_name_are_told_apart_in_the_menu(both):
    some = next(iter(state.visit(both.person).grants.values()))
    grants = {
        number: replace(some, account=replace(some.account, hub_id=number), hub_domain="acme.example")
        for number in (1, 2, 3)
    }

    labels = [sidebar._label(f"switch {number}", Visit(grants)) for number in grants]

    assert len(set(labels)) == 3
    assert [str(number) in label for number, label in list(zip(grants, labels, strict=True))[1:]] == [True, True]
