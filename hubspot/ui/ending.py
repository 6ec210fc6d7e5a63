"""The end of this process: at SIGTERM or Ctrl-C it hands over what it holds, while the server closes its connections.

Loads end where another replica, or the next start, goes on at once; a renewal under way is stored. Answers that are
being sent have a few seconds to come to their end; a download that takes longer is cut, so that nobody takes half of it
for the whole. All of it takes less than ten seconds. The server then ends by the same signal, with status 143 for
SIGTERM, and the embedded store ends after the process that used it last.
"""

import asyncio
import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from hubspot.errors import HubSpotError
from hubspot.ui import housekeeping, services

LOG = logging.getLogger(__name__)
Handler = Callable[[int, FrameType | None], object]
SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Supervisors commonly kill after ten seconds.
_LOADS_SECONDS = 6.0
_ANSWERS_SECONDS = 7
_LONGEST_SECONDS = 8.0
_beginning = threading.Lock()
_done = threading.Event()
_servers: dict[int, Handler] = {}


def watch() -> None:
    """Begin to end at the signals that end the server, which hears of them as before.

    Called when the server's own handlers are in place; does nothing outside of the main thread, which gets no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        servers = signal.getsignal(number)
        if callable(servers):
            _bound_its_wait(servers)
            _servers[number] = servers
            signal.signal(number, _heard)


async def finished() -> None:
    """Wait until everything is handed over, for a few seconds at most."""
    begin()
    await asyncio.to_thread(_done.wait, _LONGEST_SECONDS)
    while _servers:
        signal.signal(*_servers.popitem())


def begin() -> None:
    """Take on nothing new, and hand over what this process holds, in the background."""
    threading.Thread(target=_hand_over, name="ending", daemon=True).start()


def _heard(number: int, frame: FrameType | None) -> None:
    # Nothing else here: the main thread may hold any lock.
    begin()
    _servers[number](number, frame)


def _bound_its_wait(servers: Handler) -> None:
    """Let the server wait for answers that are being sent only so long; Streamlit has no option for it."""
    config = getattr(getattr(servers, "__self__", None), "config", None)
    if config and hasattr(config, "timeout_graceful_shutdown"):
        config.timeout_graceful_shutdown = _ANSWERS_SECONDS


def _hand_over() -> None:
    with _beginning:
        if services.stopping.is_set():
            return
        services.stopping.set()
        _done.clear()
    began = time.monotonic()
    LOG.info("ending: loads are handed over")
    try:
        if services.is_built():
            with contextlib.suppress(HubSpotError):  # a store that is down; leases end by themselves
                services.services().jobs.close(seconds=_LOADS_SECONDS)
        housekeeping.finish(seconds=_LOADS_SECONDS - (time.monotonic() - began))
    finally:
        _done.set()
        LOG.info("ending: done after %(seconds).1f s", {"seconds": time.monotonic() - began})
