import time

import pytest

from hubspot.connections.grants import Account, Grants, Pace
from hubspot.connections.records import IDLE_MILLISECONDS
from hubspot.errors import KeyMissing, StoreDown, StoreRefused, Tampered
from hubspot.keyring import KeyRing
from tests.connections.replicas import Replica
from tests.connections.servers import Server, binaries, opened, until

ANNA = Account(1001, 11)


@pytest.fixture
def mortal(mortal_store, keyring, oauth, tmp_path):
    return Grants(mortal_store, keyring, oauth, pace=Pace(commit_again=0.2), spool=tmp_path / "spool")


@pytest.fixture
def replica():
    started = []

    def start(*arguments, **options):
        started.append(Replica(*arguments, **options))
        return started[-1]

    yield start
    for each in started:
        each.kill()


def expire(store):
    store.client.delete(store.key("{1001}", "11", "at"))


@pytest.mark.parametrize("rotates", [False, True])
def test_two_processes_of_ten_threads_make_one_call(engine, mortal, hubspot, replica, rotates):
    mortal.save(hubspot.issue())
    expire(mortal._store)
    hubspot.rotates = rotates
    hubspot.delay = 0.4
    replicas = [replica(engine.url, hubspot.url, threads=10) for _ in range(2)]
    for each in replicas:
        each.wait_ready()

    answers = {token for each in [each.go() for each in replicas] for token in each.answers()}

    assert len(answers) == 1
    assert answers.pop().startswith("access-")
    assert len(hubspot.refreshes) == 1


def test_a_holder_slower_than_its_lease_keeps_it(engine, mortal, hubspot, replica):
    mortal.save(hubspot.issue())
    expire(mortal._store)
    hubspot.delay = 1.6
    replicas = [replica(engine.url, hubspot.url, threads=3, lease=0.8) for _ in range(2)]
    for each in replicas:
        each.wait_ready()

    answers = {token for each in [each.go() for each in replicas] for token in each.answers()}

    assert len(answers) == 1
    assert len(hubspot.refreshes) == 1


def test_others_go_on_when_the_holder_is_killed(engine, mortal, hubspot, replica):
    mortal.save(hubspot.issue())
    expire(mortal._store)
    hubspot.delay = 30
    holder = replica(engine.url, hubspot.url, lease=1.0).wait_ready().go()
    until(lambda: hubspot.refreshes)

    holder.kill()
    hubspot.delay = 0
    began = time.monotonic()
    answer = mortal.access(ANNA)

    assert answer.startswith("access-")
    assert time.monotonic() - began < 3


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
    assert list((tmp_path / "spool").glob("*")) == []


def test_a_rotated_token_outlives_the_process_and_the_store(engine, mortal, hubspot, replica, tmp_path):
    mortal.save(hubspot.issue())
    expire(mortal._store)
    hubspot.rotates = True
    holder = replica(engine.url, hubspot.url, lease=1.0, spool=tmp_path / "spool").wait_ready()
    hubspot.before_answer = engine.kill

    assert holder.go().answers()[0].startswith("access-")
    hubspot.before_answer = lambda: None
    holder.kill()
    engine.start()

    assert mortal.access(ANNA).startswith("access-")
    assert len(hubspot.refreshes) == 2


def test_a_full_store_serves_the_renewed_token_and_stores_it_later(tmp_path, keyring, oauth, hubspot):
    server = Server(binaries()["valkey"], tmp_path, "--maxmemory", "0").start()
    store = opened(server.url)
    grants = Grants(store, keyring, oauth, pace=Pace(commit_again=0.1))
    grants.save(hubspot.issue())
    expire(store)
    hubspot.before_answer = lambda: store.client.config_set("maxmemory", "1")

    try:
        answer = grants.access(ANNA)
        again = grants.access(ANNA)
        with pytest.raises(StoreRefused, match="memory is full"):
            grants.save(hubspot.issue())
        store.client.config_set("maxmemory", "0")
        until(lambda: store.client.exists(store.key("{1001}", "11", "at")))
    finally:
        store.close()
        server.stop()

    assert answer == again
    assert len(hubspot.refreshes) == 1


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
