import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot.connections.handshake import Handshake, Notice, Outcome
from hubspot.keyring import KeyRing

ALICE, MALLORY = "a" * 64, "f" * 64
PAGES = ("overview", "contacts")


@pytest.fixture
def clock():
    return [1_800_000_000.0]


@pytest.fixture
def handshake(store, keyring, clock):
    return Handshake(store, keyring, pages=PAGES, now=lambda: clock[0])


def test_a_state_comes_back_to_its_browser_with_page_and_verifier(handshake):
    attempt = handshake.begin(ALICE, "contacts")

    verdict = handshake.judge(attempt.state, ALICE)

    digest = hashlib.sha256(verdict.code_verifier.encode()).digest()
    assert (verdict.kind, verdict.page) == ("ok", "contacts")
    assert 43 <= len(verdict.code_verifier) <= 128
    assert attempt.code_challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_beginning_stores_nothing(handshake, store):
    for _ in range(10):
        handshake.begin(MALLORY, "contacts")

    assert list(store.client.scan_iter()) == []


def test_no_two_attempts_are_alike(handshake):
    attempts = [handshake.begin(ALICE, "contacts") for _ in range(10)]

    assert len({attempt.state for attempt in attempts}) == len({attempt.code_challenge for attempt in attempts}) == 10


def test_a_state_needs_no_escaping_in_an_address(handshake):
    state = handshake.begin(ALICE, "contacts").state

    assert quote(state, safe="") == state
    assert len(state) < 150


def test_pkce_can_be_turned_off(store, keyring):
    handshake = Handshake(store, keyring, pages=PAGES, pkce=False)
    attempt = handshake.begin(ALICE, "contacts")

    assert attempt.code_challenge is None
    assert handshake.judge(attempt.state, ALICE).code_verifier is None


def test_another_browsers_state_is_refused_without_a_nonce(handshake):
    state = handshake.begin(ALICE, "contacts").state

    verdict = handshake.judge(state, MALLORY)

    assert (verdict.kind, verdict.nonce, verdict.code_verifier) == ("other_browser", "", None)


@pytest.mark.parametrize(
    ("seconds", "kind"), [(0, "ok"), (599, "ok"), (-599, "ok"), (602, "expired"), (-602, "expired")]
)
def test_a_state_is_good_for_ten_minutes_of_any_replicas_clock(handshake, clock, seconds, kind):
    state = handshake.begin(ALICE, "contacts").state
    clock[0] += seconds

    assert handshake.judge(state, ALICE).kind == kind


@pytest.mark.parametrize("state", ["", "x", "=", "é", "a" * 5000, "AAAA" * 30, "a b", "%00", "\n"])
def test_anything_else_is_malformed(handshake, state):
    assert handshake.judge(state, ALICE).kind == "malformed"
    assert handshake.judge(state, ALICE).page == "overview"


def test_every_changed_character_is_noticed(handshake):
    state = handshake.begin(ALICE, "contacts").state

    for at in range(len(state)):
        changed = state[:at] + ("A" if state[at] != "A" else "B") + state[at + 1 :]
        assert handshake.judge(changed, ALICE).kind == "malformed"


def test_a_state_of_another_ring_or_purpose_is_malformed(handshake, store, keyring, clock):
    foreign = Handshake(store, KeyRing({"k1": b"x" * 32}), pages=PAGES, now=lambda: clock[0])
    content = b"\0" * 40
    forged = base64.urlsafe_b64encode(content + keyring.sign(content, "download")).decode().rstrip("=")

    assert handshake.judge(foreign.begin(ALICE, "contacts").state, ALICE).kind == "malformed"
    assert handshake.judge(forged, ALICE).kind == "malformed"


def test_a_state_survives_a_new_key_in_front(store, clock):
    old = Handshake(store, KeyRing({"k1": b"1" * 32}), pages=PAGES, now=lambda: clock[0])
    ring = KeyRing({"k2": b"2" * 32, "k1": b"1" * 32})
    new = Handshake(store, ring, pages=PAGES, now=lambda: clock[0])
    attempt = old.begin(ALICE, "contacts")

    assert new.judge(attempt.state, ALICE).code_verifier == old.judge(attempt.state, ALICE).code_verifier


