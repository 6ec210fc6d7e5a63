import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hubspot.connections.grants import Account, Grants, Pace
from hubspot.errors import ConnectionEnded, NotConnected, OAuthRefused, SettingsError, TryLater
from tests.connections.servers import until
from tests.connections.token_endpoint import BAD_REFRESH_TOKEN

ANNA = Account(1001, 11)
AT = ("{1001}", "11", "at")
QUICK = Pace(cool_down=0.3, lease=0.6)


@pytest.fixture
def quick(store, keyring, oauth):
    return Grants(store, keyring, oauth, pace=QUICK)


def expire(store):
    store.client.delete(store.key(*AT))


def nearly_expire(store, seconds=200):
    store.client.pexpire(store.key(*AT), seconds * 1000)


def connect(grants, hubspot):
    token = hubspot.issue()
    grants.save(token)
    return token


def test_a_young_token_is_handed_out_as_it_is(grants, hubspot):
    token = connect(grants, hubspot)

    assert grants.access(ANNA) == token.access_token
    assert not hubspot.refreshes


def test_a_token_is_kept_a_minute_less_than_hubspot_gives_it(grants, hubspot, store):
    connect(grants, hubspot)

    assert 1730 < store.client.ttl(store.key(*AT)) <= 1740


def test_the_margins_shrink_with_a_short_life(grants, hubspot, store):
    grants.save(hubspot.issue(expires_in=60))

    assert 50 < store.client.ttl(store.key(*AT)) <= 54
    assert grants.access(ANNA)
    assert not hubspot.refreshes


def test_an_expired_token_is_renewed_and_shared(grants, hubspot, store, keyring, oauth):
    token = connect(grants, hubspot)
    expire(store)

    renewed = grants.access(ANNA)

    assert renewed != token.access_token
    assert Grants(store, keyring, oauth).access(ANNA) == renewed
    assert len(hubspot.refreshes) == 1


def test_a_token_near_its_end_is_renewed_by_one_while_the_others_use_it(grants, hubspot, store):
    token = connect(grants, hubspot)
    nearly_expire(store)
    answering = threading.Event()
    hubspot.before_answer = answering.wait

    with ThreadPoolExecutor(8) as pool:
        renewing = pool.submit(grants.access, ANNA)
        until(lambda: hubspot.refreshes)
        others = {pool.submit(grants.access, ANNA).result() for _ in range(20)}
        answering.set()

    assert others == {token.access_token}
    assert renewing.result() == grants.access(ANNA) != token.access_token
    assert len(hubspot.refreshes) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failure_ahead_of_the_end_disturbs_nobody(grants, hubspot, store, status):
    token = connect(grants, hubspot)
    nearly_expire(store)
    hubspot.answers += [(status, {}, {})] * 2

    assert grants.access(ANNA) == token.access_token
    assert grants.access(ANNA) == token.access_token
    assert len(hubspot.refreshes) == (1 if status == 429 else 2)


def test_twenty_threads_with_an_expired_token_make_one_call(grants, hubspot, store):
    connect(grants, hubspot)
    expire(store)
    hubspot.delay = 0.2

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(lambda _: grants.access(ANNA), range(20)))

    assert len(answers) == 1
    assert len(hubspot.refreshes) == 1


def test_a_rejected_token_is_renewed_once_for_all_who_hold_it(grants, hubspot):
    token = connect(grants, hubspot)

    first = grants.access(ANNA, rejected=token.access_token)
    second = grants.access(ANNA, rejected=token.access_token)

    assert first == second != token.access_token
    assert len(hubspot.refreshes) == 1


def test_a_rotated_refresh_token_is_used_the_next_time(grants, hubspot, store):
    connect(grants, hubspot)
    hubspot.rotates = True

    for _ in range(3):
        expire(store)
        assert grants.access(ANNA)

    assert len({call["refresh_token"] for call in hubspot.refreshes}) == 3


def test_a_single_failure_is_tried_again_at_once(grants, hubspot, store):
    connect(grants, hubspot)
    expire(store)
    hubspot.answers.append((502, {}, {}))

    assert grants.access(ANNA)
    assert len(hubspot.refreshes) == 2


def test_everybody_waits_as_long_as_hubspot_asks(grants, hubspot, store, keyring, oauth):
    connect(grants, hubspot)
    expire(store)
    hubspot.answers.append((429, {"message": "slow down"}, {"Retry-After": "7"}))

    with pytest.raises(TryLater, match="wait 7 s") as refused:
        grants.access(ANNA)
    with pytest.raises(TryLater):
        Grants(store, keyring, oauth).access(ANNA)

    assert refused.value.retry_after == 7
    assert len(hubspot.refreshes) == 1


