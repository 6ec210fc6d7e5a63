"""Renewal ahead of need: the tokens of the people who are looking are renewed before anybody has to wait for one.

Each process minds the accounts that its own reruns and loads have used lately, and those by which it keeps portals in
use fresh; over all of them a lease lets one ask HubSpot. An account that nobody uses is left alone.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hubspot.connections.records import Account
from hubspot.errors import HubSpotError, NotConnected, TryLater

_log = logging.getLogger(__name__)

IDLE_SECONDS = 3600.0
"""How long after its last use an account is still kept fresh."""

_LONGEST_REST = 30.0  # a machine that slept has a clock that stood still
_SHORTEST_REST = 0.2
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0


@dataclass(slots=True)
class _Minded:
    """One account; times are those of the monotonic clock."""

    used_at: float
    due_at: float = 0.0
    pause: float = 0.0


class Upkeep:
    """Keeps tokens fresh; `used` may be called by any thread, `turn` and `rest` by one.

    `renew_early` renews an account's token if it ends soon and returns the seconds until that has to be asked again
    (`Grants.renew_early`).
    """

    def __init__(
        self,
        renew_early: Callable[[Account], float],
        *,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._renew_early, self._idle_seconds, self._clock = renew_early, idle_seconds, clock
        self._minded: dict[Account, _Minded] = {}
        self._lock = threading.Lock()
        self._awake = threading.Event()

    def used(self, account: Account) -> None:
        """Note that somebody looks at a portal or loads it by this account; costs no round trip."""
        now = self._clock()
        with self._lock:
            known = self._minded.get(account)
            if known:
                known.used_at = now
                return
            self._minded[account] = _Minded(now)
        self._awake.set()

    def turn(self) -> float:
        """Renew what ends soon; return the seconds until something may be due again."""
        now = self._clock()
        for account in self._live(now):
            self._mind(account)
        with self._lock:
            due = min((minded.due_at for minded in self._minded.values()), default=now + _LONGEST_REST)
        return min(max(due - self._clock(), _SHORTEST_REST), _LONGEST_REST)

    def rest(self, seconds: float) -> None:
        """Wait so long, or until an account is used that was not minded before."""
        self._awake.wait(seconds)
        self._awake.clear()

    def wake(self) -> None:
        """End a rest now."""
        self._awake.set()

    def _live(self, now: float) -> list[Account]:
        """Return the accounts that are due, and let go of those that nobody used for long."""
        with self._lock:
            for account in [each for each, it in self._minded.items() if now - it.used_at > self._idle_seconds]:
                del self._minded[account]
            return [account for account, minded in self._minded.items() if minded.due_at <= now]

    def _mind(self, account: Account) -> None:
        try:
            due_in = self._renew_early(account)
        except NotConnected:
            with self._lock:
                self._minded.pop(account, None)
            return
        except HubSpotError as error:
            self._pause(account, error)
            return
        with self._lock:
            if minded := self._minded.get(account):
                minded.due_at, minded.pause = self._clock() + due_in, 0.0

    def _pause(self, account: Account, error: HubSpotError) -> None:
        with self._lock:
            minded = self._minded[account]
            minded.pause = min(max(2 * minded.pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            if isinstance(error, TryLater):
                minded.pause = max(minded.pause, error.retry_after)
            # From now on, not from the beginning of the turn: the accounts before this one may have taken long.
            minded.due_at = self._clock() + minded.pause
        _log.warning("renewal ahead of need: %s, again in %.0f s", type(error).__name__, minded.pause)
