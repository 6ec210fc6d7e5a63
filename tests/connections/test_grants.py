import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hubspot.connections.grants import Account, Disconnection, Grants
from hubspot.errors import ConnectionEnded, NotConnected, SettingsError, StoreDown, UnreadableResponse
from tests.connections.servers import until

ANNA, BEN = Account(1001, 11), Account(1001, 12)


def keys(store):
    return sorted(key.decode() for key in store.client.scan_iter())


def test_a_saved_grant_is_read_back_with_what_introspection_told(grants, hubspot):
    saved = grants.save(hubspot.issue())

    assert grants.get(ANNA) == saved
    assert (saved.user, saved.hub_domain, saved.scopes) == (
        "person11@example.com",
        "portal1001.example.com",
        ("oauth",),
    )
    assert saved.connected_at - datetime.now(UTC) < timedelta(seconds=5)


def test_introspection_names_the_account_where_the_answer_does_not(grants, hubspot):
    token = replace(hubspot.issue(), hub_id=None, user_id=None)

    assert grants.save(token).account == ANNA


def test_a_grant_is_saved_without_its_email_when_introspection_fails(grants, hubspot):
    token = hubspot.issue()
    hubspot.is_down = True

    assert grants.save(token).user == ""


def test_an_answer_of_nobody_is_refused(grants, hubspot):
    with pytest.raises(UnreadableResponse, match="whose connection"):
        grants.save(replace(hubspot.issue(), refresh_token=""))


def test_nobody_is_connected_at_first(grants):
    with pytest.raises(NotConnected):
        grants.get(ANNA)
    with pytest.raises(NotConnected):
        grants.access(ANNA)
    assert grants.accounts(1001) == ()
    assert grants.portals() == {}
    assert grants.token_expires_at(ANNA) is None


def test_renewing_ones_grant_keeps_its_connection_and_reconnecting_does_not(grants, hubspot):
    first = grants.save(hubspot.issue())
    renewed = grants.save(hubspot.issue())
    grants.disconnect(ANNA)
    again = grants.save(hubspot.issue())

    assert first.conn == renewed.conn != again.conn


def test_a_colleagues_grant_stays_as_it_is(grants, hubspot):
    bens = grants.save(hubspot.issue(user_id=12))
    grants.save(hubspot.issue(user_id=11))

    done = grants.disconnect(ANNA)

    assert not done.was_last
    assert grants.get(BEN) == bens
    assert grants.access(BEN).startswith("access-1001-12")
    assert grants.accounts(1001) == (BEN,)


def test_disconnecting_revokes_and_leaves_no_key_of_the_portal(grants, hubspot, store):
    token = hubspot.issue()
    grants.save(token)
    store.client.set(store.key("{1001}", "progress"), "of another room")

    done = grants.disconnect(ANNA)

    assert (done.revocation, done.was_last) == ("done", True)
    assert hubspot.revoked == [token.refresh_token]
    assert keys(store) == []
    with pytest.raises(NotConnected):
        grants.access(ANNA)


def test_disconnecting_works_while_hubspot_is_down_and_says_so(grants, hubspot, store):
    grants.save(hubspot.issue())
    hubspot.is_down = True

    done = grants.disconnect(ANNA)

    assert (done.revocation, done.was_last) == ("kept", True)
    assert [key for key in keys(store) if "1001" in key] == []


def test_disconnecting_leaves_other_portals_alone(grants, hubspot):
    grants.save(hubspot.issue(hub_id=1001))
    grants.save(hubspot.issue(hub_id=100))
    grants.save(hubspot.issue(hub_id=10011))

    grants.disconnect(ANNA)

    assert set(grants.portals()) == {100, 10011}
    assert grants.access(Account(10011, 11)).startswith("access-10011-")


def test_an_expired_colleague_does_not_keep_the_portal(grants, hubspot, store):
    grants.save(hubspot.issue(user_id=11))
    grants.save(hubspot.issue(user_id=12))
    store.client.delete(store.key("{1001}", "12", "grant"))

    assert grants.disconnect(ANNA).was_last


