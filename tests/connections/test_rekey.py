import threading

import pytest

from hubspot.connections import rekey
from hubspot.connections.engine import Store
from hubspot.connections.grants import Account, Grants
from hubspot.connections.handshake import Handshake, Notice
from hubspot.connections.keycheck import check_keys
from hubspot.connections.preferences import Preferences
from hubspot.connections.records import Commit, account_key
from hubspot.connections.rekey import Sealed, Survey, reseal, survey
from hubspot.connections.sessions import Sessions
from hubspot.connections.spool import Spool, folder_of
from hubspot.errors import StoreRefused
from hubspot.keyring import KeyRing
from tests.connections.servers import KEYS, opened

ANNA = Account(1001, 11)
LAPTOP = "a" * 64
NEW = {"k2": b"2" * 32}
MARK = "1234567890abcdef" * 3


@pytest.fixture
def ring():
    """The new key in front of the old one."""
    return KeyRing(NEW | KEYS)


@pytest.fixture
def lived_in(store, keyring, grants, hubspot):
    """A store with one of everything that is ever sealed, all under the old key; returns how many values that are."""
    check_keys(store, keyring)
    handshake, preferences = Handshake(store, keyring, pages=("overview",)), Preferences(store, keyring)
    grant = grants.save(hubspot.issue())
    Sessions(store, keyring).add(LAPTOP, grant)
    preferences.put(ANNA, "columns", ["email"])
    preferences.put(ANNA, "views", ["mine"])
    preferences.keep_view(1001, {"search": "smith"})
    handshake.claim("00" * 16)
    handshake.leave_notice(LAPTOP, Notice("info", "Connected."))
    hubspot.is_down = True
    grants.disconnect(grants.save(hubspot.issue(hub_id=1002)).account)
    hubspot.is_down = False
    # Not sealed, though it begins as what is sealed does.
    store.client.set(store.key("{mark}", "used"), MARK)
    return 10


def expiries(store):
    return {key: store.client.pttl(key) for key in store.client.scan_iter()}


def test_everything_that_was_sealed_is_found_and_sealed_anew(store, ring, lived_in):
    assert survey(store, ring) == Survey({"k1": lived_in}, 0)

    assert reseal(store, ring) == lived_in

    assert survey(store, ring) == Survey({"k2": lived_in}, 0)
    assert survey(store, ring).older(ring) == {}


def test_afterwards_the_old_key_can_be_dropped(store, ring, lived_in, oauth, hubspot):
    reseal(store, ring)

    alone = KeyRing(NEW)
    check_keys(store, alone)
    grants, preferences = Grants(store, alone, oauth), Preferences(store, alone)
    assert grants.access(ANNA).startswith("access-1001-11")
    assert set(Sessions(store, alone).visible(LAPTOP).grants) == {1001}
    assert preferences.get(ANNA, "columns") == ["email"]
    assert Handshake(store, alone, pages=("overview",)).take_notice(LAPTOP) == Notice("info", "Connected.")
    assert grants.revoke_pending() == 0
    assert len(hubspot.revoked) == 1


def test_what_expires_expires_when_it_would_have(store, ring, lived_in):
    before = expiries(store)

    reseal(store, ring)

    after = expiries(store)
    assert set(after) == set(before)
    assert all(before[key] - 5000 <= after[key] <= before[key] for key in before)


def test_a_second_time_has_nothing_to_do(store, ring, lived_in):
    reseal(store, ring)

    assert reseal(store, ring) == 0


@pytest.mark.parametrize(("name", "field"), [(("{1001}", "11", "at"), None), (("{1001}", "11", "grant"), "blob")])
def test_a_value_that_changed_meanwhile_stays_as_it_is(store, lived_in, name, field):
    key = store.key(*name)
    seen = store.client.hget(key, field) if field else store.client.get(key)
    newer = b"1k1  newer"
    if field:
        store.client.hset(key, field, newer)
    else:
        store.client.set(key, newer)

    assert rekey._swap(store, Sealed(key, field, seen), b"1k2  older") == 0

    assert (store.client.hget(key, field) if field else store.client.get(key)) == newer