def test_a_minute_is_the_longest_wait(grants, hubspot, store):
    connect(grants, hubspot)
    expire(store)
    hubspot.answers.append((429, {}, {"Retry-After": "86400"}))

    with pytest.raises(TryLater) as refused:
        grants.access(ANNA)

    assert refused.value.retry_after == 60


def test_after_the_wait_it_goes_on(quick, hubspot, store):
    connect(quick, hubspot)
    expire(store)
    hubspot.answers += [(500, {}, {})] * 2

    with pytest.raises(TryLater):
        quick.access(ANNA)
    time.sleep(0.35)

    assert quick.access(ANNA)


@pytest.mark.parametrize("status", [423, 477, 500, 503])
def test_trouble_at_hubspot_ends_no_grant_whatever_the_body_says(grants, hubspot, store, status):
    connect(grants, hubspot)
    expire(store)
    body = BAD_REFRESH_TOKEN if status >= 500 else {}
    hubspot.answers += [(status, body, {})] * 2

    with pytest.raises(TryLater):
        grants.access(ANNA)
    assert grants.get(ANNA)


def test_a_wrong_client_secret_is_the_operators_and_touches_nothing(grants, hubspot, store):
    connect(grants, hubspot)
    expire(store)
    hubspot.answers.append((401, {"status": "BAD_CLIENT_SECRET", "error": "invalid_client"}, {}))

    for _ in range(2):
        with pytest.raises(SettingsError, match="client id or secret"):
            grants.access(ANNA)

    assert len(hubspot.refreshes) == 1
    assert grants.get(ANNA)


def test_another_refusal_is_passed_on_and_ends_nothing(grants, hubspot, store):
    connect(grants, hubspot)
    expire(store)
    hubspot.answers.append(
        (400, {"status": "BAD_HUB", "message": "missing or unknown hub id", "error": "access_denied"}, {})
    )

    with pytest.raises(OAuthRefused):
        grants.access(ANNA)
    with pytest.raises(TryLater):
        grants.access(ANNA)
    assert len(hubspot.refreshes) == 1
    assert grants.get(ANNA)


def test_a_refusal_ahead_of_the_end_is_not_asked_for_at_each_rerun(grants, hubspot, store):
    token = connect(grants, hubspot)
    nearly_expire(store)
    hubspot.answers += [(400, {"status": "BAD_HUB", "error": "access_denied"}, {})] * 9

    assert {grants.access(ANNA) for _ in range(5)} == {token.access_token}
    assert len(hubspot.refreshes) == 1


def test_a_locked_account_is_asked_again_when_hubspot_says(grants, hubspot, store):
    connect(grants, hubspot)
    expire(store)
    hubspot.answers.append((423, {}, {"Retry-After": "2"}))

    with pytest.raises(TryLater, match="wait 2 s"):
        grants.access(ANNA)
    assert len(hubspot.refreshes) == 1


def test_a_revoked_grant_is_ended_once_and_remembered(grants, hubspot, store):
    token = connect(grants, hubspot)
    expire(store)
    hubspot.end(token.refresh_token)

    for _ in range(3):
        with pytest.raises(ConnectionEnded, match="HubSpot ended this connection on") as ended:
            grants.access(ANNA)

    assert len(hubspot.refreshes) == 1
    assert ended.value.ended_at.year >= 2026
    assert store.client.hget(store.key("{1001}", "11", "grant"), "blob") is None


def test_connecting_again_revives_an_ended_grant_with_its_connection(grants, hubspot, store):
    first = grants.save(token := hubspot.issue())
    expire(store)
    hubspot.end(token.refresh_token)
    with pytest.raises(ConnectionEnded):
        grants.access(ANNA)

    assert grants.save(hubspot.issue()).conn == first.conn
    assert grants.access(ANNA)


def test_a_stale_refresh_token_that_loses_the_race_keeps_the_winner(grants, hubspot, store):
    token = connect(grants, hubspot)
    expire(store)
    winner = hubspot.issue()

    def meanwhile():
        hubspot.before_answer = lambda: None
        hubspot.end(token.refresh_token)
        grants.save(winner)

    hubspot.before_answer = meanwhile

    assert grants.access(ANNA) == winner.access_token


