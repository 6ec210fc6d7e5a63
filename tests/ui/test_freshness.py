"""Portals in use are kept fresh in the background, those that nobody looks at are left alone."""

import base64
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from hubspot.errors import SnapshotError
from hubspot.portal import COMPANIES, CONTACTS, READ_SCOPES
from hubspot.sync.attempts import Attempts
from hubspot.sync.progress import Phase
from hubspot.ui import actions, services, state
from hubspot.ui.freshness import Freshness
from tests.running import ROOT, redis_server, wait_until
from tests.ui.tabs import OURS, Browser, dashboard

COLLEAGUE = 50_113_876


@pytest.fixture
def visited(wire, house):
    """A tab that looks at a portal, loaded just now."""
    browser = Browser()
    browser.connect(wire)
    tab = browser.open()
    rest(house, wire.hub_id)
    return tab.run()


def rest(house, hub_id):
    """Wait until no load runs."""
    wait_until(lambda: (progress := house.jobs.progress(hub_id)) and not progress.is_running, what="the load's end")
    return house.snapshots.latest(hub_id)


def grow_old(house, hub_id, minutes=20):
    """Make the stored copy one of so long ago."""
    latest = house.snapshots.latest(hub_id)
    tables = {name: house.snapshots.read(latest, name) for name in latest.objects}
    return house.snapshots.write(latest.portal, tables, loaded_at=datetime.now(UTC) - timedelta(minutes=minutes))


def surveys(wire):
    """Return how often a load began: each asks for the account once."""
    return sum(wire.stats()["requests"].get("account", {}).values())


def test_a_copy_older_than_the_setting_is_refreshed_though_no_page_is_open(house, wire, visited):
    before, old = surveys(wire), grow_old(house, wire.hub_id)

    Freshness(house).turn()
    wait_until(lambda: surveys(wire) > before)
    new = rest(house, wire.hub_id)

    assert new.version != old.version
    assert datetime.now(UTC) - new.loaded_at < timedelta(minutes=1)
    assert surveys(wire) == before + 1


def test_a_copy_that_is_fresh_costs_no_request(house, wire, visited):
    before, keeper = surveys(wire), Freshness(house)
    grow_old(house, wire.hub_id, minutes=14)

    for _ in range(3):
        keeper.turn()
        visited.run()

    assert surveys(wire) == before


def test_a_portal_that_nobody_looked_at_for_a_day_is_left_alone(house, wire, visited):
    before = surveys(wire)
    grow_old(house, wire.hub_id)
    tomorrow = datetime.now(UTC) + timedelta(hours=25)

    Freshness(house, now=lambda: tomorrow).turn()
    time.sleep(0.3)

    assert surveys(wire) == before


def test_an_open_page_that_nobody_touches_keeps_its_portal_in_use(house, wire, visited):
    key = house.store.key("portals")
    house.store.client.hset(key, str(wire.hub_id), 1)
    house.grants._opened_at.clear()

    actions.note_look(state.view(state.visit(visited.browser.person), wire.hub_id))

    assert int(house.store.client.hget(key, str(wire.hub_id))) > time.time() - 60


def test_zero_minutes_turn_it_off(house, wire, visited, monkeypatch):
    before = surveys(wire)
    grow_old(house, wire.hub_id, minutes=100_000)
    object.__setattr__(house.settings, "refresh_minutes", 0)

    try:
        Freshness(house).turn()
        time.sleep(0.3)
    finally:
        object.__setattr__(house.settings, "refresh_minutes", 15)

    assert surveys(wire) == before


def test_a_portal_that_the_operator_allows_no_more_is_left_alone(house, wire, visited):
    before = surveys(wire)
    grow_old(house, wire.hub_id)
    object.__setattr__(house.settings, "allowed_portals", (1,))

    try:
        Freshness(house).turn()
        time.sleep(0.3)
    finally:
        object.__setattr__(house.settings, "allowed_portals", ())

    assert surveys(wire) == before


def test_the_grant_that_reads_most_is_used_whoever_looked_last(house, wire, visited):
    house.grants.disconnect(state.visit(visited.browser.person).grants[wire.hub_id].account)
    for asked in ({}, {"user_id": COLLEAGUE, "scopes": ["oauth", READ_SCOPES[CONTACTS]]}):
        Browser().connect(wire, **asked)
    grow_old(house, wire.hub_id)

    Freshness(house).turn()
    wait_until(lambda: house.jobs.progress(wire.hub_id).phase is Phase.DONE)
    new = rest(house, wire.hub_id)

    ages = [datetime.now(UTC) - new.objects[name].loaded_at for name in (CONTACTS, COMPANIES)]
    assert max(ages) < timedelta(minutes=1)