def test_tokens_that_are_renewed_all_the_while_are_never_lost(store, ring, grants, oauth, hubspot, lived_in):
    hubspot.rotates = True
    done = threading.Event()

    def reseal_again_and_again():
        rings = [ring, KeyRing(KEYS | NEW)]
        while not done.is_set():
            for each in rings:
                reseal(store, each)

    worker = threading.Thread(target=reseal_again_and_again)
    worker.start()
    renewing = [Grants(store, each, oauth) for each in (ring, KeyRing(KEYS | NEW))]
    for turn in range(40):
        store.client.delete(store.key("{1001}", "11", "at"))
        assert renewing[turn % 2].access(ANNA)
    done.set()
    worker.join()

    assert len(hubspot.refreshes) == 40
    reseal(store, ring)
    assert survey(store, ring).older(ring) == {}


def test_a_lost_reply_is_no_lost_value(lossy_store, proxy, store, ring, lived_in):
    proxy.lose_reply_to(b"1k2 ")

    assert reseal(lossy_store, ring) == lived_in

    assert proxy.lost == 1
    assert survey(store, ring).counts == {"k2": lived_in}


def test_what_needs_a_key_that_is_missing_is_counted_and_kept(store, lived_in):
    alone = KeyRing(NEW)
    before = {each.key: each.value for each in rekey._sealed(store)}

    assert reseal(store, alone) == 0

    assert survey(store, alone).older(alone) == {"k1": lived_in}
    assert {each.key: each.value for each in rekey._sealed(store)} == before


def test_damaged_values_are_counted_and_kept(store, ring, lived_in):
    key = store.key("{1001}", "11", "at")
    damaged = store.client.get(key)[:-1] + b"\0\0"
    store.client.set(key, damaged)

    assert reseal(store, ring) == lived_in - 1

    assert store.client.get(key) == damaged
    assert survey(store, ring) == Survey({"k2": lived_in - 1}, 1)


def test_a_renewed_token_in_the_spool_of_any_app_is_sealed_anew_too(store, ring, keyring, tmp_path):
    other = Store(store.client, prefix="hd1:0123abcd:", where="")
    for app, user_id in ((store, 11), (other, 12)):
        account = Account(1001, user_id)
        blob = keyring.seal(b"grant", account_key(app, account, "grant"))
        Spool(folder_of(tmp_path, app.prefix)).keep(Commit(account, "a", "b", blob))
    before = survey(store, ring, tmp_path)

    assert reseal(store, ring, tmp_path) == 2

    assert (before.counts, survey(store, ring, tmp_path).counts) == ({"k1": 2}, {"k2": 2})
    (kept,) = Spool(folder_of(tmp_path, store.prefix)).kept()
    assert (kept.account, kept.expected, kept.mark) == (ANNA, "a", "b")
    assert KeyRing(NEW).open(kept.blob, account_key(store, ANNA, "grant")) == b"grant"


def test_a_newer_token_in_the_spool_is_not_replaced_by_an_older_one(tmp_path):
    spool, older, newer = Spool(tmp_path), Commit(ANNA, "a", "b", b"older"), Commit(ANNA, "b", "c", b"newer")
    spool.keep(newer)

    assert spool.swap(older, b"anew") == 0

    assert list(spool.kept()) == [newer]


def test_the_data_of_another_app_under_the_same_ring_is_sealed_anew_too(store, ring, keyring):
    key = "hd1:0123abcd:{1}:2:at"
    store.client.set(key, keyring.seal(b"of the sample portal", key))

    assert reseal(store, ring) == 1

    assert ring.open(store.client.get(key), key) == b"of the sample portal"


def test_a_thousand_portals_take_seconds(store, ring, keyring):
    pipeline = store.client.pipeline()
    for hub_id in range(1000):
        key = store.key(f"{{{hub_id}}}", "11", "at")
        pipeline.set(key, keyring.seal(b"token", key), px=60_000)
    pipeline.execute()

    assert reseal(store, ring) == 1000


def test_without_the_permission_to_scan_it_says_which_one_is_missing(store, ring, lived_in, shared_server):
    store.client.acl_setuser(
        "narrow", enabled=True, passwords=["+secret"], keys=["*"], categories=["+@all"], commands=["-scan"]
    )
    narrow = opened(shared_server.url.replace("unix://", "unix://narrow:secret@"))

    with pytest.raises(StoreRefused, match=r"\+scan"):
        reseal(narrow, ring)

    narrow.close()
    store.client.acl_deluser("narrow")
    assert survey(store, ring).counts == {"k1": lived_in}
