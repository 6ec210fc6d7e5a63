"""Liveness and readiness: /healthz says that the process answers, /readyz whether it can serve people.

Not ready names what is in the way in one word; the log has the sentence. Neither tells anything about a portal.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hubspot.connections.keycheck import open_check, stored_check
from hubspot.errors import HubSpotError
from hubspot.ui import services

LOG = logging.getLogger(__name__)
ALIVE = "/healthz"
READY = "/readyz"
_HEADERS = {"cache-control": "no-store"}
# Anybody may ask: the answer holds for a moment, and the folder of copies, which may be far away, is asked less often.
_HOLDS_SECONDS = 2.0
_PLACE_HOLDS_SECONDS = 60.0


async def alive(_: Request) -> Response:
    """Answer that this process serves requests."""
    return PlainTextResponse("ok", headers=_HEADERS)


def ready(_: Request) -> Response:
    """Answer 200, or 503 with what is in the way: stopping, settings, store, keys or snapshots."""
    reason = "stopping" if services.stopping.is_set() else readiness.reason()
    return PlainTextResponse(
        f"not ready: {reason}" if reason else "ready", status_code=503 if reason else 200, headers=_HEADERS
    )


@dataclass(slots=True)
class Readiness:
    """What was found last, and when; `clock` is monotonic, in seconds. Safe to share between threads."""

    clock: Callable[[], float] = time.monotonic
    _reason: str = ""
    _found_at: float = float("-inf")
    _place_found_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reason(self) -> str:
        """Return what is in the way of serving people, empty where nothing is."""
        with self._lock:
            if self.clock() - self._found_at >= _HOLDS_SECONDS:
                found, error = self._look()
                if error and found != self._reason:
                    LOG.warning("not ready, %(reason)s: %(error)s", {"reason": found, "error": error})
                elif found != self._reason:
                    LOG.info("ready again")
                self._reason, self._found_at = found, self.clock()
            return self._reason

    def _look(self) -> tuple[str, HubSpotError | None]:
        looks: dict[str, Callable[[], object]] = {
            "settings": services.settings,
            "store": _store,
            "keys": _keys,
            "snapshots": self._place,
        }
        for name, look in looks.items():
            try:
                look()
            except HubSpotError as error:
                return name, error
        return "", None

    def _place(self) -> None:
        if self.clock() - self._place_found_at >= _PLACE_HOLDS_SECONDS:
            services.snapshots().check()
            self._place_found_at = self.clock()


readiness = Readiness()


def _store() -> None:
    services.store().ping()


def _keys() -> None:
    sealed = stored_check(services.store())
    if sealed:
        open_check(services.store(), services.keyring(), sealed)
