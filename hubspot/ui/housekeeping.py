"""What nobody asks for, in the background: tokens and copies in use are kept fresh, unused portals are forgotten."""

import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hubspot.connections.background import outlived
from hubspot.connections.grants import is_any_stored
from hubspot.connections.leases import Lease
from hubspot.connections.records import Account
from hubspot.connections.revocations import KEEP_DAYS
from hubspot.errors import HubSpotError
from hubspot.ui import services
from hubspot.ui.freshness import TURN_SECONDS, Freshness
from hubspot.ui.services import Services

LOG = logging.getLogger(__name__)
_FIRST_AFTER_SECONDS = 60
_EVERY_SECONDS = 3600
_HELD_SECONDS = _EVERY_SECONDS - 60
_AGAIN_SECONDS = 30
_LOOK_SECONDS = 2.0
_GARBAGE_SECONDS = 15.0
_in_use = threading.Event()
_threads: list[threading.Thread] = []


def start() -> None:
    """Begin, in the background: to tidy up soon and then every hour, and to keep tokens and copies in use fresh."""
    works = {"housekeeping": _run, "upkeep": _keep_fresh, "freshness": _keep_copies_fresh, "memory": _collect_garbage}
    for name, work in works.items():
        thread = threading.Thread(target=work, name=name, daemon=True)
        _threads.append(thread)
        thread.start()


def finish(*, seconds: float) -> None:
    """Let what is under way come to its end, for at most so many seconds, once `services.stopping` is set."""
    ends_at = time.monotonic() + seconds
    if services.is_built():
        services.services().upkeep.wake()
    _in_use.set()
    for thread in _threads:
        thread.join(max(0.0, ends_at - time.monotonic()))


def used(account: Account) -> None:
    """Note that somebody looks at a portal, or loads it, by this account: its token is renewed ahead from now on."""
    services.services().upkeep.used(account)
    _in_use.set()


def _keep_fresh() -> None:
    # Nothing is opened before somebody has come: the address of the sample portal is known from requests.
    _in_use.wait()
    while not services.stopping.is_set():
        if not _went_well(_renew):
            services.stopping.wait(_AGAIN_SECONDS)


def _renew() -> None:
    upkeep = services.services().upkeep
    upkeep.rest(upkeep.turn())
    with suppress(HubSpotError):  # the next turn comes soon; whoever opens a page is told what is wrong
        services.drop_deleted()


def _keep_copies_fresh() -> None:
    if services.settings().is_sample:
        _in_use.wait()
    while not _is_anything_there():
        if services.stopping.wait(_LOOK_SECONDS):
            return
    keeper = Freshness(services.services())
    while not services.stopping.wait(TURN_SECONDS):
        if not _went_well(keeper.turn):
            services.stopping.wait(_LOOK_SECONDS)


def _collect_garbage() -> None:
    """Look through everything now and then, and put what lives aside until the next time.

    Streamlit collects garbage after every run, also of a fragment. With what the tabs of a team hold, that alone kept a
    processor busy.
    """
    while not services.stopping.wait(_GARBAGE_SECONDS):
        gc.unfreeze()
        gc.collect()
        gc.freeze()


def _is_anything_there() -> bool:
    """Return whether there may be something to keep fresh, and the shared objects are built."""

    def look() -> None:
        if services.is_built() or is_any_stored(services.store()):
            services.services()

    return _went_well(look) and services.is_built()


def _run() -> None:
    # Not at once: a start is for the people who wait for their first page.
    pause = _FIRST_AFTER_SECONDS
    while not services.stopping.wait(pause):
        _went_well(_tidy_in_turn)
        pause = _EVERY_SECONDS


def _went_well(work: Callable[[], None]) -> bool:
    try:
        return outlived(work)
    except HubSpotError as error:
        LOG.warning("%s: %s; trying again", threading.current_thread().name, type(error).__name__)
        return False


def _tidy_in_turn() -> None:
    """Tidy, unless another replica did within the hour, or there is nothing yet that could need it."""
    if not (services.is_built() or is_any_stored(services.store())):
        return
    house = services.services()
    # Never given back: it stands for the hour, not for the work.
    if Lease(house.store, "housekeeping", seconds=_HELD_SECONDS).try_acquire():
        tidy(house, datetime.now(UTC))


def tidy(house: Services, now: datetime) -> None:
    """Do what is to be done about portals that nobody uses.

    Those that nobody opened within DASHBOARD_KEEP_DAYS are revoked and deleted, and so is a copy without a connection;
    what HubSpot did not revoke before is asked for again. Raises StoreError, KeyMissing or SnapshotError.
    """
    waiting = house.grants.revoke_pending()
    if waiting:
        LOG.warning("HubSpot has not revoked %d grants yet: asked again every hour, for %d days", waiting, KEEP_DAYS)
    unused_since = now - timedelta(days=house.settings.keep_days)
    for hub_id, opened_at in house.grants.portals().items():
        if opened_at < unused_since:
            _forget(house, hub_id, unused_since)
    for hub_id in house.snapshots.hub_ids():
        if not house.grants.accounts(hub_id):
            services.delete_data(hub_id)


def _forget(house: Services, hub_id: int, unused_since: datetime) -> None:
    # Read again: revoking the ones before may have taken minutes.
    opened_at = house.grants.portals().get(hub_id)
    if opened_at is None or opened_at >= unused_since:
        return
    done = house.grants.forget_portal(hub_id)
    if not done.was_last:
        LOG.info("portal %(portal)s: not forgotten, as somebody connected it just now", {"portal": hub_id})
        return
    services.delete_data(hub_id)
    LOG.info(
        "portal %(portal)s: forgotten, as nobody opened it; revocation %(revocation)s",
        {"portal": hub_id, "revocation": done.revocation},
    )
