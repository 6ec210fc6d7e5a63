import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hubspot.portal import COMPANIES, CONTACTS, OBJECT_TYPES, READ_SCOPES
from hubspot.sync.progress import Phase
from hubspot.ui import actions, state
from tests.analysis.factories import portal
from tests.running import wait_until
from tests.ui.tabs import Browser
from tests.ui.test_progress import load
from tests.ui.views import grant, view


def test_a_view_is_called_by_the_best_name_there_is():
    nameless = portal(name="")

    assert view().name == "Northwind Trading"
    assert view(portal=nameless).name == "northwind.example"
    assert view(portal=nameless, grant=grant(hub_domain="")).name == "Portal 4711"


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (("oauth", *READ_SCOPES.values()), OBJECT_TYPES),
        (("oauth", READ_SCOPES[CONTACTS]), (CONTACTS,)),
        (("oauth", READ_SCOPES[COMPANIES]), (COMPANIES,)),
        (("oauth", "crm.objects.contacts.write"), ()),
        ((), ()),
    ],
)
def test_a_grant_lets_its_holder_read_what_it_names(scopes, expected):
    assert state.granted(grant(scopes=scopes)) == expected


def test_a_view_of_a_load_that_runs_is_loading_and_partial():
    running = view(progress=load(), version="partial-090000-1-0", loaded_at=None)

    assert running.is_loading
    assert running.is_partial
    assert not running.is_stale


def test_a_view_of_a_whole_copy_is_neither():
    done = view(progress=load(phase=Phase.DONE, finished_at=datetime.now(UTC)))

    assert not done.is_loading
    assert not done.is_partial


@pytest.mark.parametrize(("minutes", "is_stale"), [(0, False), (59, False), (61, True), (6000, True)])
def test_a_copy_is_stale_after_an_hour(minutes, is_stale):
    assert view(loaded_at=state.now() - timedelta(minutes=minutes)).is_stale is is_stale


def test_the_present_is_in_utc():
    assert state.now().tzinfo is UTC


def test_before_anything_arrived_there_are_no_records():
    assert state.frame(view(version=""), CONTACTS) is None


def test_equal_views_have_equal_keys_and_every_part_of_a_key_counts():
    assert view().key == view().key
    others = [
        view(namespace="other"),
        view(grant=grant(scopes=("oauth",))),
        view(epoch=2),
        view(version="v2"),
    ]
    assert len({view().key, *(other.key for other in others)}) == 5


def test_the_names_of_what_a_tab_keeps_are_all_different():
    names = [state.PORTAL, state.SAID, state.NEXT, state.NOTICE, state.PAGE, state.LOOKED_AT, state.COUNTED_AT]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("reserved", ["code", "state", "error", "error_description"])
def test_no_parameter_of_ours_is_one_of_hubspots(reserved):
    assert reserved not in {state.PORTAL, state.SAID, state.NEXT}


def test_a_load_that_ends_while_it_is_looked_at_still_counts_as_running(house, wire, monkeypatch):
    """Otherwise the page would show neither records nor a load, and ask no more."""
    person = Browser()
    hub_id = person.connect(wire).account.hub_id
    find, seen = house.snapshots.latest, house.sessions.visible(person.person)

    def found_too_early(asked):
        if threading.current_thread() is threading.main_thread():
            wait_until(lambda: not house.jobs.progress(hub_id).is_running)
            return None
        return find(asked)

    monkeypatch.setattr(house.snapshots, "latest", found_too_early)
    actions.load(replace(view(), grant=seen.grants[hub_id], epoch=seen.epochs[hub_id]))

    assert state.view(seen, hub_id).is_loading