def test_the_token_by_which_a_portal_is_kept_fresh_is_renewed_though_nobody_looks(house, wire, visited):
    (account,) = house.grants.accounts(wire.hub_id)
    house.upkeep._minded.clear()
    at = house.store.key(f"{{{wire.hub_id}}}", str(account.user_id), "at")
    before = house.grants.access(account)

    Freshness(house).turn()
    house.store.client.pexpire(at, 400_000)
    house.upkeep.turn()

    assert house.grants.access(account) != before


def test_one_attempt_at_a_time_and_longer_pauses_after_each_that_failed(house, wire):
    attempts = Attempts(house.store, first=timedelta(milliseconds=200), longest=timedelta(milliseconds=600))

    def claims(version, seconds):
        """Return when, of the seconds given, attempts were allowed."""
        began, allowed = time.monotonic(), []
        while time.monotonic() - began < seconds:
            if attempts.claim(wire.hub_id, version):
                allowed.append(time.monotonic() - began)
            time.sleep(0.01)
        return allowed

    allowed = claims("one", 2.6)

    pauses = [second - first for first, second in pairwise(allowed)]
    assert len(pauses) in {4, 5}
    assert all(pause > least - 0.02 for pause, least in zip(pauses, (0.2, 0.4, 0.6, 0.6), strict=False))
    assert pauses[2] < 0.8, "the longest pause"
    assert attempts.claim(wire.hub_id, "two"), "a newer copy begins with a clean slate"
    assert not attempts.claim(wire.hub_id, "two")
    assert attempts.claim(43, "two"), "another portal is another matter"


def test_a_portal_that_fails_is_not_hammered(house, wire, visited):
    before, old, keeper = surveys(wire), grow_old(house, wire.hub_id), Freshness(house)
    wire.faults({"route": "account", "status": 400, "times": 100})

    for _ in range(5):
        keeper._minded.clear()
        keeper.turn()
        rest(house, wire.hub_id)

    assert surveys(wire) == before + 1
    assert house.snapshots.latest(wire.hub_id).version == old.version


def test_a_first_load_that_failed_is_tried_again_after_a_pause(house, wire):
    wire.faults({"route": "account", "status": 400, "times": 1})
    browser = Browser()
    browser.connect(wire)
    browser.open()
    wait_until(lambda: (progress := house.jobs.progress(wire.hub_id)) and not progress.is_running)
    keeper = Freshness(house)

    keeper.turn()
    time.sleep(0.3)
    assert house.snapshots.latest(wire.hub_id) is None, "not at once"
    house.jobs.attempts.forget(wire.hub_id)  # the pause is over
    keeper.turn()
    wait_until(lambda: house.snapshots.latest(wire.hub_id), what="the copy")

    rest(house, wire.hub_id)
    wait_until(lambda: house.jobs.left([wire.hub_id]) == {})


def test_a_load_that_a_person_stopped_is_not_taken_up(house, wire):
    wire.faults({"route": "list", "kind": "delay", "seconds": 1, "times": 50})
    browser = Browser()
    browser.connect(wire)
    browser.open()
    wait_until(lambda: house.jobs.left([wire.hub_id]))

    house.jobs.stop(wire.hub_id)
    wait_until(lambda: not house.jobs.progress(wire.hub_id).is_running)
    wait_until(lambda: house.jobs.left([wire.hub_id]) == {})
    Freshness(house).turn()

    time.sleep(0.3)
    assert not house.jobs.progress(wire.hub_id).is_running
    assert house.snapshots.latest(wire.hub_id) is None


def test_nothing_is_refreshed_after_a_disconnection(house, wire, visited):
    grow_old(house, wire.hub_id)
    keeper = Freshness(house)
    keeper.turn()
    rest(house, wire.hub_id)
    before = surveys(wire)

    (account,) = house.grants.accounts(wire.hub_id)
    house.grants.disconnect(account)
    services.delete_data(wire.hub_id)
    keeper.turn()
    visited.run()

    time.sleep(0.3)
    assert surveys(wire) == before
    assert house.snapshots.hub_ids() == ()


def test_a_connection_that_hubspot_ended_stops_it(house, wire, visited):
    grow_old(house, wire.hub_id)
    wire.faults({"route": "token", "kind": "invalid_grant", "times": 5})
    (account,) = house.grants.accounts(wire.hub_id)
    house.store.client.delete(house.store.key(f"{{{wire.hub_id}}}", str(account.user_id), "at"))
    keeper = Freshness(house)
    keeper.turn()
    rest(house, wire.hub_id)
    before = surveys(wire)

    keeper._minded.clear()
    house.jobs.attempts.forget(wire.hub_id)
    keeper.turn()

    time.sleep(0.3)
    assert house.grants.accounts(wire.hub_id) == ()
    assert surveys(wire) == before


