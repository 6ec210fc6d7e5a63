import gc
import threading
from datetime import UTC, datetime, timedelta

import pytest

from hubspot.errors import NotConnected, SettingsError, SnapshotReplaced
from hubspot.ui import actions, housekeeping, services, state
from tests.running import wait_until
from tests.ui.tabs import APP, Browser, dashboard, stored

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


def test_a_portal_that_somebody_opens_while_others_are_forgotten_stays(house, wire, visited, monkeypatch):
    someone_connected_elsewhere = Browser().connect(wire, account=1).account.hub_id
    later = NOW + timedelta(days=31)
    forget = house.grants.forget_portal
    forgotten = []

    def slowly(hub_id):
        forgotten.append(hub_id)
        (other,) = {wire.hub_id, someone_connected_elsewhere} - {hub_id}
        house.store.client.hset(house.store.key("portals"), str(other), int(later.timestamp()))
        return forget(hub_id)

    monkeypatch.setattr(house.grants, "forget_portal", slowly)

    housekeeping.tidy(house, later)

    assert len(forgotten) == 1
    assert len(house.grants.portals()) == 1


def test_the_data_of_a_portal_that_somebody_connects_while_it_is_forgotten_stays(house, wire, visited, monkeypatch):
    revoke = house.oauth.revoke

    def meanwhile(refresh_token):
        Browser().connect(wire, user_id=COLLEAGUE)
        revoke(refresh_token)

    monkeypatch.setattr(house.oauth, "revoke", meanwhile)

    housekeeping.tidy(house, NOW + timedelta(days=31))

    (left,) = house.grants.accounts(wire.hub_id)
    assert left.user_id == COLLEAGUE
    assert wire.hub_id in house.grants.portals()
    assert house.snapshots.latest(wire.hub_id)


def test_of_all_replicas_one_tidies_in_an_hour(house, monkeypatch):
    done = []
    monkeypatch.setattr(housekeeping, "tidy", lambda *_: done.append(1))

    for _ in range(3):
        housekeeping._tidy_in_turn()

    assert done == [1]
    assert 3000 < house.store.client.ttl(house.store.key("housekeeping")) < 3600


def test_nothing_is_built_before_somebody_came_or_where_nothing_is_stored(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(housekeeping, "tidy", lambda *_: done.append(1))
    with dashboard(tmp_path, **APP):
        housekeeping._tidy_in_turn()
        before = services.is_built()
        services.store().client.hset(services.store().key("portals"), "1001", "1")
        housekeeping._tidy_in_turn()

        assert (before, services.is_built(), done) == (False, True, [1])


@pytest.mark.parametrize("thread", ["_keep_fresh", "_run"])
def test_a_thread_goes_on_after_an_error_that_nobody_expected(monkeypatch, caplog, thread):
    turns = []

    def fails():
        turns.append(1)
        if len(turns) == 3:
            raise SystemExit  # ends the thread of the test
        raise [KeyError("secret text"), SettingsError("secret text")][len(turns) - 1]

    for work in ("_renew", "_tidy_in_turn"):
        monkeypatch.setattr(housekeeping, work, fails)
    for pause in ("_FIRST_AFTER_SECONDS", "_EVERY_SECONDS", "_AGAIN_SECONDS"):
        monkeypatch.setattr(housekeeping, pause, 0)
    housekeeping._in_use.set()

    with pytest.raises(SystemExit):
        getattr(housekeeping, thread)()

    assert "failed: KeyError" in caplog.text
    assert "SettingsError; trying again" in caplog.text
    assert "secret text" not in caplog.text


def test_an_epoch_that_was_read_before_a_later_one_drops_nothing(house, monkeypatch):
    dropped = []
    monkeypatch.setattr(house.jobs, "forget", dropped.append)

    for epoch in (5, 7, 5, 7):
        services.note_epoch(4711, epoch)

    assert dropped == [4711]
    assert services._epochs[4711] == 7


def test_a_forgotten_portal_is_dropped_once_and_not_asked_for_again(house, monkeypatch):
    dropped = []
    monkeypatch.setattr(house.jobs, "forget", dropped.append)
    services.note_epoch(4711, 5)

    services.drop_deleted()
    services.drop_deleted()

    assert dropped == [4711]
    assert 4711 not in services._epochs


def seen_by(house, grant):
    """What a browser sees that holds this grant."""
    someone = Browser()
    house.sessions.add(someone.person, grant)
    return state.visit(someone.person)


def test_what_lives_is_put_aside_so_that_a_run_does_not_look_through_it(monkeypatch):
    stopping = threading.Event()
    monkeypatch.setattr(services, "stopping", stopping)
    monkeypatch.setattr(housekeeping, "_GARBAGE_SECONDS", 0.01)
    gc.unfreeze()
    lost = [Circle()]
    lost[0].itself, gone = lost[0], lost[0].gone
    lost.clear()
    working = threading.Thread(target=housekeeping._collect_garbage, daemon=True)

    working.start()
    wait_until(gone.is_set, what="a turn")
    stopping.set()
    working.join(10)
    aside = gc.get_freeze_count()
    gc.unfreeze()

    assert not working.is_alive()
    assert aside > 1_000


class Circle:
    """What only the collector of garbage takes away."""

    def __init__(self):
        self.itself, self.gone = None, threading.Event()

    def __del__(self):
        self.gone.set()
