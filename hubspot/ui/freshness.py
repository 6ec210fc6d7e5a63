"""Copies stay fresh while somebody looks: one that is older than DASHBOARD_REFRESH_MINUTES is refreshed by itself.

Every open page asks every few seconds, so nothing happens while no page is open. Over all replicas one attempt at a
time is made for a copy; the next comes after the interval, and after twice the pause each time one has failed.
"""

import logging
from datetime import timedelta

from hubspot.connections.engine import Store
from hubspot.errors import StoreError
from hubspot.sync.jobs import TRIED
from hubspot.ui import actions, services, state
from hubspot.ui.state import View

LOG = logging.getLogger(__name__)
_LONGEST_PAUSE = timedelta(hours=4)
# By the store's own clock, as those of replicas may differ. A newer copy begins with a clean slate.
_CLAIM = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local tried = redis.call('HMGET', KEYS[1], 'version', 'times', 'again_at')
local times = 0
if tried[1] == ARGV[1] then
  if tonumber(tried[3]) > now then return 0 end
  times = tonumber(tried[2])
end
local pause = math.min(ARGV[2] * 2 ^ times, math.max(ARGV[2], ARGV[3]))
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'times', times + 1, 'again_at', string.format('%.0f', now + pause))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', 4 * pause))
return 1
"""


def look(view: View) -> None:
    """Refresh the portal in the background, if its copy is old enough and nobody else has just tried."""
    house = services.services()
    every = timedelta(minutes=house.settings.refresh_minutes)
    if not is_due(view, every):
        return
    try:
        if not claim(house.store, view.hub_id, view.version, every):
            return
    except StoreError as error:
        LOG.warning("portal %s: not refreshed (%s)", view.hub_id, type(error).__name__)
        return
    LOG.info("portal %s: refreshing, as somebody looks at a copy of %s", view.hub_id, f"{view.loaded_at:%H:%M} UTC")
    actions.load(view)


def is_due(view: View, every: timedelta) -> bool:
    """Return whether a copy is older than this and no load runs; a portal without a whole copy is never due."""
    if not every or view.loaded_at is None or view.is_loading:
        return False
    return state.now() - view.loaded_at >= every


def claim(store: Store, hub_id: int, version: str, every: timedelta) -> bool:
    """Take the right to refresh this version of a copy, for one attempt. Raises StoreError."""
    longest = _LONGEST_PAUSE // timedelta(milliseconds=1)
    return bool(
        store.run(_CLAIM, [store.key(f"{{{hub_id}}}", TRIED)], version, every // timedelta(milliseconds=1), longest)
    )