def test_a_colleague_who_comes_back_while_an_expired_grant_is_struck_out_stays_listed(
    grants, hubspot, store, monkeypatch
):
    grants.save(hubspot.issue(user_id=12))
    store.client.delete(store.key("{1001}", "12", "grant"))
    run = store.run

    def after_coming_back(*arguments):
        monkeypatch.setattr(store, "run", run)
        grants.save(hubspot.issue(user_id=12))
        return run(*arguments)

    monkeypatch.setattr(store, "run", after_coming_back)

    assert grants.accounts(1001) == (BEN,)
    assert grants.accounts(1001) == (BEN,)


def test_an_ended_colleague_does_not_keep_the_portal(grants, hubspot, store):
    bens = hubspot.issue(user_id=12)
    grants.save(bens)
    grants.save(hubspot.issue(user_id=11))
    hubspot.end(bens.refresh_token)
    store.client.delete(store.key("{1001}", "12", "at"))
    with pytest.raises(ConnectionEnded):
        grants.access(BEN)

    assert grants.accounts(1001) == (ANNA,)
    assert grants.disconnect(ANNA).was_last
    assert keys(store) == []


def test_a_grant_that_does_not_open_can_still_be_disconnected(grants, hubspot, store):
    grants.save(hubspot.issue())
    store.client.hset(store.key("{1001}", "11", "grant"), "blob", b"damaged")

    done = grants.disconnect(ANNA)

    assert (done.revocation, done.was_last) == ("lost", True)


def test_disconnecting_twice_is_harmless(grants, hubspot):
    grants.save(hubspot.issue())
    grants.disconnect(ANNA)

    assert grants.disconnect(ANNA).revocation == "done"
    assert len(hubspot.revoked) == 1


def test_forgetting_a_portal_disconnects_everybody(grants, hubspot, store):
    grants.save(hubspot.issue(user_id=11))
    grants.save(hubspot.issue(user_id=12))

    assert grants.forget_portal(1001) == Disconnection("done", was_last=True)
    assert len(hubspot.revoked) == 2
    assert keys(store) == []


def test_a_person_who_is_not_admitted_leaves_nothing(grants, hubspot, store):
    token = hubspot.issue()

    def refuse(grant):
        raise SettingsError(f"{grant.user} may not")

    with pytest.raises(SettingsError):
        grants.save(token, admit=refuse)
    until(lambda: hubspot.revoked == [token.refresh_token])
    until(lambda: keys(store) == [])


def test_an_epoch_begins_with_the_portal_and_never_repeats(grants, hubspot):
    grants.save(hubspot.issue())
    first = grants.epoch(1001)
    grants.disconnect(ANNA)
    gone = grants.epoch(1001)
    grants.save(hubspot.issue())

    assert 0 < first < grants.epoch(1001)
    assert gone == 0


def test_a_colleague_who_connects_does_not_begin_a_new_epoch(grants, hubspot):
    grants.save(hubspot.issue(user_id=11))
    before = grants.epoch(1001)
    grants.save(hubspot.issue(user_id=12))

    assert grants.epoch(1001) == before


def test_a_portal_remembers_when_it_was_opened_to_the_hour(store, keyring, oauth, hubspot):
    clock = [1_800_000_000.0]
    grants = Grants(store, keyring, oauth, now=lambda: clock[0])
    grants.save(hubspot.issue())

    clock[0] += 60
    grants.opened(1001)
    after_a_minute = grants.portals()[1001].timestamp()
    clock[0] += 3600
    grants.opened(1001)

    assert after_a_minute == 1_800_000_000
    assert grants.portals()[1001].timestamp() == 1_800_003_660


def test_looking_at_a_portal_keeps_the_grants_of_all_who_are_connected(grants, store, keyring, oauth, hubspot):
    clock = [1_800_000_000.0]
    grants.save(hubspot.issue(user_id=11))
    grants.save(hubspot.issue(user_id=12))
    kept = [store.key("{1001}", *names) for names in (("11", "grant"), ("12", "grant"), ("accounts",), ("epoch",))]
    colleague = Grants(store, keyring, oauth, now=lambda: clock[0])

    def left_after_a_look():
        for key in kept:
            store.client.pexpire(key, 60_000)
        colleague.opened(1001)
        return {timedelta(milliseconds=store.client.pttl(key)) > timedelta(days=179) for key in kept}

    assert left_after_a_look() == {True}
    clock[0] += 60
    assert left_after_a_look() == {False}
    clock[0] += 3600
    assert left_after_a_look() == {True}


