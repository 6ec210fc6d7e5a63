"""This room against the sandbox: another implementation of the same wire, in a process of its own."""

import httpx
import pytest

from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.connections.grants import Grants
from hubspot.connections.sessions import Sessions
from hubspot.errors import ConnectionEnded, TryLater
from tests.running import sandbox

BROWSER = "a" * 64


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    log = tmp_path_factory.mktemp("sandbox") / "log"
    with sandbox(log, "--contacts", 10, "--companies", 3, "--rotate-refresh-tokens") as server:
        yield server


@pytest.fixture
def wire(portal):
    with httpx.Client(base_url=portal.url, trust_env=False) as http:
        yield http


@pytest.fixture
def oauth(portal):
    with open_http(portal.url) as http:
        yield OAuth(http, portal.url, portal.ready["client_id"], portal.ready["client_secret"])


def issue(wire, oauth):
    return oauth.refresh(wire.post("/sandbox/token").json()["refresh_token"])


def expire(store, account):
    assert store.client.delete(store.key(f"{{{account.hub_id}}}", str(account.user_id), "at"))


def reads_contacts(wire, access_token):
    return wire.get("/crm/objects/2026-09/contacts", headers={"Authorization": f"Bearer {access_token}"}).is_success


def test_a_grant_lives_through_renewals_and_ends_with_a_disconnect(store, keyring, oauth, wire, portal):
    grants, sessions = Grants(store, keyring, oauth), Sessions(store, keyring)
    grant = grants.save(issue(wire, oauth))
    sessions.add(BROWSER, grant)

    tokens = [grants.access(grant.account)]
    for _ in range(3):
        expire(store, grant.account)
        tokens.append(grants.access(grant.account))
    still = grants._renewal.record(grant.account).refresh_token
    done = grants.disconnect(grant.account)

    assert grant.account.hub_id == portal.ready["hub_id"]
    assert "@" in grant.user
    assert grant.hub_domain
    assert len(set(tokens)) == 4
    assert reads_contacts(wire, tokens[-1])
    assert (done.revocation, done.was_last) == ("done", True)
    assert not oauth.introspect(still).active
    assert sessions.visible(BROWSER).grants == {}


def test_a_grant_revoked_at_hubspot_is_noticed(store, keyring, oauth, wire):
    grants = Grants(store, keyring, oauth)
    grant = grants.save(issue(wire, oauth))
    oauth.revoke(grants._renewal.record(grant.account).refresh_token)
    expire(store, grant.account)

    with pytest.raises(ConnectionEnded):
        grants.access(grant.account)


def test_a_busy_token_endpoint_is_waited_for(store, keyring, oauth, wire):
    grants = Grants(store, keyring, oauth)
    grant = grants.save(issue(wire, oauth))
    expire(store, grant.account)
    wire.post("/sandbox/faults", json=[{"route": "token", "status": 429, "retry_after": 9, "times": 1}])

    with pytest.raises(TryLater) as refused:
        grants.access(grant.account)

    assert refused.value.retry_after == 9
