from datetime import UTC, datetime, timedelta

import pytest

from hubspot.errors import NotConnected, SnapshotReplaced
from hubspot.ui import actions, housekeeping, services, state
from tests.running import wait_until
from tests.ui.tabs import Browser, stored

NOW = datetime.now(UTC)
COLLEAGUE = 50_113_876


@pytest.fixture
def visited(wire, house):
    """A portal that was connected, opened and loaded; returns its grant."""
    browser = Browser()
    grant = browser.connect(wire)
    browser.open()
    wait_until(lambda: house.snapshots.latest(wire.hub_id) and not house.jobs.progress(wire.hub_id).is_running)
    return grant


def test_a_portal_that_was_opened_lately_stays(house, visited):
    housekeeping.tidy(house, NOW + timedelta(days=29))

    assert house.snapshots.latest(visited.account.hub_id)
    assert house.grants.get(visited.account).scopes


def test_a_portal_that_nobody_opened_for_thirty_days_is_revoked_and_deleted(house, wire, visited):
    revoked = sum(wire.stats()["requests"].get("revoke", {}).values())

    housekeeping.tidy(house, NOW + timedelta(days=31))

    assert house.snapshots.hub_ids() == ()
    assert [key for key in stored(house) if str(wire.hub_id) in key] == []
    assert sum(wire.stats()["requests"]["revoke"].values()) == revoked + 1
    with pytest.raises(NotConnected):
        house.grants.get(visited.account)


def test_a_copy_that_no_connection_covers_is_deleted(house, visited):
    house.store.client.flushall()

    housekeeping.tidy(house, NOW)

    assert house.snapshots.hub_ids() == ()


def test_what_hubspot_did_not_revoke_then_is_revoked_at_the_next_turn(house, wire, visited):
    refresh_token = house.grants._renewal.record(visited.account).refresh_token
    wire.faults({"route": "revoke", "status": 503, "times": 1})

    housekeeping.tidy(house, NOW + timedelta(days=31))
    still = house.oauth.introspect(refresh_token).active
    housekeeping.tidy(house, NOW + timedelta(days=31))

    assert still
    assert not house.oauth.introspect(refresh_token).active
    assert house.snapshots.hub_ids() == ()
    assert "revocations" not in stored(house)


def test_opening_a_page_has_the_token_kept_fresh_from_then_on(house, wire, someone):
    grant = someone.connect(wire, user_id=COLLEAGUE)
    at = house.store.key(f"{{{wire.hub_id}}}", str(grant.account.user_id), "at")
    before = house.grants.access(grant.account)

    someone.open()
    house.store.client.pexpire(at, 400_000)
    house.upkeep.turn()

    assert house.grants.access(grant.account) != before


def test_a_load_has_its_token_kept_fresh_also_when_nobody_looks(house, wire, someone, monkeypatch):
    grant = someone.connect(wire)
    used = []
    monkeypatch.setattr(house.upkeep, "used", used.append)

    state_view = state.view(state.visit(someone.person))
    actions.load(state_view)
    wait_until(lambda: house.snapshots.latest(wire.hub_id) and not house.jobs.progress(wire.hub_id).is_running)

    assert set(used) == {grant.account}


def test_a_replica_lets_go_of_a_portal_that_was_forgotten_elsewhere(house, visited, wire):
    key = state.view(seen_by(house, visited)).key
    shared = state.copy_of(key)
    house.grants.forget_portal(wire.hub_id)

    services.drop_deleted()

    house.snapshots.delete(wire.hub_id)
    with pytest.raises(SnapshotReplaced):
        state.copy_of(key)
    assert shared is not None


def seen_by(house, grant):
    """What a browser sees that holds this grant."""
    someone = Browser()
    house.sessions.add(someone.person, grant)
    return state.visit(someone.person)
