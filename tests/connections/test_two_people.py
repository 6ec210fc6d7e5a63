"""Two people of one portal, one allowed contacts and the other companies, in every order of what they can do.

A real store, a real sandbox over sockets; each works in a browser of their own.
"""

import os
from dataclasses import dataclass
from itertools import combinations, product

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hubspot.api.oauth import OAuth, Token
from hubspot.api.transport import open_http
from hubspot.connections.grants import Grants
from hubspot.connections.preferences import Preferences
from hubspot.connections.sessions import Sessions, Visit
from tests.running import sandbox

SCOPE = "crm.objects.{}.read"
SOAK = os.environ.get("SOAK")
STEPS = ("connect", "work")
LEAVING = ("sign_out", "disconnect")


@dataclass
class Person:
    """Somebody with one browser; what they may read, and what should be true of them now."""

    user_id: int
    granted: str
    refused: str
    browser: str
    has_grant: bool = False
    is_signed_in: bool = False


def people():
    return (
        Person(48_120_553, "contacts", "companies", "a" * 64),
        Person(50_113_876, "companies", "contacts", "b" * 64),
    )


class Office:
    """The two people, the dashboard's store and what must be true after every step."""

    def __init__(self, store, keyring, oauth, wire, hub_id):
        self.grants, self.sessions = Grants(store, keyring, oauth), Sessions(store, keyring)
        self.preferences = Preferences(store, keyring)
        self.store, self.oauth, self.wire, self.hub_id = store, oauth, wire, hub_id
        self.people = people()

    def connect(self, person):
        scopes = ["oauth", SCOPE.format(person.granted)]
        issued = self.wire.post("/sandbox/token", json={"user_id": person.user_id, "scopes": scopes}).json()
        grant = self.grants.save(Token(issued["access_token"], issued["refresh_token"], 1800))
        self.sessions.add(person.browser, grant)
        self.preferences.put(grant.account, "columns", [person.granted])
        person.has_grant = person.is_signed_in = True

    def work(self, person):
        """Read what was granted, be refused what was not."""
        visit = self.sessions.visible(person.browser)
        if not person.is_signed_in:
            assert visit == Visit()
            return
        grant = visit.grants[self.hub_id]
        asked = {name: self._ask(name, self.grants.access(grant.account)) for name in (person.granted, person.refused)}
        assert asked == {person.granted: 200, person.refused: 403}
        assert self.preferences.get(grant.account, "columns") == [person.granted]

    def sign_out(self, person):
        self.sessions.sign_out(person.browser)
        person.is_signed_in = False

    def disconnect(self, person):
        """End one's own grant, as the page does: it takes a session to do so."""
        if not person.is_signed_in:
            return
        account = self.sessions.visible(person.browser).grants[self.hub_id].account
        done = self.grants.disconnect(account)
        self.sessions.drop(person.browser, account)
        person.has_grant = person.is_signed_in = False
        assert done.revocation == "done"
        assert done.was_last == (not any(each.has_grant for each in self.people))

    def check(self):
        """Assert that neither has lost, kept or gained anything by what the other did."""
        for person in self.people:
            visit = self.sessions.visible(person.browser)
            seen = {hub_id: grant.scopes for hub_id, grant in visit.grants.items()}
            wanted = {self.hub_id: {"oauth", SCOPE.format(person.granted)}} if person.is_signed_in else {}
            assert {hub_id: set(scopes) for hub_id, scopes in seen.items()} == wanted
            assert {grant.account.user_id for grant in visit.grants.values()} <= {person.user_id}
            assert (visit.others, dict(visit.ended)) == ((), {})
        holders = {person.user_id for person in self.people if person.has_grant}
        assert {account.user_id for account in self.grants.accounts(self.hub_id)} == holders
        if not holders:
            assert [key for key in self.store.client.scan_iter() if str(self.hub_id).encode() in key] == []

    def _ask(self, object_type, access_token):
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.wire.get(f"/crm/objects/2026-09/{object_type}?limit=1", headers=headers).status_code


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    log = tmp_path_factory.mktemp("sandbox") / "log"
    with sandbox(log, "--contacts", 10, "--companies", 3, "--no-limits") as server:
        yield server


@pytest.fixture(scope="module")
def wire(portal):
    with httpx.Client(base_url=portal.url, trust_env=False) as http:
        yield http


@pytest.fixture(scope="module")
def oauth(portal):
    with open_http(portal.url) as http:
        yield OAuth(http, portal.url, portal.ready["client_id"], portal.ready["client_secret"])


@pytest.fixture
def office(store, keyring, oauth, wire, portal):
    return lambda: Office(store, keyring, oauth, wire, portal.ready["hub_id"])


def orders():
    """Every interleaving of both people's steps, for every way in which each of them leaves."""
    length = len(STEPS) + 1
    for leaving in product(LEAVING, repeat=2):
        lives = [(*STEPS, each) for each in leaving]
        for first in combinations(range(2 * length), length):
            steps = [iter(life) for life in lives]
            yield [(who, next(steps[who])) for who in (0 if place in first else 1 for place in range(2 * length))]


def test_in_every_order_neither_loses_nor_gains_by_what_the_other_does(office, store, shared_server):
    # The orders are the same to every engine: all of them on one, a part on the other.
    every = 1 if SOAK or "valkey" in shared_server.binary else 8
    tried = 0
    for order in list(orders())[::every]:
        store.client.flushall()
        place = office()
        for who, step in order:
            getattr(place, step)(place.people[who])
            place.check()
        tried += 1

    assert tried == 4 * 20 / every


class TwoPeople(RuleBasedStateMachine):
    """Any steps in any order, any number of times: connecting again, working after the other has gone."""

    office = None

    @initialize()
    def open_office(self):
        self.place = type(self).office()
        self.place.store.client.flushall()

    @rule(who=st.sampled_from((0, 1)), step=st.sampled_from((*STEPS, *LEAVING)))
    def step(self, who, step):
        getattr(self.place, step)(self.place.people[who])

    @invariant()
    def nobody_is_hurt(self):
        if hasattr(self, "place"):
            self.place.check()


def test_any_steps_in_any_order_hurt_nobody(office):
    machine = type("TwoPeopleHere", (TwoPeople,), {"office": staticmethod(office)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=500 if SOAK else 40,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