@pytest.mark.parametrize("page", ["", "//evil.example", "https://evil.example", "admin", "contacts\0"])
def test_only_listed_pages_are_destinations(handshake, page):
    state = handshake.begin(ALICE, page).state

    assert handshake.judge(state, ALICE).page == "overview"


def test_a_page_that_left_the_list_leads_home(handshake, store, keyring, clock):
    state = handshake.begin(ALICE, "contacts").state
    smaller = Handshake(store, keyring, pages=("overview",), now=lambda: clock[0])

    assert smaller.judge(state, ALICE).page == "overview"


def test_of_twenty_callbacks_at_once_one_wins(handshake):
    nonce = handshake.judge(handshake.begin(ALICE, "contacts").state, ALICE).nonce

    with ThreadPoolExecutor(20) as pool:
        wins = list(pool.map(lambda _: handshake.claim(nonce), range(20)))

    assert wins.count(True) == 1


def test_a_replay_finds_the_attempt_pending_and_then_its_outcome(handshake):
    nonce = handshake.judge(handshake.begin(ALICE, "contacts").state, ALICE).nonce
    before = handshake.outcome(nonce)

    handshake.claim(nonce)
    pending = handshake.outcome(nonce)
    handshake.record(nonce, Outcome("connected", "contacts", "welcome", 1001))

    assert before is None
    assert pending == Outcome("pending")
    assert not handshake.claim(nonce)
    assert handshake.outcome(nonce) == Outcome("connected", "contacts", "welcome", 1001)


def test_a_nonce_stays_used_for_as_long_as_its_state_can_be_ok(handshake, store):
    nonce = handshake.judge(handshake.begin(ALICE, "contacts").state, ALICE).nonce
    handshake.claim(nonce)

    used, outcome = store.key(f"{{{nonce}}}", "used"), store.key(f"{{{nonce}}}", "outcome")
    assert 1190 < store.client.ttl(used) <= 1200
    assert 50 < store.client.ttl(outcome) <= 60


def test_two_tabs_can_connect_at_once(handshake):
    nonces = [handshake.judge(handshake.begin(ALICE, page).state, ALICE).nonce for page in PAGES]

    assert [handshake.claim(nonce) for nonce in nonces] == [True, True]


def test_a_lost_reply_does_not_lose_the_claim(handshake, lossy_store, proxy, keyring, clock):
    lossy = Handshake(lossy_store, keyring, pages=PAGES, now=lambda: clock[0])
    nonce = lossy.judge(lossy.begin(ALICE, "contacts").state, ALICE).nonce
    proxy.lose_reply_to(b"EVALSHA")

    assert lossy.claim(nonce)
    assert proxy.lost == 1
    assert not handshake.claim(nonce)


def test_a_notice_is_read_once_by_its_browser(handshake):
    handshake.leave_notice(ALICE, Notice("connected", "portal"))

    assert handshake.take_notice(MALLORY) is None
    assert handshake.take_notice(ALICE) == Notice("connected", "portal")
    assert handshake.take_notice(ALICE) is None


def test_notices_are_sealed_and_end_by_themselves(handshake, store):
    handshake.leave_notice(ALICE, Notice("connected", "portal.example.com"))
    key = store.key("notice", ALICE)

    assert b"portal.example.com" not in store.client.get(key)
    assert 0 < store.client.ttl(key) <= 600


def test_a_damaged_notice_is_no_notice(handshake, store):
    store.client.set(store.key("notice", ALICE), b"damaged")

    assert handshake.take_notice(ALICE) is None


@given(st.text(), st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_no_text_at_all_is_judged_ok_or_breaks_it(state, browser):
    handshake = Handshake(None, KeyRing({"k1": b"1" * 32}), pages=PAGES)

    assert handshake.judge(state, browser).kind == "malformed"
