"""Leases: one holder at a time over threads, processes and replicas.

A lease is politeness, not a fence: a holder that was frozen may find it gone (`lost`), so what it writes must be
guarded by a compare-and-set of its own.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Iterator

from hubspot.connections.engine import Store
from hubspot.errors import HubSpotError

_log = logging.getLogger(__name__)

# "Absent or mine": a repeated SET NX whose first reply was lost would answer no to its own holder.
ACQUIRE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_EXTEND = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


class Lease:
    """The right to do one thing, named; it ends by itself `seconds` after its holder stops renewing it.

    `name` is what `Store.key` takes; on a cluster it may carry a {tag}. `longest` (seconds) bounds how long a holder
    may renew it, None for as long as the work takes. One object serves one attempt at a time.
    """

    def __init__(self, store: Store, name: str, *, seconds: float = 4.0, longest: float | None = None) -> None:
        self._store = store
        self._name = name
        self._key = store.key(name)
        self._seconds = seconds
        self._longest = longest
        self._owner = ""
        self._ends_at = 0.0
        self._gone = threading.Event()

    @property
    def lost(self) -> bool:
        """True when somebody else may hold it: it was taken over, or could not be renewed in time."""
        return self._gone.is_set() or time.monotonic() >= self._ends_at

    def try_acquire(self) -> bool:
        """Take the lease if it is free, without waiting. Raises StoreError."""
        owner, began = secrets.token_hex(16), time.monotonic()
        if not self._store.run(ACQUIRE, [self._key], owner, self._milliseconds):
            return False
        self._owner, self._ends_at = owner, began + self._seconds
        self._gone.clear()
        return True

    @contextlib.contextmanager
    def hold(self) -> Iterator["Lease"]:
        """Keep an acquired lease while the block runs, and release it after."""
        done = threading.Event()
        heart = threading.Thread(target=self._beat, args=(done,), name=f"lease {self._name}", daemon=True)
        heart.start()
        try:
            yield self
        finally:
            done.set()
            self.release()

    def release(self) -> None:
        """Give the lease back. When the store is down it ends by itself."""
        self._gone.set()
        with contextlib.suppress(HubSpotError):
            self._store.run(_RELEASE, [self._key], self._owner)

    @property
    def _milliseconds(self) -> int:
        return int(self._seconds * 1000)

    def _beat(self, done: threading.Event) -> None:
        last = time.monotonic() + self._longest if self._longest else float("inf")
        while not done.wait(self._seconds / 3) and not self.lost:
            if time.monotonic() > last:
                _log.warning("lease held too long, left to end: %s", self._name)
                return
            self._extend(done)

    def _extend(self, done: threading.Event) -> None:
        began = time.monotonic()
        try:
            is_mine = self._store.run(_EXTEND, [self._key], self._owner, self._milliseconds)
        except HubSpotError:
            return  # the store may come back before the lease ends
        if not is_mine and not done.is_set():
            _log.warning("lease lost: %s", self._name)
            self._gone.set()
        if not is_mine:
            return
        self._ends_at = began + self._seconds
