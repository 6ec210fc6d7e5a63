from datetime import UTC, datetime, timedelta

import pytest

from hubspot.errors import NotConnected
from hubspot.ui import housekeeping
from tests.running import wait_until
from tests.ui.tabs import Browser, stored

NOW = datetime.now(UTC)


@pytest.fixture
def visited(wire, house):
    """A portal that was connected, opened and loaded; returns its grant."""
    browser = Browser()
    grant = browser.connect(wire)
    browser.open()
    wait_until(lambda: house.snapshots.latest(wire.hub_id) and not house.jobs.progress(wire.hub_id).is_running)
    return grant


def test_a_portal_that_was_opened_lately_stays(house, visited):
    housekeeping.tidy(house, NOW + timedelta(days=29))

    assert house.snapshots.latest(visited.account.hub_id)
    assert house.grants.get(visited.account).scopes


def test_a_portal_that_nobody_opened_for_thirty_days_is_revoked_and_deleted(house, wire, visited):
    revoked = sum(wire.stats()["requests"].get("revoke", {}).values())

    housekeeping.tidy(house, NOW + timedelta(days=31))

    assert house.snapshots.hub_ids() == ()
    assert [key for key in stored(house) if str(wire.hub_id) in key] == []
    assert sum(wire.stats()["requests"]["revoke"].values()) == revoked + 1
    with pytest.raises(NotConnected):
        house.grants.get(visited.account)


def test_a_copy_that_no_connection_covers_is_deleted(house, visited):
    house.store.client.flushall()

    housekeeping.tidy(house, NOW)

    assert house.snapshots.hub_ids() == ()
