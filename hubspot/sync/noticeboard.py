"""What the replicas tell each other of the loads of portals, through the token store and under its keys."""

import contextlib
import logging
from collections.abc import Iterable, Mapping, Sequence

import orjson

from hubspot.connections.engine import Store
from hubspot.errors import SealError, StoreError
from hubspot.keyring import KeyRing
from hubspot.sync.progress import Progress

_log = logging.getLogger(__name__)
_PROGRESS, _STOP, _LEFT = "load-progress", "load-stop", "load-left"
_RUNNING_TTL_MS = 10_000
_FINISHED_TTL_MS = 60_000
# A portal that nobody has looked at for so long is loaded again when somebody does.
_LEFT_TTL_MS = 24 * 3600 * 1000


class Noticeboard:
    """How loads go, which of them shall stop, and which were left for others to finish.

    Notices end by themselves: a running load's after some seconds, an ended one's after a minute, a left one's after a
    day. What a load tells by the way is not worth its failure, so only `ask_to_stop`, `left` and `forget` raise
    StoreError.
    """

    def __init__(self, store: Store, keyring: KeyRing) -> None:
        self._store, self._keyring = store, keyring

    def tell(self, progress: Progress) -> None:
        """Say how a load goes."""
        key = self._key(progress.hub_id, _PROGRESS)
        sealed = self._keyring.seal(orjson.dumps(progress.to_json()), key)
        with contextlib.suppress(StoreError), self._store.answering() as client:
            client.set(key, sealed, px=_RUNNING_TTL_MS if progress.is_running else _FINISHED_TTL_MS)

    def told(self, hub_id: int) -> Progress | None:
        """Return what was said last of a portal's load; None where nothing is known."""
        key = self._key(hub_id, _PROGRESS)
        try:
            with self._store.answering() as client:
                sealed = client.get(key)
            return Progress.from_json(orjson.loads(self._keyring.open(sealed, key))) if sealed else None
        except (StoreError, SealError, KeyError, TypeError, ValueError) as error:
            _log.debug(
                "Portal %(portal)s: nothing to tell (%(error)s)", {"portal": hub_id, "error": type(error).__name__}
            )
            return None

    def be_silent(self, hub_id: int) -> None:
        """Take back what was said of a load, so that nobody looks on any more."""
        with contextlib.suppress(StoreError):
            self._delete(hub_id, _PROGRESS)

    def ask_to_stop(self, hub_id: int) -> None:
        """Ask whoever loads a portal to stop."""
        with self._store.answering() as client:
            client.set(self._key(hub_id, _STOP), b"1", px=_RUNNING_TTL_MS)

    def is_asked_to_stop(self, hub_id: int) -> bool:
        """Take the question whether to stop: True once for each time it was put."""
        try:
            with self._store.answering() as client:
                return client.getdel(self._key(hub_id, _STOP)) is not None
        except StoreError:
            return False

    def leave(self, hub_id: int, columns: Mapping[str, Sequence[str]]) -> None:
        """Note that a load is to be brought to its end, with these columns added, should this process not do it."""
        key = self._key(hub_id, _LEFT)
        stored = orjson.dumps({name: list(each) for name, each in columns.items()})
        with contextlib.suppress(StoreError), self._store.answering() as client:
            client.set(key, self._keyring.seal(stored, key), px=_LEFT_TTL_MS)

    def take_back(self, hub_id: int) -> None:
        """Remove the note of a load that has come to its end."""
        with contextlib.suppress(StoreError):
            self._delete(hub_id, _LEFT)

    def left(self, hub_ids: Iterable[int]) -> dict[int, Mapping[str, Sequence[str]]]:
        """Return the loads with a note, each with the columns it was to add."""
        keys = {hub_id: self._key(hub_id, _LEFT) for hub_id in hub_ids}
        with self._store.answering() as client:
            pipeline = client.pipeline(transaction=False)
            for key in keys.values():
                pipeline.get(key)
            found = dict(zip(keys, pipeline.execute(), strict=True)) if keys else {}
        return {hub_id: self._columns(keys[hub_id], sealed) for hub_id, sealed in found.items() if sealed}

    def forget(self, hub_id: int) -> None:
        """Remove what is kept of a portal's load."""
        self._delete(hub_id, _PROGRESS)
        self._delete(hub_id, _LEFT)

    def _columns(self, key: str, sealed: bytes) -> Mapping[str, Sequence[str]]:
        try:
            found: Mapping[str, Sequence[str]] = orjson.loads(self._keyring.open(sealed, key))
        except (SealError, ValueError):
            return {}
        return found

    def _delete(self, hub_id: int, name: str) -> None:
        with self._store.answering() as client:
            client.delete(self._key(hub_id, name))

    def _key(self, hub_id: int, name: str) -> str:
        return self._store.key(f"{{{hub_id}}}", name)
