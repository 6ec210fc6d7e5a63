"""What anybody may cost this process: each bound with its reason. docs/operate.md has them as a table."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

# A page's widgets send some 20 KB; Streamlit keeps what it is sent for as long as it keeps the tab.
FRAME_BYTES = 128 * 1024
# Fifty people with four tabs each. A tab holds a thread while it runs, and memory until it is forgotten.
SOCKETS = 200
# Somebody with more tabs than this has one that opens others.
SOCKETS_OF_BROWSER = 30
# More first runs at a time only make each other slower, and the process deaf.
FIRST_RUNS = 2
# A run that takes longer waits for something else, so it does not keep others from starting.
FIRST_RUN_SECONDS = 5.0
# Connecting, signing in and downloading are clicks: two a second are no hand's.
REQUESTS_A_MINUTE_OF_BROWSER = 120
REQUESTS_A_MINUTE = 1200
RETRY_SECONDS = 10
MINUTE = 60.0

CLOSED = ("/_stcore/upload_file", "/_stcore/metrics")  # nothing uploads; our own metrics have a port of their own
COUNTED = ("/connect", "/download", "/auth")

REFUSED: Counter[str] = Counter()


def is_below(path: str, places: tuple[str, ...]) -> bool:
    """Return whether a path is one of the places, or lies below one."""
    return any(path == place or path.startswith(f"{place}/") for place in places)


@dataclass(slots=True)
class Minute:
    """How often each browser asked in the minute that runs; `clock` is monotonic, in seconds."""

    of_browser: int = REQUESTS_A_MINUTE_OF_BROWSER
    of_process: int = REQUESTS_A_MINUTE
    clock: Callable[[], float] = time.monotonic
    _began: float = float("-inf")
    _asked: Counter[str] = field(default_factory=Counter)

    def allows(self, browser: str) -> bool:
        """Count a request, and return whether it may be answered. What is refused is not counted."""
        if self.clock() - self._began >= MINUTE:
            self._began, self._asked = self.clock(), Counter()
        if self._asked[browser] >= self.of_browser or self._asked.total() >= self.of_process:
            return False
        self._asked[browser] += 1
        return True


@dataclass(slots=True)
class Sockets:
    """The WebSockets that are open, by browser."""

    of_browser: int = SOCKETS_OF_BROWSER
    of_process: int = SOCKETS
    _open: Counter[str] = field(default_factory=Counter)

    def enter(self, browser: str) -> bool:
        """Take a place, and return whether there was one."""
        if self._open[browser] >= self.of_browser or self._open.total() >= self.of_process:
            return False
        self._open[browser] += 1
        return True

    def leave(self, browser: str) -> None:
        """Give a place back."""
        self._open[browser] -= 1
        self._open += Counter()  # names without a place are dropped, or they would pile up
