"""Which version of a portal's copy is the newest: the token store knows it, so an older one put back is noticed."""

import contextlib
import logging

from hubspot.connections.engine import TROUBLE, Store

_log = logging.getLogger(__name__)
_NEWEST = "copy-newest"
# What was noted by another replica meanwhile stays. KEYS newest; ARGV expected version.
_REPLACE = """
if (redis.call('GET', KEYS[1]) or '') == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end
"""


class Newest:
    """The notes of newest versions, by portal, which sort by time.

    A store that lost its data, or that is from before there were notes, has none: then the copy that is there is taken
    for the newest and noted. A store that does not answer refuses nothing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def version(self, hub_id: int) -> str:
        """Return the newest version of a portal's copy; empty where none is known.

        Ask before the copy is read: what is written between the two is newer than the note, and not older.
        """
        with contextlib.suppress(*TROUBLE), self._store.answering() as client:
            return (client.get(self._key(hub_id)) or b"").decode()
        return ""

    def written(self, hub_id: int, version: str) -> None:
        """Note the version that was written last, also where a clock that was set back makes it sort lower."""
        try:
            with self._store.answering() as client:
                client.set(self._key(hub_id), version)
        except TROUBLE:
            _log.warning("Portal %(portal)s: the newest version could not be noted", {"portal": hub_id})

    def found(self, hub_id: int, version: str, *, noted: str) -> None:
        """Note a version that is newer than the one that was noted: its writer was killed, or the store is older."""
        with contextlib.suppress(*TROUBLE):
            self._store.run(_REPLACE, [self._key(hub_id)], noted, version)

    def deleted(self, hub_id: int, *, noted: str) -> None:
        """Note that the newest version is gone for good too; a forgotten portal has no note, and gets none."""
        if noted:
            # Sorts after the version itself, and before whatever is written later.
            self.found(hub_id, f"{noted.rstrip('~')}~", noted=noted)

    def _key(self, hub_id: int) -> str:
        return self._store.key(f"{{{hub_id}}}", _NEWEST)
