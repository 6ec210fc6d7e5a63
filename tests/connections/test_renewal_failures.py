import threading
import time
from pathlib import Path

import pytest
import redis

from hubspot.connections.engine import open_store
from hubspot.connections.grants import Account, Grants, Pace
from hubspot.connections.records import IDLE_MILLISECONDS
from hubspot.errors import KeyMissing, NotConnected, SettingsError, StoreDown, Tampered
from hubspot.keyring import KeyRing
from hubspot.settings import Settings
from tests.connections.replicas import Herd
from tests.connections.servers import KEYS, until

ANNA = Account(1001, 11)


@pytest.fixture
def mortal(mortal_store, keyring, oauth, tmp_path):
    return Grants(mortal_store, keyring, oauth, pace=Pace(commit_again=0.2), spool=tmp_path / "spool")


@pytest.fixture
def herd(engine, hubspot):
    """Start replicas of the dashboard on the engine."""
    started = []

    def start(**options):
        started.append(Herd(engine.url, hubspot.url, **options))
        return started[-1]

    yield start
    for each in started:
        each.end()


def expire(store):
    store.client.delete(store.key("{1001}", "11", "at"))


def test_a_dead_store_costs_hubspot_no_call_and_ends_nothing(mortal_store, engine, keyring, oauth, hubspot):
    Grants(mortal_store, keyring, oauth).save(hubspot.issue())
    expire(mortal_store)
    engine.kill()
    grants = Grants(mortal_store, keyring, oauth)

    with pytest.raises(StoreDown, match="connection is safe"):
        grants.access(ANNA)
    engine.start()

    assert grants.access(ANNA)
    assert len(hubspot.refreshes) == 1


def test_a_token_in_memory_is_served_while_the_store_is_down(mortal, engine, hubspot):
    token = hubspot.issue()
    mortal.save(token)
    engine.kill()

    assert mortal.access(ANNA) == token.access_token
    with pytest.raises(StoreDown):
        mortal.access(ANNA, rejected=token.access_token)


@pytest.mark.parametrize("rotates", [False, True])
def test_a_store_killed_before_the_commit_gets_it_when_it_is_back(mortal, engine, hubspot, tmp_path, rotates):
    mortal.save(hubspot.issue())
    expire(mortal._store)
    hubspot.rotates = rotates
    hubspot.before_answer = engine.kill

    answer = mortal.access(ANNA)
    hubspot.before_answer = lambda: None
    again = mortal.access(ANNA)
    engine.start()
    until(lambda: mortal._store.client.exists(mortal._store.key("{1001}", "11", "at")))

    assert answer == again == mortal.access(ANNA)
    assert len(hubspot.refreshes) == 1
    until(lambda: not list((tmp_path / "spool").rglob("*.json")))


def test_a_rotated_token_outlives_the_process_and_the_store(engine, mortal, hubspot, herd, tmp_path):
    mortal.save(hubspot.issue())
    expire(mortal._store)
    hubspot.rotates = True
    holder = herd(lease=1.0, spool=tmp_path / "spool")
    hubspot.before_answer = engine.kill

    assert holder.go().answers()[0].startswith("access-")
    hubspot.before_answer = lambda: None
    holder.end()
    engine.start()

    assert mortal.access(ANNA).startswith("access-")
    assert len(hubspot.refreshes) == 2


def rotate_while_the_store_dies(grants, hubspot, engine):
    """Renew a token that HubSpot rotates, into a store that is killed before it can take it."""
    grants.save(hubspot.issue())
    expire(grants._store)
    hubspot.rotates = True
    hubspot.before_answer = engine.kill
    grants.access(ANNA)
    hubspot.before_answer = lambda: None
    engine.start()


@pytest.fixture
def patient(mortal_store, keyring, oauth, tmp_path):
    """Grants that do not try again by themselves what the store could not take."""
    grants = Grants(mortal_store, keyring, oauth, pace=Pace(commit_again=1000), spool=tmp_path / "spool")
    yield grants
    for timer in timers_of(grants):
        timer.cancel()


def timers_of(grants):
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    return [timer for timer in timers if timer.function.__self__ is grants._tokens]


def test_disconnecting_revokes_the_token_that_is_still_on_its_way(engine, patient, hubspot):
    rotate_while_the_store_dies(patient, hubspot, engine)
    (current,) = hubspot.live

    done = patient.disconnect(ANNA)

    assert done.revocation == "done"
    assert hubspot.revoked == [current]
    assert not hubspot.live


