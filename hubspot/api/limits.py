"""HubSpot's rate limits: permits for sending, shared by the threads of a process.

A stamp is taken when a request is sent; a window holds as many stamps as HubSpot allows, and lasts a little longer
than HubSpot's, because requests do not all travel equally fast.
Source: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hubspot.errors import LoadStopped

_SLICE = 0.25
# Requests overtake one another, so HubSpot may count a few more than were sent before the one that asks.
_OVERTAKING = 10


class Lane(StrEnum):
    """A limit of its own: LIST holds every call but searches, which HubSpot counts apart."""

    LIST = "list"
    SEARCH = "search"


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
    sent: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0
    taken_by_others: int = 0

    def delay(self, now: float) -> float:
        """Return the seconds until the next permit, 0 when there is one."""
        while self.sent and self.sent[0] + self.seconds <= now:
            self.sent.popleft()
        if now < self.blocked_until:
            return self.blocked_until - now
        surplus = len(self.sent) - max(1, self.limit - self.taken_by_others)
        return 0.0 if surplus < 0 else self.sent[surplus] + self.seconds - now


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
        self._windows = {Lane.LIST: _Window(110, 10.2), Lane.SEARCH: _Window(5, 1.06)}

    def wait(self, lane: Lane, stop: Callable[[], bool] | None = None) -> Permit:
        """Take a permit, waiting for it as long as it takes. Raises LoadStopped when `stop` says so."""
        while True:
            if stop and stop():
                raise LoadStopped("The load was stopped.")
            permit, delay = self._take(lane)
            if permit:
                return permit
            self._sleep(min(delay, _SLICE))

    def refused(self, lane: Lane, seconds: float, *, rolls: bool = False) -> float:
        """Hand out no permit of a lane for some seconds, because HubSpot answered 429; return how long that is.

        A window that `rolls` has room again when the oldest request leaves it, so the wait may be shorter than asked.
        """
        with self._lock:
            window, now = self._windows[lane], self._clock()
            if rolls and window.sent:
                seconds = max(1.0, min(seconds, window.sent[0] + window.seconds - now))
            window.blocked_until = max(window.blocked_until, now + seconds)
            return window.blocked_until - now

    def observe(self, permit: Permit, headers: Mapping[str, str]) -> None:
        """Learn the portal's real limit, and what other programs use of it, from an answer's headers."""
        limit = _count(headers.get("X-HubSpot-RateLimit-Max", ""))
        remaining = _count(headers.get("X-HubSpot-RateLimit-Remaining", ""))
        if not limit or headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "10000") != "10000":
            return
        with self._lock:
            window = self._windows[permit.lane]
            window.limit = limit
            if remaining is not None:
                window.taken_by_others = max(0, limit - remaining - permit.used - _OVERTAKING)

    def _take(self, lane: Lane) -> tuple[Permit | None, float]:
        with self._lock:
            window, now = self._windows[lane], self._clock()
            delay = window.delay(now)
            if delay > 0:
                return None, delay
            window.sent.append(now)
            return Permit(lane, now, len(window.sent)), 0.0


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None
