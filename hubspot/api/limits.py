"""HubSpot's rate limits: permits for sending, shared by the threads of a process.

A stamp is taken when a request is sent; a window holds as many stamps as HubSpot allows, and lasts a little longer
than HubSpot's, because requests do not all travel equally fast. How much longer is learnt from being refused.
Source: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
"""

import bisect
import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from hubspot.errors import LoadStopped

_SLICE = 0.25
_SHORTEST_WAIT = 0.1
# Requests overtake one another, so HubSpot may count a few more than were sent before the one that asks.
_OVERTAKING = 10


class Lane(StrEnum):
    """A limit of its own: LIST holds every call but searches and associations, which HubSpot counts apart."""

    LIST = "list"
    SEARCH = "search"
    ASSOCIATIONS = "associations"


@dataclass(frozen=True, slots=True)
class Permit:
    """The right to send one request now; `used` counts the permits of the window, this one included."""

    lane: Lane
    sent_at: float
    used: int


@dataclass(slots=True)
class _Window:
    limit: int
    seconds: float
    least_margin: float
    most_margin: float
    # What is left of a margin after each request.
    forgetting: float
    margin: float
    sent: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0
    taken_by_others: int = 0
    fastest: float = math.inf

    @property
    def lasts(self) -> float:
        return self.seconds + self.margin

    def widen(self, now: float) -> None:
        """Last longer from now on; several refusals at once are one lesson."""
        if now >= self.blocked_until:
            self.margin = min(self.most_margin, self.margin * 2)

    def delay(self, now: float) -> float:
        """Return the seconds until the next permit, 0 when there is one."""
        while self.sent and self.sent[0] + self.lasts <= now:
            self.sent.popleft()
        if now < self.blocked_until:
            return self.blocked_until - now
        surplus = len(self.sent) - max(1, self.limit - self.taken_by_others)
        return 0.0 if surplus < 0 else self.sent[surplus] + self.lasts - now


class Limiter:
    """Permits for one portal; safe to share between threads. `clock` is monotonic, in seconds."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._windows = {
            Lane.LIST: _Window(110, 10.0, least_margin=0.2, most_margin=0.8, forgetting=0.995, margin=0.2),
            Lane.ASSOCIATIONS: _Window(100, 10.0, least_margin=0.2, most_margin=0.8, forgetting=0.995, margin=0.2),
            # At first connections are opened, so that requests arrive less evenly than later.
            Lane.SEARCH: _Window(5, 1.0, least_margin=0.03, most_margin=0.25, forgetting=0.99, margin=0.06),
        }

    def wait(self, lane: Lane, stop: Callable[[], bool] | None = None) -> Permit:
        """Take a permit, waiting for it as long as it takes. Raises LoadStopped when `stop` says so."""
        while True:
            if stop and stop():
                raise LoadStopped("The load was stopped.")
            permit, delay = self._take(lane)
            if permit:
                return permit
            self._sleep(min(delay, _SLICE))

    def sends(self, permit: Permit) -> Permit:
        """Return the permit as of now: it may have been taken a while ago, and counts from when it is used."""
        with self._lock:
            sent, now = self._windows[permit.lane].sent, self._clock()
            if permit.sent_at in sent:
                sent.remove(permit.sent_at)
                sent.append(now)
            return replace(permit, sent_at=now)

    def give_back(self, permit: Permit) -> None:
        """Take back a permit with which nothing was sent."""
        with self._lock, contextlib.suppress(ValueError):
            self._windows[permit.lane].sent.remove(permit.sent_at)

    def refused(self, lane: Lane, seconds: float, *, rolls: bool = False) -> float:
        """Hand out no permit of a lane for some seconds, because HubSpot answered 429; return how long that is.

        A window that `rolls` has room again when the oldest request leaves it, so the wait may be shorter than asked.
        """
        with self._lock:
            window, now = self._windows[lane], self._clock()
            window.widen(now)
            if rolls and window.sent:
                seconds = max(_SHORTEST_WAIT, min(seconds, window.sent[0] + window.lasts - now))
            window.blocked_until = max(window.blocked_until, now + seconds)
            return window.blocked_until - now

    def observe(self, permit: Permit, headers: Mapping[str, str]) -> None:
        """Learn the portal's real limit, and what other programs use of it, from an answer's headers."""
        self._restamp(permit)
        limit = _count(headers.get("X-HubSpot-RateLimit-Max", ""))
        remaining = _count(headers.get("X-HubSpot-RateLimit-Remaining", ""))
        if not limit or headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "10000") != "10000":
            return
        with self._lock:
            window = self._windows[permit.lane]
            window.limit = limit
            if remaining is not None:
                window.taken_by_others = max(0, limit - remaining - permit.used - _OVERTAKING)

    def _restamp(self, permit: Permit) -> None:
        """Move a stamp to when its request seems to have arrived, as far as the fastest answer tells.

        Not for searches: they are so few a second that every doubt would cost one of them.
        """
        with self._lock:
            window, now = self._windows[permit.lane], self._clock()
            window.fastest = min(window.fastest, now - permit.sent_at)
            if permit.lane is not Lane.SEARCH and permit.sent_at in window.sent:
                window.sent.remove(permit.sent_at)
                bisect.insort(window.sent, now - window.fastest)

    def _take(self, lane: Lane) -> tuple[Permit | None, float]:
        with self._lock:
            window, now = self._windows[lane], self._clock()
            delay = window.delay(now)
            if delay > 0:
                return None, delay
            window.sent.append(now)
            window.margin = max(window.least_margin, window.margin * window.forgetting)
            return Permit(lane, now, len(window.sent)), 0.0


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None
