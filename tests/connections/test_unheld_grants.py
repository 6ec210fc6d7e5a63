"""Connecting fails after HubSpot granted something: it must not live on there with nobody here who holds it."""

import threading
from dataclasses import replace

import pytest

from hubspot.connections import revocations
from hubspot.connections.grants import Account, Grants
from hubspot.errors import NotConnected, StoreDown, StoreRefused, UnreadableResponse
from hubspot.keyring import KeyRing
from tests.connections.servers import until

ANNA = Account(1001, 11)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(revocations, "_PAUSES", (0, 0.2, 0.2, 0.2, 0.2, 0.2))


@pytest.fixture
def given_back():
    """Wait for the end of what this test has set going; another test's may wait for its store much longer."""
    before = set(threading.enumerate())

    def begun_here():
        return [each for each in set(threading.enumerate()) - before if each.name == revocations.GIVING_BACK]

    return lambda: until(lambda: not begun_here())


@pytest.fixture
def mortal(mortal_store, keyring, oauth):
    return Grants(mortal_store, keyring, oauth)


def fill(store):
    store.client.config_set("maxmemory", "1")


def test_a_grant_that_a_full_store_can_not_take_is_revoked(mortal, mortal_store, hubspot, given_back):
    token = hubspot.issue()
    fill(mortal_store)

    with pytest.raises(StoreRefused):
        mortal.save(token)

    given_back()
    assert hubspot.revoked == [token.refresh_token]


def test_a_grant_of_somebody_whom_hubspot_does_not_name_is_revoked(grants, hubspot, store, given_back):
    token = replace(hubspot.issue(), hub_id=None, user_id=None)
    hubspot._introspection = lambda _: {"active": True}

    with pytest.raises(UnreadableResponse):
        grants.save(token)

    given_back()
    assert hubspot.revoked == [token.refresh_token]
    assert list(store.client.scan_iter()) == []


def test_a_store_that_is_down_is_asked_first_when_it_is_back(mortal, engine, hubspot, given_back):
    token = hubspot.issue()
    engine.kill()

    with pytest.raises(StoreDown):
        mortal.save(token)

    assert hubspot.revoked == []
    engine.start()
    given_back()
    assert hubspot.revoked == [token.refresh_token]


def test_a_store_that_stays_down_leaves_a_line_in_the_log(mortal, engine, hubspot, caplog, monkeypatch, given_back):
    monkeypatch.setattr(revocations, "_PAUSES", (0, 0.01))
    token = hubspot.issue()
    engine.kill()

    with pytest.raises(StoreDown):
        mortal.save(token)

    given_back()
    assert "HubSpot was not told" in caplog.text
    assert token.refresh_token not in caplog.text


def test_what_hubspot_does_not_revoke_then_is_revoked_later(grants, hubspot, given_back):
    token = hubspot.issue()

    def refuse(_grant):
        hubspot.is_down = True
        raise NotConnected("not here")

    with pytest.raises(NotConnected):
        grants.save(token, admit=refuse)

    given_back()
    hubspot.is_down = False
    assert grants.revoke_pending() == 0
    assert hubspot.revoked == [token.refresh_token]


def test_who_connects_again_in_vain_keeps_the_connection_there_was(mortal, mortal_store, hubspot, given_back):
    token = hubspot.issue()
    mortal.save(token)
    fill(mortal_store)

    with pytest.raises(StoreRefused):
        mortal.save(token)

    given_back()
    assert hubspot.revoked == []


def test_so_does_who_connects_again_without_being_named(grants, hubspot, given_back):
    token = hubspot.issue()
    grants.save(token)
    hubspot._introspection = lambda _: {"active": True}

    for hub_id in (1001, None):
        with pytest.raises(UnreadableResponse):
            grants.save(replace(token, hub_id=hub_id, user_id=None))

    given_back()
    assert hubspot.revoked == []


def test_a_grant_that_was_stored_though_its_reply_was_lost_lives(grants, hubspot, monkeypatch, given_back):
    stores = Grants._store_grant

    def loses_the_reply(*arguments):
        stores(*arguments)
        raise StoreDown("it does not answer")

    monkeypatch.setattr(Grants, "_store_grant", loses_the_reply)

    with pytest.raises(StoreDown):
        grants.save(hubspot.issue())

    given_back()
    assert hubspot.revoked == []
    assert grants.get(ANNA)


def test_where_the_stored_grant_can_not_be_read_the_new_one_waits_for_the_key(
    store, keyring, oauth, hubspot, grants, given_back
):
    token = hubspot.issue()
    Grants(store, KeyRing({"k9": b"9" * 32}), oauth).save(token)

    def refuse(_grant):
        raise NotConnected("not here")

    with pytest.raises(NotConnected):
        grants.save(token, admit=refuse)

    given_back()
    assert hubspot.revoked == []
    assert grants.revoke_pending() == 1


def test_an_error_that_nobody_expected_is_recorded_by_its_type_alone(grants, hubspot, monkeypatch, caplog, given_back):
    def fails(_):
        raise KeyError("secret text")

    monkeypatch.setattr(grants, "_held", fails)

    def refuse(_grant):
        raise NotConnected("not here")

    with pytest.raises(NotConnected):
        grants.save(hubspot.issue(), admit=refuse)

    given_back()
    assert "KeyError" in caplog.text
    assert "secret text" not in caplog.text
