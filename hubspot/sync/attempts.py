"""Attempts to load a portal that nobody asked for: one at a time over all replicas, and fewer after each in vain."""

from datetime import timedelta

from hubspot.connections.engine import Store

# A little longer than the lease of a load whose process was killed; after that, another replica tries.
FIRST_PAUSE = timedelta(seconds=20)
LONGEST_PAUSE = timedelta(hours=1)
_TRIED = "load-tried"
# By the store's own clock, as those of replicas may differ. A newer copy begins with a clean slate.
# KEYS tried; ARGV version first_pause_ms longest_pause_ms. Returns 1 where the caller may try.
_CLAIM = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local tried = redis.call('HMGET', KEYS[1], 'version', 'times', 'again_at')
local times = 0
if tried[1] == ARGV[1] then
  if tonumber(tried[3]) > now then return 0 end
  times = tonumber(tried[2])
end
local pause = math.min(ARGV[2] * 2 ^ times, tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'times', times + 1, 'again_at', string.format('%.0f', now + pause))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', 4 * pause))
return 1
"""


class Attempts:
    """Who may try now, by portal and by the version of the copy that is to be replaced, empty for none.

    The pause after the first attempt is doubled after each further one for the same version, up to `longest`.
    Every method raises StoreError.
    """

    def __init__(self, store: Store, *, first: timedelta = FIRST_PAUSE, longest: timedelta = LONGEST_PAUSE) -> None:
        self._store = store
        self._pauses = tuple(each // timedelta(milliseconds=1) for each in (first, longest))

    def claim(self, hub_id: int, version: str) -> bool:
        """Take the right to one attempt; False while a pause lasts."""
        return bool(self._store.run(_CLAIM, [self._key(hub_id)], version, *self._pauses))

    def forget(self, hub_id: int) -> None:
        """Let the next attempt be made at once."""
        with self._store.answering() as client:
            client.delete(self._key(hub_id))

    def _key(self, hub_id: int) -> str:
        return self._store.key(f"{{{hub_id}}}", _TRIED)