def test_a_token_left_in_the_spool_is_revoked_if_its_grant_was_disconnected_meanwhile(
    engine, patient, mortal_store, keyring, oauth, hubspot, tmp_path
):
    rotate_while_the_store_dies(patient, hubspot, engine)
    (current,) = hubspot.live
    # The replica on another machine knows nothing of this spool; the grant in Redis holds a token that has ended.
    Grants(mortal_store, keyring, oauth).disconnect(ANNA)

    with pytest.raises(NotConnected):
        Grants(mortal_store, keyring, oauth, spool=tmp_path / "spool").access(ANNA)

    assert hubspot.revoked[-1] == current
    assert not hubspot.live
    assert list((tmp_path / "spool").rglob("*.json")) == []


def test_a_spool_file_that_can_not_be_removed_loses_and_repeats_nothing(
    engine, patient, mortal_store, keyring, oauth, hubspot, tmp_path, monkeypatch
):
    rotate_while_the_store_dies(patient, hubspot, engine)
    monkeypatch.setattr(Path, "unlink", refuse_to_unlink)

    for _ in range(2):
        grants = Grants(mortal_store, keyring, oauth, spool=tmp_path / "spool")
        assert grants.access(ANNA)
        expire(mortal_store)

    assert len(list((tmp_path / "spool").rglob("*.json"))) == 1
    assert hubspot.revoked == []
    assert grants.access(ANNA)


def refuse_to_unlink(*_, **__):
    raise PermissionError(13, "Permission denied")


def test_a_spooled_token_whose_grant_is_gone_and_whose_key_is_missing_waits_for_the_key(
    engine, patient, mortal_store, keyring, oauth, hubspot, tmp_path
):
    rotate_while_the_store_dies(patient, hubspot, engine)
    (current,) = hubspot.live
    Grants(mortal_store, keyring, oauth).disconnect(ANNA)

    with pytest.raises(NotConnected):
        Grants(mortal_store, KeyRing({"k9": b"9" * 32}), oauth, spool=tmp_path / "spool").access(ANNA)
    still_live = list(hubspot.live)
    with pytest.raises(NotConnected):
        Grants(mortal_store, keyring, oauth, spool=tmp_path / "spool").access(ANNA)

    assert (still_live, hubspot.live) == ([current], [])


def test_a_replay_by_another_process_does_not_keep_the_access_token_from_being_shared(
    engine, patient, mortal_store, keyring, oauth, hubspot, tmp_path
):
    rotate_while_the_store_dies(patient, hubspot, engine)
    Grants(mortal_store, keyring, oauth, spool=tmp_path / "spool")._tokens.commit_late(ANNA)

    assert patient.access(ANNA) == Grants(mortal_store, keyring, oauth).access(ANNA)
    assert len(hubspot.refreshes) == 1


def test_apps_that_share_a_state_folder_leave_each_others_spool_alone(
    engine, patient, keyring, oauth, hubspot, tmp_path
):
    rotate_while_the_store_dies(patient, hubspot, engine)
    other = open_store(Settings(redis_url=engine.url, keys=KEYS, client_id="other", client_secret="x"))

    with pytest.raises(NotConnected):
        Grants(other, keyring, oauth, spool=tmp_path / "spool").access(ANNA)
    other.close()

    assert len(list((tmp_path / "spool").rglob("*.json"))) == 1
    assert hubspot.live


def test_one_timer_serves_all_accounts_whose_tokens_wait(engine, mortal, hubspot):
    accounts = [Account(1001, user_id) for user_id in range(11, 16)]
    for account in accounts:
        mortal.save(hubspot.issue(user_id=account.user_id))
        mortal._store.client.delete(mortal._store.key("{1001}", str(account.user_id), "at"))
    records = [mortal._renewal.record(account) for account in accounts]
    renewed = [mortal._oauth.refresh(record.refresh_token) for record in records]
    engine.kill()

    for record, token in zip(records, renewed, strict=True):
        mortal._tokens.commit(record, token, time.monotonic())
    timers = timers_of(mortal)
    engine.start()

    assert len([timer for timer in timers if timer.is_alive()]) <= 2  # one may just hand over to the next
    until(lambda: not mortal._tokens._pending)
    assert len({mortal.access(account) for account in accounts}) == 5


@pytest.fixture
def refused(engine, mortal_store):
    """Call to have the server want a password from now on, and again to have it want none."""
    passwords = iter(["another", ""])
    with redis.Redis(unix_socket_path=engine.socket) as administrator:
        administrator.ping()

        def toggle():
            administrator.config_set("requirepass", next(passwords))
            mortal_store.client.connection_pool.disconnect()

        yield toggle


def test_a_store_that_refuses_the_password_logs_nobody_out(mortal, hubspot, refused):
    mortal.save(hubspot.issue())
    token = mortal.access(ANNA)
    refused()

    assert mortal.access(ANNA) == token
    assert not hubspot.refreshes
    with pytest.raises(SettingsError, match="password"):
        mortal.access(ANNA, rejected=token)


