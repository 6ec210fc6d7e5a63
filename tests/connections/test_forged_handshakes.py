"""Ten thousand forged returns against the verdict, with a real store behind it: none is good, none leaves a trace."""

import os
from collections import Counter

import pytest

from hubspot.connections.handshake import Handshake, Outcome
from hubspot.ui import browser
from tests.forgeries import Forger

NOW = 1_800_000_000.0
PAGES = ("overview", "contacts", "companies")
FORGERIES = 100_000 if os.environ.get("SOAK") else 10_000
EXPECTED = {"of another browser": "other_browser", "late or early": "expired"}


@pytest.fixture
def handshake(store, keyring):
    return Handshake(store, keyring, pages=PAGES, now=lambda: NOW)


@pytest.fixture
def forger(keyring):
    return Forger(keyring, PAGES, now=NOW)


def lifetimes(store):
    """Return what each key of the store has left, in milliseconds; -1 would be for ever."""
    return {key: store.client.pttl(key) for key in store.client.scan_iter(count=1000)}


def test_no_forged_return_is_judged_good(handshake, forger, store):
    judged = Counter()
    for _ in range(FORGERIES):
        forged = forger.make()
        person = browser.hashed(forged.cookie) if browser.is_well_formed(forged.cookie) else ""
        verdict = handshake.judge(forged.query.get("state", ""), person)
        assert verdict.kind == EXPECTED.get(forged.how, verdict.kind), forged
        assert verdict.kind != "ok", forged
        assert (verdict.nonce, verdict.code_verifier) == ("", None), forged
        assert verdict.page in PAGES
        judged[forged.how] += 1

    assert len(judged) == len({each.__name__ for each in forger.makers})
    assert lifetimes(store) == {}


def test_the_genuine_ones_that_the_forgeries_were_made_from_are_good(handshake, forger):
    state = forger.genuine(forger.cookie)

    assert handshake.judge(state, browser.hashed(forger.cookie)).kind == "ok"


def test_of_a_thousand_repetitions_in_any_order_each_attempt_is_claimed_once(handshake, forger, store):
    person = browser.hashed(forger.cookie)
    states = [forger.genuine(forger.cookie) for _ in range(20)]
    won = Counter()
    for state in forger.random.choices(states, k=1000):
        nonce = handshake.judge(state, person).nonce
        if handshake.claim(nonce):
            handshake.record(nonce, Outcome("warning", "contacts", "refused"))
            won[state] += 1

    assert set(won.values()) == {1}
    assert len(won) == len(states)
    left = lifetimes(store)
    assert len(left) == 2 * len(states)
    assert all(0 < milliseconds <= 1_200_000 for milliseconds in left.values())