def test_a_copy_that_can_not_be_read_does_not_keep_others_from_being_fresh(house, wire, visited, monkeypatch):
    def damaged(_hub_id):
        raise SnapshotError("damaged")

    monkeypatch.setattr(house.snapshots, "latest", damaged)

    Freshness(house).turn()

    monkeypatch.undo()


def test_what_was_tried_and_left_goes_with_the_portals_data(house, wire, visited):
    house.jobs.attempts.claim(wire.hub_id, "one")
    house.store.client.set(house.jobs._board._key(wire.hub_id, "load-left"), b"sealed")

    services.delete_data(wire.hub_id)

    assert list(house.store.client.scan_iter("*load-*")) == []


@pytest.fixture
def deployed(tmp_path, wire):
    """A connected and loaded portal on a real Redis; yields how to start replicas that nobody looks at."""
    replicas = []
    with redis_server(tmp_path) as server:
        ring = "k1:" + base64.b64encode(b"7" * 32).decode()
        shared = {"REDIS_URL": server.url, "DASHBOARD_KEYS": ring, **wire.settings}
        with dashboard(tmp_path, **shared):
            browser = Browser()
            browser.connect(wire)
            browser.open()
            rest(services.services(), wire.hub_id)
            yield lambda every: replicas.append(replica(tmp_path, shared, every)) or replicas[-1]
            for each in replicas:
                each.kill()
                each.communicate()


def replica(home, shared, every):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [sys.executable, "-m", "tests.ui.looker", str(every)]
    environ = {**clean, "DASHBOARD_HOME": str(home), **shared}
    return subprocess.Popen(
        command, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_two_replicas_refresh_as_often_as_one(deployed, wire):
    house = services.services()
    replicas = [deployed(2), deployed(2)]
    assert all(each.stdout.read(1) == b"." for each in replicas)
    before, began = surveys(wire), time.monotonic()

    oldest = watched_for(house, wire.hub_id, seconds=7)

    refreshes, seconds = surveys(wire) - before, time.monotonic() - began
    told = [each.communicate()[0] for each in replicas]
    assert [each.returncode for each in replicas] == [0, 0]
    assert min(len(each) for each in told) > 5, "both have looked"
    assert 2 <= refreshes <= seconds / 2 + 1
    assert oldest < timedelta(seconds=2 + 3)
    assert house.snapshots.latest(wire.hub_id).objects["contacts"].records == 20


def test_another_replica_goes_on_when_the_one_that_refreshes_is_killed(deployed, wire):
    house = services.services()
    first = deployed(2)
    wire.faults({"route": "account", "kind": "delay", "seconds": 30, "times": 1})
    old, before = house.snapshots.latest(wire.hub_id), surveys(wire)
    wait_until(lambda: surveys(wire) > before or house.jobs.left([wire.hub_id]), what="the refresh")
    second = deployed(2)
    assert second.stdout.read(1) == b"."

    first.kill()
    wait_until(lambda: house.snapshots.latest(wire.hub_id).version != old.version, seconds=40, what="a newer copy")

    assert watched_for(house, wire.hub_id, seconds=5) < timedelta(seconds=30)


def watched_for(house, hub_id, *, seconds):
    """Return how old the copy was at the most, in so many seconds."""
    ends_at, oldest = time.monotonic() + seconds, timedelta()
    while time.monotonic() < ends_at:
        oldest = max(oldest, datetime.now(UTC) - house.snapshots.latest(hub_id).loaded_at)
        time.sleep(0.05)
    return oldest


def test_a_tab_says_in_passing_what_a_refresh_has_changed(house, wire, visited):
    grow_old(house, wire.hub_id)
    Freshness(house).turn()
    rest(house, wire.hub_id)
    visited.run()
    said_nothing = toasts(visited)
    grown = grow_old(house, wire.hub_id, minutes=50)
    since = grown.loaded_at.astimezone(ZoneInfo("Europe/Berlin"))
    edited = {"object_type": "contacts", "create": 2, "archive": 1}
    wire.http.post("/sandbox/edit", json=edited).raise_for_status()

    Freshness(house).turn()
    wait_until(lambda: house.snapshots.latest(wire.hub_id).version != grown.version)
    rest(house, wire.hub_id)
    visited.run()
    said = toasts(visited)
    visited.run()

    assert said_nothing == []
    assert said == [f"2 created, 1 gone since {since:%H:%M}"]
    assert toasts(visited) == []


def toasts(tab):
    return [each.value for each in tab.at.toast]
