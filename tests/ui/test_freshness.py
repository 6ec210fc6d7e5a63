"""Copies that are refreshed by themselves while somebody looks, and only then."""

import base64
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from hubspot.ui import freshness, services, state
from tests.running import ROOT, redis_server, wait_until
from tests.ui.tabs import OURS, Browser, dashboard

QUARTER = timedelta(minutes=15)


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


def test_a_copy_older_than_the_setting_is_refreshed_while_somebody_looks(house, wire, visited):
    before, old = surveys(wire), grow_old(house, wire.hub_id)

    visited.run()
    wait_until(lambda: surveys(wire) > before)
    new = rest(house, wire.hub_id)

    assert new.version != old.version
    assert datetime.now(UTC) - new.loaded_at < timedelta(minutes=1)
    assert surveys(wire) == before + 1


def test_a_copy_that_is_fresh_costs_no_request(house, wire, visited):
    before = surveys(wire)
    grow_old(house, wire.hub_id, minutes=14)

    for _ in range(3):
        visited.run()

    assert surveys(wire) == before


def test_nobody_looking_costs_no_request(house, wire, visited):
    before = surveys(wire)
    grow_old(house, wire.hub_id)

    house.upkeep.turn()
    time.sleep(0.5)

    assert surveys(wire) == before


def test_what_is_due(house, wire, visited):
    view = state.view(state.visit(visited.browser.person), wire.hub_id)
    grow_old(house, wire.hub_id)
    old = state.view(state.visit(visited.browser.person), wire.hub_id)
    running = replace(old, progress=replace(old.progress, finished_at=None))

    assert not freshness.is_due(view, QUARTER)
    assert freshness.is_due(old, QUARTER)
    assert not freshness.is_due(old, timedelta()), "0 turns it off"
    assert not freshness.is_due(running, QUARTER)
    assert not freshness.is_due(replace(old, stored={}), QUARTER), "a first load is not a refresh"


def test_one_attempt_at_a_time_and_longer_pauses_after_each_that_failed(house, wire):
    every = timedelta(milliseconds=200)

    def claims(version, seconds):
        """Return when, of the seconds given, attempts were allowed."""
        began, allowed = time.monotonic(), []
        while time.monotonic() - began < seconds:
            if freshness.claim(house.store, wire.hub_id, version, every):
                allowed.append(time.monotonic() - began)
            time.sleep(0.01)
        return allowed

    allowed = claims("one", 1.6)

    pauses = [second - first for first, second in pairwise(allowed)]
    assert len(pauses) in {2, 3}
    assert all(pause > least - 0.02 for pause, least in zip(pauses, (0.2, 0.4, 0.8), strict=False))
    assert freshness.claim(house.store, wire.hub_id, "two", every), "a newer copy begins with a clean slate"
    assert not freshness.claim(house.store, wire.hub_id, "two", every)
    assert freshness.claim(house.store, 43, "two", every), "another portal is another matter"


def test_a_portal_that_fails_is_not_hammered(house, wire, visited):
    before, old = surveys(wire), grow_old(house, wire.hub_id)
    wire.faults({"route": "account", "status": 400, "times": 100})

    for _ in range(5):
        visited.run()
        rest(house, wire.hub_id)

    assert surveys(wire) == before + 1
    assert house.snapshots.latest(wire.hub_id).version == old.version


def test_nothing_is_refreshed_after_a_disconnection(house, wire, visited):
    grow_old(house, wire.hub_id)
    view = state.view(state.visit(visited.browser.person), wire.hub_id)
    before = surveys(wire)

    house.grants.disconnect(view.grant.account)
    services.delete_data(wire.hub_id)
    freshness.look(view)
    visited.run()

    time.sleep(0.3)
    assert surveys(wire) == before
    assert house.snapshots.hub_ids() == ()


def test_what_was_tried_goes_with_the_portals_data(house, wire):
    freshness.claim(house.store, wire.hub_id, "one", QUARTER)

    services.delete_data(wire.hub_id)

    assert list(house.store.client.scan_iter("*load-tried")) == []


def test_two_processes_that_look_refresh_as_often_as_one(tmp_path, wire):
    with redis_server(tmp_path) as server:
        ring = "k1:" + base64.b64encode(b"7" * 32).decode()
        shared = {"REDIS_URL": server.url, "DASHBOARD_KEYS": ring, **wire.settings}
        with dashboard(tmp_path, **shared):
            browser = Browser()
            browser.connect(wire)
            browser.open()
            house = services.services()
            rest(house, wire.hub_id)
            before, began = surveys(wire), time.monotonic()

            lookers = [look(tmp_path, wire.hub_id, browser.person, shared) for _ in range(2)]
            told = [each.communicate(timeout=60)[0] for each in lookers]

            refreshes, seconds = surveys(wire) - before, time.monotonic() - began
            assert [each.returncode for each in lookers] == [0, 0]
            assert min(len(each) for each in told) > 5, "both have looked"
            assert 2 <= refreshes <= seconds / 2 + 1
            assert house.snapshots.latest(wire.hub_id).objects["contacts"].records == 20


def look(home, hub_id, person, shared):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [sys.executable, "-m", "tests.ui.looker", str(hub_id), person, "8", "2"]
    environ = {**clean, "DASHBOARD_HOME": str(home), **shared}
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)


def test_a_tab_says_in_passing_what_a_refresh_has_changed(house, wire, visited):
    since = grow_old(house, wire.hub_id).loaded_at.astimezone(ZoneInfo("Europe/Berlin"))
    visited.run()
    rest(house, wire.hub_id)
    visited.run()
    said_nothing = toasts(visited)
    grown = grow_old(house, wire.hub_id)
    edited = {"object_type": "contacts", "create": 2, "archive": 1}
    wire.http.post("/sandbox/edit", json=edited).raise_for_status()

    visited.run()
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
