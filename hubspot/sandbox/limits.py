"""HubSpot's rate limits: rolling windows per portal, one for each lane.

Source: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
"""

from collections import deque
from typing import Literal

from hubspot.sandbox import answers
from hubspot.sandbox.config import SandboxConfig

Lane = Literal["burst", "search", "associations", "free"]
WINDOW_SECONDS = 10.0
ASSOCIATIONS_PER_WINDOW = 150


class RollingWindow:
    """At most `limit` requests in any `seconds`; `peak` is the most that ever were in one window."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.peak = 0
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Count a request at `now` (seconds, rising); False where the window is full, and then it does not count."""
        while self._taken and self._taken[0] <= now - self._seconds:
            self._taken.popleft()
        if len(self._taken) >= self.limit:
            return False
        self._taken.append(now)
        self.peak = max(self.peak, len(self._taken))
        return True

    @property
    def remaining(self) -> int:
        """Return how many requests the window still takes."""
        return self.limit - len(self._taken)


class Limits:
    """All windows of a sandbox."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._windows: dict[tuple[int, Lane], RollingWindow] = {}

    def admit(self, hub_id: int, lane: Lane, now: float) -> dict[str, str]:
        """Let a request in and return its rate-limit headers; raises Refusal with a 429 where the lane is full.

        Search answers carry no rate-limit headers.
        """
        if self._config.no_limits or lane == "free":
            return {}
        window = self._window(hub_id, lane)
        if not window.take(now):
            raise answers.second_limited() if lane == "search" else answers.burst_limited(hub_id)
        if lane == "search":
            return {}
        return {
            "X-HubSpot-RateLimit-Max": str(window.limit),
            "X-HubSpot-RateLimit-Remaining": str(window.remaining),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        }

    def peaks(self) -> dict[str, int]:
        """Return the most requests any portal had in one window, by lane."""
        peaks: dict[str, int] = {}
        for (_, lane), window in self._windows.items():
            peaks[lane] = max(peaks.get(lane, 0), window.peak)
        return peaks

    def _window(self, hub_id: int, lane: Lane) -> RollingWindow:
        if (hub_id, lane) not in self._windows:
            limits = {
                "burst": (self._config.burst, WINDOW_SECONDS),
                "search": (self._config.search_per_second, 1.0),
                "associations": (ASSOCIATIONS_PER_WINDOW, WINDOW_SECONDS),
            }
            self._windows[hub_id, lane] = RollingWindow(*limits[lane])
        return self._windows[hub_id, lane]
