"""Forged returns against the callback itself, with a real token store and a HubSpot that would answer.

None connects anything, shows a failure, leaves a line that quotes it, or fills the store.
"""

import logging
import os
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from hubspot.ui import browser, callback, destinations, services
from hubspot.ui.destinations import PAGES
from tests.forgeries import ODD, Forger
from tests.ui.tabs import ORIGIN, Browser, stored

FORGERIES = 100_000 if os.environ.get("SOAK") else 10_000
OPENED = 100
REPEATED = 12
SAID = {"/?said=malformed", "/?said=other_browser", "/?said=expired", "/?said=refused"}


@pytest.fixture
def forger(house):
    return Forger(services.keyring(), tuple(PAGES), now=time.time())


@pytest.fixture
def written(caplog):
    """Everything that any logger of this process writes, at its most talkative."""
    caplog.set_level(logging.DEBUG)
    assert logging.getLogger("hubspot").propagate, "nothing of ours would be looked at"
    return lambda: "\n".join(map(logging.Formatter().format, caplog.get_records("call")))


def parts(forged):
    """Return the texts of a forgery that would be recognised in a log."""
    return {text for text in (*forged.query.values(), forged.cookie) if len(text) >= 12}


def exchanges(wire):
    return wire.stats()["requests"].get("token", {})


def test_ten_thousand_forged_returns_lead_to_a_sentence_and_store_nothing(house, wire, forger, written):
    asked, said, content = exchanges(wire), set(), set()
    for _ in range(FORGERIES):
        forged = forger.make()
        person = browser.hashed(forged.cookie) if browser.is_well_formed(forged.cookie) else ""
        said.add(callback._finish(house, callback._Return(forged.query, person, ORIGIN)))
        content |= parts(forged)

    assert said == SAID
    assert stored(house) == {}
    assert exchanges(wire) == asked
    log = written()
    assert log.count("return refused") > FORGERIES / 2
    assert not [text for text in content if text in log]


def test_a_hundred_forged_returns_in_a_tab_show_a_jump_and_no_failure(house, forger, written):
    content = set()
    for _ in range(OPENED):
        forged = forger.make()
        tab = Browser(cookie=forged.cookie).open(**forged.query)
        assert tab.jump in SAID, (forged, tab.text)
        content |= parts(forged)

    assert stored(house) == {}
    log = written()
    assert not [text for text in content if text in log]


def test_what_a_forged_return_leads_to_is_a_sentence_on_the_connect_screen(house, forger):
    for destination in sorted(SAID):
        tab = Browser(cookie=forger.cookie).follow(destination)
        assert len(tab.alerts) == 1
        assert tab.at.get("link_button") == []
    assert stored(house) == {}


def test_forged_codes_with_true_states_connect_nothing_and_end_by_themselves(house, forger, written):
    person = Browser()
    codes = [f"{forger._code()}{odd}" for odd in ODD[:REPEATED]]
    for code in codes:
        state = parse_qs(urlsplit(person.ask_to_connect("contacts")).query)["state"][0]
        assert person.open(code=code, state=state).jump == "/contacts"
        # Repeated, in whatever order, it leads where the first one led, without asking HubSpot again.
        assert person.open(code=f"{code}-again", state=state).jump == "/contacts"
        assert state not in written()

    assert house.sessions.load(person.person).portals == {}
    assert {name.rpartition(":")[2] for name in stored(house) if "{" in name} == {"used", "outcome"}
    # Two for each attempt, two for each new id, and one sentence for each, however many there were.
    assert len(stored(house)) == 5 * REPEATED
    lifetimes = [house.store.client.ttl(house.store.prefix + name) for name in stored(house)]
    assert all(0 < seconds <= 3600 for seconds in lifetimes)
    assert not [code for code in codes if code in written()]


def test_every_destination_is_one_of_the_fixed_list():
    assert set(destinations.jumps()) >= SAID