def test_a_token_that_is_renewed_while_the_store_refuses_the_password_is_served_and_stored_later(
    mortal, hubspot, refused
):
    mortal.save(hubspot.issue())
    expire(mortal._store)
    hubspot.rotates = True
    hubspot.before_answer = refused

    token = mortal.access(ANNA)
    hubspot.before_answer = lambda: None
    refused()

    until(lambda: not mortal._tokens._pending)
    assert mortal._tokens.stored(ANNA).access_token == token
    assert len(hubspot.refreshes) == 1


def test_the_timer_outlives_an_error_that_nobody_expected(mortal, mortal_store, engine, hubspot, monkeypatch, caplog):
    mortal.save(hubspot.issue())
    expire(mortal_store)
    hubspot.before_answer = engine.kill
    token = mortal.access(ANNA)
    hubspot.before_answer = lambda: None
    tokens, failed = mortal._tokens, threading.Event()
    commit_late = tokens.commit_late

    def fails_once(account):
        if failed.is_set():
            commit_late(account)
            return
        failed.set()
        raise KeyError("secret text")

    monkeypatch.setattr(tokens, "commit_late", fails_once)
    failed.wait(10)
    engine.start()

    until(lambda: not tokens._pending)
    assert tokens.stored(ANNA).access_token == token
    assert "KeyError" in caplog.text
    assert "secret text" not in caplog.text


@pytest.mark.parametrize("word", [b"{1001}:11:lock", str(IDLE_MILLISECONDS).encode()], ids=["lease", "commit"])
def test_a_lost_reply_changes_nothing(grants, lossy_grants, proxy, hubspot, word):
    grants.save(hubspot.issue())
    expire(grants._store)
    proxy.lose_reply_to(word)

    began = time.monotonic()
    answer = lossy_grants.access(ANNA)

    assert proxy.lost == 1
    assert answer == grants.access(ANNA)
    assert len(hubspot.refreshes) == 1
    assert time.monotonic() - began < 3  # a ghost of the lease would take 4 s


def test_a_lost_reply_to_saving_saves_once(grants, lossy_grants, proxy, hubspot):
    lossy_grants.save(hubspot.issue())
    proxy.lose_reply_to(b"EVALSHA")

    saved = lossy_grants.save(hubspot.issue())

    assert proxy.lost == 1
    assert grants.get(ANNA) == saved


def test_a_lost_reply_to_disconnecting_still_forgets_the_portal(store, lossy_grants, proxy, hubspot):
    lossy_grants.save(hubspot.issue())
    proxy.lose_reply_to(b"EVALSHA")

    assert lossy_grants.disconnect(ANNA).was_last
    assert proxy.lost == 1
    assert list(store.client.scan_iter()) == []


def test_a_new_key_in_front_opens_old_grants_and_seals_them_anew(store, oauth, hubspot):
    Grants(store, KeyRing({"k1": b"1" * 32}), oauth).save(hubspot.issue())
    expire(store)

    Grants(store, KeyRing({"k2": b"2" * 32, "k1": b"1" * 32}), oauth).access(ANNA)

    assert Grants(store, KeyRing({"k2": b"2" * 32}), oauth).get(ANNA).account == ANNA


def test_a_missing_key_is_named_and_disconnects_nobody(store, keyring, oauth, hubspot):
    Grants(store, keyring, oauth).save(hubspot.issue())
    other = Grants(store, KeyRing({"k9": b"9" * 32}), oauth)

    with pytest.raises(KeyMissing, match="'k1' is missing"):
        other.access(ANNA)
    assert Grants(store, keyring, oauth).get(ANNA)


def test_a_damaged_grant_is_refused_and_costs_no_call(grants, hubspot, store):
    grants.save(hubspot.issue())
    key = store.key("{1001}", "11", "grant")
    blob = bytearray(store.client.hget(key, "blob"))
    blob[40] ^= 1
    store.client.hset(key, "blob", bytes(blob))
    expire(store)

    with pytest.raises(Tampered):
        grants.access(ANNA)
    assert not hubspot.refreshes


def test_no_secret_reaches_the_disk(mortal, engine, hubspot):
    token = hubspot.issue()
    grant = mortal.save(token)
    expire(mortal._store)
    renewed = mortal.access(ANNA)
    engine.kill()

    written = b"".join(path.read_bytes() for path in engine.folder.rglob("*") if path.is_file())

    assert b"{1001}:11:grant" in written
    for secret in (token.access_token, token.refresh_token, renewed, grant.user, grant.hub_domain):
        assert secret.encode() not in written
