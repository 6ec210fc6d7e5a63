"""Forgets portals that nobody opened for as long as the operator said, and copies that no connection covers."""

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

from hubspot.connections.leases import Lease
from hubspot.errors import HubSpotError
from hubspot.ui import services
from hubspot.ui.services import Services

LOG = logging.getLogger(__name__)
_FIRST_AFTER_SECONDS = 60
_EVERY_SECONDS = 3600
_LEASE_SECONDS = 30


def start() -> None:
    """Tidy up soon and then every hour, in the background, on one replica at a time."""
    threading.Thread(target=_run, name="housekeeping", daemon=True).start()


def _run() -> None:
    # Not at once: a start is for the people who wait for their first page.
    time.sleep(_FIRST_AFTER_SECONDS)
    while True:
        try:
            _tidy_alone(services.services())
        except HubSpotError as error:
            LOG.warning("housekeeping: %s; again in an hour", type(error).__name__)
        time.sleep(_EVERY_SECONDS)


def _tidy_alone(house: Services) -> None:
    lease = Lease(house.store, "housekeeping", seconds=_LEASE_SECONDS)
    if lease.try_acquire():
        with lease.hold():
            tidy(house, datetime.now(UTC))


def tidy(house: Services, now: datetime) -> None:
    """Revoke and delete what nobody visited within DASHBOARD_KEEP_DAYS, and delete copies without a connection.

    Raises StoreError or SnapshotError.
    """
    opened = house.grants.portals()
    for hub_id, opened_at in opened.items():
        if now - opened_at > timedelta(days=house.settings.keep_days):
            is_revoked = house.grants.forget_portal(hub_id)
            services.delete_data(hub_id)
            LOG.info("portal %s: forgotten, as nobody opened it; revoked at HubSpot: %s", hub_id, is_revoked)
    for hub_id in house.snapshots.hub_ids():
        if not house.grants.accounts(hub_id):
            services.delete_data(hub_id)
