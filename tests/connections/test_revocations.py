from datetime import UTC, datetime

import pytest

from hubspot.connections.grants import Account, Grants, Pace
from hubspot.connections.revocations import KEEP_DAYS, Revocations
from hubspot.keyring import KeyRing

ANNA = Account(1001, 11)
DAY = 24 * 3600


@pytest.fixture
def kept(grants, hubspot):
    """A connection that ended here while HubSpot was down; returns its refresh token."""
    token = hubspot.issue()
    grants.save(token)
    hubspot.is_down = True
    assert grants.disconnect(ANNA).revocation == "kept"
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

    assert Revocations(store, keyring, oauth, now=lambda: later).retry(lambda _: set()) == 0

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


@pytest.fixture
def full_store(mortal_store):
    """A store that takes nothing more, once it is told so."""
    return lambda: mortal_store.client.config_set("maxmemory", "1")


def test_a_store_that_is_full_can_not_keep_it_and_says_that_it_is_lost(
    mortal_store, full_store, keyring, oauth, hubspot, caplog
):
    grants = Grants(mortal_store, keyring, oauth)
    grants.save(hubspot.issue())
    full_store()
    hubspot.is_down = True

    assert grants.disconnect(ANNA).revocation == "lost"

    assert "HubSpot was not told" in caplog.text


def test_a_store_that_became_full_meanwhile_keeps_what_was_promised(mortal_store, full_store, keyring, oauth, hubspot):
    grants = Grants(mortal_store, keyring, oauth)
    grants.save(hubspot.issue())

    def fails_as_the_store_fills(_path, _form):
        full_store()
        return 503, {}, {}

    hubspot.answer = fails_as_the_store_fills

    done = grants.disconnect(ANNA)

    assert done.revocation == "kept"
    mortal_store.client.config_set("maxmemory", "0")
    assert mortal_store.client.exists(key(mortal_store))


@pytest.mark.parametrize("ring", [{"k9": b"9" * 32}, {"k1": b"x" * 32}], ids=["missing", "another"])
def test_a_grant_that_does_not_open_is_lost_to_hubspot_and_said(grants, store, oauth, hubspot, ring, caplog):
    grants.save(hubspot.issue())

    done = Grants(store, KeyRing(ring), oauth).disconnect(ANNA)

    assert (done.revocation, done.was_last) == ("lost", True)
    assert "HubSpot was not told" in caplog.text
    assert hubspot.revoked == []


def test_of_a_whole_portal_the_worst_is_told(grants, store, hubspot):
    grants.save(hubspot.issue(user_id=11))
    grants.save(hubspot.issue(user_id=12))
    store.client.hset(store.key("{1001}", "11", "grant"), "blob", b"damaged")

    done = grants.forget_portal(1001)

    assert (done.revocation, done.was_last) == ("lost", True)
    assert len(hubspot.revoked) == 1


def test_a_portal_that_somebody_connects_meanwhile_is_not_forgotten(grants, hubspot):
    grants.save(hubspot.issue())
    coming = hubspot.issue(user_id=12)
    hubspot.before_answer = lambda: hubspot.calls[-1]["path"].endswith("/revoke") and grants.save(coming)

    done = grants.forget_portal(1001)

    assert not done.was_last
    assert grants.accounts(1001) == (Account(1001, 12),)
    assert 1001 in grants.portals()
