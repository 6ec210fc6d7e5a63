from datetime import UTC, datetime

import pytest

from hubspot.connections.grants import Account, Grants, Pace
from hubspot.connections.revocations import KEEP_DAYS, Revocations
from hubspot.errors import NotConnected
from hubspot.keyring import KeyRing

ANNA = Account(1001, 11)
DAY = 24 * 3600


@pytest.fixture
def kept(grants, hubspot):
    """A connection that ended here while HubSpot was down; returns its refresh token."""
    token = hubspot.issue()
    grants.save(token)
    hubspot.is_down = True
    assert not grants.disconnect(ANNA).is_revoked
    hubspot.is_down = False
    return token.refresh_token


def key(store):
    return store.key("revocations")


def test_what_hubspot_did_not_revoke_is_revoked_when_it_answers_again(grants, hubspot, kept, store):
    assert grants.revoke_pending() == 0

    assert hubspot.revoked == [kept]
    assert not store.client.exists(key(store))
    assert grants.revoke_pending() == 0
    assert hubspot.revoked == [kept]


def test_while_hubspot_stays_down_it_waits(grants, hubspot, kept):
    hubspot.is_down = True

    assert grants.revoke_pending() == 1
    assert grants.revoke_pending() == 1


def test_any_replica_finishes_what_another_one_left(store, keyring, oauth, hubspot, kept):
    assert Grants(store, keyring, oauth).revoke_pending() == 0
    assert hubspot.revoked == [kept]


def test_what_waits_is_sealed_and_ends_by_itself(store, kept):
    ((name, sealed),) = store.client.hgetall(key(store)).items()

    assert kept.encode() not in sealed
    assert name.startswith(b"1001.11.")
    assert KEEP_DAYS * DAY < store.client.ttl(key(store)) <= 2 * KEEP_DAYS * DAY


def test_somebody_who_came_back_with_the_same_refresh_token_keeps_it(grants, hubspot, kept):
    again = hubspot.issue()
    grants.save(type(again)(again.access_token, kept, 1800, 1001, 11, ("oauth",)))

    assert grants.revoke_pending() == 0
    assert hubspot.revoked == []


def test_somebody_who_came_back_with_a_new_refresh_token_loses_only_the_old_one(grants, hubspot, kept):
    grants.save(hubspot.issue())

    assert grants.revoke_pending() == 0
    assert hubspot.revoked == [kept]
    assert grants.access(ANNA)


def test_after_a_week_it_is_given_up_and_said(store, keyring, oauth, hubspot, kept, caplog):
    hubspot.is_down = True
    later = datetime.now(UTC).timestamp() + KEEP_DAYS * DAY + 60

    assert Revocations(store, keyring, oauth, now=lambda: later).retry(lambda _: "") == 0

    assert not store.client.exists(key(store))
    assert "HubSpot did not revoke the grant of 1001.11 within 7 days" in caplog.text
    assert kept not in caplog.text


def test_a_damaged_one_is_dropped(store, grants, hubspot, kept):
    ((name, sealed),) = store.client.hgetall(key(store)).items()
    store.client.hset(key(store), name, sealed[:-1] + b"\0\0")

    assert grants.revoke_pending() == 0
    assert hubspot.revoked == []


def test_one_sealed_with_a_key_that_is_gone_holds_up_no_other(store, oauth, hubspot, keyring, kept):
    other = KeyRing({"k9": b"9" * 32})
    Revocations(store, other, oauth)._keep(Account(1002, 12), "refresh-of-somebody-else")

    waiting = Grants(store, keyring, oauth).revoke_pending()

    assert waiting == 1
    assert hubspot.revoked == [kept]


def test_a_connection_is_listed_before_it_is_stored(grants, hubspot, monkeypatch):
    def killed(*_):
        raise SystemExit

    monkeypatch.setattr(Grants, "_store_grant", killed)
    with pytest.raises(SystemExit):
        grants.save(hubspot.issue())

    assert list(grants.portals()) == [ANNA.hub_id]


def test_a_refused_connection_is_revoked_later_too(grants, hubspot):
    def refuse(_grant):
        hubspot.is_down = True
        raise NotConnected("not here")

    with pytest.raises(NotConnected):
        grants.save(hubspot.issue(), admit=refuse)
    hubspot.is_down = False

    assert grants.revoke_pending() == 0
    assert len(hubspot.revoked) == 1


@pytest.mark.parametrize(("days", "least"), [(30, 180), (180, 210), (400, 430)])
def test_a_grant_outlives_the_days_that_a_portal_is_kept(store, keyring, oauth, hubspot, days, least):
    grants = Grants(store, keyring, oauth, pace=Pace.keeping(days))

    grants.save(hubspot.issue())
    saved = store.client.ttl(store.key("{1001}", "11", "grant"))
    store.client.expire(store.key("{1001}", "11", "grant"), DAY)
    grants.access(ANNA, rejected=grants.access(ANNA))
    renewed = store.client.ttl(store.key("{1001}", "11", "grant"))
    store.client.expire(store.key("{1001}", "11", "grant"), DAY)
    Grants(store, keyring, oauth, pace=Pace.keeping(days)).opened(1001)
    opened = store.client.ttl(store.key("{1001}", "11", "grant"))

    assert {round(each / DAY) for each in (saved, renewed, opened)} == {least}


def test_what_a_person_arranged_lives_on_while_the_portal_is_opened(store, keyring, oauth, grants, hubspot):
    grants.save(hubspot.issue())
    arranged = store.key("{1001}", "11", "preferences")
    store.client.hset(arranged, "columns", b"sealed")
    store.client.expire(arranged, DAY)

    Grants(store, keyring, oauth).opened(1001)

    assert store.client.ttl(arranged) > 30 * DAY
