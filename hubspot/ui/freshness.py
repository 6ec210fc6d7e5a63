"""Portals in use stay fresh in the background, whether or not a page is open, each by one replica at a time.

In use is what somebody looked at within a day, as the store has it to the hour. There, a copy that is older than
DASHBOARD_REFRESH_MINUTES is refreshed, a load that its process did not bring to its end is taken up, and the token by
which that is done is kept fresh. After an attempt in vain comes a pause of 20 s, then twice as long each time, up to an
hour; a portal whose last connection ended is left alone.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hubspot.connections.records import Account, Grant
from hubspot.connections.widest import readable, widest
from hubspot.errors import HubSpotError, SnapshotError
from hubspot.sync.manifest import Snapshot
from hubspot.ui.services import Services

LOG = logging.getLogger(__name__)
TURN_SECONDS = 1.0
_IN_USE = timedelta(days=1)
# How soon is seen that a load has ended, or that somebody else has begun one.
_SOON = timedelta(seconds=1)
# How soon is seen that a portal has another grant.
_AT_LEAST = timedelta(minutes=1)
Columns = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Minded:
    """A portal in use: by whose grant it is kept fresh, None where nobody's reads anything, and when to look again."""

    account: Account | None
    look_at: datetime


class Freshness:
    """Keeps the portals in use fresh; one thread takes its turns. `now` is in UTC."""

    def __init__(self, house: Services, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._house, self._now = house, now
        self._every = timedelta(minutes=house.settings.refresh_minutes)
        self._minded: dict[int, _Minded] = {}

    def turn(self) -> None:
        """Begin what is due, in the background. Raises StoreError."""
        in_use = self._in_use()
        left = self._house.jobs.left(in_use)
        self._minded = {hub_id: self._minded[hub_id] for hub_id in in_use if hub_id in self._minded}
        for hub_id in in_use:
            minded = self._minded.get(hub_id)
            if minded is None or minded.look_at <= self._now() or hub_id in left:
                minded = self._minded[hub_id] = self._look(hub_id, left.get(hub_id))
            if minded.account:
                self._house.upkeep.used(minded.account)

    def _in_use(self) -> list[int]:
        since, allowed = self._now() - _IN_USE, self._house.settings.allowed_portals
        opened = self._house.grants.portals()
        return [hub_id for hub_id, at in opened.items() if at >= since and (not allowed or hub_id in allowed)]

    def _look(self, hub_id: int, left: Columns | None) -> _Minded:
        try:
            grant = widest(self._house.grants, hub_id)
            if grant is None:
                return _Minded(None, self._now() + _AT_LEAST)
            return _Minded(grant.account, self._freshen(grant, left))
        except HubSpotError as error:
            LOG.warning("portal %(portal)s: not kept fresh (%(error)s)", {"portal": hub_id, "error": error})
            return _Minded(None, self._now() + _AT_LEAST)

    def _freshen(self, grant: Grant, left: Columns | None) -> datetime:
        """Load the portal of a grant if it is time to; return when to look again."""
        house, hub_id, names = self._house, grant.account.hub_id, readable(grant)
        progress = house.jobs.progress(hub_id)
        if progress and progress.is_running:
            return self._now() + _SOON
        copy = self._copy(hub_id)
        loaded_at = _loaded_at(copy, names)
        is_old = bool(self._every) and loaded_at is not None and self._now() - loaded_at >= self._every
        if left is None and not is_old:
            at_least = self._now() + _AT_LEAST
            return min(loaded_at + self._every, at_least) if loaded_at and self._every else at_least
        version = copy.version if copy else ""
        if house.jobs.attempts.claim(hub_id, version):
            LOG.info(
                "portal %(portal)s: %(doing)s in the background",
                {"portal": hub_id, "doing": "refreshing" if is_old else "going on with a load"},
            )
            epoch, token = house.grants.epoch(hub_id), self._token(grant.account)
            house.jobs.start(hub_id, token, names, epoch, columns=left, replacing=version)
        return self._now() + _SOON

    def _copy(self, hub_id: int) -> Snapshot | None:
        try:
            return self._house.snapshots.latest(hub_id)
        except SnapshotError:
            return None  # whoever opens a page has it loaded anew

    def _token(self, account: Account) -> Callable[[str | None], str]:
        def token(rejected: str | None) -> str:
            self._house.upkeep.used(account)
            return self._house.grants.access(account, rejected)

        return token


def _loaded_at(copy: Snapshot | None, names: Sequence[str]) -> datetime | None:
    """Return how old a copy's records may be; None where some of them are missing, for that is no refresh."""
    if copy is None or not copy.objects.keys() >= {*names}:
        return None
    return min(copy.objects[name].loaded_at for name in names)
