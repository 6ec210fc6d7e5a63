"""What nobody asks for: tokens are renewed ahead of need, portals that nobody opens any more are forgotten."""

import logging
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hubspot.connections.leases import Lease
from hubspot.connections.records import Account
from hubspot.connections.revocations import KEEP_DAYS
from hubspot.errors import HubSpotError
from hubspot.ui import services
from hubspot.ui.services import Services

LOG = logging.getLogger(__name__)
_FIRST_AFTER_SECONDS = 60
_EVERY_SECONDS = 3600
_LEASE_SECONDS = 30
_in_use = threading.Event()


def start() -> None:
    """Begin, in the background: to tidy up soon and then every hour, and to keep the tokens in use fresh."""
    threading.Thread(target=_run, name="housekeeping", daemon=True).start()
    threading.Thread(target=_keep_fresh, name="upkeep", daemon=True).start()


def used(account: Account) -> None:
    """Note that somebody looks at a portal, or loads it, by this account: its token is renewed ahead from now on."""
    services.services().upkeep.used(account)
    _in_use.set()


def _keep_fresh() -> None:
    # Nothing is opened before somebody has come: the address of the sample portal is known from requests.
    _in_use.wait()
    upkeep = services.services().upkeep
    while True:
        upkeep.rest(upkeep.turn())
        with suppress(HubSpotError):  # the next turn comes soon; whoever opens a page is told what is wrong
            services.drop_deleted()


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
    """Do what is to be done about portals that nobody uses.

    Those that nobody opened within DASHBOARD_KEEP_DAYS are revoked and deleted, and so is a copy without a connection;
    what HubSpot did not revoke before is asked for again. Raises StoreError, KeyMissing or SnapshotError.
    """
    waiting = house.grants.revoke_pending()
    if waiting:
        LOG.warning("HubSpot has not revoked %d grants yet: asked again every hour, for %d days", waiting, KEEP_DAYS)
    for hub_id, opened_at in house.grants.portals().items():
        if now - opened_at > timedelta(days=house.settings.keep_days):
            _forget(house, hub_id)
    for hub_id in house.snapshots.hub_ids():
        if not house.grants.accounts(hub_id):
            services.delete_data(hub_id)


def _forget(house: Services, hub_id: int) -> None:
    is_revoked = house.grants.forget_portal(hub_id)
    services.delete_data(hub_id)
    LOG.info("portal %s: forgotten, as nobody opened it; revoked at HubSpot: %s", hub_id, is_revoked)