def test_who_commits_after_somebody_connected_anew_hands_out_the_new_token(grants, hubspot, oauth):
    connect(grants, hubspot)
    record = grants._renewal.record(ANNA)
    late = oauth.refresh(record.refresh_token)
    winner = hubspot.issue()
    grants.save(winner)

    handed_out = grants._tokens.commit(record, late, time.monotonic())

    assert handed_out == grants.access(ANNA) == winner.access_token


def test_a_late_success_revives_a_grant_that_a_stale_renewal_saw_ended(store, keyring, oauth, hubspot):
    ahead, behind = (Grants(store, keyring, oauth) for _ in range(2))
    connect(ahead, hubspot)
    hubspot.rotates = True
    expire(store)
    record = ahead._renewal.record(ANNA)
    renewed = oauth.refresh(record.refresh_token)
    with pytest.raises(ConnectionEnded):
        behind.access(ANNA)

    ahead._tokens.commit(record, renewed, time.monotonic())

    assert behind.access(ANNA) == renewed.access_token
    expire(store)
    assert behind.access(ANNA)


@pytest.mark.parametrize("rotates", [False, True])
def test_a_disconnect_during_a_renewal_wins(grants, hubspot, store, rotates):
    connect(grants, hubspot)
    expire(store)
    hubspot.rotates = rotates

    def meanwhile():
        hubspot.before_answer = lambda: None
        Grants(store, grants._keyring, grants._oauth).disconnect(ANNA)

    hubspot.before_answer = meanwhile

    with pytest.raises(NotConnected):
        grants.access(ANNA)
    assert list(store.client.scan_iter(match="*{1001}*")) == []


def test_a_disconnect_after_hubspot_has_answered_revokes_the_late_token(grants, hubspot, store, oauth):
    connect(grants, hubspot)
    hubspot.rotates = True
    record = grants._renewal.record(ANNA)
    late = oauth.refresh(record.refresh_token)
    grants.disconnect(ANNA)

    with pytest.raises(NotConnected, match="meanwhile"):
        grants._tokens.commit(record, late, time.monotonic())

    assert hubspot.revoked[-1] == late.refresh_token


def test_a_late_token_that_hubspot_can_not_revoke_now_is_revoked_later(grants, hubspot, oauth):
    connect(grants, hubspot)
    hubspot.rotates = True
    record = grants._renewal.record(ANNA)
    late = oauth.refresh(record.refresh_token)
    grants.disconnect(ANNA)
    hubspot.is_down = True

    with pytest.raises(NotConnected, match="meanwhile"):
        grants._tokens.commit(record, late, time.monotonic())
    hubspot.is_down = False

    assert hubspot.live == [late.refresh_token]
    assert grants.revoke_pending() == 0
    assert hubspot.live == []


def test_granted_scopes_follow_hubspot(grants, hubspot, store, oauth):
    grants.save(replace(hubspot.issue(), scopes=("oauth", "crm.objects.contacts.read")))
    expire(store)
    grants.access(ANNA)

    assert grants.get(ANNA).scopes == ("oauth",)


def test_who_waits_too_long_is_told_to_try_later(store, keyring, oauth, hubspot):
    grants = Grants(store, keyring, oauth, pace=Pace(wait=0.3))
    connect(grants, hubspot)
    expire(store)
    store.client.set(store.key("{1001}:11:lock"), "somebody else", px=5000)

    with pytest.raises(TryLater, match="longer than usual"):
        grants.access(ANNA)
    assert not hubspot.refreshes


def test_a_damaged_access_token_is_replaced(grants, hubspot, store):
    connect(grants, hubspot)
    sealed = bytearray(store.client.get(store.key(*AT)))
    sealed[-1] ^= 1
    store.client.set(store.key(*AT), bytes(sealed), keepttl=True)

    assert grants.access(ANNA)
    assert len(hubspot.refreshes) == 1


def test_waiting_threads_do_not_hold_up_other_accounts(grants, hubspot, store):
    connect(grants, hubspot)
    grants.save(other := hubspot.issue(user_id=12))
    expire(store)
    answering = threading.Event()
    hubspot.before_answer = answering.wait
    slow = threading.Thread(target=grants.access, args=(ANNA,))
    slow.start()
    until(lambda: hubspot.refreshes)

    answer = grants.access(Account(1001, 12))
    answering.set()
    slow.join()

    assert answer == other.access_token