def test_looking_at_a_portal_brings_no_grant_back_and_keeps_none_that_ended(grants, store, keyring, oauth, hubspot):
    bens = hubspot.issue(user_id=12)
    grants.save(bens)
    grants.save(hubspot.issue(user_id=11))
    hubspot.end(bens.refresh_token)
    store.client.delete(store.key("{1001}", "12", "at"))
    with pytest.raises(ConnectionEnded):
        grants.access(BEN)
    store.client.delete(store.key("{1001}", "11", "grant"))
    store.client.pexpire(store.key("{1001}", "12", "grant"), 60_000)

    Grants(store, keyring, oauth).opened(1001)

    assert not store.client.exists(store.key("{1001}", "11", "grant"))
    assert store.client.pttl(store.key("{1001}", "12", "grant")) <= 60_000


def test_the_tokens_end_is_told_with_the_margin_put_back(grants, hubspot):
    grants.save(hubspot.issue())

    left = grants.token_expires_at(ANNA) - datetime.now(UTC)

    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


def test_every_stored_key_ends_by_itself_but_the_list_of_portals(grants, hubspot, store):
    grants.save(hubspot.issue())

    endless = [key for key in keys(store) if store.client.pttl(key) < 0]

    assert endless == [store.key("portals")]


def test_nothing_secret_stands_in_clear(grants, hubspot, store):
    token = hubspot.issue()
    grant = grants.save(token)
    secrets = (token.access_token, token.refresh_token, grant.user, grant.hub_domain)

    stored = []
    for key in store.client.scan_iter():
        kind = store.client.type(key)
        stored.append(store.client.hgetall(key) if kind == b"hash" else store.client.get(key))

    assert not re.search("|".join(secrets), repr((keys(store), stored)))
    assert not re.search("|".join(secrets), repr((grant, token)))


def test_a_grant_moved_to_another_person_does_not_open(grants, hubspot, store):
    grants.save(hubspot.issue(user_id=11))
    grants.save(hubspot.issue(user_id=12))
    stolen = store.client.hget(store.key("{1001}", "11", "grant"), "blob")
    store.client.hset(store.key("{1001}", "12", "grant"), "blob", stolen)

    with pytest.raises(Exception, match="damaged, or moved"):
        grants.get(BEN)


def test_a_store_that_is_down_saves_nothing_and_says_so(mortal_store, engine, keyring, oauth, hubspot):
    grants = Grants(mortal_store, keyring, oauth)
    engine.kill()

    with pytest.raises(StoreDown, match="does not answer"):
        grants.save(hubspot.issue())


def test_grants_survive_a_killed_server(mortal_store, engine, keyring, oauth, hubspot):
    grants = Grants(mortal_store, keyring, oauth)
    saved = grants.save(hubspot.issue())

    engine.restart()

    assert grants.get(ANNA) == saved
    assert grants.access(ANNA).startswith("access-")
    assert not hubspot.refreshes


def test_the_stored_form_is_json_that_another_version_can_read(grants, hubspot, store, keyring):
    token = hubspot.issue()
    grants.save(token)
    key = store.key("{1001}", "11", "grant")

    plain = json.loads(keyring.open(store.client.hget(key, "blob"), key))

    assert plain["refresh_token"] == token.refresh_token


def test_no_log_line_holds_a_secret(grants, hubspot, store, caplog):
    caplog.set_level("DEBUG", logger="hubspot")
    token = hubspot.issue()
    grant = grants.save(token)
    renewed = grants.access(ANNA, rejected=token.access_token)
    hubspot.end(token.refresh_token)
    with pytest.raises(ConnectionEnded) as ended:
        grants.access(ANNA, rejected=renewed)
    grants.disconnect(ANNA)

    said = caplog.text + str(ended.value)
    assert "access token renewed: 1001.11" in said
    for secret in (token.access_token, token.refresh_token, renewed, grant.user, grant.hub_domain):
        assert secret not in said
