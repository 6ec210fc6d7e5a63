"""A portal in use for half an hour, with time running faster: its copy is never old, and nobody waits for a token.

Tokens live 30 minutes and copies are refreshed after 15; both, and the half hour, are shortened alike. What HubSpot,
the dashboard and this machine need for a refresh is not, so the ten seconds of grace stay ten, or fewer.
"""

import base64
import os
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from hubspot.keyring import KeyRing
from hubspot.settings import Settings
from hubspot.sync.snapshots import Snapshots
from tests.running import dashboard, sandbox, settings_of, wait_until
from tests.visits import Person

# How many times faster, and how much later than the interval a copy may be refreshed, in real seconds.
FASTER, GRACE = (10, 10.0) if os.environ.get("SOAK") else (150, 4.0)
INTERVAL, LIFETIME, HALF_AN_HOUR = (minutes * 60 / FASTER for minutes in (15, 30, 30))
KEY = b"7" * 32


@pytest.fixture
def portal(tmp_path):
    options = ("--contacts", 400, "--companies", 80, "--token-ttl", round(LIFETIME))
    with sandbox(tmp_path / "sandbox.log", *options) as server:
        yield server


def issued(portal):
    requests = httpx.get(f"{portal.url}/sandbox/stats", trust_env=False).json()["requests"]
    return sum(requests.get("token", {}).values())


def copies_of(portal, home):
    client_id, api_url = portal.ready["client_id"], portal.ready["api_url"]
    namespace = Settings(client_id=client_id, api_url=api_url).namespace
    return Snapshots(home / "state" / "snapshots", KeyRing({"k1": KEY}), namespace)


def test_a_portal_in_use_is_always_fresh_and_no_rerun_waits_for_a_token(tmp_path, portal):
    home, hub_id = tmp_path / "home", portal.ready["hub_id"]
    settings = {
        **settings_of(portal),
        "DASHBOARD_KEYS": f"k1:{base64.b64encode(KEY).decode()}",
        "DASHBOARD_REFRESH_MINUTES": f"{INTERVAL / 60:.4f}",
    }
    with dashboard(home, tmp_path / "log", **settings) as server:
        person = Person(server.url)
        person.connect_hubspot(hub_id)
        person.open("contacts")
        copies = copies_of(portal, home)
        wait_until(lambda: copies.latest(hub_id), what="the copy")
        # A person who had to wait for a token would wait so long; the dashboard itself asks again after four seconds.
        delay = min(LIFETIME / 6, 3.0)
        slow = [{"route": "token", "kind": "delay", "seconds": delay, "times": 1000}]
        httpx.post(f"{portal.url}/sandbox/faults", json=slow, trust_env=False).raise_for_status()
        person.open("contacts")

        before, versions, oldest, reruns = issued(portal), set(), timedelta(), []
        ends_at = time.monotonic() + HALF_AN_HOUR
        while time.monotonic() < ends_at:
            reruns.append(person.run())
            copy = copies.latest(hub_id)
            versions.add(copy.version)
            oldest = max(oldest, datetime.now(UTC) - copy.loaded_at)
            time.sleep(0.2)
        renewals = issued(portal) - before
        person.leave()

    assert oldest < timedelta(seconds=INTERVAL + GRACE)
    assert len(versions) >= 2, "it was refreshed"
    assert 1 <= renewals <= 3, "a token lived as long as the half hour"
    assert not any(run.failed for run in reruns)
    assert len(reruns) > 10
    assert max(run.seconds for run in reruns) < delay
    assert "not kept fresh" not in server.text()
